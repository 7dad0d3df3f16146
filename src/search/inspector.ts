import { Kind } from '../core/operations.ts';
import type { Property } from '../core/program.ts';
import type { ViolationKind } from '../core/violation.ts';
import type { PackedState } from './packed-state.ts';
import { AT_REST, N_FLAGS, N_HELD, N_KIND, NODE } from './tables.ts';

/** Looks at each new state of a search: does it break a rule? Properties are evaluated only where a watched word changed. */
export class Inspector {
  /** States in which the end-of-run properties could be evaluated. */
  restStates = 0;
  private readonly state: PackedState;
  private readonly always: readonly Property[];
  private readonly atEnd: readonly Property[];
  private readonly watched: Uint8Array;

  constructor(state: PackedState) {
    const { program } = state.automata;
    this.state = state;
    this.always = program.always;
    this.atEnd = program.atEnd;
    this.watched = new Uint8Array(state.words.length);
    for (const property of program.always) for (const word of property.watches) this.watched[word.index] = 1;
  }

  /** The kind of violation that the initial state shows, or null. */
  initial(): ViolationKind | null {
    const { automata, nodes, unfinished } = this.state;
    for (const node of nodes)
      if (automata.nodes[node * NODE + N_KIND] === Kind.FAIL) return automata.failureOf(node).kind;
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
    if (kind === Kind.FAIL) return automata.failureOf(reached).kind;
    let evaluate = table[from * NODE + N_HELD] !== table[reached * NODE + N_HELD];
    for (let i = 0; !evaluate && i < written; i++) evaluate = watched[writtenWord[i]!] === 1;
    if (!evaluate && state.unfinished > (kind === Kind.DONE ? 1 : 0)) return null;
    state.move(thread, reached);
    const ended = this.ended();
    if (ended) this.restStates++;
    const broken = this.broken(evaluate, ended);
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
    if (always) for (const property of this.always) if (!property.holds(words, held)) return property.kind;
    if (atEnd) for (const property of this.atEnd) if (!property.holds(words, held)) return property.kind;
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
