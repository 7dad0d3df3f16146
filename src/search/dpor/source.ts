/**
 * Source-DPOR (Abdulla, Aronis, Jonsson, Sagonas: Optimal Dynamic Partial Order Reduction, POPL 2014, algorithm 1): when an event
 * races with an earlier one, some first event of the reversed sequence is put in the backtrack set there. Every trace is executed
 * once; executions may be begun in vain and end asleep. For events that do not branch.
 */
import { FEW, grown } from '../growable.ts';
import type { Execution, RaceHandler } from './execution.ts';
import { Reversal } from './reversal.ts';
import { SleepSets } from './sleep-sets.ts';
import { StatelessSearch, type Recorder } from './stateless.ts';

export class SourceSearch extends StatelessSearch implements RaceHandler {
  /** By depth: a bit for each thread that is to go first, or went. */
  private backtrack = new Int32Array(FEW);
  private readonly sleep: SleepSets;
  private readonly v: Reversal;

  constructor(execution: Execution, recorder: Recorder, maxEvents?: number) {
    super(execution, recorder, maxEvents);
    this.sleep = new SleepSets(execution);
    this.v = new Reversal(execution);
  }

  /** @internal */
  race(earlier: number, move: number, node: number, own: number, end: number): void {
    const { v, backtrack, sleep } = this;
    if (!v.build(earlier, move, node, own, end)) return;
    const initials = v.initials();
    if ((initials & (backtrack[earlier]! | sleep.masks[earlier]!)) !== 0) return;
    backtrack[earlier] = backtrack[earlier]! | (initials & -initials);
  }

  protected override enter(depth: number): void {
    const { execution, sleep } = this;
    this.backtrack = grown(this.backtrack, depth + 1);
    if (depth > 0) {
      sleep.descend(depth - 1, execution.moves[depth - 1]!, execution.accesses[depth - 1]!);
      execution.racesOfEvent(depth - 1, this);
    }
    const enabled = execution.enabledMask();
    const awake = enabled & ~sleep.masks[depth]!;
    this.backtrack[depth] = awake & -awake;
    if (awake !== 0) return;
    if (enabled === 0) this.recorder.record();
    else this.recorder.sleepSetBlocked++;
    execution.racesOfUndone(this);
  }

  protected override choose(depth: number): number {
    const left = this.backtrack[depth]! & ~this.sleep.masks[depth]!;
    return left === 0 ? -1 : 31 - Math.clz32(left & -left);
  }

  protected override leave(depth: number, move: number): void {
    this.sleep.add(depth, move, this.execution.accesses[depth]!);
  }
}
