/**
 * One execution and what happens before what in it: a vector clock for each event, taken back with the event. What the events are and
 * which of them are dependent, a subclass says; the searches (stateless.ts) know nothing else of a program.
 *
 * A move is a thread in bits 0-4 and, of an event that branches, the branch taken in the bits above. An access is an integer
 * that stands for all that decides which other events the event depends on.
 */
import { FEW, grown } from '../growable.ts';

/** Told each reversible race: an event e and a later or waiting event e' that could have come before e. */
export interface RaceHandler {
  /**
   * @param earlier depth of e
   * @param move of e'
   * @param node the automaton node of which e' is the event
   * @param own depth of the event before e' in its thread (or of the one that spawned it), or -1
   * @param end depth of e', or the length of the execution if e' waits
   */
  race(earlier: number, move: number, node: number, own: number, end: number): void;
}

/** Bits of a move that hold the thread; the branch is above. */
export const THREAD_BITS = 5;
export const THREAD_MASK = (1 << THREAD_BITS) - 1;
/** Answer of {@link Execution.accessWithout}: the event cannot happen there. */
export const IMPOSSIBLE = -2;

export abstract class Execution {
  readonly threads: number;
  /** Events done. */
  depth = 0;
  /** By depth: the move, and the access of its event. */
  moves = new Int32Array(FEW);
  accesses = new Int32Array(FEW);
  /** By depth: depth of the event before in the same thread (or of the one that spawned it), or -1. */
  before = new Int32Array(FEW);
  /** By depth: 1 for the first event of its thread, 2 for the second … */
  ordinal = new Int32Array(FEW);
  /** By thread: depth of its last event (of the event that spawned it, before its first), or -1. */
  readonly last: Int32Array;
  /** By depth and thread: how many events of the thread happen before this one or are it. */
  protected clocks: Int32Array<ArrayBuffer>;

  /** @param threads at most 31 */
  constructor(threads: number) {
    this.threads = threads;
    this.last = new Int32Array(threads).fill(-1);
    this.clocks = new Int32Array(FEW * threads);
  }

  /** Whether the event at depth `a` happens before the event at depth `b`, or is it; -1 as `b` is before everything. */
  happensBefore(a: number, b: number): boolean {
    return b >= a && this.clocks[b * this.threads + (this.moves[a]! & THREAD_MASK)]! >= this.ordinal[a]!;
  }

  /** How many events of `thread` happen before the event at depth `at` or are it. */
  clock(at: number, thread: number): number {
    return this.clocks[at * this.threads + thread]!;
  }

  /** Whether two accesses of events of different threads are dependent. */
  abstract conflict(a: number, b: number): boolean;

  /** Does the event of `move`, which must be enabled. */
  abstract step(move: number): void;

  /** Takes the last event back. */
  abstract undo(): void;

  /** A bit for each thread that can go on. */
  abstract enabledMask(): number;

  /** In how many ways `thread`, which is enabled, can go on. */
  abstract branches(thread: number): number;

  /** Tells the races in which the event at depth `at` is the later one. */
  abstract racesOfEvent(at: number, handler: RaceHandler): void;

  /** Tells the races of what could not be done: of threads that wait at the end, and of branches not taken. */
  abstract racesOfUndone(handler: RaceHandler): void;

  /**
   * The access of the event of `node` when it comes after the first `earlier` events and the `count` events at `depths`, or
   * {@link IMPOSSIBLE}. None of those may happen after the event at depth `earlier`.
   */
  abstract accessWithout(
    earlier: number,
    depths: Int32Array,
    count: number,
    move: number,
    node: number,
  ): number;

  /** Joins the clock of the event at depth `other` into the one that begins at `row`. */
  protected absorb(row: number, other: number): void {
    const { clocks, threads } = this;
    const from = other * threads;
    for (let t = 0; t < threads; t++)
      if (clocks[from + t]! > clocks[row + t]!) clocks[row + t] = clocks[from + t]!;
  }

  /** Makes room for one more event; returns true if the arrays had to grow. */
  protected makeRoom(): boolean {
    if (this.depth < this.moves.length) return false;
    const needed = this.depth + 1;
    this.moves = grown(this.moves, needed);
    this.accesses = grown(this.accesses, needed);
    this.before = grown(this.before, needed);
    this.ordinal = grown(this.ordinal, needed);
    this.clocks = grown(this.clocks, this.moves.length * this.threads);
    return true;
  }
}
