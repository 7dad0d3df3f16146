/**
 * Optimal-DPOR (Abdulla, Aronis, Jonsson, Sagonas: POPL 2014, algorithm 2; at length in JACM 64(4), 2017): races are looked for when
 * an execution has come to its end, and the whole reversed sequence is put in the wakeup tree at the earlier event. Every trace is
 * executed exactly once and nothing is executed in vain. Memory: the wakeup trees of one execution.
 */
import { FEW, grown } from '../growable.ts';
import { THREAD_BITS, type Execution, type RaceHandler } from './execution.ts';
import { Reversal } from './reversal.ts';
import { SleepSets } from './sleep-sets.ts';
import { StatelessSearch, type Recorder } from './stateless.ts';
import { WakeupTrees } from './wakeup-tree.ts';

export class OptimalSearch extends StatelessSearch implements RaceHandler {
  private readonly trees = new WakeupTrees();
  /** By depth: the first branch of its wakeup tree, or 0. */
  private roots = new Int32Array(FEW);
  private readonly sleep: SleepSets;
  private readonly v: Reversal;
  /** The subtree that the next depth inherits. */
  private inherited = 0;

  constructor(execution: Execution, recorder: Recorder, maxEvents?: number) {
    super(execution, recorder, maxEvents);
    this.sleep = new SleepSets(execution);
    this.v = new Reversal(execution);
  }

  /** @internal */
  race(earlier: number, move: number, node: number, own: number): void {
    const { v, sleep } = this;
    if (!v.build(earlier, move, node, own, this.execution.depth)) return;
    const end = sleep.end(earlier);
    for (let i = sleep.start(earlier); i < end; i++)
      if (v.weakInitial(sleep.moveAt(i), sleep.accessAt(i))) return;
    this.roots[earlier] = this.trees.insert(this.roots[earlier]!, v);
  }

  protected override enter(depth: number): void {
    const { execution, sleep } = this;
    this.roots = grown(this.roots, depth + 1);
    this.roots[depth] = this.inherited;
    if (depth > 0) sleep.descend(depth - 1, execution.moves[depth - 1]!, execution.accesses[depth - 1]!);
    if (this.inherited !== 0) return;
    const enabled = execution.enabledMask();
    const awake = this.awake(depth, enabled);
    if (awake >= 0) {
      // An empty tree: any move may come first.
      this.roots[depth] = this.trees.leaf(awake);
      return;
    }
    if (enabled === 0) this.recorder.record();
    else this.recorder.sleepSetBlocked++;
    for (let at = 1; at < depth; at++) execution.racesOfEvent(at, this);
    execution.racesOfUndone(this);
  }

  protected override choose(depth: number): number {
    const branch = this.roots[depth]!;
    if (branch === 0) return -1;
    const { trees } = this;
    this.roots[depth] = trees.siblings[branch]!;
    this.inherited = trees.children[branch]!;
    trees.release(branch);
    return trees.moves[branch]!;
  }

  protected override leave(depth: number, move: number): void {
    this.sleep.add(depth, move, this.execution.accesses[depth]!);
  }

  /** Some move that is enabled and not asleep, or -1. */
  private awake(depth: number, enabled: number): number {
    const { execution, sleep } = this;
    const untouched = enabled & ~sleep.masks[depth]!;
    if (untouched !== 0) return 31 - Math.clz32(untouched & -untouched);
    // Of a thread that sleeps in one branch another may be awake.
    for (let rest = enabled; rest !== 0; rest &= rest - 1) {
      const thread = 31 - Math.clz32(rest & -rest);
      const branches = execution.branches(thread);
      if (branches === 1) continue;
      for (let branch = 0; branch < branches; branch++) {
        const move = thread | (branch << THREAD_BITS);
        if (!sleep.has(depth, move)) return move;
      }
    }
    return -1;
  }
}
