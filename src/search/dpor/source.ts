/**
 * Source-DPOR (Abdulla, Aronis, Jonsson, Sagonas: Optimal Dynamic Partial Order Reduction, POPL 2014, algorithm 1): when an event
 * races with an earlier one, some first event of the reversed sequence is put in the backtrack set there. Every trace is executed
 * once; executions may be begun in vain and end asleep.
 */
import { grown } from '../growable.ts';
import type { NeutralProgram } from '../npl/program.ts';
import { racesOfEvent, racesOfWaiting, type RaceHandler } from './races.ts';
import { Reversal } from './reversal.ts';
import { SleepSets } from './sleep-sets.ts';
import { StatelessSearch } from './stateless.ts';

export class SourceSearch extends StatelessSearch implements RaceHandler {
  /** By depth: a bit for each thread that is to go first, or went. */
  private backtrack = new Int32Array(64);
  private readonly sleep: SleepSets;
  private readonly v: Reversal;

  constructor(program: NeutralProgram, maxEvents: number) {
    super(program, maxEvents);
    this.sleep = new SleepSets(this.execution.threads);
    this.v = new Reversal(this.execution);
  }

  /** @internal */
  race(earlier: number, thread: number, node: number, own: number, end: number): void {
    const { v, backtrack, sleep } = this;
    v.build(earlier, thread, node, own, end);
    const initials = v.initials();
    if ((initials & (backtrack[earlier]! | sleep.masks[earlier]!)) !== 0) return;
    backtrack[earlier]! |= initials & -initials;
  }

  protected override enter(depth: number): void {
    const { execution, sleep } = this;
    this.backtrack = grown(this.backtrack, depth + 1);
    if (depth > 0) {
      sleep.descend(depth - 1, execution.machine.stepAccess[depth - 1]!);
      racesOfEvent(execution, depth - 1, this);
    }
    const enabled = execution.enabledMask();
    const awake = enabled & ~sleep.masks[depth]!;
    this.backtrack[depth] = awake & -awake;
    if (awake !== 0) return;
    if (enabled === 0) this.tally.record(execution);
    else this.tally.sleepSetBlocked++;
    for (let t = 0; t < execution.threads; t++)
      if ((enabled & (1 << t)) === 0) racesOfWaiting(execution, t, this);
  }

  protected override choose(depth: number): number {
    const left = this.backtrack[depth]! & ~this.sleep.masks[depth]!;
    return left === 0 ? -1 : 31 - Math.clz32(left & -left);
  }

  protected override leave(depth: number, thread: number): void {
    this.sleep.add(depth, thread, this.execution.machine.stepAccess[depth]!);
  }
}
