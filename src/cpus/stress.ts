/** CPUs that really race, again and again, and what came of it each time. */
import type { Step, FoundViolation } from '../core/schedule.ts';
import { Race, type Outcome } from './race.ts';
import type { CpusOptions } from './cpus.ts';
import type { ProgramSource } from './source.ts';

/** How to stress a program. */
export interface StressOptions extends Pick<CpusOptions, 'signal' | 'patienceMs'> {
  /** Stop after so many milliseconds of racing. */
  readonly durationMs: number;
  /** Stop after so many iterations; default: none. */
  readonly maxIterations?: number;
  /** Decides the answers of `choose` and the jitter; default 1. */
  readonly seed?: number;
  /** Longest hold-up at a switch point, see Jitter; default 400, 0: none. */
  readonly jitter?: number;
  /** Called about ten times a second. */
  readonly onProgress?: (progress: StressProgress) => void;
}

/** What a stress run tells while it runs. */
export interface StressProgress {
  readonly iterations: number;
  readonly violations: number;
  readonly seconds: number;
}

/** The first iteration that broke a rule. */
export interface Hit {
  readonly violation: FoundViolation;
  /** Its number, from 1, and the seconds of racing until then. */
  readonly iteration: number;
  readonly seconds: number;
  /** The order observed, up to the violation; without positions and notes, which a replay under control tells. */
  readonly steps: readonly Step[];
}

/** What came of a stress run. */
export interface StressResult {
  /** Iterations whose order could be told and was checked step by step; `violations` of them broke a rule. */
  readonly iterations: number;
  readonly violations: number;
  /** How many of each kind. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly first: Hit | null;
  /** Iterations that say nothing: no order of the steps explains what the CPUs saw, or none was found within the limit. */
  readonly unordered: number;
  /** Iterations that say little: a thread ran out of log. */
  readonly cut: number;
  /** Operations of all CPUs together in all iterations. */
  readonly operations: number;
  /** Seconds of racing, without starting and ending the worker threads. */
  readonly seconds: number;
  readonly startSeconds: number;
  readonly seed: number;
  readonly jitter: number;
  /** `threadId` of each thread's worker thread. */
  readonly workers: readonly number[];
  /** Names told to `check` and `cover`. */
  readonly covered: ReadonlySet<string>;
  readonly interrupted: boolean;
}

const PROGRESS_MS = 100;
export const DEFAULT_JITTER = 400;

/**
 * Lets the CPUs of a program race freely for a while. Throws a ModelError if a thread throws or a wake-up is lost, a CpuFailure if a
 * worker dies or hangs; the workers are ended in any case. Aborting the signal ends it early, with what it has.
 */
export async function stress(source: ProgramSource, options: StressOptions): Promise<StressResult> {
  const { seed = 1, jitter = DEFAULT_JITTER, signal, onProgress } = options;
  const starting = performance.now();
  // Not the signal: an iteration is short, and one that is given up half-way says nothing.
  const patience = options.patienceMs === undefined ? {} : { patienceMs: options.patienceMs };
  const race = await Race.start(source, { seed, jitter }, patience);
  const started = performance.now();
  const tally = new Tally();
  let told = started;
  try {
    const elapsed = () => performance.now() - started;
    const most = options.maxIterations ?? Infinity;
    while (elapsed() < options.durationMs && tally.total < most && signal?.aborted !== true) {
      tally.add(await race.iterate(), elapsed() / 1000);
      if (performance.now() - told < PROGRESS_MS) continue;
      told = performance.now();
      const { checked: iterations, violations } = tally;
      onProgress?.({ iterations, violations, seconds: elapsed() / 1000 });
    }
    const seconds = elapsed() / 1000;
    return {
      iterations: tally.checked,
      violations: tally.violations,
      kinds: Object.fromEntries(tally.kinds),
      first: tally.first,
      unordered: tally.unordered,
      cut: tally.cut,
      operations: tally.operations,
      seconds,
      startSeconds: (started - starting) / 1000,
      seed,
      jitter,
      workers: race.workers,
      covered: await race.covered(),
      interrupted: signal?.aborted === true,
    };
  } finally {
    await race.stop();
  }
}

class Tally {
  total = 0;
  checked = 0;
  violations = 0;
  unordered = 0;
  cut = 0;
  operations = 0;
  first: Hit | null = null;
  readonly kinds = new Map<string, number>();

  add(outcome: Outcome, seconds: number): void {
    this.total++;
    this.operations += outcome.operations;
    if (outcome.what === 'unordered') this.unordered++;
    else this.checked++;
    if (outcome.what === 'cut') this.cut++;
    if (outcome.what !== 'violation') return;
    const { violation, steps } = outcome;
    this.violations++;
    this.kinds.set(violation.kind, (this.kinds.get(violation.kind) ?? 0) + 1);
    this.first ??= { violation, iteration: this.total, seconds, steps: steps() };
  }
}
