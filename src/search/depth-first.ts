import { Kind } from '../core/operations.ts';
import type { ViolationKind } from '../core/violation.ts';
import type { Automata } from './automata.ts';
import { ExactSet } from './exact-set.ts';
import { grown } from './growable.ts';
import { Inspector } from './inspector.ts';
import type { Unsettled } from './liveness.ts';
import { Moves } from './moves.ts';
import { PackedState } from './packed-state.ts';
import type { Projections } from './projections.ts';
import { requireFit, type WalkSnapshot } from './snapshot.ts';
import { StateCodes } from './state-codes.ts';
import { N_KIND, NODE } from './tables.ts';
import { NEW, SEEN_FINISHES, type StateSet } from './visited.ts';

/**
 * A stack record is one step: a (word, value) pair for each word it changes, then this trailer. Before the step is applied it
 * holds the values and the node to come, afterwards those to go back to; key, projection, slot and sleep set are those of the same
 * side.
 */
const TRAILER = 9;
const T_WRITES = 0;
const T_MOVE = 1;
const T_NODE = 2;
const T_LOW = 3;
const T_HIGH = 4;
const T_WATCHED_LOW = 5;
const T_WATCHED_HIGH = 6;
const T_SLOT = 7;
const T_ASLEEP = 8;
/** T_MOVE: the thread in bits 0–7, the answer of `choose` from bit 16 up, and between them what became of the record. */
export const THREAD = 255;
export const CHOICE_SHIFT = 16;
/** The step was taken, the record holds the old values. */
const APPLIED = 256;
/** Another search takes the step. */
const GIVEN = 512;
const FATE = APPLIED | GIVEN;

/** What is known of a state on the path: that it finishes, and that the visited set says so. */
const FINISHES_KNOWN = 1;
const FINISHES_TOLD = 2;

/**
 * One depth-first walk through the states that no walk has seen yet: its path from the initial state, and the open steps beside
 * it. Eager: all successors of a state are generated and inserted at once, only new ones are kept on the stack; applying a
 * stacked record turns it in place into its undo record, so depth costs no recursion.
 *
 * **Sleep sets.** Let state X have been met first by the step d from its predecessor P. A thread m is asleep in X, its steps are not
 * looked at, if m stands before the thread of d in the program's order, could move in P, and its steps there commute with d; then
 * X·m = P·d·m = P·m·d. Nothing is stored for it (sleep sets are not inherited, unlike those of Godefroid, LNCS 1032, 1996, chapter
 * 5), and no state is lost: every (X, m) with X visited and m enabled there leads to a visited state. By induction over m, from the
 * last thread to the first, and for one m over the depth of X in the tree of first meetings: if m is awake, X·m is inserted. If not,
 * P is less deep, so P·m is visited; and the thread of d stands behind m, so (P·m)·d = X·m is visited.
 */
export class DepthFirst {
  /** Steps from the initial state to where this walk began: thread and choice as in a record. */
  prefix: Int32Array = new Int32Array(0);
  /** Is there a state to expand? */
  active = false;
  /** Transitions from the states expanded so far. */
  transitions = 0;
  /** Steps of the longest path. */
  maxDepth = 0;
  endStates = 0;
  branches = false;
  /** Is the topmost record the step into a violation, not applied? */
  violating = false;

  readonly visited: StateSet;
  private readonly unsettled: Unsettled;
  private readonly projections: Projections;
  private readonly state: PackedState;
  private readonly moves: Moves;
  private readonly inspector: Inspector;
  /** In exact mode, the codes that {@link visited} compares. */
  private readonly codes: StateCodes | null;
  private readonly daemon: Uint8Array;
  /** The moves from a state, by number, and the keys they lead to. */
  private listed: Int32Array<ArrayBuffer> = new Int32Array(64);
  private lows: Int32Array<ArrayBuffer> = new Int32Array(64);
  private highs: Int32Array<ArrayBuffer> = new Int32Array(64);
  private count = 0;
  private stack: Int32Array<ArrayBuffer> = new Int32Array(1 << 12);
  private top = 0;
  private depth = 0;
  /** For each state on the current path: is it known to finish? */
  private finishes = new Uint8Array(1 << 10);
  /** Of the current state: projection, where it probably is in the visited set, threads asleep. */
  private watchedLow = 0;
  private watchedHigh = 0;
  private slot = 0;
  private asleep = 0;

  /** @param visited where visited states are kept; null: in an exact set of its own */
  constructor(automata: Automata, visited: StateSet | null, unsettled: Unsettled, projections: Projections) {
    this.unsettled = unsettled;
    this.projections = projections;
    this.state = new PackedState(automata);
    this.codes = visited === null ? new StateCodes(this.state) : null;
    this.visited = this.codes === null ? visited! : new ExactSet(this.codes);
    this.moves = new Moves(this.state);
    this.inspector = new Inspector(this.state);
    this.daemon = Uint8Array.from(automata.program.threads, (thread) => (thread.daemon === true ? 1 : 0));
  }

  /** Bytes held. */
  get bytes(): number {
    return this.stack.byteLength + this.finishes.byteLength;
  }

  /** States in which the end-of-run properties were to be evaluated. */
  get restStates(): number {
    return this.inspector.restStates;
  }

  /** Inserts the initial state and stands there; returns the violation it shows, or null. */
  begin(): ViolationKind | null {
    const { state, visited } = this;
    this.codes?.refresh();
    visited.insert(state.low, state.high);
    this.slot = visited.slot;
    this.active = true;
    this.projections.begin();
    return this.inspector.initial();
  }

  /** Goes to the state at the end of `path` (thread and choice for each step, in the visited set already) and on below it. */
  adopt(path: Int32Array): void {
    const { state } = this;
    state.reset();
    for (const move of path) {
      state.take(move & THREAD, move >>> CHOICE_SHIFT);
      state.advance(move & THREAD);
    }
    this.moves.forget();
    const { low, high } = this.moves.projection();
    this.watchedLow = low;
    this.watchedHigh = high;
    this.prefix = path;
    this.slot = state.low;
    this.asleep = 0;
    this.depth = 0;
    this.maxDepth = Math.max(this.maxDepth, path.length);
    this.active = true;
  }

  /**
   * Gives away the open step next to the initial state: the path up to and with it, as for {@link adopt}; null if there are not
   * two open ones. Linear in the depth of the stack.
   */
  donate(): Int32Array | null {
    // Records are found from the top down; the lowest open one wins.
    let lowest = -1;
    let open = 0;
    for (let at = this.top; at > 0;) {
      const trailer = at - TRAILER;
      if ((this.stack[trailer + T_MOVE]! & FATE) === 0) {
        lowest = at;
        open++;
      }
      at = trailer - 2 * this.stack[trailer + T_WRITES]!;
    }
    if (open < 2) return null;
    const path = this.steps(lowest);
    const at = lowest - TRAILER + T_MOVE;
    this.stack[at] = this.stack[at]! | GIVEN;
    return path;
  }

  /** How much of the stack is in use, from 0 to 1. */
  get stackUse(): number {
    return this.top / this.stack.length;
  }

  /** Stack, sleep sets and counters, between {@link advance} and {@link expand}, of a walk that began in the initial state. */
  save(): WalkSnapshot {
    const { stack, transitions, maxDepth, endStates, restStates, branches, active } = this;
    const moves: number[] = [];
    const asleep = [this.asleep];
    for (let at = this.top; at > 0;) {
      const trailer = at - TRAILER;
      moves.push(stack[trailer + T_MOVE]!);
      asleep.push(stack[trailer + T_ASLEEP]!);
      at = trailer - 2 * stack[trailer + T_WRITES]!;
    }
    return {
      counters: { transitions, maxDepth, endStates, restStates, branches, active },
      moves: Int32Array.from(moves.reverse()),
      asleep: Int32Array.from(asleep.reverse()),
      dependents: this.moves.dependents,
      finishes: this.finishes.subarray(0, this.depth + 1),
    };
  }

  /**
   * Makes this walk, which stands at its beginning, the one that was saved, by replaying its stack; the visited set is that one's
   * already. Throws a SnapshotMisfit if it is not of this program.
   */
  restore({ counters, moves, asleep, dependents, finishes }: WalkSnapshot): void {
    for (const saved of moves) this.replay(saved);
    requireFit(finishes.length === this.depth + 1, 'its path has another length');
    requireFit(asleep.length === moves.length + 1, 'it has not a sleep set for each step');
    requireFit(dependents.length === this.moves.dependents.length, 'it has other words');
    this.finishes = new Uint8Array(Math.max(this.finishes.length, 2 * finishes.length));
    this.finishes.set(finishes);
    this.asleep = asleep[moves.length]!;
    for (let at = this.top, i = moves.length - 1; at > 0; i--) {
      const trailer = at - TRAILER;
      this.stack[trailer + T_ASLEEP] = asleep[i]!;
      at = trailer - 2 * this.stack[trailer + T_WRITES]!;
    }
    this.moves.dependents.set(dependents);
    this.moves.forget();
    this.transitions = counters.transitions;
    this.maxDepth = counters.maxDepth;
    this.endStates = counters.endStates;
    this.inspector.restStates = counters.restStates;
    this.branches = counters.branches;
    this.active = counters.active;
  }

  /** Stacks a saved step again, and takes it if it was taken. */
  private replay(saved: number): void {
    const { moves, state, visited } = this;
    const thread = saved & THREAD;
    const choice = saved >>> CHOICE_SHIFT;
    moves.refresh();
    const fits = thread < moves.choices.length && choice < moves.choices[thread]!;
    requireFit(fits, `step ${this.depth + 1} of its path cannot be taken`);
    const move = (thread << moves.shift) + choice;
    const low = state.low ^ moves.low[move]!;
    const high = state.high ^ moves.high[move]!;
    const seen = visited.insert(low, high);
    requireFit(seen !== NEW, `step ${this.depth + 1} of its path leads to a state not visited`);
    this.push(move, low, high);
    if ((saved & APPLIED) !== 0) this.apply();
  }

  /** The steps from the initial state to the current one, or into the violation. */
  path(): Int32Array {
    return this.steps(this.violating ? this.top : 0);
  }

  /** The steps applied, up to the record that ends at `open` and with it; all that are applied if that is 0. */
  private steps(open: number): Int32Array {
    const { stack } = this;
    const steps: number[] = [];
    for (let at = open > 0 ? open : this.top; at > 0;) {
      const trailer = at - TRAILER;
      const move = stack[trailer + T_MOVE]!;
      if ((move & APPLIED) !== 0 || at === open) steps.push(move & ~FATE);
      at = trailer - 2 * stack[trailer + T_WRITES]!;
    }
    return Int32Array.from([...this.prefix, ...steps.reverse()]);
  }

  /**
   * Generates and inserts the successors of the current state; stacks those that are new. First only their keys: touching all their
   * table slots at once lets the memory fetch them side by side. Returns the violation found, or null.
   */
  expand(): ViolationKind | null {
    this.listMoves(this.asleep);
    const { state, visited, listed, lows, highs, count, moves, slot, codes } = this;
    visited.touch(lows, count);
    if (codes !== null) codes.refresh();
    let finishes = state.unfinished === 0 ? 1 : 0;
    for (let i = 0; i < count; i++) {
      const move = listed[i]!;
      if (codes !== null) codes.codeOf(moves, move, move >> moves.shift);
      const seen = visited.insert(lows[i]!, highs[i]!);
      if (seen === NEW) {
        this.push(move, lows[i]!, highs[i]!);
        const violation = this.inspect(move);
        if (violation !== null) {
          this.violating = true;
          return violation;
        }
      } else if (seen === SEEN_FINISHES) finishes = 1;
    }
    const { enabledMoves } = moves;
    this.transitions += enabledMoves;
    if (enabledMoves > 1) this.branches = true;
    if (finishes === 1) {
      // Told at once, while the state's slot is still in the cache.
      visited.setFinishes(state.low, state.high, slot);
      finishes = FINISHES_TOLD;
    }
    this.finishes[this.depth] = finishes;
    if (state.unfinished === 0) this.endStates++;
    else if (enabledMoves === 0) return 'deadlock';
    return null;
  }

  /** Goes to the next state to be expanded; false if there is none left. */
  advance(): boolean {
    for (;;) {
      if (this.top > 0) {
        const fate = this.stack[this.top - TRAILER + T_MOVE]! & FATE;
        if (fate === 0) {
          this.apply();
          return true;
        }
        if (fate === GIVEN) {
          this.top -= TRAILER + 2 * this.stack[this.top - TRAILER + T_WRITES]!;
          continue;
        }
      }
      this.leave();
      if (this.top === 0) {
        this.active = false;
        return false;
      }
      this.undo();
    }
  }

  /** Lists the moves from the current state with the keys they lead to, but for those of the threads in `without`. */
  private listMoves(without: number): void {
    const { moves } = this;
    moves.refresh();
    const { choices, shift, low, high } = moves;
    const threads = choices.length;
    if (threads << shift > this.listed.length) this.growMoves(threads << shift);
    const { listed, lows, highs } = this;
    const stateLow = this.state.low;
    const stateHigh = this.state.high;
    let count = 0;
    // The last move is taken first: threads in the program's order, so that daemons, which come last, do not lead the search off.
    for (let t = threads - 1; t >= 0; t--) {
      if (((without >>> t) & 1) === 1) continue;
      const first = t << shift;
      const end = first + choices[t]!;
      for (let move = first; move < end; move++) {
        listed[count] = move;
        lows[count] = stateLow ^ low[move]!;
        highs[count++] = stateHigh ^ high[move]!;
      }
    }
    this.count = count;
  }

  private growMoves(needed: number): void {
    this.listed = grown(this.listed, needed);
    this.lows = grown(this.lows, needed);
    this.highs = grown(this.highs, needed);
  }

  /** The kind of violation shown by the new state that `move` leads to, or null. */
  private inspect(move: number): ViolationKind | null {
    const { state, moves } = this;
    const reached = moves.reached[move]!;
    const kind = state.automata.nodes[reached * NODE + N_KIND]!;
    const watchedLow = moves.watchedLow[move]!;
    const watchedHigh = moves.watchedHigh[move]!;
    if (kind < Kind.DONE && (watchedLow | watchedHigh) === 0 && state.unfinished > 0) return null;
    return this.inspectClosely(move, reached, kind, (watchedLow | watchedHigh) !== 0);
  }

  private inspectClosely(
    move: number,
    reached: number,
    kind: number,
    changed: boolean,
  ): ViolationKind | null {
    const { state, moves, projections } = this;
    if (kind === Kind.FAIL) {
      this.inspector.property = null;
      return state.automata.failureOf(reached).kind;
    }
    const thread = move >> moves.shift;
    const low = this.watchedLow ^ moves.watchedLow[move]!;
    const high = this.watchedHigh ^ moves.watchedHigh[move]!;
    const ends = kind === Kind.DONE && this.daemon[thread] === 0;
    const ended = state.unfinished === (ends ? 1 : 0) && this.inspector.restsAfter(thread, reached);
    if (ended) this.inspector.restStates++;
    const always = changed && projections.isNew(low, high);
    const atEnd = ended && projections.isNewAtEnd(low, high);
    if (!always && !atEnd) return null;
    const from = state.nodes[thread]!;
    moves.swapWrites(move);
    state.move(thread, reached);
    this.inspector.property = null;
    if (always) this.inspector.look();
    const broken = this.inspector.broken(always, atEnd);
    state.move(thread, from);
    moves.swapWrites(move);
    return broken;
  }

  /** The state's key goes into the table as finishing, or the state into the list of those to be settled at the end. */
  private leave(): void {
    if (this.finishes[this.depth] === 0 && this.listSuccessors()) this.finishes[this.depth] = FINISHES_KNOWN;
    if (this.finishes[this.depth] === FINISHES_KNOWN)
      this.visited.setFinishes(this.state.low, this.state.high, this.slot);
  }

  /** All successors were seen without knowing that they finish: look again, and list them if it is still not known. */
  private listSuccessors(): boolean {
    const { unsettled, visited, state } = this;
    unsettled.begin(state.low, state.high);
    this.listMoves(0);
    for (let i = 0; i < this.count; i++) {
      if (visited.find(this.lows[i]!, this.highs[i]!) === SEEN_FINISHES) {
        unsettled.cancel();
        return true;
      }
      unsettled.add(this.lows[i]!, this.highs[i]!);
    }
    unsettled.end();
    return false;
  }

  /** Stacks `move`, not applied; `low` and `high` are the key that it leads to. */
  private push(move: number, low: number, high: number): void {
    const { moves } = this;
    const { width, writes } = moves;
    const written = moves.written[move]!;
    const top = this.top + 2 * written + TRAILER;
    if (top > this.stack.length) this.stack = grown(this.stack, top);
    const { stack } = this;
    const first = move * width;
    let at = this.top;
    for (let i = first; i < first + 2 * written; i++) stack[at++] = writes[i]!;
    const thread = move >> moves.shift;
    stack[at + T_WRITES] = written;
    stack[at + T_MOVE] = thread | ((move - (thread << moves.shift)) << CHOICE_SHIFT);
    stack[at + T_NODE] = moves.reached[move]!;
    stack[at + T_LOW] = low;
    stack[at + T_HIGH] = high;
    stack[at + T_WATCHED_LOW] = this.watchedLow ^ moves.watchedLow[move]!;
    stack[at + T_WATCHED_HIGH] = this.watchedHigh ^ moves.watchedHigh[move]!;
    stack[at + T_SLOT] = this.visited.slot;
    stack[at + T_ASLEEP] = moves.commuting(move, thread);
    this.top = top;
  }

  /** Swaps the topmost record with the state: applies it, or undoes it if it was applied. Returns where the record begins. */
  private swap(): number {
    const { stack, state, moves } = this;
    const { words } = state;
    const trailer = this.top - TRAILER;
    const first = trailer - 2 * stack[trailer + T_WRITES]!;
    for (let at = first; at < trailer; at += 2) {
      const word = stack[at]!;
      const value = stack[at + 1]!;
      stack[at + 1] = words[word]!;
      words[word] = value;
      moves.wordChanged(word);
    }
    const thread = stack[trailer + T_MOVE]! & THREAD;
    moves.threadMoved(thread);
    const to = stack[trailer + T_NODE]!;
    stack[trailer + T_NODE] = state.nodes[thread]!;
    state.move(thread, to);
    const { low, high } = state;
    state.low = stack[trailer + T_LOW]!;
    state.high = stack[trailer + T_HIGH]!;
    stack[trailer + T_LOW] = low;
    stack[trailer + T_HIGH] = high;
    const { watchedLow, watchedHigh, slot, asleep } = this;
    this.watchedLow = stack[trailer + T_WATCHED_LOW]!;
    this.watchedHigh = stack[trailer + T_WATCHED_HIGH]!;
    this.slot = stack[trailer + T_SLOT]!;
    this.asleep = stack[trailer + T_ASLEEP]!;
    stack[trailer + T_WATCHED_LOW] = watchedLow;
    stack[trailer + T_WATCHED_HIGH] = watchedHigh;
    stack[trailer + T_SLOT] = slot;
    stack[trailer + T_ASLEEP] = asleep;
    return first;
  }

  private apply(): void {
    this.swap();
    const at = this.top - TRAILER + T_MOVE;
    this.stack[at] = this.stack[at]! | APPLIED;
    this.depth++;
    if (this.depth + this.prefix.length > this.maxDepth) this.maxDepth = this.depth + this.prefix.length;
    if (this.depth < this.finishes.length) return;
    const bigger = new Uint8Array(this.finishes.length * 2);
    bigger.set(this.finishes);
    this.finishes = bigger;
  }

  private undo(): void {
    const finishes = this.finishes[this.depth]!;
    this.top = this.swap();
    this.depth--;
    if (finishes !== 0 && this.finishes[this.depth] === 0) this.finishes[this.depth] = FINISHES_KNOWN;
  }
}
