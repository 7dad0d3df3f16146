import type { Random } from './random.ts';
import type { Sampler } from './sampler.ts';

/** `random`: any thread that can move, each with the same probability. Short threads are over early: far from uniform over schedules. */
export class UniformSampler implements Sampler {
  private random!: Random;

  begin(random: Random): void {
    this.random = random;
  }

  pick(enabled: Int32Array, count: number): number {
    return enabled[this.random.below(count)]!;
  }

  moved(): void {}
}
