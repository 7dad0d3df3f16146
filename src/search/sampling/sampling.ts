import type { Automata } from '../automata.ts';
import type { SamplingStrategy } from '../strategy.ts';
import type { PctGuarantee } from '../verdict.ts';
import { estimate, type Estimate } from './estimate.ts';
import { PctSampler } from './pct.ts';
import { PosSampler } from './pos.ts';
import { Random } from './random.ts';
import type { Sampler } from './sampler.ts';
import { ScheduleRunner, type RunEnd } from './schedule-runner.ts';
import { UniformSampler } from './uniform.ts';
import { UniformWalkSampler } from './urw.ts';

/** A run is cut after so many steps unless told otherwise. */
export const DEFAULT_MAX_STEPS = 10_000;

/** Schedules of one program drawn at random by one strategy: which ones, `seed` decides. */
export class Sampling {
  readonly runner: ScheduleRunner;
  /** The trial runs, or null if the strategy needs to know nothing beforehand. */
  readonly estimate: Estimate | null;
  schedules = 0;
  complete = 0;
  blocked = 0;
  cut = 0;
  /** Most steps of one run. */
  longest = 0;

  private readonly strategy: SamplingStrategy;
  private readonly seed: number;
  private readonly random = new Random();
  private readonly sampler: Sampler;
  /** Runs in which PCT put a thread back that went round in circles. */
  private circled = 0;

  constructor(automata: Automata, strategy: SamplingStrategy, seed: number, maxSteps = DEFAULT_MAX_STEPS) {
    this.strategy = strategy;
    this.seed = seed;
    this.runner = new ScheduleRunner(automata, maxSteps);
    const estimated = strategy.name === 'pct' || strategy.name === 'urw';
    this.estimate = estimated ? estimate(this.runner, this.random, seed, strategy) : null;
    this.sampler = this.samplerOf(strategy);
    // The trials are not part of the sample.
    this.runner.transitions = 0;
  }

  /** Draws and runs the next schedule: a function of program, strategy, seed and the number of schedules before it. */
  draw(): RunEnd {
    const { runner, random, sampler } = this;
    random.seed(this.seed, this.schedules++);
    const end = runner.run(sampler, random);
    this.longest = Math.max(this.longest, runner.steps);
    if (sampler instanceof PctSampler && sampler.circles > 0) this.circled++;
    if (end === 'complete') {
      this.complete++;
      runner.note();
    } else if (end === 'blocked') this.blocked++;
    else if (end === 'cut') this.cut++;
    return end;
  }

  /** What PCT promises of each schedule, with the figures of this sample; null for other strategies. */
  guarantee(): PctGuarantee | null {
    const { strategy, estimate: estimated } = this;
    if (strategy.name !== 'pct' || estimated === null) return null;
    const threads = this.runner.state.nodes.length;
    const steps = estimated.mostSteps;
    const { depth } = strategy;
    const probability = 1 / (threads * steps ** (depth - 1));
    return { depth, threads, steps, probability, voidBecause: this.voidBecause(steps) };
  }

  private voidBecause(steps: number): string | null {
    if (this.circled > 0)
      return `in ${this.circled} of ${this.schedules} schedules a thread went round in circles and had to be put back, which PCT does not know`;
    if (this.longest > steps) return `the longest run took ${this.longest} steps, more than k`;
    return null;
  }

  private samplerOf(strategy: SamplingStrategy): Sampler {
    const { runner, estimate: estimated } = this;
    switch (strategy.name) {
      case 'pct':
        return new PctSampler(runner.state, strategy.depth, estimated?.mostSteps ?? 1);
      case 'pos':
        return new PosSampler(runner.state);
      case 'urw':
        return new UniformWalkSampler(estimated?.stepsOf ?? new Float64Array(runner.stepsOf.length));
      case 'random':
        return new UniformSampler();
    }
  }
}
