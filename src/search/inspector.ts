import { Kind } from '../core/operations.ts';
import type { Property, Sometimes } from '../core/program.ts';
import type { ViolationKind } from '../core/violation.ts';
import type { PackedState } from './packed-state.ts';
import { AT_REST, N_FLAGS, N_HELD, N_KIND, NODE } from './tables.ts';

/** Bits of `watched`: a property that must always hold reads the word; one that must hold sometimes and has not been seen to. */
const ALWAYS = 1;
const SOMETIMES = 2;

/**
 * Looks at each new state of a search: does it break a rule? Is it one that must be come to? Properties are evaluated only where a
 * watched word changed. What was seen to hold sometimes is noted in `covered` of the automata.
 */
export class Inspector {
  /** States in which the end-of-run properties could be evaluated. */
  restStates = 0;
  /** Of the violation last told: the property that is broken, or null if a thread failed. */
  property: Property | null = null;
  private readonly state: PackedState;
  private readonly always: readonly Property[];
  private readonly atEnd: readonly Property[];
  private readonly watched: Uint8Array;
  /** Those of `program.sometimes` that no search on these automata has seen hold. */
  private unseen: readonly Sometimes[];

  constructor(state: PackedState) {
    const { program } = state.automata;
    this.state = state;
    this.always = program.always;
    this.atEnd = program.atEnd;
    this.watched = new Uint8Array(state.words.length);
    for (const property of program.always)
      for (const word of property.watches) this.watched[word.index]! |= ALWAYS;
    this.unseen = program.sometimes ?? [];
    this.watchUnseen();
  }

  /** The kind of violation that the initial state shows, or null. */
  initial(): ViolationKind | null {
    const { automata, nodes, unfinished } = this.state;
    this.property = null;
    for (const node of nodes)
      if (automata.nodes[node * NODE + N_KIND] === Kind.FAIL) return automata.failureOf(node).kind;
    this.look();
    const ended = unfinished === 0 && this.atRest();
    if (ended) this.restStates++;
    return this.broken(true, ended);
  }

  /** The kind of violation shown by the state that the step just taken by `thread` leads to, or null. */
  successor(thread: number): ViolationKind | null {
    const { state, watched } = this;
    const { automata, reached, written, writtenWord } = state;
    const table = automata.nodes;
    const from = state.nodes[thread]!;
    const kind = table[reached * NODE + N_KIND]!;
    if (kind === Kind.FAIL) {
      this.property = null;
      return automata.failureOf(reached).kind;
    }
    let changed = table[from * NODE + N_HELD] !== table[reached * NODE + N_HELD] ? ALWAYS | SOMETIMES : 0;
    for (let i = 0; i < written; i++) changed |= watched[writtenWord[i]!]!;
    if (changed === 0 && state.unfinished > (kind === Kind.DONE ? 1 : 0)) return null;
    state.move(thread, reached);
    if ((changed & SOMETIMES) !== 0) this.look();
    const ended = this.ended();
    if (ended) this.restStates++;
    const broken = this.broken((changed & ALWAYS) !== 0, ended);
    state.move(thread, from);
    return broken;
  }

  /** Are the end-of-run properties to be checked in the current state? */
  ended(): boolean {
    return this.state.unfinished === 0 && this.atRest();
  }

  /** The kind of the first property that the current state breaks, of those checked always, at the end, or both; or null. */
  broken(always: boolean, atEnd: boolean): ViolationKind | null {
    const { words, held } = this.state;
    if (always)
      for (const property of this.always) if (!property.holds(words, held)) return this.breaks(property);
    if (atEnd)
      for (const property of this.atEnd) if (!property.holds(words, held)) return this.breaks(property);
    return null;
  }

  /** Has or rests every daemon once `thread` stands at node `reached`? */
  restsAfter(thread: number, reached: number): boolean {
    const { nodes } = this.state;
    const from = nodes[thread]!;
    nodes[thread] = reached;
    const rests = this.atRest();
    nodes[thread] = from;
    return rests;
  }

  /** Notes which of the properties that must hold sometimes hold in the current state. */
  look(): void {
    if (this.unseen.length === 0) return;
    const { words, held, automata } = this.state;
    const { covered } = automata;
    for (const property of this.unseen) if (property.holds(words, held)) covered.add(property.name);
    if (this.unseen.some(({ name }) => covered.has(name))) this.watchUnseen();
  }

  private watchUnseen(): void {
    const { covered } = this.state.automata;
    this.unseen = this.unseen.filter(({ name }) => !covered.has(name));
    for (let w = 0; w < this.watched.length; w++) this.watched[w]! &= ~SOMETIMES;
    for (const { watches } of this.unseen) for (const { index } of watches) this.watched[index]! |= SOMETIMES;
  }

  private breaks(property: Property): ViolationKind {
    this.property = property;
    return property.kind;
  }

  private atRest(): boolean {
    const { automata, nodes } = this.state;
    const table = automata.nodes;
    for (let t = 0; t < nodes.length; t++) {
      const base = nodes[t]! * NODE;
      if (table[base + N_KIND] !== Kind.DONE && (table[base + N_FLAGS]! & AT_REST) === 0) return false;
    }
    return true;
  }
}
