import type { FoundViolation, Schedule } from '../core/schedule.ts';

/** What a search says, in the words of contract.md; never a bare pass. */
export type VerdictName =
  | 'proved'
  | 'proved-within-bound'
  | 'violation'
  | 'sampled'
  | 'truncated'
  | 'vacuous';

/** Which limit ended a truncated search. */
export type Limit = 'states' | 'time' | 'memory' | 'automata' | 'interrupted';

/** A violation and the schedule that shows it. */
export interface ViolationReport extends FoundViolation {
  readonly schedule: Schedule;
  readonly preemptions: number;
  /** Threads that take at least one step of the schedule. */
  readonly threads: number;
  /** True if no shorter schedule shows a violation, and none as short has fewer preemptions. */
  readonly shortest: boolean;
}

/** The outcome of one search with its figures. */
export interface Verdict {
  readonly verdict: VerdictName;
  readonly violation: ViolationReport | null;
  readonly limit: { readonly which: Limit; readonly message: string } | null;
  /**
   * Why a verdict is vacuous: checks and covers of `program.mustReach` never reached, end-of-run properties never evaluated,
   * `a second schedule` if there was only one.
   */
  readonly neverReached: readonly string[];
  /** Distinct states, and transitions between them, of the search that decided (breadth-first if a violation was found). */
  readonly states: number;
  readonly transitions: number;
  /** Deepest stack of the depth-first search, or length of the shortest counterexample, in steps. */
  readonly depth: number;
  /** States in which every non-daemon thread had ended. */
  readonly endStates: number;
  /** Wall-clock seconds of the whole search. */
  readonly seconds: number;
  readonly bytesPerState: number;
  /** Upper bound of the probability that two different states were taken for one. */
  readonly collisionProbability: number;
  readonly automatonNodes: number;
}
