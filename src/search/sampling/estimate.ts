import type { Decision } from '../decision.ts';
import type { SamplingStrategy } from '../strategy.ts';
import { PctSampler } from './pct.ts';
import type { Random } from './random.ts';
import type { Sampler } from './sampler.ts';
import type { RunEnd, ScheduleRunner } from './schedule-runner.ts';
import { UniformSampler } from './uniform.ts';

/** Random walks that an estimate is made from. */
export const TRIALS = 100;

/** How long runs are, from trial runs: what PCT and the uniform random walk must know beforehand. */
export interface Estimate {
  /** Steps that a run takes at most: half as many again as the longest trial. */
  readonly mostSteps: number;
  /** Steps of each thread, on average. */
  readonly stepsOf: Float64Array;
  readonly trials: number;
  /** The first trial that broke a rule, or null. */
  readonly failed: FailedTrial | null;
}

export interface FailedTrial {
  /** Counted from 1. */
  readonly trial: number;
  readonly end: Extract<RunEnd, 'violation' | 'blocked'>;
  readonly decisions: readonly Decision[];
}

/** Other runs may be longer than those tried: PCT's promise holds only for runs of at most k steps. */
const MARGIN = 1.5;

/**
 * Draws trial runs by plain random walk, and for PCT the second half of them by PCT, whose runs are longer. They are looked at
 * like all others.
 */
export function estimate(
  runner: ScheduleRunner,
  random: Random,
  seed: number,
  strategy: SamplingStrategy,
): Estimate {
  const walk = new UniformSampler();
  let sampler: Sampler = walk;
  const stepsOf = new Float64Array(runner.stepsOf.length);
  let mostSteps = 1;
  let failed: FailedTrial | null = null;
  for (let trial = 1; trial <= TRIALS; trial++) {
    // Streams below 0, so that no trial repeats a schedule of the sample.
    random.seed(seed, -trial);
    if (strategy.name === 'pct' && trial === TRIALS / 2 + 1)
      sampler = new PctSampler(runner.state, strategy.depth, mostSteps);
    const end = runner.run(sampler, random);
    if (end === 'violation' || end === 'blocked') failed ??= { trial, end, decisions: runner.decisions() };
    mostSteps = Math.max(mostSteps, runner.steps);
    for (let t = 0; t < stepsOf.length; t++) stepsOf[t] = stepsOf[t]! + runner.stepsOf[t]! / TRIALS;
  }
  return { mostSteps: Math.ceil(MARGIN * mostSteps), stepsOf, trials: TRIALS, failed };
}
