/**
 * The sequence v = notdep(e, E)·e' that turns a race (e, e') round: what came after e without happening after it, then e'. It can
 * be executed where e was (Abdulla et al., POPL 2014, algorithms 1 and 2).
 */
import { grown } from '../growable.ts';
import { conflict, type Execution } from './execution.ts';

export class Reversal {
  /** Events left. */
  length = 0;
  /** By position in v: the thread, and the access it makes in v. */
  threads = new Int32Array(64);
  accesses = new Int32Array(64);
  /** By position in v: where the event stands in E; -1 for e'. */
  private depths = new Int32Array(64);
  private own = -1;
  private readonly execution: Execution;

  constructor(execution: Execution) {
    this.execution = execution;
  }

  /** Makes v of the events between `earlier` and `end`, without e', and then e'. Parameters as for a race. Linear. */
  build(earlier: number, thread: number, node: number, own: number, end: number): void {
    const { machine } = this.execution;
    this.threads = grown(this.threads, end + 1);
    this.accesses = grown(this.accesses, end + 1);
    this.depths = grown(this.depths, end + 1);
    this.own = own;
    let n = 0;
    for (let at = earlier + 1; at < end; at++) {
      if (this.execution.happensBefore(earlier, at)) continue;
      this.threads[n] = machine.stepThread[at]!;
      this.accesses[n] = machine.stepAccess[at]!;
      this.depths[n++] = at;
    }
    this.threads[n] = thread;
    // Nothing in v writes the word that e and e' share, so e' finds there what e found.
    this.accesses[n] = machine.accessAt(node, machine.stepBefore[earlier]!);
    this.depths[n++] = -1;
    this.length = n;
  }

  /**
   * Whether a thread whose next event makes `access` may go first: its event in v has none before it in v, or it is not in v and
   * independent of all of v (weak initials, POPL 2014). Linear.
   */
  weakInitial(thread: number, access: number): boolean {
    const first = this.find(thread);
    if (first >= 0) return this.isFree(first);
    for (let i = 0; i < this.length; i++) if (conflict(access, this.accesses[i]!)) return false;
    return true;
  }

  /** A bit for each thread whose event in v may go first. Quadratic. */
  initials(): number {
    let seen = 0;
    let mask = 0;
    for (let i = 0; i < this.length; i++) {
      const bit = 1 << this.threads[i]!;
      if ((seen & bit) === 0 && this.isFree(i)) mask |= bit;
      seen |= bit;
    }
    return mask;
  }

  /** Removes the first event of `thread`, if there is one. */
  take(thread: number): void {
    const first = this.find(thread);
    if (first < 0) return;
    this.threads.copyWithin(first, first + 1, this.length);
    this.accesses.copyWithin(first, first + 1, this.length);
    this.depths.copyWithin(first, first + 1, this.length);
    this.length--;
  }

  private find(thread: number): number {
    for (let i = 0; i < this.length; i++) if (this.threads[i] === thread) return i;
    return -1;
  }

  /** Whether no event before position `k` must come before it. */
  private isFree(k: number): boolean {
    const depth = this.depths[k]!;
    for (let i = 0; i < k; i++)
      if (
        depth >= 0
          ? this.execution.happensBefore(this.depths[i]!, depth)
          : this.execution.happensBefore(this.depths[i]!, this.own) ||
            conflict(this.accesses[i]!, this.accesses[k]!)
      )
        return false;
    return true;
  }
}
