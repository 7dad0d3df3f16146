/** One neutral program, one algorithm: runs the search in slices so that budget, Ctrl-C and progress are heard. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { LimitReached, type NeutralLimit } from '../npl/limit.ts';
import type { NeutralProgram } from '../npl/program.ts';
import { NeutralExecution } from './neutral-execution.ts';
import { NaiveSearch } from './naive.ts';
import { OptimalSearch } from './optimal.ts';
import { SourceSearch } from './source.ts';
import { StatefulSearch } from './stateful.ts';
import { Tally, type Endings } from './tally.ts';

/** How the schedules are explored; see the file of each. */
export const ALGORITHMS = ['stateful', 'optimal', 'source', 'naive'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

export interface CheckOptions {
  /** Stop as truncated after this many milliseconds; default none. */
  readonly budgetMs?: number;
  /** Stop as truncated when an execution has more events, for the stateless algorithms; default 10,000. */
  readonly maxEvents?: number;
  /** Stop as truncated when the sets of traces or states pass this; default 2 GiB. */
  readonly maxBytes?: number;
  /** Aborting it stops the search as truncated (interrupted). */
  readonly signal?: AbortSignal;
  /** Called about every 65,536 events. */
  readonly onProgress?: (progress: CheckProgress) => void;
}

/** How a check is going. */
export interface CheckProgress {
  readonly program: string;
  readonly executions: number;
  readonly states: number;
  readonly events: number;
  readonly seconds: number;
}

/** What the stateless algorithms count. */
export interface ExecutionCounts extends Endings {
  /** Executions of a trace that had been executed before. */
  readonly duplicate: number;
  /** Begun in vain: all that could go on was asleep. */
  readonly sleepSetBlocked: number;
}

/** The outcome of a check. */
export interface CheckResult {
  readonly program: string;
  readonly algorithm: Algorithm;
  /** Maximal executions, by how they ended; null if the algorithm has none (stateful). */
  readonly executions: ExecutionCounts | null;
  /** Distinct Mazurkiewicz traces, by how they end, and those with a failed assertion; null likewise. */
  readonly traces: (Endings & { readonly violating: number }) | null;
  /** Distinct states, and those without a next event by kind; null for stateless algorithms. */
  readonly states: number | null;
  readonly endStates: Endings | null;
  /** Transitions between distinct states, or events executed. */
  readonly transitions: number;
  /** Distinct final values of the variables over complete executions. */
  readonly finalStates: number;
  /** Distinct final values of the variables and all registers over complete executions. */
  readonly outcomes: number;
  readonly verdict: 'proved' | 'violation' | 'truncated' | 'vacuous';
  readonly violation: 'assertion' | 'deadlock' | null;
  readonly limit: { readonly which: NeutralLimit; readonly message: string } | null;
  readonly seconds: number;
}

const SLICE = 1 << 16;
const DEFAULT_MAX_EVENTS = 10_000;
const DEFAULT_MAX_BYTES = 2 ** 31;

const STATELESS = { optimal: OptimalSearch, source: SourceSearch, naive: NaiveSearch };

/**
 * Explores the schedules of `program` (at most 31 threads) under sequential consistency and counts what is there. `vacuous`: nothing
 * is wrong, but no execution is complete. Deterministic but for `seconds` and where a budget ends it. Throws an InputError for a
 * program that uses an index out of range, or has a local loop without end.
 *
 * Cost: `optimal` and `source` are linear in the traces (12–21 bytes for each, to find duplicates), `naive` in the interleavings,
 * `stateful` in the states (11–21 bytes each).
 */
export async function check(
  program: NeutralProgram,
  algorithm: Algorithm,
  options: CheckOptions = {},
): Promise<CheckResult> {
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const { maxEvents = DEFAULT_MAX_EVENTS } = options;
  const { search, counts, bytes } =
    algorithm === 'stateful' ? overStates(program) : overExecutions(program, algorithm, maxEvents);
  let limit: LimitReached | null = null;
  try {
    while (!search.run(SLICE)) {
      const { executions, states, transitions } = counts();
      const done = executions === null ? 0 : executions.complete + executions.blocked + executions.deadlocked;
      options.onProgress?.({
        program: program.id,
        executions: done,
        states: states ?? 0,
        events: transitions,
        seconds: seconds(),
      });
      checkLimits(options, seconds(), bytes());
      await nextTurn();
    }
  } catch (error) {
    if (!(error instanceof LimitReached)) throw error;
    limit = error;
  }
  const counted = counts();
  return {
    program: program.id,
    algorithm,
    ...counted,
    verdict: verdictOf(counted, limit),
    limit: limit === null ? null : { which: limit.limit, message: limit.message },
    seconds: seconds(),
  };
}

type Counts = Omit<CheckResult, 'program' | 'algorithm' | 'verdict' | 'limit' | 'seconds'>;

function overStates(program: NeutralProgram) {
  const search = new StatefulSearch(program);
  return { search, counts: () => ofStates(search), bytes: () => search.bytes };
}

function overExecutions(
  program: NeutralProgram,
  algorithm: Exclude<Algorithm, 'stateful'>,
  maxEvents: number,
) {
  const execution = new NeutralExecution(program);
  const tally = new Tally(execution);
  const search = new STATELESS[algorithm](execution, tally, maxEvents);
  return { search, counts: () => ofExecutions(tally), bytes: () => tally.bytes };
}

function ofStates(search: StatefulSearch): Counts {
  const { states, ends, transitions, finalStates, outcomes, violated } = search;
  const violation = violated ? 'assertion' : ends.deadlocked > 0 ? 'deadlock' : null;
  const endStates = { ...ends };
  return { executions: null, traces: null, states, endStates, transitions, finalStates, outcomes, violation };
}

function ofExecutions(tally: Tally): Counts {
  const { executions, traces, duplicate, sleepSetBlocked, violating, finalStates, outcomes } = tally;
  return {
    executions: { ...executions, duplicate, sleepSetBlocked },
    traces: { ...traces, violating },
    states: null,
    endStates: null,
    transitions: tally.events,
    finalStates,
    outcomes,
    violation: violating > 0 ? 'assertion' : traces.deadlocked > 0 ? 'deadlock' : null,
  };
}

/** What was found counts even if the search did not come to its end. */
function verdictOf(counts: Counts, limit: LimitReached | null): CheckResult['verdict'] {
  if (counts.violation !== null) return 'violation';
  if (limit !== null) return 'truncated';
  const complete = counts.traces?.complete ?? counts.endStates?.complete ?? 0;
  return complete === 0 ? 'vacuous' : 'proved';
}

function checkLimits(
  { budgetMs = Infinity, maxBytes = DEFAULT_MAX_BYTES, signal }: CheckOptions,
  seconds: number,
  bytes: number,
): void {
  if (signal?.aborted === true) throw new LimitReached('interrupted', 'interrupted');
  if (seconds * 1000 >= budgetMs) throw new LimitReached('time', 'the time budget is used up');
  if (bytes >= maxBytes) throw new LimitReached('memory', 'the sets of what was seen are full');
}
