/**
 * The whole state graph, violations or not: what an export to another checker needs to know. A state that breaks a rule is
 * kept but not left (what comes after it means nothing), so that the automata hold every node reachable without breaking one.
 */
import type { Property } from '../core/program.ts';
import { Kind } from '../core/operations.ts';
import type { Automata } from './automata.ts';
import { grown } from './growable.ts';
import { Inspector } from './inspector.ts';
import { PackedState } from './packed-state.ts';
import { StepPaths } from './step-paths.ts';
import { N_KIND, NODE } from './tables.ts';
import { NEW, VisitedSet } from './visited.ts';

/** A property that some state breaks, and all valuations of what it reads in which it is broken. */
export interface BrokenProperty {
  readonly property: Property;
  /** Is it one of those checked at the end only? */
  readonly atEnd: boolean;
  /** Each: the values of `property.watches`, then of all accounts. */
  readonly valuations: readonly (readonly number[])[];
}

/** Figures of a whole state graph. */
export interface Survey {
  readonly states: number;
  readonly transitions: number;
  /** States in which a thread failed or a property is broken; they have no successors. */
  readonly violating: number;
  /** States in which no thread can move although one must end. */
  readonly deadlocks: number;
  /** The least and the greatest value of each word between steps. */
  readonly least: Int32Array;
  readonly greatest: Int32Array;
  readonly broken: readonly BrokenProperty[];
  /** The ways that steps went. */
  readonly paths: StepPaths;
}

export interface SurveyOptions {
  /** Called every thousand states or so with the numbers so far; may throw to give up (budget, Ctrl-C). */
  readonly pause?: (states: number, transitions: number, bytes: number) => Promise<void> | void;
}

/**
 * Visits all states, breadth first. Cost: about a microsecond a transition; memory 10-21 bytes a state and two layers of full
 * states. Throws what `pause` throws, a ModelError when the program is wrong, an AutomataLimitError for an unbounded loop.
 */
export async function survey(automata: Automata, options: SurveyOptions = {}): Promise<Survey> {
  const surveyor = new Surveyor(automata);
  while (surveyor.beginLayer())
    while (surveyor.expandNext())
      if ((surveyor.expanded & 1023) === 0)
        await options.pause?.(surveyor.states, surveyor.transitions, surveyor.bytes);
  return surveyor.result();
}

class Surveyor {
  transitions = 0;
  /** States whose successors have been generated. */
  expanded = 0;

  private readonly state: PackedState;
  private readonly inspector: Inspector;
  private readonly visited = new VisitedSet();
  private readonly broken = new Map<Property, Map<string, number[]>>();
  private readonly paths = new StepPaths();
  private readonly least: Int32Array;
  private readonly greatest: Int32Array;
  private readonly width: number;
  private violating = 0;
  private deadlocks = 0;
  /** Words and nodes of the states being expanded, from `at` up to `end`, and of those found. */
  private layer: Int32Array<ArrayBuffer>;
  private at = 0;
  private end = 0;
  private next: Int32Array<ArrayBuffer>;
  private nextEnd = 0;

  constructor(automata: Automata) {
    this.state = new PackedState(automata);
    const { state } = this;
    this.inspector = new Inspector(state);
    this.width = state.words.length + state.nodes.length;
    this.layer = new Int32Array(this.width);
    this.next = new Int32Array(this.width);
    this.least = state.words.slice();
    this.greatest = state.words.slice();
    this.visited.insert(state.low, state.high);
    if (this.inspector.initial() !== null) this.noteBroken();
    else this.keep();
  }

  get states(): number {
    return this.visited.size;
  }

  get bytes(): number {
    return this.visited.bytes + this.layer.byteLength + this.next.byteLength;
  }

  /** The states found last become those to expand; false if there are none. */
  beginLayer(): boolean {
    [this.layer, this.next] = [this.next, this.layer];
    this.at = 0;
    this.end = this.nextEnd;
    this.nextEnd = 0;
    return this.end > 0;
  }

  /** Generates the successors of the next state of the layer; false if there is none left. */
  expandNext(): boolean {
    if (this.at === this.end) return false;
    const { state } = this;
    const middle = this.at + state.words.length;
    state.words.set(this.layer.subarray(this.at, middle));
    state.nodes.set(this.layer.subarray(middle, this.at + this.width));
    state.refresh();
    this.at += this.width;
    this.expanded++;
    let moves = 0;
    for (let t = 0; t < state.nodes.length; t++) {
      const choices = state.choices(t);
      moves += choices;
      for (let choice = 0; choice < choices; choice++) {
        state.take(t, choice);
        state.revert();
        this.paths.note(state, t, choice);
        if (this.visited.insert(state.nextLow, state.nextHigh) === NEW) this.arrive(t);
        state.revert();
      }
    }
    this.transitions += moves;
    if (moves === 0 && state.unfinished > 0) this.deadlocks++;
    return true;
  }

  result(): Survey {
    const { program } = this.state.automata;
    const { states, transitions, violating, deadlocks, least, greatest, paths } = this;
    const broken = [...program.always, ...program.atEnd].flatMap((property, i) => {
      const valuations = this.broken.get(property);
      return valuations === undefined
        ? []
        : [{ property, atEnd: i >= program.always.length, valuations: [...valuations.values()] }];
    });
    return { states, transitions, violating, deadlocks, least, greatest, broken, paths };
  }

  /** Looks at the new state that the step just taken by `thread` leads to. */
  private arrive(thread: number): void {
    const { state, least, greatest } = this;
    const { words, written, writtenWord } = state;
    for (let i = 0; i < written; i++) {
      const word = writtenWord[i]!;
      const value = words[word]!;
      if (value < least[word]!) least[word] = value;
      if (value > greatest[word]!) greatest[word] = value;
    }
    const violates = this.inspector.successor(thread) !== null;
    const from = state.nodes[thread]!;
    state.move(thread, state.reached);
    if (violates) this.noteBroken();
    else this.keep();
    state.move(thread, from);
  }

  /** Queues the state for expansion. */
  private keep(): void {
    const { words, nodes } = this.state;
    this.next = grown(this.next, this.nextEnd + this.width);
    this.next.set(words, this.nextEnd);
    this.next.set(nodes, this.nextEnd + words.length);
    this.nextEnd += this.width;
  }

  /** Notes what is wrong with the state. */
  private noteBroken(): void {
    this.violating++;
    const { state, inspector } = this;
    const { automata, words, held, nodes } = state;
    // A failed thread is told by its node; the properties of such a state are not looked at.
    for (const node of nodes) if (automata.nodes[node * NODE + N_KIND] === Kind.FAIL) return;
    const { always, atEnd } = automata.program;
    for (const property of inspector.ended() ? [...always, ...atEnd] : always) {
      if (property.holds(words, held)) continue;
      const valuation = [...property.watches.map(({ index }) => words[index]!), ...held];
      let valuations = this.broken.get(property);
      if (valuations === undefined) this.broken.set(property, (valuations = new Map<string, number[]>()));
      valuations.set(valuation.join(), valuation);
    }
  }
}
