/** xorshift32 (Marsaglia 2003): 32 bits of state, no allocation; `seed` must not be 0. Owned by one CPU. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed | 0;
  }

  /** An integer from 0 to n-1. */
  below(n: number): number {
    let s = this.state;
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    this.state = s;
    return (s >>> 0) % n;
  }
}

/** A seed of its own for each CPU, never 0. */
export function seedOf(seed: number, cpu: number): number {
  return Math.imul(seed * 64 + cpu + 1, 0x9e3779b1) | 1;
}

/** One switch point in so many is held up. */
const RARITY = 8;
/** One in so many of those gives the processor away instead: on a machine with fewer cores than CPUs others get on only so. */
const SLEEPS = 4;

/** Holds a CPU up at some of its switch points, so that schedules come up that an even pace would never show. */
export class Jitter {
  private readonly random: Random;
  private readonly most: number;
  private readonly idle = new Int32Array(new SharedArrayBuffer(4));

  /** @param most the longest hold-up, in loads of a private word (some 5 ns each); 0: none ever */
  constructor(random: Random, most: number) {
    this.random = random;
    this.most = most;
  }

  /** A switch point. */
  pass(): void {
    if (this.most === 0 || this.random.below(RARITY) !== 0) return;
    if (this.random.below(SLEEPS) === 0) {
      Atomics.wait(this.idle, 0, 0, 0.02);
      return;
    }
    for (let left = this.random.below(this.most); left > 0; left--) Atomics.load(this.idle, 0);
  }
}
