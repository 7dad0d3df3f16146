/**
 * Sleep sets: threads whose next event need not go first any more, because what begins with it was explored before; they wake when
 * a dependent event is executed (Godefroid, LNCS 1032, 1996, chapter 5).
 */
import { grown } from '../growable.ts';
import { conflict } from './execution.ts';

export class SleepSets {
  /** By depth: a bit for each sleeping thread. */
  masks = new Int32Array(64);
  private accesses: Int32Array<ArrayBuffer>;
  private readonly threads: number;

  constructor(threads: number) {
    this.threads = threads;
    this.accesses = new Int32Array(64 * threads);
  }

  /** What the event of sleeping `thread` accesses at `depth`. */
  accessOf(depth: number, thread: number): number {
    return this.accesses[depth * this.threads + thread]!;
  }

  /** Puts `thread` to sleep at `depth`. */
  add(depth: number, thread: number, access: number): void {
    this.masks[depth]! |= 1 << thread;
    this.accesses[depth * this.threads + thread] = access;
  }

  /** Sets the sleep set after an event with `access` at `depth`: those that are independent of it sleep on. */
  descend(depth: number, access: number): void {
    this.masks = grown(this.masks, depth + 2);
    this.accesses = grown(this.accesses, (depth + 2) * this.threads);
    const from = depth * this.threads;
    let mask = 0;
    for (let rest = this.masks[depth]!; rest !== 0; rest &= rest - 1) {
      const thread = 31 - Math.clz32(rest & -rest);
      const asleep = this.accesses[from + thread]!;
      if (conflict(asleep, access)) continue;
      mask |= 1 << thread;
      this.accesses[from + this.threads + thread] = asleep;
    }
    this.masks[depth + 1] = mask;
  }
}
