/**
 * Optimal-DPOR (Abdulla, Aronis, Jonsson, Sagonas: POPL 2014, algorithm 2; at length in JACM 64(4), 2017): races are looked for when
 * an execution has come to its end, and the whole reversed sequence is put in the wakeup tree at the earlier event. Every trace is
 * executed exactly once and nothing is executed in vain. Memory: the wakeup trees of one execution.
 */
import { grown } from '../growable.ts';
import type { NeutralProgram } from '../npl/program.ts';
import { racesOfEvent, racesOfWaiting, type RaceHandler } from './races.ts';
import { Reversal } from './reversal.ts';
import { SleepSets } from './sleep-sets.ts';
import { StatelessSearch } from './stateless.ts';
import { WakeupTrees } from './wakeup-tree.ts';

export class OptimalSearch extends StatelessSearch implements RaceHandler {
  private readonly trees = new WakeupTrees();
  /** By depth: the first branch of its wakeup tree, or 0. */
  private roots = new Int32Array(64);
  private readonly sleep: SleepSets;
  private readonly v: Reversal;
  /** The subtree that the next depth inherits. */
  private inherited = 0;

  constructor(program: NeutralProgram, maxEvents: number) {
    super(program, maxEvents);
    this.sleep = new SleepSets(this.execution.threads);
    this.v = new Reversal(this.execution);
  }

  /** @internal */
  race(earlier: number, thread: number, node: number, own: number): void {
    const { v, sleep } = this;
    v.build(earlier, thread, node, own, this.execution.depth);
    for (let rest = sleep.masks[earlier]!; rest !== 0; rest &= rest - 1) {
      const asleep = 31 - Math.clz32(rest & -rest);
      if (v.weakInitial(asleep, sleep.accessOf(earlier, asleep))) return;
    }
    this.roots[earlier] = this.trees.insert(this.roots[earlier]!, v);
  }

  protected override enter(depth: number): void {
    const { execution, sleep } = this;
    this.roots = grown(this.roots, depth + 1);
    this.roots[depth] = this.inherited;
    if (depth > 0) sleep.descend(depth - 1, execution.machine.stepAccess[depth - 1]!);
    if (this.inherited !== 0) return;
    const enabled = execution.enabledMask();
    const awake = enabled & ~sleep.masks[depth]!;
    if (awake !== 0) {
      // An empty tree: any thread may begin.
      this.roots[depth] = this.trees.leaf(31 - Math.clz32(awake & -awake));
      return;
    }
    if (enabled === 0) this.tally.record(execution);
    else this.tally.sleepSetBlocked++;
    for (let at = 1; at < depth; at++) racesOfEvent(execution, at, this);
    for (let t = 0; t < execution.threads; t++)
      if ((enabled & (1 << t)) === 0) racesOfWaiting(execution, t, this);
  }

  protected override choose(depth: number): number {
    const branch = this.roots[depth]!;
    if (branch === 0) return -1;
    const { trees } = this;
    this.roots[depth] = trees.siblings[branch]!;
    this.inherited = trees.children[branch]!;
    trees.release(branch);
    return trees.threads[branch]!;
  }

  protected override leave(depth: number, thread: number): void {
    this.sleep.add(depth, thread, this.execution.machine.stepAccess[depth]!);
  }
}
