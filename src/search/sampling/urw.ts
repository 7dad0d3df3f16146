import type { Random } from './random.ts';
import type { Sampler } from './sampler.ts';

/**
 * `urw`, uniform random walk: a thread moves with probability proportional to the steps it has left, as estimated (Zhao, Wolff,
 * Mathur and Roychoudhury, "Selectively Uniform Concurrency Testing", ASPLOS 2025, section 3.1). If the estimates are right and
 * no thread ever waits, every schedule is equally likely: the product of n_t / (n_1 + … + n_m) over the steps is
 * n_1! … n_m! / n!, whatever the order. Waiting and branching make it nearly so. (Their SURW restricts this to chosen
 * operations; that is not done here: all operations count.)
 */
export class UniformWalkSampler implements Sampler {
  private readonly expected: Float64Array;
  private readonly left: Float64Array;
  private random!: Random;

  /** @param expected steps of each thread, as estimated by trial runs */
  constructor(expected: Float64Array) {
    this.expected = expected;
    this.left = new Float64Array(expected.length);
  }

  begin(random: Random): void {
    this.random = random;
    this.left.set(this.expected);
  }

  pick(enabled: Int32Array, count: number): number {
    let total = 0;
    for (let i = 0; i < count; i++) total += this.weight(enabled[i]!);
    let drawn = this.random.unit() * total;
    for (let i = 0; i < count - 1; i++) {
      drawn -= this.weight(enabled[i]!);
      if (drawn < 0) return enabled[i]!;
    }
    return enabled[count - 1]!;
  }

  moved(thread: number): void {
    this.left[thread] = this.left[thread]! - 1;
  }

  /** A thread that can move has at least one step left, whatever was estimated. */
  private weight(thread: number): number {
    return Math.max(1, this.left[thread]!);
  }
}
