import type { Coverage } from './coverage.ts';
import type { CriticalPair } from './critical-pair.ts';
import type { Minimised } from './minimise/minimised.ts';
import type { SizeEstimate } from './estimate.ts';
import type { FoundViolation, Schedule } from '../core/schedule.ts';
import type { Strategy } from './strategy.ts';

/** What a search says, in the words of contract.md; never a bare pass. */
export type VerdictName =
  | 'proved'
  | 'proved-within-bound'
  | 'violation'
  | 'sampled'
  | 'truncated'
  | 'vacuous';

/** Which limit ended a truncated search. */
export type Limit = 'states' | 'time' | 'memory' | 'automata' | 'interrupted' | 'collision';

/** A violation and the schedule that shows it. */
export interface ViolationReport extends FoundViolation {
  readonly schedule: Schedule;
  readonly preemptions: number;
  /** Threads that take at least one step of the schedule. */
  readonly threads: number;
  /** True if no shorter schedule shows a violation, and none as short has fewer preemptions. */
  readonly shortest: boolean;
  /**
   * Two steps of different threads that decide it: had they come the other way round, the run would have kept every rule. Null if no
   * two do, or the schedule has more than 1,000 steps.
   */
  readonly criticalPair: CriticalPair | null;
  /** What is known of smaller schedules, if they were looked for: then `schedule` is the smallest found. */
  readonly minimised?: Minimised;
}

/** What a search within a bound of preemptions says of the bound. */
export interface BoundFigures {
  readonly preemptions: number;
  /** False: no schedule leads anywhere new by more preemptions, so the search was exhaustive after all. */
  readonly cutOff: boolean;
}

/** What the executions of a stateless search were; those of the last beginning if it had to begin again. */
export interface DporFigures {
  /** All threads that must end have ended, and nothing can move any more. */
  readonly complete: number;
  /** Deadlocks. */
  readonly blocked: number;
  /** Some thread had taken `maxSteps` steps and was not done. */
  readonly cut: number;
  /** Begun in vain; 0, or the search is wrong. */
  readonly asleep: number;
  /** Most steps of one execution. */
  readonly longest: number;
  readonly maxSteps: number;
}

/** The PCT guarantee in figures: each schedule shows a bug of that depth with at least `probability`. */
export interface PctGuarantee {
  readonly depth: number;
  /** All threads of the program, n. */
  readonly threads: number;
  /** The estimate of the most steps of a run, k. */
  readonly steps: number;
  /** 1 / (n k^(depth - 1)). */
  readonly probability: number;
  /** Why the bound is not promised for these runs, or null if it is. */
  readonly voidBecause: string | null;
}

/** What a search with partial-order reduction says of the reduction. */
export interface ReductionFigures {
  /** How often the search was begun, each time knowing more of what the threads can do; the figures are those of the last pass. */
  readonly passes: number;
  /** Transitions of all passes. */
  readonly transitions: number;
}

/** What a sample of schedules was. */
export interface SamplingFigures {
  readonly seed: number;
  /** Schedules asked for, and run. */
  readonly asked: number;
  readonly schedules: number;
  /** Runs that came to their end; in which nothing could move; that were cut after `maxSteps` steps. */
  readonly complete: number;
  readonly blocked: number;
  readonly cut: number;
  readonly maxSteps: number;
  /** Most steps of one run. */
  readonly longest: number;
  /** Distinct final states of the complete runs. */
  readonly finalStates: number;
  /** Distinct orders of dependent operations among the complete runs: schedules that differ in nothing else count as one. */
  readonly partialOrders: number;
  /** Trial runs made beforehand to estimate steps; 0 if the strategy needs no estimate. */
  readonly trials: number;
  /** Which of those, counted from 1, showed the violation; null if none did. */
  readonly failedTrial: number | null;
  readonly guarantee: PctGuarantee | null;
}

/** The outcome of one search with its figures. */
export interface Verdict {
  readonly strategy: Strategy;
  /** Of the strategy `bounded` only. */
  readonly bound: BoundFigures | null;
  /** Of an exhaustive search with reduction only: `states` are those stored. */
  readonly reduction: ReductionFigures | null;
  /** Of the sampling strategies only. */
  readonly sampling: SamplingFigures | null;
  /** Of the strategy `dpor` only. */
  readonly dpor?: DporFigures;
  readonly verdict: VerdictName;
  readonly violation: ViolationReport | null;
  /** What ended the search early. Beside a violation null; beside `sampled` only ever the time budget. */
  readonly limit: { readonly which: Limit; readonly message: string } | null;
  /**
   * Why a verdict is vacuous: checks and covers of `program.mustReach` never reached, properties of `program.sometimes` never seen,
   * end-of-run properties never evaluated, `a second schedule` if there was only one.
   */
  readonly neverReached: readonly string[];
  /** What of the source was come to. Only of a search that came to its end without a violation (a sample: of its schedules). */
  readonly coverage?: Coverage;
  /**
   * Distinct states, and transitions between them, of the search that decided (breadth-first if a violation was found). Of a
   * sample: distinct states met (trial runs included), and steps of all schedules (trial runs not included). Of `dpor`: states come
   * to, counted each time, and steps.
   */
  readonly states: number;
  readonly transitions: number;
  /**
   * In steps: deepest stack of the depth-first search, or length of the shortest counterexample; within a bound the longest
   * schedule that leads anywhere new; of a sample or of `dpor` the longest run. The stack's depth tells of the run, as seconds do: with
   * several searchers it depends on timing.
   */
  readonly depth: number;
  /**
   * States in which every non-daemon thread had ended; of a sample the distinct final states; of `dpor` executions in
   * which they all ended.
   */
  readonly endStates: number;
  /** Wall-clock seconds of the whole search. */
  readonly seconds: number;
  /** Of the visited set; of the breadth-first search's tables if a violation was found. */
  readonly bytesPerState: number;
  /** Upper bound of the probability that two different states were taken for one. */
  readonly collisionProbability: number;
  readonly automatonNodes: number;
  /** Of a truncated exhaustive search: how many states there are probably; null: no estimate. */
  readonly estimate?: SizeEstimate | null;
}
