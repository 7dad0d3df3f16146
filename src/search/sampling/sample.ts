import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Program } from '../../core/program.ts';
import { Automata, type AutomataOptions } from '../automata.ts';
import { checkLimits, limitOf, type LimitOptions } from '../limits.ts';
import { coverageOf } from '../coverage.ts';
import { countPreemptions } from '../preemptions.ts';
import { reportOf } from '../schedule-of.ts';
import { replayDecisions } from '../shortest.ts';
import type { SamplingStrategy } from '../strategy.ts';
import { VERIFIED_OPERATIONS, vacuities } from '../vacuity.ts';
import type { Verdict, ViolationReport } from '../verdict.ts';
import { collisionProbability } from '../zobrist.ts';
import { DEFAULT_MAX_STEPS, Sampling } from './sampling.ts';

export interface SampleOptions extends LimitOptions, AutomataOptions {
  /** Which schedules are drawn; default 1. */
  readonly seed?: number;
  /** How many are run; default 10,000. */
  readonly schedules?: number;
  /** A run is cut after so many steps; default 10,000. */
  readonly maxSteps?: number;
}

const DEFAULT_SCHEDULES = 10_000;
/** Steps between looks at the clock. */
const SLICE = 1 << 16;

/**
 * Runs schedules of `program` drawn at random until one breaks a rule, all asked for have been run, or the budget ends. The
 * violation's schedule is the one drawn. Deterministic in the seed; a time budget changes how many are run, never which.
 *
 * Throws a ModelError when the program itself is wrong. Memory: 11–21 bytes for each distinct state met.
 */
export async function sample(
  program: Program,
  strategy: SamplingStrategy,
  options: SampleOptions,
): Promise<Verdict> {
  const started = performance.now();
  const { seed = 1, schedules = DEFAULT_SCHEDULES, maxSteps = DEFAULT_MAX_STEPS } = options;
  const automata = new Automata(program, options);
  let sampling: Sampling | null = null;
  let limit: Verdict['limit'] = null;
  let failed = false;
  try {
    sampling = new Sampling(automata, strategy, seed, maxSteps);
    failed = (sampling.estimate?.failed ?? null) !== null;
    for (let looked = 0; !failed && sampling.schedules < schedules;) {
      const end = sampling.draw();
      failed = end === 'violation' || end === 'blocked';
      const { transitions, visited, bytes } = sampling.runner;
      if (transitions - looked < SLICE) continue;
      looked = transitions;
      if (failed) break;
      checkLimits(options, {
        phase: 'sampling',
        states: visited.size,
        transitions,
        depth: sampling.longest,
        schedules: sampling.schedules,
        bytes: bytes + automata.bytes,
        seconds: (performance.now() - started) / 1000,
      });
      await nextTurn();
    }
  } catch (error) {
    limit = limitOf(error);
    if (limit === null) throw error;
  }
  const violation = failed && sampling !== null ? violationOf(automata, sampling) : null;
  const ended = limit === null || (limit.which === 'time' && (sampling?.complete ?? 0) > 0);
  const neverReached = failed ? [] : vacuities(automata, ended ? (sampling?.runner ?? null) : null);
  if (violation === null && ended) automata.verify(VERIFIED_OPERATIONS);
  const vacuous = neverReached.length > 0 || (sampling?.complete ?? 0) === 0;
  const states = sampling?.runner.visited.size ?? 0;
  return {
    strategy,
    bound: null,
    reduction: null,
    sampling: sampling === null ? null : figures(sampling, seed, schedules, maxSteps),
    verdict: violation !== null ? 'violation' : !ended ? 'truncated' : vacuous ? 'vacuous' : 'sampled',
    violation,
    limit: violation === null ? limit : null,
    neverReached,
    ...(violation === null && ended ? { coverage: coverageOf(automata) } : {}),
    states,
    transitions: sampling?.runner.transitions ?? 0,
    depth: sampling?.longest ?? 0,
    endStates: sampling?.runner.finalStates ?? 0,
    seconds: (performance.now() - started) / 1000,
    bytesPerState: (sampling?.runner.bytes ?? 0) / Math.max(1, states),
    collisionProbability: collisionProbability(states),
    automatonNodes: automata.nodeCount,
  };
}

function figures(
  sampling: Sampling,
  seed: number,
  asked: number,
  maxSteps: number,
): NonNullable<Verdict['sampling']> {
  const { schedules, complete, blocked, cut, longest, runner, estimate } = sampling;
  const { finalStates, partialOrders } = runner;
  return {
    seed,
    asked,
    schedules,
    complete,
    blocked,
    cut,
    maxSteps,
    longest,
    finalStates,
    partialOrders,
    trials: estimate?.trials ?? 0,
    failedTrial: estimate?.failed?.trial ?? null,
    guarantee: sampling.guarantee(),
  };
}

function violationOf(automata: Automata, { runner, estimate }: Sampling): ViolationReport {
  const decisions = estimate?.failed?.decisions ?? runner.decisions();
  const { steps, violation } = replayDecisions(automata, decisions);
  const preemptions = countPreemptions(automata, decisions);
  return reportOf(automata, steps, violation, { preemptions, shortest: false });
}
