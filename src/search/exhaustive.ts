/**
 * Exhaustive depth-first search over packed integer tables. Eager: all successors of a state are generated and inserted at
 * once, only new ones are kept on the stack; applying a stacked record turns it in place into its undo record, so depth costs
 * no recursion. (design.md section 6; the search keeps no predecessor links: shortest.ts finds the counterexample.)
 *
 * A state "finishes" if some run from it ends with all non-daemon threads done. States for which that is not known when they
 * leave the stack are settled afterwards (liveness.ts); one that never finishes is a deadlock or livelock.
 */
import type { ViolationKind } from '../core/violation.ts';
import type { Automata } from './automata.ts';
import type { Decision } from './decision.ts';
import { grown } from './growable.ts';
import { Inspector } from './inspector.ts';
import { Unsettled } from './liveness.ts';
import { PackedState } from './packed-state.ts';
import { NEW, SEEN_FINISHES, VisitedSet } from './visited.ts';

/**
 * A stack record is one step: a (word, value) pair for each word it changes, then this trailer. Before the step is applied it
 * holds the values and the node to come, afterwards those to go back to; key and slot are those of the same side.
 */
const TRAILER = 6;
const T_WRITES = 0;
const T_THREAD = 1;
const T_NODE = 2;
const T_LOW = 3;
const T_HIGH = 4;
const T_SLOT = 5;
/** T_THREAD: the thread in bits 0–7, APPLIED once the record holds the old values, the answer of `choose` from bit 16 up. */
const THREAD = 255;
const APPLIED = 256;
const CHOICE_SHIFT = 16;

/** What stopped {@link ExhaustiveSearch.run}. */
export type SearchStatus = 'running' | 'complete' | 'violation';

export class ExhaustiveSearch {
  readonly automata: Automata;
  readonly visited = new VisitedSet();
  /** Transitions generated so far. */
  transitions = 0;
  /** Greatest depth of the stack so far, in steps. */
  maxDepth = 0;
  /** States in which all non-daemon threads have ended. */
  endStates = 0;
  /** True once a state with two or more successors has been met: there is more than one schedule. */
  branches = false;
  /** Kind of the first violation met, if `run` said `violation`. */
  violation: ViolationKind | null;
  /** States that cannot finish, known once `run` said `complete`: keys as low, high pairs. */
  stuck: Int32Array = new Int32Array(0);

  private readonly state: PackedState;
  private readonly inspector: Inspector;
  private readonly unsettled = new Unsettled();
  /** The moves from a state, as in T_THREAD, and the keys they lead to. */
  private moves: Int32Array<ArrayBuffer> = new Int32Array(64);
  private lows: Int32Array<ArrayBuffer> = new Int32Array(64);
  private highs: Int32Array<ArrayBuffer> = new Int32Array(64);
  private stack: Int32Array<ArrayBuffer> = new Int32Array(1 << 16);
  private top = 0;
  private depth = 0;
  /** For each state on the current path: is it known to finish? */
  private finishes = new Uint8Array(1 << 12);
  /** Where the current state probably is in the visited set. */
  private slot: number;
  /** Have the current state's successors been generated? */
  private entered = false;
  /** Is the topmost record the step into a violation, not applied? */
  private violating = false;

  constructor(automata: Automata) {
    this.automata = automata;
    this.state = new PackedState(automata);
    this.inspector = new Inspector(this.state);
    this.visited.insert(this.state.low, this.state.high);
    this.slot = this.visited.slot;
    this.violation = this.inspector.initial();
  }

  /** Bytes held by visited set, stack and unsettled list. */
  get bytes(): number {
    return this.visited.bytes + this.stack.byteLength + this.unsettled.bytes;
  }

  /** States in which the end-of-run properties were evaluated. */
  get restStates(): number {
    return this.inspector.restStates;
  }

  /** Explores about `budget` further transitions. Call again while it answers `running`. */
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
      if (this.top > 0 && (this.stack[this.top - TRAILER + T_THREAD]! & APPLIED) === 0) {
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

  /** The decisions that lead to the violation (or to the current state), as the search happened to come there. */
  path(): Decision[] {
    const decisions: Decision[] = [];
    for (let at = this.top; at > 0;) {
      const trailer = at - TRAILER;
      const move = this.stack[trailer + T_THREAD]!;
      if ((move & APPLIED) !== 0 || (this.violating && at === this.top))
        decisions.push({ thread: move & THREAD, choice: move >>> CHOICE_SHIFT });
      at = trailer - 2 * this.stack[trailer + T_WRITES]!;
    }
    return decisions.toReversed();
  }

  /**
   * Generates and inserts all successors of the current state; pushes the new ones. First only their keys: touching all their
   * table slots at once lets the memory fetch them side by side, and that is where the time goes once the table has outgrown
   * the caches. The few new states are then generated again.
   */
  private generate(): void {
    const { state, visited } = this;
    const generated = this.listMoves();
    visited.touch(this.lows, generated);
    let finishes = state.unfinished === 0 ? 1 : 0;
    for (let i = 0; i < generated; i++) {
      const seen = visited.insert(this.lows[i]!, this.highs[i]!);
      if (seen === NEW) {
        const move = this.moves[i]!;
        state.take(move & THREAD, move >>> CHOICE_SHIFT);
        this.push(move);
        this.violation = this.inspector.successor(move & THREAD);
        if (this.violation !== null) {
          this.violating = true;
          return;
        }
        state.revert();
      } else if (seen === SEEN_FINISHES) finishes = 1;
    }
    this.transitions += generated;
    if (generated > 1) this.branches = true;
    if (state.unfinished === 0) this.endStates++;
    else if (generated === 0) this.violation = 'deadlock';
    this.finishes[this.depth] = finishes;
  }

  /** Lists the moves from the current state with the keys they lead to; returns how many there are. */
  private listMoves(): number {
    const { state } = this;
    const threads = state.nodes.length;
    let count = 0;
    // The last move is taken first: threads in the program's order, so that daemons, which come last, do not lead the search off.
    for (let t = threads - 1; t >= 0; t--) {
      const choices = state.choices(t);
      if (count + choices > this.moves.length) this.growMoves(count + choices);
      for (let choice = 0; choice < choices; choice++) {
        state.take(t, choice);
        state.revert();
        this.moves[count] = t | (choice << CHOICE_SHIFT);
        this.lows[count] = state.nextLow;
        this.highs[count++] = state.nextHigh;
      }
    }
    return count;
  }

  private growMoves(needed: number): void {
    this.moves = grown(this.moves, needed);
    this.lows = grown(this.lows, needed);
    this.highs = grown(this.highs, needed);
  }

  /** The state's key goes into the table as finishing, or the state into the list of those to be settled at the end. */
  private leave(): void {
    if (this.finishes[this.depth] === 0 && this.listSuccessors()) this.finishes[this.depth] = 1;
    if (this.finishes[this.depth] === 1) this.visited.setFinishes(this.state.low, this.state.high, this.slot);
  }

  /** All successors were seen without knowing that they finish: look again, and list them if it is still not known. */
  private listSuccessors(): boolean {
    const { unsettled, visited, state } = this;
    unsettled.begin(state.low, state.high);
    const generated = this.listMoves();
    for (let i = 0; i < generated; i++) {
      if (visited.insert(this.lows[i]!, this.highs[i]!) === SEEN_FINISHES) {
        unsettled.cancel();
        return true;
      }
      unsettled.add(this.lows[i]!, this.highs[i]!);
    }
    unsettled.end();
    return false;
  }

  /** Stacks the step just taken, not applied. */
  private push(move: number): void {
    const { written, writtenWord, words, reached, nextLow, nextHigh } = this.state;
    this.stack = grown(this.stack, this.top + 2 * written + TRAILER);
    const { stack } = this;
    let at = this.top;
    for (let i = 0; i < written; i++) {
      const word = writtenWord[i]!;
      stack[at++] = word;
      stack[at++] = words[word]!;
    }
    stack[at + T_WRITES] = written;
    stack[at + T_THREAD] = move;
    stack[at + T_NODE] = reached;
    stack[at + T_LOW] = nextLow;
    stack[at + T_HIGH] = nextHigh;
    stack[at + T_SLOT] = this.visited.slot;
    this.top = at + TRAILER;
  }

  /** Swaps the topmost record with the state: applies it, or undoes it if it was applied. Returns where the record begins. */
  private swap(): number {
    const { stack, state } = this;
    const { words } = state;
    const trailer = this.top - TRAILER;
    const first = trailer - 2 * stack[trailer + T_WRITES]!;
    for (let at = first; at < trailer; at += 2) {
      const word = stack[at]!;
      const value = stack[at + 1]!;
      stack[at + 1] = words[word]!;
      words[word] = value;
    }
    const thread = stack[trailer + T_THREAD]! & THREAD;
    const to = stack[trailer + T_NODE]!;
    stack[trailer + T_NODE] = state.nodes[thread]!;
    state.move(thread, to);
    const { low, high } = state;
    state.low = stack[trailer + T_LOW]!;
    state.high = stack[trailer + T_HIGH]!;
    stack[trailer + T_LOW] = low;
    stack[trailer + T_HIGH] = high;
    const { slot } = this;
    this.slot = stack[trailer + T_SLOT]!;
    stack[trailer + T_SLOT] = slot;
    return first;
  }

  private apply(): void {
    this.swap();
    const at = this.top - TRAILER + T_THREAD;
    this.stack[at] = this.stack[at]! | APPLIED;
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
}
