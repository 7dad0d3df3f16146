/**
 * One question answered: does any schedule of this program break a rule? Runs the exhaustive search in slices so that
 * progress, time budget and Ctrl-C are heard, looks for the shortest counterexample when there is one, and says what the
 * outcome means.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Program } from '../core/program.ts';
import type { FoundViolation, Schedule, Step } from '../core/schedule.ts';
import { Automata } from './automata.ts';
import { ExhaustiveSearch } from './exhaustive.ts';
import { AutomataLimitError } from './growth.ts';
import { modelHash } from './model-hash.ts';
import { countPreemptions } from './preemptions.ts';
import { replayDecisions, shortestCounterexample, type Counterexample } from './shortest.ts';
import type { Limit, Verdict } from './verdict.ts';
import { collisionProbability } from './zobrist.ts';

/** What a search tells while it runs. */
export interface Progress {
  /** `nearby`: breadth-first through the first states; `search`: all of them; `counterexample`: the shortest schedule. */
  readonly phase: 'nearby' | 'search' | 'counterexample';
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  /** Bytes held by the search's tables. */
  readonly bytes: number;
  readonly seconds: number;
}

export interface ExploreOptions {
  /** Stop as truncated after this many states; default 200,000,000. */
  readonly maxStates?: number;
  /** Stop as truncated after this many milliseconds; default none. */
  readonly budgetMs?: number;
  /** Stop as truncated when the search's tables pass this; default 8 GiB. */
  readonly maxBytes?: number;
  /** Nodes of all local automata together; default 500,000. */
  readonly maxNodes?: number;
  /** False: no automatic folding of histories, only declared fold points. Default true. */
  readonly fold?: boolean;
  /** Aborting it stops the search as truncated (interrupted). */
  readonly signal?: AbortSignal;
  /** Called about every 65,536 transitions. */
  readonly onProgress?: (progress: Progress) => void;
}

const SLICE = 1 << 16;
const DEFAULT_MAX_STATES = 200_000_000;
/** How many operations are run a second time before a pass is believed. */
const VERIFIED_OPERATIONS = 20_000;
/** Named as never reached when no state had two successors: then nothing concurrent has been explored. */
const SECOND_SCHEDULE = 'a second schedule';

/** Internal: a limit was hit. */
class LimitReached extends Error {
  readonly limit: Limit;
  constructor(limit: Limit, message: string) {
    super(message);
    this.limit = limit;
  }
}

/**
 * Explores all schedules of `program` under sequential consistency. Throws a ModelError when the program itself is wrong.
 * Deterministic: same program, same verdict, counts and schedule.
 */
export async function explore(program: Program, options: ExploreOptions = {}): Promise<Verdict> {
  return new Exploration(program, options).run();
}

/** States that the breadth-first search looks at before the depth-first one begins. */
const NEARBY_STATES = 1_000_000;

class Exploration {
  private readonly program: Program;
  private readonly options: ExploreOptions;
  private readonly automata: Automata;
  private readonly started = performance.now();
  private readonly search: ExhaustiveSearch;
  /** How far the look nearby has come. */
  private near = { states: 0, transitions: 0 };

  constructor(program: Program, options: ExploreOptions) {
    this.program = program;
    this.options = options;
    this.automata = new Automata(program, {
      ...(options.maxNodes === undefined ? {} : { maxNodes: options.maxNodes }),
      ...(options.fold === undefined ? {} : { fold: options.fold }),
    });
    this.search = new ExhaustiveSearch(this.automata);
  }

  async run(): Promise<Verdict> {
    try {
      const near = await this.lookNearby();
      if (near !== null) return this.violation(near);
      if (await this.searchAll()) return this.conclude();
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
    const { maxStates = DEFAULT_MAX_STATES } = this.options;
    try {
      return await shortestCounterexample(this.automata, {
        maxStates: Math.min(maxStates, NEARBY_STATES),
        pause: async (states, transitions, bytes) => {
          this.near = { states, transitions };
          this.checkLimits('nearby', Math.min(states, maxStates - 1), transitions, bytes);
          await nextTurn();
        },
      });
    } catch (error) {
      // The depth-first search will meet the unbounded loop as well, and say how far it came.
      if (error instanceof AutomataLimitError) return null;
      throw error;
    }
  }

  /** Runs the depth-first search to its end; true if nothing is wrong. */
  private async searchAll(): Promise<boolean> {
    const { search } = this;
    const { maxStates = DEFAULT_MAX_STATES } = this.options;
    for (;;) {
      // A transition makes at most one state: the slices shrink towards the limit, so that the count at the end is exact.
      const status = search.run(Math.min(SLICE, Math.max(1, maxStates - search.visited.size)));
      if (status === 'violation') return false;
      if (status === 'complete') return search.stuck.length === 0;
      this.checkLimits('search', search.visited.size, search.transitions, search.bytes);
      await nextTurn();
    }
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
      violation: {
        ...violation,
        schedule: this.schedule(steps, violation),
        preemptions,
        threads: new Set(steps.map((step) => step.thread)).size,
        shortest: found !== null,
      },
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
    const neverReached = this.neverReached();
    if (search.restStates === 0) neverReached.push(...this.program.atEnd.map((property) => property.name));
    if (!search.branches) neverReached.push(SECOND_SCHEDULE);
    return {
      ...this.figures(search.visited.size, search.transitions),
      verdict: neverReached.length > 0 ? 'vacuous' : 'proved',
      violation: null,
      limit: null,
      neverReached,
    };
  }

  private neverReached(): string[] {
    return this.program.mustReach.filter((name) => !this.automata.covered.has(name));
  }

  private truncated(which: Limit, message: string): Verdict {
    const { search, near } = this;
    // Once the depth-first search has begun, its figures are the ones that the limits went by.
    const far = search.transitions > 0;
    return {
      ...this.figures(far ? search.visited.size : near.states, far ? search.transitions : near.transitions),
      verdict: 'truncated',
      violation: null,
      limit: { which, message },
      neverReached: this.neverReached(),
    };
  }

  private figures(states: number, transitions: number) {
    return {
      states,
      transitions,
      depth: this.search.maxDepth,
      endStates: this.search.endStates,
      seconds: (performance.now() - this.started) / 1000,
      bytesPerState: this.search.bytes / Math.max(1, this.search.visited.size),
      collisionProbability: collisionProbability(states),
      automatonNodes: this.automata.nodeCount,
    };
  }

  private schedule(steps: readonly Step[], violation: FoundViolation): Schedule {
    return {
      program: this.program.name,
      parameters: this.program.parameters,
      memory: 'sc',
      model: modelHash(this.automata),
      steps,
      violation,
    };
  }

  private checkLimits(phase: Progress['phase'], states: number, transitions: number, tables: number): void {
    const {
      maxStates = DEFAULT_MAX_STATES,
      budgetMs,
      maxBytes = 8 * 2 ** 30,
      signal,
      onProgress,
    } = this.options;
    const elapsed = performance.now() - this.started;
    const bytes = tables + this.automata.bytes;
    onProgress?.({ phase, states, transitions, depth: this.search.maxDepth, bytes, seconds: elapsed / 1000 });
    if (signal?.aborted === true) throw new LimitReached('interrupted', 'the search was interrupted');
    if (states >= maxStates)
      throw new LimitReached('states', `the limit of ${maxStates} states was reached (--max-states)`);
    if (budgetMs !== undefined && elapsed > budgetMs)
      throw new LimitReached('time', `the budget of ${budgetMs / 1000} s ended (--budget)`);
    if (bytes > maxBytes)
      throw new LimitReached('memory', `the search tables passed ${Math.round(maxBytes / 2 ** 20)} MiB`);
  }
}

function limitOf(error: unknown): { readonly which: Limit; readonly message: string } | null {
  if (error instanceof LimitReached) return { which: error.limit, message: error.message };
  if (error instanceof AutomataLimitError) return { which: 'automata', message: error.message };
  return null;
}
