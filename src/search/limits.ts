/** What ends a search before it is done: its options, and the errors it is told by. */
import { AutomataLimitError } from './growth.ts';
import type { Limit } from './verdict.ts';

/** What a search tells while it runs. */
export interface Progress {
  /**
   * `nearby`: breadth-first through the first states; `search`: all of them; `counterexample`: the shortest schedule;
   * `bounded`: schedules in order of their preemptions; `sampling`: schedules drawn at random; `minimising`: smaller schedules.
   */
  readonly phase: 'nearby' | 'search' | 'counterexample' | 'bounded' | 'sampling' | 'minimising';
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  /** Schedules run so far; only for `sampling`. */
  readonly schedules?: number;
  /** Bytes held by the search's tables. */
  readonly bytes: number;
  readonly seconds: number;
}

export interface LimitOptions {
  /** Stop as truncated after this many states; default 200,000,000. */
  readonly maxStates?: number;
  /** Stop after this many milliseconds (a search as truncated, a sample with what it has); default none. */
  readonly budgetMs?: number;
  /** Stop as truncated when the search's tables pass this; default 8 GiB. */
  readonly maxBytes?: number;
  /** Aborting it stops the search as truncated (interrupted). */
  readonly signal?: AbortSignal;
  /** Called about every 65,536 transitions. */
  readonly onProgress?: (progress: Progress) => void;
}

export const DEFAULT_MAX_STATES = 200_000_000;
const DEFAULT_MAX_BYTES = 8 * 2 ** 30;

/** Internal: a limit was hit. */
export class LimitReached extends Error {
  readonly limit: Limit;
  constructor(limit: Limit, message: string) {
    super(message);
    this.limit = limit;
  }
}

/** Tells `progress` and throws a LimitReached if it has come to one of the limits. */
export function checkLimits(options: LimitOptions, progress: Progress): void {
  const { maxStates = DEFAULT_MAX_STATES, maxBytes = DEFAULT_MAX_BYTES, budgetMs } = options;
  const { states, bytes, seconds } = progress;
  options.onProgress?.(progress);
  if (options.signal?.aborted === true) throw new LimitReached('interrupted', 'the search was interrupted');
  if (states >= maxStates)
    throw new LimitReached('states', `the limit of ${maxStates} states was reached (--max-states)`);
  if (budgetMs !== undefined && seconds * 1000 > budgetMs)
    throw new LimitReached('time', `the budget of ${budgetMs / 1000} s ended (--budget)`);
  if (bytes > maxBytes)
    throw new LimitReached('memory', `the search tables passed ${Math.round(maxBytes / 2 ** 20)} MiB`);
}

/** The limit that `error` tells of, or null if it is something else. */
export function limitOf(error: unknown): { readonly which: Limit; readonly message: string } | null {
  if (error instanceof LimitReached) return { which: error.limit, message: error.message };
  if (error instanceof AutomataLimitError) return { which: 'automata', message: error.message };
  return null;
}
