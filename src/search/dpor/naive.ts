import { grown } from '../growable.ts';
import { StatelessSearch } from './stateless.ts';

/** Every interleaving: no reduction at all. The truth against which the others are measured; exponential in everything. */
export class NaiveSearch extends StatelessSearch {
  /** By depth: a bit for each thread that has not gone yet. */
  private left = new Int32Array(64);

  protected override enter(depth: number): void {
    this.left = grown(this.left, depth + 1);
    const enabled = this.execution.enabledMask();
    this.left[depth] = enabled;
    if (enabled === 0) this.tally.record(this.execution);
  }

  protected override choose(depth: number): number {
    const mask = this.left[depth]!;
    if (mask === 0) return -1;
    this.left[depth] = mask & (mask - 1);
    return 31 - Math.clz32(mask & -mask);
  }

  protected override leave(): void {}
}
