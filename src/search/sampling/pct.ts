import type { PackedState } from '../packed-state.ts';
import type { Random } from './random.ts';
import type { Sampler } from './sampler.ts';

/**
 * `pct:D`, probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi and Nagarakatte, "A Randomized Scheduler with
 * Probabilistic Guarantees of Finding Bugs", ASPLOS 2010, section 3): threads have random priorities, the highest that can move
 * moves; at D - 1 steps drawn from the k that a run is expected to take, the thread that has just moved goes below all others.
 * A bug of depth D, one that shows whenever some D steps come in a certain order, is met by each schedule with a probability of at
 * least 1 / (n k^(D - 1)).
 *
 * Threads that go on for ever (a daemon, a spin loop) would starve the others. One that comes back, moving alone, to a state it
 * was in has done nothing and goes below all others, too. Where every thread ends that never happens and the bound is that of
 * the paper.
 */
export class PctSampler implements Sampler {
  /** How often a thread was put below the others because it went round in circles, in the present schedule. */
  circles = 0;

  private readonly state: PackedState;
  private readonly steps: number;
  /** Higher moves first. Initial ones are D … D + n - 1, those after change point i are D - i, those after circles below 0. */
  private readonly priority: Int32Array;
  private readonly changeAt: Int32Array;
  private random!: Random;
  private step = 0;
  private lowest = 0;
  /** The thread that has been moving alone, how many steps, and a state it was in meanwhile (Brent's cycle finding). */
  private alone = -1;
  private stretch = 0;
  private nextMark = 1;
  private markLow = 0;
  private markHigh = 0;

  /** @param steps the steps a run takes at most, as estimated: k */
  constructor(state: PackedState, depth: number, steps: number) {
    this.state = state;
    this.steps = steps;
    this.priority = new Int32Array(state.nodes.length);
    this.changeAt = new Int32Array(depth - 1);
  }

  begin(random: Random): void {
    const { priority, changeAt } = this;
    this.random = random;
    this.step = 0;
    this.lowest = 0;
    this.alone = -1;
    this.circles = 0;
    const depth = changeAt.length + 1;
    // Fisher and Yates' shuffle, from the front.
    for (let t = 0; t < priority.length; t++) {
      const other = random.below(t + 1);
      priority[t] = priority[other]!;
      priority[other] = depth + t;
    }
    for (let i = 0; i < changeAt.length; i++) changeAt[i] = 1 + this.random.below(this.steps);
  }

  pick(enabled: Int32Array, count: number): number {
    let best = enabled[0]!;
    for (let i = 1; i < count; i++)
      if (this.priority[enabled[i]!]! > this.priority[best]!) best = enabled[i]!;
    return best;
  }

  moved(thread: number): void {
    const { priority, changeAt } = this;
    this.step++;
    for (let i = 0; i < changeAt.length; i++)
      if (changeAt[i] === this.step) priority[thread] = changeAt.length - i;
    if (this.circling(thread)) {
      this.circles++;
      priority[thread] = --this.lowest;
      this.alone = -1;
    }
  }

  /** Has `thread`, moving alone, come back to a state? Says so after at most three times the length of the circle and its lead. */
  private circling(thread: number): boolean {
    const { low, high } = this.state;
    if (thread !== this.alone) {
      this.alone = thread;
      this.stretch = 0;
      this.nextMark = 1;
    } else if (low === this.markLow && high === this.markHigh) return true;
    if (++this.stretch >= this.nextMark) {
      this.markLow = low;
      this.markHigh = high;
      this.nextMark = 2 * this.stretch;
    }
    return false;
  }
}
