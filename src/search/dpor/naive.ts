import { FEW, grown } from '../growable.ts';
import { StatelessSearch } from './stateless.ts';

/** Every interleaving of events that do not branch: no reduction at all. The truth against which the others are measured; exponential in everything. */
export class NaiveSearch extends StatelessSearch {
  /** By depth: a bit for each thread that has not gone yet. */
  private left = new Int32Array(FEW);

  protected override enter(depth: number): void {
    this.left = grown(this.left, depth + 1);
    const enabled = this.execution.enabledMask();
    this.left[depth] = enabled;
    if (enabled === 0) this.recorder.record();
  }

  protected override choose(depth: number): number {
    const mask = this.left[depth]!;
    if (mask === 0) return -1;
    this.left[depth] = mask & (mask - 1);
    return 31 - Math.clz32(mask & -mask);
  }

  protected override leave(): void {}
}
