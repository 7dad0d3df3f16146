/**
 * One pass of the reduced search: depth-first, eager, as exhaustive.ts. States with one ample step are passed through, not stored; a
 * chain of them ends, since every cycle of an automaton has a node from which no step is taken alone (ample.ts).
 */
import type { ViolationKind } from '../../core/violation.ts';
import type { Automata } from '../automata.ts';
import type { Decision } from '../decision.ts';
import { grown } from '../growable.ts';
import { Inspector } from '../inspector.ts';
import { Unsettled } from '../liveness.ts';
import { PackedState } from '../packed-state.ts';
import { NEW, SEEN_FINISHES, VisitedSet } from '../visited.ts';
import { ALL, AmpleSets } from './ample.ts';

/**
 * A stack record is the way to one stored state: an (index, value) pair for each word and thread that differs from the state before
 * (index of the word; number of words + thread), then this trailer. As in exhaustive.ts, a record is applied by swapping.
 */
const TRAILER = 5;
const T_PAIRS = 0;
/** The first move of the way: thread in bits 0-7, APPLIED, answer of `choose` from bit 16 up. The moves after it follow from the state. */
const T_MOVE = 1;
const T_LOW = 2;
const T_HIGH = 3;
/** The thread that moves alone from the state, or ALL. */
const T_AMPLE = 4;
const THREAD = 255;
const APPLIED = 256;
const CHOICE_SHIFT = 16;

/** Is told what a search meets that is not to end at the first violation; `state` stands at the state in question. */
export interface Witness {
  readonly violation: (state: PackedState) => void;
  readonly deadlock: (state: PackedState) => void;
  /** The end-of-run properties were evaluated. */
  readonly end: (state: PackedState) => void;
}

export type SearchStatus = 'running' | 'complete' | 'violation';

export class ReducedPass {
  readonly automata: Automata;
  /** The stored states. */
  readonly visited = new VisitedSet();
  transitions = 0;
  maxDepth = 0;
  endStates = 0;
  branches = false;
  violation: ViolationKind | null;
  stuck: Int32Array = new Int32Array(0);

  private readonly state: PackedState;
  private readonly witness: Witness | null;
  private readonly inspector: Inspector;
  private ample: AmpleSets;
  private readonly unsettled = new Unsettled();
  private stack: Int32Array<ArrayBuffer> = new Int32Array(1 << 16);
  private top = 0;
  private depth = 0;
  private finishes = new Uint8Array(1 << 12);
  private current: number;
  private entered = false;
  private violating = false;
  private learning = false;
  /** If there is one: every step taken is added to it. */
  private followed: Decision[] | null = null;
  private readonly baseWords: Int32Array;
  private readonly baseNodes: Int32Array;

  /** @param witness given: violations are told to it, and the states that show them are not left */
  constructor(automata: Automata, witness: Witness | null = null) {
    this.witness = witness;
    this.automata = automata;
    this.state = new PackedState(automata);
    this.inspector = new Inspector(this.state);
    this.ample = new AmpleSets(automata, this.state);
    this.baseWords = this.state.words.slice();
    this.baseNodes = this.state.nodes.slice();
    this.violation = this.inspector.initial();
    this.current = ALL;
    this.visited.insert(this.state.low, this.state.high);
  }

  get bytes(): number {
    return this.visited.bytes + this.stack.byteLength + this.unsettled.bytes;
  }

  get restStates(): number {
    return this.inspector.restStates;
  }

  /** What is learnt from here on is used from here on: good for getting to know the automata, worthless as a proof. */
  learn(): void {
    this.learning = true;
    this.ample = new AmpleSets(this.automata, this.state);
  }

  /** Have the automata turned out to lead where this pass did not reckon with? Then its outcome counts for nothing. */
  outdated(): boolean {
    return this.ample.transfers.outdated();
  }

  run(budget: number): SearchStatus {
    if (this.violation !== null) return 'violation';
    const until = this.transitions + budget;
    for (;;) {
      if (!this.entered) {
        this.entered = true;
        this.generate();
        if (this.violation !== null) return 'violation';
        if (this.transitions >= until) return 'running';
      }
      if (this.top > 0 && (this.stack[this.top - TRAILER + T_MOVE]! & APPLIED) === 0) {
        this.apply();
        this.entered = false;
        continue;
      }
      this.leave();
      if (this.top === 0) break;
      this.undo();
    }
    this.stuck = this.unsettled.settle(this.visited);
    return 'complete';
  }

  private generate(): void {
    const { state, visited } = this;
    let finishes = state.unfinished === 0 ? 1 : 0;
    let generated = 0;
    this.keepBase();
    for (let t = state.nodes.length - 1; t >= 0; t--) {
      if (this.current !== ALL && this.current !== t) continue;
      const choices = state.choices(t);
      for (let choice = 0; choice < choices; choice++) {
        generated++;
        const ample = this.go(t, choice);
        const move = t | (choice << CHOICE_SHIFT);
        const seen = visited.insert(state.low, state.high);
        if (this.violation !== null && this.witness !== null) {
          this.violation = null;
          this.witness.violation(state);
        } else if (this.violation !== null) {
          this.push(move, ample);
          this.toBase();
          this.violating = true;
          return;
        } else if (seen === NEW) this.push(move, ample);
        else if (seen === SEEN_FINISHES) finishes = 1;
        this.toBase();
      }
    }
    if (generated > 1) this.branches = true;
    if (state.unfinished === 0) this.endStates++;
    else if (generated === 0 && this.witness === null) this.violation = 'deadlock';
    else if (generated === 0) this.witness?.deadlock(state);
    if (this.witness !== null && this.inspector.ended()) this.witness.end(state);
    this.finishes[this.depth] = finishes;
  }

  /** Takes the step and all that follow alone. */
  private go(thread: number, choice: number): number {
    const { state, inspector } = this;
    this.step(thread, choice);
    if (this.violation !== null) return ALL;
    for (;;) {
      const ample = this.ample.choose();
      if (ample === ALL) return ALL;
      const choices = state.choices(ample);
      if (choices > 1) return this.breaksNothing(ample, choices) ? ample : ALL;
      if (!this.branches && manyMoves(state)) this.branches = true;
      state.take(ample, 0);
      if (inspector.successor(ample) !== null) {
        // Others may break another rule first: nothing that violates is taken alone.
        state.revert();
        return ALL;
      }
      state.advance(ample);
      this.ample.moved(ample);
      this.transitions++;
      this.followed?.push({ thread: ample, choice: 0 });
    }
  }

  /** Does no answer of `thread`'s next step lead to a violation? */
  private breaksNothing(thread: number, choices: number): boolean {
    const { state, inspector } = this;
    for (let choice = 0; choice < choices; choice++) {
      state.take(thread, choice);
      const breaks = inspector.successor(thread) !== null;
      state.revert();
      if (breaks) return false;
    }
    return true;
  }

  private step(thread: number, choice: number): void {
    const { state } = this;
    state.take(thread, choice);
    this.violation = this.inspector.successor(thread);
    state.advance(thread);
    this.transitions++;
    this.followed?.push({ thread, choice });
  }

  /** The decisions that lead to the violation, as the search happened to come there; the search cannot go on after this. */
  path(): Decision[] {
    const moves: number[] = [];
    for (let at = this.top; at > 0;) {
      const trailer = at - TRAILER;
      const move = this.stack[trailer + T_MOVE]!;
      if ((move & APPLIED) !== 0 || (this.violating && at === this.top)) moves.push(move);
      at = trailer - 2 * this.stack[trailer + T_PAIRS]!;
    }
    this.state.reset();
    this.followed = [];
    for (const move of moves.toReversed()) this.go(move & THREAD, move >>> CHOICE_SHIFT);
    return this.followed;
  }

  private baseLow = 0;
  private baseHigh = 0;
  private keepBase(): void {
    const { state } = this;
    this.baseWords.set(state.words);
    this.baseNodes.set(state.nodes);
    this.baseLow = state.low;
    this.baseHigh = state.high;
  }

  private toBase(): void {
    const { state, baseWords, baseNodes } = this;
    state.words.set(baseWords);
    for (let t = 0; t < baseNodes.length; t++)
      if (state.nodes[t] !== baseNodes[t]) state.move(t, baseNodes[t]!);
    state.low = this.baseLow;
    state.high = this.baseHigh;
  }

  private push(move: number, ample: number): void {
    const { state, baseWords, baseNodes } = this;
    const { words, nodes } = state;
    this.stack = grown(this.stack, this.top + 2 * (words.length + nodes.length) + TRAILER);
    const { stack } = this;
    let at = this.top;
    for (let w = 0; w < words.length; w++)
      if (words[w] !== baseWords[w]) {
        stack[at++] = w;
        stack[at++] = words[w]!;
      }
    for (let t = 0; t < nodes.length; t++)
      if (nodes[t] !== baseNodes[t]) {
        stack[at++] = words.length + t;
        stack[at++] = nodes[t]!;
      }
    stack[at + T_PAIRS] = (at - this.top) >> 1;
    stack[at + T_MOVE] = move;
    stack[at + T_LOW] = state.low;
    stack[at + T_HIGH] = state.high;
    stack[at + T_AMPLE] = ample;
    this.top = at + TRAILER;
  }

  private swap(): number {
    const { stack, state } = this;
    const { words } = state;
    const trailer = this.top - TRAILER;
    const first = trailer - 2 * stack[trailer + T_PAIRS]!;
    for (let at = first; at < trailer; at += 2) {
      const index = stack[at]!;
      const value = stack[at + 1]!;
      if (index < words.length) {
        stack[at + 1] = words[index]!;
        words[index] = value;
      } else {
        stack[at + 1] = state.nodes[index - words.length]!;
        state.move(index - words.length, value);
      }
    }
    const { low, high } = state;
    state.low = stack[trailer + T_LOW]!;
    state.high = stack[trailer + T_HIGH]!;
    stack[trailer + T_LOW] = low;
    stack[trailer + T_HIGH] = high;
    const { current } = this;
    this.current = stack[trailer + T_AMPLE]!;
    stack[trailer + T_AMPLE] = current;
    return first;
  }

  private apply(): void {
    this.swap();
    this.stack[this.top - TRAILER + T_MOVE]! |= APPLIED;
    this.depth++;
    if (this.depth > this.maxDepth) {
      this.maxDepth = this.depth;
      if (this.depth >= this.finishes.length) {
        const bigger = new Uint8Array(this.finishes.length * 2);
        bigger.set(this.finishes);
        this.finishes = bigger;
      }
    }
  }

  private undo(): void {
    const finishes = this.finishes[this.depth]!;
    this.top = this.swap();
    this.depth--;
    if (finishes === 1) this.finishes[this.depth] = 1;
  }

  private leave(): void {
    if (this.finishes[this.depth] === 0 && this.listSuccessors()) this.finishes[this.depth] = 1;
    if (this.finishes[this.depth] === 1) this.visited.setFinishes(this.state.low, this.state.high, 0);
  }

  private listSuccessors(): boolean {
    const { unsettled, visited, state } = this;
    unsettled.begin(state.low, state.high);
    this.keepBase();
    for (let t = state.nodes.length - 1; t >= 0; t--) {
      if (this.current !== ALL && this.current !== t) continue;
      const choices = state.choices(t);
      for (let choice = 0; choice < choices; choice++) {
        this.go(t, choice);
        // With a witness, a state may have successors that violate.
        this.violation = null;
        const { low, high } = state;
        this.toBase();
        const seen = visited.find(low, high);
        // Never to be seen unless a decision depended on how its state was reached: then a way on would have been lost.
        if (seen === NEW && !this.learning)
          throw new Error('partial-order reduction took two different ways on from one state');
        if (seen === SEEN_FINISHES) {
          unsettled.cancel();
          return true;
        }
        unsettled.add(low, high);
      }
    }
    unsettled.end();
    return false;
  }
}

function manyMoves(state: PackedState): boolean {
  let moves = 0;
  for (let t = 0; t < state.nodes.length; t++) moves += state.choices(t);
  return moves > 1;
}
