/**
 * One execution of a neutral program, and the trace it belongs to.
 *
 * Two events of different threads are dependent when they touch the same word and at least one writes it (a failed compare-exchange
 * or trylock only reads; lock and unlock write), and a spawn happens before the first event of the child, the last event of the
 * child before a join. Executions that order dependent events alike are one Mazurkiewicz trace.
 */
import { FEW, grown } from '../growable.ts';
import { Execution, type RaceHandler } from './execution.ts';
import { racesOfEvent, racesOfWaiting } from './neutral-races.ts';
import { ENDED, JOIN, STOPPED, UNSTARTED } from '../npl/kinds.ts';
import { NeutralMachine, NO_ACCESS } from '../npl/machine.ts';
import type { NeutralProgram } from '../npl/program.ts';
import { wordHigh, wordLow } from '../zobrist.ts';

/** How a maximal execution ends. */
export const COMPLETE = 0;
/** An assumption failed. */
export const BLOCKED = 1;
/** Some thread waits for ever. */
export const DEADLOCKED = 2;

/** Whether two accesses (spelled as in the machine's log) of different threads are dependent. */
export function conflict(a: number, b: number): boolean {
  return a !== NO_ACCESS && b !== NO_ACCESS && a >> 1 === b >> 1 && ((a | b) & 1) === 1;
}

export class NeutralExecution extends Execution {
  readonly machine: NeutralMachine;
  /** By word: depth of the last write, or -1. */
  readonly lastWrite: Int32Array;
  /** By word: depth of the last read since the last write, or -1. */
  readonly lastRead: Int32Array;
  /** By depth: what {@link lastWrite} was for its word. */
  earlierWrite = new Int32Array(FEW);
  /** By depth: what {@link lastRead} was for its word. */
  earlierRead = new Int32Array(FEW);
  /** By depth: the key of the trace up to here, the sum over its events of a number for (thread, clock). */
  private traceLows = new Int32Array(FEW + 1);
  private traceHighs = new Int32Array(FEW + 1);

  /** Throws an InputError for a program that has an index out of range. */
  constructor(program: NeutralProgram) {
    super(program.threads.length);
    this.machine = new NeutralMachine(program);
    this.lastWrite = new Int32Array(this.machine.words.length).fill(-1);
    this.lastRead = new Int32Array(this.machine.words.length).fill(-1);
  }

  /** Keys of the trace executed so far: the same for all its schedules, up to a collision of 63 bits. */
  get traceLow(): number {
    return this.traceLows[this.depth]!;
  }

  get traceHigh(): number {
    return this.traceHighs[this.depth]!;
  }

  override conflict(a: number, b: number): boolean {
    return conflict(a, b);
  }

  override step(thread: number): void {
    const { machine, threads, last } = this;
    const at = machine.depth;
    const join = machine.kindOf(thread) === JOIN;
    const joined = join ? machine.automata.details[machine.nodes[thread]!]! : -1;
    machine.step(thread);
    this.makeRoom();
    this.moves[at] = thread;
    this.accesses[at] = machine.stepAccess[at]!;
    this.depth = at + 1;
    const { clocks } = this;
    const row = at * threads;
    const own = last[thread]!;
    this.before[at] = own;
    for (let t = 0; t < threads; t++) clocks[row + t] = own < 0 ? 0 : clocks[own * threads + t]!;
    if (joined >= 0 && last[joined]! >= 0) this.absorb(row, last[joined]!);
    this.touch(row, at);
    const ordinal = clocks[row + thread]! + 1;
    this.ordinal[at] = ordinal;
    clocks[row + thread] = ordinal;
    last[thread] = at;
    const child = machine.stepChild[at]!;
    if (child >= 0) last[child] = at;
    this.addToTrace(thread, row, at);
  }

  override undo(): void {
    const { machine, last } = this;
    const at = --this.depth;
    last[machine.stepThread[at]!] = this.before[at]!;
    const child = machine.stepChild[at]!;
    if (child >= 0) last[child] = -1;
    const access = machine.stepAccess[at]!;
    if (access !== NO_ACCESS) {
      const word = access >> 1;
      this.lastRead[word] = this.earlierRead[at]!;
      this.lastWrite[word] = this.earlierWrite[at]!;
    }
    machine.undo();
  }

  override enabledMask(): number {
    let mask = 0;
    for (let t = 0; t < this.threads; t++) if (this.machine.enabled(t)) mask |= 1 << t;
    return mask;
  }

  override branches(): number {
    return 1;
  }

  override racesOfEvent(at: number, handler: RaceHandler): void {
    racesOfEvent(this, at, handler);
  }

  override racesOfUndone(handler: RaceHandler): void {
    for (let t = 0; t < this.threads; t++) if (!this.machine.enabled(t)) racesOfWaiting(this, t, handler);
  }

  /** Nothing in between writes the word that e and e' share, so e' finds there what e found. */
  override accessWithout(earlier: number, _: Int32Array, __: number, ___: number, node: number): number {
    return this.machine.accessAt(node, this.machine.stepBefore[earlier]!);
  }

  /** How an execution without an enabled thread ended. A thread that nobody spawned has nothing to end. */
  outcome(): number {
    let outcome = COMPLETE;
    for (let t = 0; t < this.threads; t++) {
      const kind = this.machine.kindOf(t);
      if (kind === STOPPED) return BLOCKED;
      if (kind !== ENDED && kind !== UNSTARTED) outcome = DEADLOCKED;
    }
    return outcome;
  }

  /** Joins the clocks of the conflicting events before the one at `at`, and enters it as the newest of its word. */
  private touch(row: number, at: number): void {
    const access = this.machine.stepAccess[at]!;
    if (access === NO_ACCESS) return;
    const word = access >> 1;
    const write = this.lastWrite[word]!;
    const read = this.lastRead[word]!;
    this.earlierWrite[at] = write;
    this.earlierRead[at] = read;
    if (write >= 0) this.absorb(row, write);
    if ((access & 1) === 0) {
      this.lastRead[word] = at;
      return;
    }
    for (let r = read; r >= 0; r = this.earlierRead[r]!) this.absorb(row, r);
    this.lastWrite[word] = at;
    this.lastRead[word] = -1;
  }

  private addToTrace(thread: number, row: number, at: number): void {
    const { clocks } = this;
    let low = thread + 1;
    let high = ~thread;
    for (let t = 0; t < this.threads; t++) {
      low = wordLow(low, clocks[row + t]!);
      high = wordHigh(high, clocks[row + t]!);
    }
    this.traceLows[at + 1] = (this.traceLows[at]! + low) | 0;
    this.traceHighs[at + 1] = (this.traceHighs[at]! + high) | 0;
  }

  protected override makeRoom(): boolean {
    if (!super.makeRoom()) return false;
    const { length } = this.moves;
    this.earlierWrite = grown(this.earlierWrite, length);
    this.earlierRead = grown(this.earlierRead, length);
    this.traceLows = grown(this.traceLows, length + 1);
    this.traceHighs = grown(this.traceHighs, length + 1);
    return true;
  }
}
