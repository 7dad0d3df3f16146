/** What ends a search before it is done: its options, and the errors it is told by. */
import type { SizeEstimate } from './estimate.ts';
import { KeyCollision } from './exact-set.ts';
import { AutomataLimitError } from './growth.ts';
import type { Limit } from './verdict.ts';

/** What a search tells while it runs. */
export interface Progress {
  /**
   * `nearby`: breadth-first through the first states; `search`: all of them; `counterexample`: the shortest schedule;
   * `bounded`: schedules in order of their preemptions; `dpor`: one of each trace; `sampling`: schedules drawn at random;
   * `minimising`: smaller schedules.
   */
  readonly phase: 'nearby' | 'search' | 'counterexample' | 'bounded' | 'dpor' | 'sampling' | 'minimising';
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  /** Schedules run so far; only for `dpor` and `sampling`. */
  readonly schedules?: number;
  /** Bytes held by the search's tables. */
  readonly bytes: number;
  /** Wall-clock seconds, those of earlier runs (`before`) included if the search was resumed. */
  readonly seconds: number;
  readonly before?: number;
  /** How many states there are probably; null: no estimate. Only for `nearby` and `search`. */
  readonly estimate?: SizeEstimate | null;
}

export interface LimitOptions {
  /** Stop as truncated after this many states; default 200,000,000. */
  readonly maxStates?: number;
  /** Stop after this many milliseconds (a search as truncated, a sample with what it has); default none. */
  readonly budgetMs?: number;
  /** Stop as truncated before the search's tables pass this, old and new one together while one grows; default 8 GiB. */
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

/** The error of a search that has come to `maxStates` states. */
export function statesReached(maxStates: number): LimitReached {
  return new LimitReached('states', `the limit of ${maxStates} states was reached (--max-states)`);
}

/** Tells `progress` and throws a LimitReached if it has come to one of the limits. */
export function checkLimits(options: LimitOptions, progress: Progress): void {
  const { maxStates = DEFAULT_MAX_STATES, budgetMs } = options;
  const { states, bytes, seconds, before = 0 } = progress;
  options.onProgress?.(progress);
  if (options.signal?.aborted === true) throw new LimitReached('interrupted', 'the search was interrupted');
  if (states >= maxStates) throw statesReached(maxStates);
  if (budgetMs !== undefined && (seconds - before) * 1000 > budgetMs)
    throw new LimitReached('time', `the budget of ${budgetMs / 1000} s ended (--budget)`);
  checkMemory(options, bytes);
}

/** Throws a LimitReached if tables must not have so many bytes. While one grows, the old and the new one count. */
export function checkMemory({ maxBytes = DEFAULT_MAX_BYTES }: LimitOptions, bytes: number): void {
  if (bytes > maxBytes)
    throw new LimitReached(
      'memory',
      `the search tables need more than ${Math.round(maxBytes / 2 ** 20)} MiB (--max-memory)`,
    );
}

/** What V8 says when a typed array cannot be had. */
const NO_MEMORY = /allocation failed|Invalid typed array length|Array buffer/;

/** The limit that `error` tells of, or null if it is something else. */
export function limitOf(error: unknown): { readonly which: Limit; readonly message: string } | null {
  if (error instanceof LimitReached) return { which: error.limit, message: error.message };
  if (error instanceof KeyCollision) return { which: 'collision', message: error.message };
  if (error instanceof AutomataLimitError) return { which: 'automata', message: error.message };
  if (error instanceof RangeError && NO_MEMORY.test(error.message))
    return {
      which: 'memory',
      message: `the machine has no memory for larger search tables (${error.message})`,
    };
  return null;
}
