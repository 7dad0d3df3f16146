import type { PackedState } from '../packed-state.ts';
import { Footprints } from './footprints.ts';
import type { Random } from './random.ts';
import type { Sampler } from './sampler.ts';

/**
 * `pos`, partial order sampling (Yuan, Yang and Gu, "Partial Order Aware Concurrency Sampling", CAV 2018, section 4): each
 * pending step has a random priority, the highest that can be taken is taken. The thread's next step gets a fresh one, and so do
 * the pending steps of other threads that race with the one taken; the others keep theirs, as their order to it matters to nobody.
 */
export class PosSampler implements Sampler {
  private readonly state: PackedState;
  private readonly footprints: Footprints;
  /** Of each thread's pending step; 32 random bits, so that ties do not matter. */
  private readonly priority: Int32Array;
  private random!: Random;

  constructor(state: PackedState) {
    this.state = state;
    this.footprints = new Footprints(state);
    this.priority = new Int32Array(state.nodes.length);
  }

  begin(random: Random): void {
    this.random = random;
    for (let t = 0; t < this.priority.length; t++) this.priority[t] = random.int32();
  }

  pick(enabled: Int32Array, count: number): number {
    let best = enabled[0]!;
    for (let i = 1; i < count; i++)
      if (this.priority[enabled[i]!]! > this.priority[best]!) best = enabled[i]!;
    return best;
  }

  moved(thread: number, from: number): void {
    const { footprints, priority, random } = this;
    const { nodes } = this.state;
    footprints.learn(from);
    priority[thread] = random.int32();
    for (let t = 0; t < nodes.length; t++)
      if (t !== thread && footprints.race(from, nodes[t]!)) priority[t] = random.int32();
  }
}
