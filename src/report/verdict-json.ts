import { minimisedJson } from './minimised-text.ts';
import type { Confirmation } from './confirmation.ts';
import { spellStrategy } from '../search/strategy.ts';
import type { KeptCheckpoint } from './truncated.ts';
import type { DporFigures, SamplingFigures, Verdict } from '../search/verdict.ts';

/** What `explore --json` says besides the verdict's own figures. */
export interface VerdictContext {
  readonly scenario: string;
  readonly kernel: string;
  readonly switches: Readonly<Record<string, string | number | boolean>>;
  /** Searchers; default 1. */
  readonly workers?: number;
  /** Where the schedule of a violation is, or null if it could not be written. */
  readonly file: string | null;
  /** What worker threads said of the schedule, or null if there is none. */
  readonly confirmation: Confirmation | null;
  /** True: say what was not reached. */
  readonly coverage?: boolean;
  /** The checkpoint of a truncated search, if it was kept. */
  readonly kept?: KeptCheckpoint | null;
}

/**
 * The document `lostwrite/verdict@1` of contract.md, fields in its order; `notConfirmed`, `shortest`, `limit`, `neverReached` and what
 * other than a plain exhaustive search has to say (`bound`, `reduction`, `dpor`, `sampling`) are extra; so are `violation.minimised`,
 * `coverage`, and of a truncated exhaustive search the estimate of the number of states and its checkpoint.
 */
export function verdictJson(verdict: Verdict, context: VerdictContext) {
  const { scenario, kernel, switches, file, confirmation, kept } = context;
  const { violation, states, transitions, seconds } = verdict;
  const perSecond = (count: number) => (seconds > 0 ? Math.round(count / seconds) : 0);
  return {
    schema: 'lostwrite/verdict@1',
    scenario,
    kernel,
    switches,
    strategy: spellStrategy(verdict.strategy),
    memory: 'sc',
    workers: context.workers ?? 1,
    verdict: verdict.verdict,
    violation:
      violation === null
        ? null
        : {
            kind: violation.kind,
            message: violation.message,
            schedule: file,
            steps: violation.schedule.steps.length,
            preemptions: violation.preemptions,
            cpus: violation.threads,
            confirmedOnCpus: confirmation?.confirmed ?? false,
            notConfirmed: confirmation?.confirmed === false ? confirmation.reason : null,
            shortest: violation.shortest,
            criticalPair: violation.criticalPair,
            ...minimisedJson(violation),
          },
    states,
    transitions,
    executions: executionsOf(verdict),
    depth: verdict.depth,
    seconds,
    statesPerSecond: perSecond(states),
    transitionsPerSecond: perSecond(transitions),
    bytesPerState: verdict.bytesPerState,
    collisionProbability: verdict.collisionProbability,
    limit: verdict.limit,
    neverReached: verdict.neverReached,
    ...(verdict.estimate === undefined ? {} : { estimate: verdict.estimate, checkpoint: kept?.file ?? null }),
    ...(verdict.bound === null ? {} : { bound: verdict.bound }),
    ...(verdict.dpor === undefined ? {} : { dpor: dporJson(verdict.dpor) }),
    ...(verdict.reduction === null ? {} : { reduction: verdict.reduction }),
    ...(verdict.sampling === null ? {} : { sampling: samplingJson(verdict.sampling) }),
    ...(context.coverage === true ? { coverage: verdict.coverage ?? null } : {}),
  };
}

function executionsOf({ sampling, dpor }: Verdict) {
  if (dpor !== undefined) {
    const { complete, blocked, cut } = dpor;
    return { complete, blocked, cut };
  }
  if (sampling === null) return null;
  const { complete, blocked, cut } = sampling;
  return { complete, blocked, cut };
}

function dporJson({ asleep, longest, maxSteps }: DporFigures) {
  return { asleep, longest, maxSteps };
}

function samplingJson(sampling: SamplingFigures) {
  const { seed, asked, schedules, maxSteps, longest, finalStates, partialOrders, trials, failedTrial } =
    sampling;
  const { guarantee } = sampling;
  return {
    seed,
    asked,
    schedules,
    maxSteps,
    longest,
    finalStates,
    partialOrders,
    trials,
    failedTrial,
    guarantee,
  };
}
