/**
 * All schedules with at most so many preemptions, those with fewer first (iterative context bounding, Musuvathi & Qadeer,
 * PLDI 2007). A preemption leaves a thread that could have gone on.
 *
 * What may follow without a preemption depends on the state and on the thread that would have to go on: the search is over such
 * pairs. It is Dijkstra's, by (preemptions, steps): a pair is first met by a schedule with the fewest preemptions, and of those
 * the fewest steps, so that whatever a later one could do within the bound the first could do as well. That makes one visited set
 * of pairs sound without keeping the preemptions spent; and the violation found first has the fewest preemptions of all.
 *
 * Full states are kept for two layers only. Moves that preempt wait for the next round as (pair, move), and their state is made
 * again by replaying the path to the pair. 25–50 bytes a pair, 20–40 a waiting move.
 */
import type { ViolationKind } from '../core/violation.ts';
import type { Aim } from './aim.ts';
import type { Automata } from './automata.ts';
import type { Decision } from './decision.ts';
import type { SearchStatus } from './exhaustive.ts';
import { grown } from './growable.ts';
import { Inspector } from './inspector.ts';
import { KeyIndex } from './key-index.ts';
import { PackedState } from './packed-state.ts';
import { PairPaths } from './pair-paths.ts';
import { NEW, VisitedSet } from './visited.ts';
import { WaitingMoves } from './waiting-moves.ts';
import { wordHigh, wordLow } from './zobrist.ts';

/** In place of a thread: none could go on, so that whoever moves preempts nobody. */
const NOBODY = -1;

export class BoundedSearch {
  readonly automata: Automata;
  /** The distinct states met; there may be several pairs for one. */
  readonly states = new VisitedSet();
  transitions = 0;
  endStates = 0;
  /** True once a state with two or more successors has been met. */
  branches = false;
  /** Preemptions of the schedules looked at now. */
  preemptions = 0;
  /** Steps to the layer that is being expanded; and to the deepest one so far. */
  depth = 0;
  maxDepth = 0;
  /** Kind of the first violation met, if `run` said `violation`. */
  violation: ViolationKind | null;

  private readonly bound: number;
  private readonly aim: Aim | null;
  private readonly state: PackedState;
  private readonly inspector: Inspector;
  private readonly pairs = new KeyIndex();
  private readonly paths = new PairPaths();
  /** Moves into this round's preemptions, in the order of their steps; and those found for the next round. */
  private waiting = new WaitingMoves();
  private found = new WaitingMoves();
  /** Words, nodes, thread that could go on, pair number; for each pair of the layer being expanded, and of the next. */
  private readonly width: number;
  private layer: Int32Array<ArrayBuffer>;
  private next: Int32Array<ArrayBuffer>;
  private layerLength = 0;
  private nextLength = 0;
  private expanded = 0;
  /** Steps taken, those of replays too: the measure of how long a slice is. */
  private work = 0;

  /**
   * @param bound most preemptions, 0 or more; Infinity: no bound
   * @param aim looks for this violation alone, by these threads alone; null: for any, by all
   */
  constructor(automata: Automata, bound: number, aim: Aim | null = null) {
    this.automata = automata;
    this.bound = bound;
    this.aim = aim;
    this.state = new PackedState(automata);
    this.inspector = new Inspector(this.state);
    const { state } = this;
    this.width = state.words.length + state.nodes.length + 2;
    this.layer = new Int32Array(this.width);
    this.next = new Int32Array(this.width);
    this.violation = this.inspector.initial();
    this.states.insert(state.low, state.high);
    this.pairs.insert(state.low, state.high);
    this.paths.add(-1, 0, 0);
    this.keep(NOBODY, true);
  }

  /** Bytes held by all tables. */
  get bytes(): number {
    const { states, pairs, paths, waiting, found, layer, next } = this;
    const tables = states.bytes + pairs.bytes + paths.bytes + waiting.bytes + found.bytes;
    return tables + layer.byteLength + next.byteLength;
  }

  /** Number of pairs (state, thread that could go on) met. */
  get pairCount(): number {
    return this.pairs.size;
  }

  /** States in which the end-of-run properties were evaluated. */
  get restStates(): number {
    return this.inspector.restStates;
  }

  /** The decisions that lead to the violation. */
  path(): Decision[] {
    return this.paths.decisions(this.pairs.size - 1);
  }

  /** Did the bound keep the search from any pair? Known once `run` said `complete`. */
  cutOff(): boolean {
    return this.waiting.some((low, high) => this.pairs.find(low, high) < 0);
  }

  /** Takes about `budget` further steps. Call again while it answers `running`. */
  run(budget: number): SearchStatus {
    const until = this.work + budget;
    while (this.violation === null) {
      if (this.work >= until) return 'running';
      if (this.expanded < this.layerLength) this.expand(this.expanded++);
      else if (this.mayEnter()) this.enter();
      else if (this.nextLength > 0) this.beginLayer();
      else if (!this.beginRound()) return 'complete';
    }
    return 'violation';
  }

  private beginLayer(): void {
    [this.layer, this.next] = [this.next, this.layer];
    this.layerLength = this.nextLength;
    this.nextLength = 0;
    this.expanded = 0;
    this.depth++;
    if (this.depth > this.maxDepth) this.maxDepth = this.depth;
  }

  /** Goes on with one more preemption; false if there is nothing left, or the bound is reached. */
  private beginRound(): boolean {
    this.waiting = this.found;
    this.found = new WaitingMoves();
    if (this.waiting.length === 0 || this.preemptions >= this.bound) return false;
    this.preemptions++;
    return true;
  }

  /** Does a waiting move lead into the next layer? */
  private mayEnter(): boolean {
    const { waiting } = this;
    if (waiting.length === 0) return false;
    // Nothing is left of this round but what begins deeper.
    if (this.nextLength === 0) this.depth = waiting.depth - 1;
    return waiting.depth === this.depth + 1;
  }

  /** Takes the first waiting move, unless its pair has been met. */
  private enter(): void {
    const { state, waiting, paths } = this;
    const { from, move, low, high } = waiting;
    waiting.drop();
    if (this.pairs.find(low, high) >= 0) return;
    this.work += paths.load(from, state);
    const thread = PairPaths.threadOf(move);
    state.take(thread, PairPaths.choiceOf(move));
    this.arrive(from, thread, move, this.goesOn(thread));
    state.revert();
  }

  /** Generates the successors of a pair of the layer. */
  private expand(index: number): void {
    const { state } = this;
    const { length: words } = state.words;
    const { length: threads } = state.nodes;
    const at = index * this.width;
    state.words.set(this.layer.subarray(at, at + words));
    state.nodes.set(this.layer.subarray(at + words, at + words + threads));
    state.refresh();
    const running = this.layer[at + words + threads]!;
    const from = this.layer[at + words + threads + 1]!;
    let moves = 0;
    for (let t = 0; t < threads; t++) {
      if (this.aim !== null && ((this.aim.threads >> t) & 1) === 0) continue;
      const choices = state.choices(t);
      moves += choices;
      for (let choice = 0; choice < choices && this.violation === null; choice++) {
        state.take(t, choice);
        const move = PairPaths.move(t, choice);
        const goesOn = this.goesOn(t);
        if (running === NOBODY || running === t) this.arrive(from, t, move, goesOn);
        else this.postpone(from, move, goesOn);
        state.revert();
      }
    }
    this.transitions += moves;
    this.work += moves;
    if (moves > 1) this.branches = true;
  }

  /** The thread that just moved if it can go on, else NOBODY. */
  private goesOn(thread: number): number {
    const { state } = this;
    const from = state.nodes[thread]!;
    state.nodes[thread] = state.reached;
    const choices = state.choices(thread);
    state.nodes[thread] = from;
    return choices > 0 ? thread : NOBODY;
  }

  /** Puts the move just taken off to the next round. */
  private postpone(from: number, move: number, running: number): void {
    const { nextLow, nextHigh } = this.state;
    const low = nextLow ^ pairLow(running);
    const high = nextHigh ^ pairHigh(running);
    if (this.pairs.find(low, high) < 0) this.found.add(from, move, low, high, this.depth + 1);
  }

  /** Notes the pair just reached if it is new. */
  private arrive(from: number, thread: number, move: number, running: number): void {
    const { state, pairs, states, aim } = this;
    const { nextLow, nextHigh } = state;
    const known = pairs.size;
    pairs.insert(nextLow ^ pairLow(running), nextHigh ^ pairHigh(running));
    if (pairs.size === known) return;
    this.paths.add(from, move, this.depth + 1);
    const isNew = states.insert(nextLow, nextHigh) === NEW;
    // Without an aim a state that breaks a rule ends the search: it is never met again.
    const broken = isNew || aim !== null ? this.inspector.successor(thread) : null;
    const node = state.nodes[thread]!;
    state.move(thread, state.reached);
    if (aim === null) this.violation = broken;
    else if (aim.isTarget(state, broken, this.inspector.property, nextLow, nextHigh))
      this.violation = aim.kind;
    if (this.violation === null && broken === null) this.keep(running, isNew);
    state.move(thread, node);
  }

  /** Stores the newest pair, whose state `state` holds, for the next layer. */
  private keep(running: number, isNew: boolean): void {
    const { state } = this;
    const at = this.nextLength++ * this.width;
    this.next = grown(this.next, at + this.width);
    this.next.set(state.words, at);
    this.next.set(state.nodes, at + state.words.length);
    this.next[at + this.width - 2] = running;
    this.next[at + this.width - 1] = this.pairs.size - 1;
    if (!isNew) return;
    if (state.unfinished === 0) this.endStates++;
    else if (this.aim === null && running === NOBODY && state.enabled() === 0) this.violation ??= 'deadlock';
  }
}

function pairLow(running: number): number {
  return running === NOBODY ? 0 : wordLow(-0x3c6ef, running);
}

function pairHigh(running: number): number {
  return running === NOBODY ? 0 : wordHigh(-0x3c6ef, running);
}
