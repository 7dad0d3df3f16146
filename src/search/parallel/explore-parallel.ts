/**
 * The exhaustive search by several searchers, each in a worker thread of its own: the same states, transitions, verdict and
 * schedule as by one (explore.ts), whatever the number of searchers and their timing.
 *
 * What one searcher does in turn goes on side by side here: while the searchers go deep, this thread looks at the states nearby,
 * breadth-first. A violation, whoever meets one, stops the searchers; the report is that of the breadth-first search, which
 * depends on the program alone. If it was still looking it just goes on; so it does, as far as it would have looked anyway, if the
 * searchers come to a limit or meet an error: with one searcher, what is nearby comes first.
 */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Program } from '../../core/program.ts';
import { coverageOf } from '../coverage.ts';
import { AutomataLimitError } from '../growth.ts';
import { checkLimits, DEFAULT_MAX_STATES, limitOf, type LimitOptions } from '../limits.ts';
import { NEARBY_STATES } from '../explore.ts';
import { countPreemptions } from '../preemptions.ts';
import { reportOf } from '../schedule-of.ts';
import { replayDecisions, shortestCounterexample, type Counterexample } from '../shortest.ts';
import { VERIFIED_OPERATIONS, vacuities } from '../vacuity.ts';
import type { Limit, Verdict } from '../verdict.ts';
import { collisionProbability } from '../zobrist.ts';
import { Stop, Stopped } from './control.ts';
import type { SearcherPool } from './searcher-pool.ts';
import { Searchers, type ParallelFigures } from './searchers.ts';
import { SharedAutomata } from './shared-automata.ts';

export interface ParallelOptions extends LimitOptions {
  /** Who searches: as many as the pool has. It is not closed. */
  readonly pool: SearcherPool;
  /** What the pool's worker file builds the same program from; must survive structured cloning. */
  readonly source: unknown;
  /** As for `explore`. */
  readonly maxNodes?: number;
  readonly fold?: boolean;
  /** log2 of the first number of slots of the visited set, 4 … 29; default 12, as with one searcher. */
  readonly logCapacity?: number;
  /** A searcher gives work away only after so many transitions of its own; default 32,768, some 10 ms. */
  readonly shareEvery?: number;
  /** States that this thread looks at beside the searchers; default {@link NEARBY_STATES}, as with one searcher. */
  readonly nearbyStates?: number;
}

const POLL_MS = 20;
/** As long as the searchers are at work, this thread looks at so many states at once, and then rests most of the time. */
const EAGER_STATES = 200_000;
const REST_MS = 10;

/**
 * Explores all schedules of `program` with the searchers of `options.pool`. Throws what `explore` throws, and a SearcherFailure
 * if a worker thread dies.
 *
 * Of a search that was cut by a limit, the figures depend on timing. Of a violation that is too far away for the shortest
 * schedule to be found within the limits, the schedule does.
 */
export async function exploreParallel(program: Program, options: ParallelOptions): Promise<Verdict> {
  return (await exploreWithFigures(program, options)).verdict;
}

/** As {@link exploreParallel}; beside the verdict what each searcher did, which depends on timing. */
export async function exploreWithFigures(
  program: Program,
  options: ParallelOptions,
): Promise<{ readonly verdict: Verdict; readonly figures: ParallelFigures | null }> {
  const exploration = new ParallelExploration(program, options);
  const verdict = await exploration.run();
  return { verdict, figures: exploration.searchers.figures };
}

/** Thrown out of the look nearby: the searchers have seen everything, or one has died. */
class NothingLeft extends Error {}

class ParallelExploration {
  readonly searchers: Searchers;
  private readonly options: ParallelOptions;
  private readonly maxStates: number;
  private readonly automata: SharedAutomata;
  private readonly started = performance.now();
  /** How many states this thread may look at. */
  private nearby: number;
  private near = { states: 0, transitions: 0, bytes: 0 };
  private stuck: Int32Array = new Int32Array(0);

  constructor(program: Program, options: ParallelOptions) {
    const { pool, source, maxNodes, fold, maxStates = DEFAULT_MAX_STATES } = options;
    const { logCapacity = 12, shareEvery = 1 << 15, nearbyStates = NEARBY_STATES } = options;
    const automata = {
      ...(maxNodes === undefined ? {} : { maxNodes }),
      ...(fold === undefined ? {} : { fold }),
    };
    this.options = options;
    this.maxStates = maxStates;
    this.nearby = Math.min(maxStates, nearbyStates);
    this.searchers = new Searchers({ pool, source, ...automata, maxStates, logCapacity, shareEvery });
    const { log, control } = this.searchers;
    this.automata = new SharedAutomata(program, log, control, automata);
  }

  async run(): Promise<Verdict> {
    const { searchers } = this;
    const searching = searchers.run();
    try {
      return await this.decide();
    } finally {
      searchers.control.stop(Stop.CALLED_OFF);
      await searching;
      searchers.close();
    }
  }

  private async decide(): Promise<Verdict> {
    const { searchers } = this;
    try {
      const near = await this.lookNearby();
      if (near !== null) return this.violation(near);
      await this.searchersEnded();
      searchers.requireNoError();
      if (searchers.control.stopped !== Stop.DONE) return await this.violated();
      this.stuck = searchers.settle();
      if (this.stuck.length > 0) return await this.violated();
      return this.conclude();
    } catch (error) {
      const limit = limitOf(error);
      if (limit !== null) return this.truncated(limit.which, limit.message);
      // The mutex of the automata was not to be had: whoever held it is gone.
      if (!(error instanceof Stopped)) throw error;
      await this.searchersEnded();
      searchers.requireNoError();
      throw error;
    }
  }

  private async lookNearby(): Promise<Counterexample | null> {
    const { searchers } = this;
    const nearby = () => this.nearby;
    try {
      return await shortestCounterexample(this.automata, {
        get maxStates() {
          return nearby();
        },
        pause: async (states, transitions, bytes) => {
          this.near = { states, transitions, bytes };
          const { stopped } = searchers.control;
          if (stopped === Stop.DONE || searchers.failure !== null) throw new NothingLeft();
          if (stopped === Stop.VIOLATION) {
            this.nearby = this.maxStates;
            this.checkLimits('counterexample', states, transitions, bytes + this.searchers.bytes);
          } else this.checkSearch();
          await nextTurn();
          // The searchers want the cores.
          if (states > EAGER_STATES && searchers.control.stopped === 0 && !searchers.ended)
            await sleep(REST_MS);
        },
      });
    } catch (error) {
      // The searchers will meet the unbounded loop as well, and say how far they came.
      if (error instanceof AutomataLimitError || error instanceof NothingLeft) return null;
      throw error;
    }
  }

  private async searchersEnded(): Promise<void> {
    const { searchers } = this;
    while (!searchers.ended) {
      if (searchers.control.stopped === 0) this.checkSearch();
      await sleep(POLL_MS);
    }
  }

  private async violated(): Promise<Verdict> {
    const { stuck } = this;
    let found: Counterexample | null = null;
    try {
      this.automata.catchUp();
      found = await shortestCounterexample(this.automata, {
        ...(stuck.length === 0 ? {} : { stuck }),
        maxStates: this.maxStates,
        pause: async (states, transitions, bytes) => {
          this.checkLimits('counterexample', states, transitions, bytes + this.searchers.bytes);
          await nextTurn();
        },
      });
    } catch (error) {
      const limit = limitOf(error);
      if (limit === null) throw error;
      // The search knows that some states cannot end, but not how to come there.
      if (stuck.length > 0)
        return this.truncated(
          limit.which,
          `${stuck.length / 2} states can never end (deadlock or livelock), but ${limit.message} before a schedule to one was found`,
        );
    }
    return this.violation(found);
  }

  /** The verdict for the shortest counterexample, or (null) for one that a searcher met. */
  private violation(found: Counterexample | null): Verdict {
    const { states, transitions } = this.searchers.told;
    const { steps, violation, preemptions } = found ?? this.searchedPath();
    return {
      ...this.figures(states, transitions),
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

  private searchedPath() {
    const decisions = this.searchers.violatingPath;
    return {
      ...replayDecisions(this.automata, decisions),
      preemptions: countPreemptions(this.automata, decisions),
    };
  }

  private conclude(): Verdict {
    const { automata, searchers } = this;
    automata.catchUp();
    for (const name of searchers.seen) automata.covered.add(name);
    automata.verify(VERIFIED_OPERATIONS);
    const neverReached = vacuities(automata, searchers.reach);
    const { states, transitions } = this.searchers.told;
    return {
      ...this.figures(states, transitions),
      verdict: neverReached.length > 0 ? 'vacuous' : 'proved',
      violation: null,
      limit: null,
      neverReached,
      coverage: coverageOf(automata),
    };
  }

  private truncated(which: Limit, message: string): Verdict {
    const { states, transitions } = this.searchers.told;
    const far = states > this.near.states;
    return {
      ...this.figures(far ? states : this.near.states, far ? transitions : this.near.transitions),
      verdict: 'truncated',
      violation: null,
      limit: { which, message },
      neverReached: vacuities(this.automata, null),
    };
  }

  private figures(states: number, transitions: number) {
    const { searchers } = this;
    return {
      strategy: { name: 'exhaustive' } as const,
      bound: null,
      sampling: null,
      reduction: null,
      states,
      transitions,
      depth: searchers.told.depth,
      endStates: searchers.endStates,
      seconds: this.seconds,
      bytesPerState: searchers.visitedBytes / Math.max(1, searchers.told.states),
      collisionProbability: collisionProbability(states),
      automatonNodes: this.automata.nodeCount,
    };
  }

  private get seconds(): number {
    return (performance.now() - this.started) / 1000;
  }

  private checkSearch(): void {
    const { states, transitions } = this.searchers.told;
    // The searchers themselves keep to the limit of states.
    this.checkLimits(
      'search',
      Math.min(states, this.maxStates - 1),
      transitions,
      this.searchers.bytes + this.near.bytes,
    );
  }

  private checkLimits(
    phase: 'search' | 'counterexample',
    states: number,
    transitions: number,
    bytes: number,
  ): void {
    checkLimits(this.options, this.progress(phase, states, transitions, bytes + this.automata.bytes));
  }

  private progress(phase: 'search' | 'counterexample', states: number, transitions: number, bytes: number) {
    return { phase, states, transitions, depth: this.searchers.told.depth, bytes, seconds: this.seconds };
  }
}
