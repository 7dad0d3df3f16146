/**
 * One question answered: does any schedule of this program break a rule? Runs the exhaustive search in slices so that
 * progress, time budget and Ctrl-C are heard, looks for the shortest counterexample when there is one, and says what the
 * outcome means.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Program } from '../core/program.ts';
import type { FoundViolation, Step } from '../core/schedule.ts';
import { Automata } from './automata.ts';
import { exploreBounded } from './explore-bounded.ts';
import type { SizeEstimate } from './estimate.ts';
import { exploreDpor } from './explore-dpor.ts';
import type { ExhaustiveSearch } from './exhaustive.ts';
import { AutomataLimitError } from './growth.ts';
import { checkLimits, DEFAULT_MAX_STATES, limitOf, type Progress } from './limits.ts';
import { LongSearch, type LongSearchOptions } from './long-search.ts';
import { coverageOf } from './coverage.ts';
import { countPreemptions } from './preemptions.ts';
import { minimise } from './minimise/minimise.ts';
import { ReducedSearch } from './reduction/reduced-search.ts';
import { sample } from './sampling/sample.ts';
import { reportOf } from './schedule-of.ts';
import { replayDecisions, shortestCounterexample, type Counterexample } from './shortest.ts';
import type { Strategy } from './strategy.ts';
import type { Limit, Verdict } from './verdict.ts';
import { VERIFIED_OPERATIONS, vacuities } from './vacuity.ts';
import { collisionProbability } from './zobrist.ts';

/** `checkpoint` and `resume` are for the exhaustive search only. */
export interface ExploreOptions extends LongSearchOptions {
  /** How to search; default exhaustive. */
  readonly strategy?: Strategy;
  /**
   * Leave out schedules that differ from others only in the order of independent steps (reduction/). The exhaustive search alone; the
   * verdict and the reported schedule are the same, the figures are those of the stored states. Default false.
   */
  readonly reduction?: boolean;
  /** Of a sampling strategy: which schedules are drawn, 1 … 2^31 - 1; default 1. */
  readonly seed?: number;
  /** Of a sampling strategy: how many schedules are run; default 10,000. */
  readonly schedules?: number;
  /** Of a sampling strategy: a schedule is cut after so many steps; default 10,000. */
  readonly maxSteps?: number;
  /** Nodes of all local automata together; default 500,000. */
  readonly maxNodes?: number;
  /** False: no automatic folding of histories, only declared fold points. Default true. */
  readonly fold?: boolean;
  /**
   * True: the schedule of a violation is made as small as it can be: fewest threads, then preemptions, then steps. `maxStates` then
   * holds for each step of that too (default 2,000,000), and a budget for search and minimising together. Default false.
   */
  readonly minimise?: boolean;
  /**
   * Of the exhaustive search: visited states are kept whole and compared, so that no two are ever taken for one. Two to three times
   * the time and three to five times the memory; no checkpoints. Default false.
   */
  readonly exact?: boolean;
}

const EXHAUSTIVE: Strategy = { name: 'exhaustive' };

/**
 * Explores the schedules of `program` under sequential consistency: all of them, or those that `strategy` names. Throws a
 * ModelError when the program itself is wrong. Deterministic: same program, same options, same verdict, counts and schedule; a
 * time budget alone can change them.
 */
export async function explore(program: Program, options: ExploreOptions = {}): Promise<Verdict> {
  const started = performance.now();
  return minimised(program, await searchFor(program, options), options, started);
}

/** The verdict of a search that began at `started`, its violation made as small as it can be if `options` ask for that. */
export async function minimised(
  program: Program,
  verdict: Verdict,
  options: ExploreOptions,
  started: number,
): Promise<Verdict> {
  if (options.minimise !== true || verdict.violation === null) return verdict;
  const left = withinBudget(options, started);
  const violation = await minimise(program, verdict.violation.schedule.steps, left);
  return { ...verdict, violation };
}

/** The options with what is left of the time budget. */
function withinBudget(options: ExploreOptions, started: number): ExploreOptions {
  const { budgetMs } = options;
  if (budgetMs === undefined) return options;
  return { ...options, budgetMs: Math.max(0, budgetMs - performance.now() + started) };
}

async function searchFor(program: Program, options: ExploreOptions): Promise<Verdict> {
  const { strategy = EXHAUSTIVE } = options;
  if (strategy.name === 'exhaustive') return new Exploration(program, options).run();
  if (strategy.name === 'dpor') return exploreDpor(program, strategy, options);
  if (strategy.name !== 'bounded') return sample(program, strategy, options);
  const started = performance.now();
  const verdict = await exploreBounded(program, strategy, options);
  if (verdict !== null) return verdict;
  // The bound cut nothing off: that every state can still finish can be asked as well.
  const exhausted = await new Exploration(program, withinBudget(options, started)).run();
  const seconds = (performance.now() - started) / 1000;
  return { ...exhausted, strategy, bound: { preemptions: strategy.preemptions, cutOff: false }, seconds };
}

/** States that the breadth-first search looks at before the depth-first one begins, or beside it. */
export const NEARBY_STATES = 1_000_000;

/** Transitions of a reduced search between two looks at the clock: they take longer than others. */
const SLICE = 1 << 14;

/** The breadth-first look at the first states needs too much memory. */
class TooLarge extends Error {}

class Exploration {
  private readonly options: ExploreOptions;
  private readonly automata: Automata;
  private readonly long: LongSearch;
  private search: ExhaustiveSearch | ReducedSearch;
  /** How far the look nearby has come. */
  private near = { states: 0, transitions: 0, bytes: 0 };

  constructor(program: Program, options: ExploreOptions) {
    this.options = options;
    this.automata = new Automata(program, {
      ...(options.maxNodes === undefined ? {} : { maxNodes: options.maxNodes }),
      ...(options.fold === undefined ? {} : { fold: options.fold }),
    });
    this.long = new LongSearch(this.automata, options);
    this.search = options.reduction === true ? new ReducedSearch(this.automata) : this.long.search;
  }

  async run(): Promise<Verdict> {
    try {
      const near = this.long.begun ? null : await this.lookNearby();
      if (near !== null) return this.violation(near);
      let fine = await this.searchAll();
      if (
        this.search instanceof ReducedSearch &&
        this.search.violation === null &&
        !(fine && this.allSeen())
      ) {
        // Of the states that cannot finish, and of those that must be come to, the reduced search looks at only some.
        this.search = this.long.search;
        fine = await this.searchAll();
      }
      if (fine) return this.conclude();
    } catch (error) {
      const limit = limitOf(error);
      if (limit === null) throw error;
      return this.truncated(limit.which, limit.message);
    }
    return this.violated();
  }

  /**
   * Most violations lie near the start, where a depth-first search comes last: breadth-first through the first states before
   * going deep. What it finds is the shortest counterexample already.
   */
  private async lookNearby(): Promise<Counterexample | null> {
    const { maxStates = DEFAULT_MAX_STATES, maxBytes = Infinity } = this.options;
    try {
      return await shortestCounterexample(this.automata, {
        maxStates: Math.min(maxStates, NEARBY_STATES),
        pause: async (states, transitions, bytes) => {
          this.near = { states, transitions, bytes };
          // What it holds is soon given back: that must not end the search.
          if (bytes > maxBytes / 2) throw new TooLarge();
          this.checkLimits('nearby', Math.min(states, maxStates - 1), transitions, bytes, null);
          await nextTurn();
        },
        onGivenUp: (front) => this.long.learn(front),
      });
    } catch (error) {
      // The depth-first search will meet the unbounded loop as well, and say how far it came.
      if (error instanceof AutomataLimitError || error instanceof TooLarge) return null;
      throw error;
    }
  }

  /** Runs the depth-first search to its end; true if nothing is wrong. */
  private async searchAll(): Promise<boolean> {
    const { long, search } = this;
    const { maxStates = DEFAULT_MAX_STATES } = this.options;
    for (;;) {
      // A transition makes at most one state: the slices shrink towards the limit, so that the count at the end is exact.
      const most = Math.max(1, maxStates - search.visited.size);
      const status = search instanceof ReducedSearch ? search.run(Math.min(most, SLICE)) : long.run(most);
      if (status === 'violation') return false;
      if (status === 'complete') return search.stuck.length === 0;
      const { visited, transitions, bytes } = search;
      const estimate = search instanceof ReducedSearch ? null : long.estimate();
      this.checkLimits('search', visited.size, transitions, bytes, estimate);
      long.tick();
      await nextTurn();
    }
  }

  /** Has every property of `program.sometimes` been seen hold? */
  private allSeen(): boolean {
    const { program, covered } = this.automata;
    return (program.sometimes ?? []).every(({ name }) => covered.has(name));
  }

  private async violated(): Promise<Verdict> {
    const { automata, search } = this;
    let found: Counterexample | null = null;
    try {
      found = await shortestCounterexample(automata, {
        ...(search.violation === null ? { stuck: search.stuck } : {}),
        maxStates: this.options.maxStates ?? DEFAULT_MAX_STATES,
        pause: async (states, transitions, bytes) => {
          this.checkLimits('counterexample', states, transitions, bytes + search.bytes);
          await nextTurn();
        },
      });
    } catch (error) {
      const limit = limitOf(error);
      if (limit === null) throw error;
      // The search knows that some states cannot end, but not how to come there.
      if (search.violation === null)
        return this.truncated(
          limit.which,
          `${search.stuck.length / 2} states can never end (deadlock or livelock), but ${limit.message} before a schedule to one was found`,
        );
    }
    return this.violation(found);
  }

  /** The verdict for the shortest counterexample, or (null) for the one that the depth-first search met. */
  private violation(found: Counterexample | null): Verdict {
    const { search } = this;
    const { steps, violation, preemptions } = found ?? this.searchedPath();
    return {
      ...this.figures(search.visited.size, search.transitions),
      ...(found === null
        ? {}
        : {
            states: found.states,
            transitions: found.transitions,
            depth: found.steps.length,
            bytesPerState: found.bytes / found.states,
            collisionProbability: collisionProbability(found.states),
          }),
      verdict: 'violation',
      violation: reportOf(this.automata, steps, violation, { preemptions, shortest: found !== null }),
      limit: null,
      neverReached: [],
    };
  }

  /** The violation as the depth-first search met it, when a limit forbids to look for the shortest. */
  private searchedPath(): { violation: FoundViolation; steps: readonly Step[]; preemptions: number } {
    const decisions = this.search.path();
    return {
      ...replayDecisions(this.automata, decisions),
      preemptions: countPreemptions(this.automata, decisions),
    };
  }

  private conclude(): Verdict {
    const { automata, search } = this;
    automata.verify(VERIFIED_OPERATIONS);
    const neverReached = vacuities(automata, search);
    return {
      ...this.figures(search.visited.size, search.transitions),
      verdict: neverReached.length > 0 ? 'vacuous' : 'proved',
      violation: null,
      limit: null,
      neverReached,
      coverage: coverageOf(automata),
    };
  }

  private truncated(which: Limit, message: string): Verdict {
    const { search, near } = this;
    // Once the depth-first search has begun, its figures are the ones that the limits went by.
    const far = search.transitions > 0;
    this.long.putDown();
    return {
      ...this.figures(far ? search.visited.size : near.states, far ? search.transitions : near.transitions),
      verdict: 'truncated',
      violation: null,
      limit: { which, message },
      neverReached: vacuities(this.automata, null),
      estimate: this.long.estimateNow(),
      ...(far ? {} : { bytesPerState: near.bytes / Math.max(1, near.states) }),
    };
  }

  private figures(states: number, transitions: number) {
    return {
      strategy: EXHAUSTIVE,
      bound: null,
      reduction:
        this.search instanceof ReducedSearch
          ? { passes: this.search.passes, transitions: this.search.allTransitions }
          : null,
      sampling: null,
      states,
      transitions,
      depth: this.search.maxDepth,
      endStates: this.search.endStates,
      seconds: this.long.seconds,
      bytesPerState: this.search.visited.bytes / Math.max(1, this.search.visited.size),
      collisionProbability: this.options.exact === true ? 0 : collisionProbability(states),
      automatonNodes: this.automata.nodeCount,
    };
  }

  private checkLimits(
    phase: Progress['phase'],
    states: number,
    transitions: number,
    tables: number,
    estimate?: SizeEstimate | null,
  ): void {
    checkLimits(this.options, {
      phase,
      states,
      transitions,
      depth: this.search.maxDepth,
      bytes: tables + this.automata.bytes,
      seconds: this.long.seconds,
      before: this.long.before,
      ...(estimate === undefined ? {} : { estimate }),
    });
  }
}
