import type { Program } from '../core/program.ts';
import type { FoundViolation } from '../core/schedule.ts';
import type { PerformedStep, ThreadPosition } from './performed.ts';

/**
 * Something that runs a program one step at a time, each step by the thread it is told: worker threads under control, or (in
 * tests) one thread that plays all CPUs.
 */
export interface Executor {
  readonly program: Program;
  /** Starts a fresh execution: words initial, every thread before its first operation. Says where each stands. */
  reset(): Promise<readonly ThreadPosition[]>;
  /**
   * Lets `thread` take up to `count` steps, the first of which must be enabled; `choice` answers the first if it is `choose`. It
   * stops early where it is blocked, has ended or failed, or stands at `choose`. Returns the steps taken, at least one.
   */
  run(thread: number, count: number, choice: number): Promise<readonly PerformedStep[]>;
  /** Why `thread`, which stands at FAIL, has failed. */
  failureOf(thread: number): FoundViolation;
  /** Names told to `check` and `cover` by any thread in any execution so far. */
  covered(): Promise<ReadonlySet<string>>;
}
