/** What an enumeration of all schedules (enumerate.ts) takes and gives. */
import type { FoundViolation } from '../core/schedule.ts';
import type { Move } from './sleep-sets.ts';

/** How far an enumeration has come. */
export interface EnumerationProgress {
  /** Executions ended so far. */
  readonly executions: number;
  /** Steps run so far, repeated ones included. */
  readonly steps: number;
  readonly seconds: number;
}

/** What an enumeration may cost; everything may be left out. */
export interface EnumerateOptions {
  /** Ends after so many executions, of whatever outcome. Default: no limit. */
  readonly maxExecutions?: number;
  /** Cuts an execution that is longer. Default 100,000. */
  readonly maxSteps?: number;
  /** Ends after so many milliseconds. Default: no limit. */
  readonly budgetMs?: number;
  /** Ends when aborted. */
  readonly signal?: AbortSignal;
  /** Told about every 40 ms; between two batches, so not while a thread makes up to 1,024 steps. */
  readonly onProgress?: (progress: EnumerationProgress) => void;
  /** Ends with the first violation. Default false. */
  readonly stopAtViolation?: boolean;
}

/** What ended an enumeration before it was through. */
export type EnumerationLimit = 'executions' | 'time' | 'interrupted' | 'violation';

/** A violation and the shortest of the executions run that shows it. */
export interface EnumeratedViolation extends FoundViolation {
  readonly moves: readonly Move[];
}

/** What all schedules together show. */
export interface Enumeration {
  readonly executions: {
    /** Ended by themselves: nothing can move, or a rule is broken. */
    readonly complete: number;
    /** Given up in a state where all that can move is asleep: they differ from others by the order of independent steps only. */
    readonly blocked: number;
    /** Longer than `maxSteps`. If there is one, not everything has been seen. */
    readonly cut: number;
  };
  /** Steps run, and how many of them repeated a path. */
  readonly steps: number;
  readonly repeatedSteps: number;
  /** One for each kind and message, in the order found; deadlocks are of kind `deadlock`. */
  readonly violations: readonly EnumeratedViolation[];
  /** States in which nothing can move and no rule is broken, as `words ended`: `1,0 xx` (`x` has ended, `.` has not). */
  readonly ends: ReadonlySet<string>;
  /** States, in the same spelling, in which nothing can move although a thread must. */
  readonly deadlocks: ReadonlySet<string>;
  /** What ended the enumeration early, or null. */
  readonly limit: EnumerationLimit | null;
  /** Everything has been seen: there was no limit, and nothing was cut. */
  readonly exhausted: boolean;
  /** Was there ever a state with two moves? If not, there is one schedule only. */
  readonly branches: boolean;
  /**
   * How often a state was met in which all threads that must end had ended, and one in which the properties of the end were
   * evaluated and held; a state met on two paths counts twice. 0 exactly if there is no such state.
   */
  readonly endStates: number;
  readonly restStates: number;
}
