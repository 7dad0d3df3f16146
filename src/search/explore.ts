/**
 * One question answered: does any schedule of this program break a rule? Runs the exhaustive search in slices so that
 * progress, time budget and Ctrl-C are heard, looks for the shortest counterexample when there is one, and says what the
 * outcome means.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Program } from '../core/program.ts';
import type { FoundViolation, Schedule, Step } from '../core/schedule.ts';
import { Automata, AutomataLimitError } from './automata.ts';
import type { Decision } from './decision.ts';
import { ExhaustiveSearch } from './exhaustive.ts';
import { modelHash } from './model-hash.ts';
import { anyViolation, deadlockOf, shortestCounterexample, type Counterexample, type Target } from './shortest.ts';
import { Stepper } from './stepper.ts';
import { stuckTarget } from './stuck.ts';
import type { Limit, Verdict } from './verdict.ts';
import { collisionProbability } from './zobrist.ts';

/** What a search tells while it runs. */
export interface Progress {
  readonly phase: 'search' | 'counterexample';
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
  /** Nodes of all local automata together; default 2,000,000. */
  readonly maxNodes?: number;
  /** False: no automatic folding of histories, only declared fold points. Default true. */
  readonly fold?: boolean;
  /** Aborting it stops the search as truncated (interrupted). */
  readonly signal?: AbortSignal;
  /** Called about every 65,536 transitions. */
  readonly onProgress?: (progress: Progress) => void;
}

const SLICE = 1 << 16;

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

class Exploration {
  private readonly program: Program;
  private readonly options: ExploreOptions;
  private readonly automata: Automata;
  private readonly started = performance.now();
  private search: ExhaustiveSearch;

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
      const target = await this.searchAll();
      if (target === null) return this.conclude();
      return await this.counterexample(target);
    } catch (error) {
      if (error instanceof LimitReached) return this.truncated(error.limit, error.message);
      if (error instanceof AutomataLimitError) return this.truncated('automata', error.message);
      throw error;
    }
  }

  /** Runs the depth-first search; returns what to look for if there is something wrong, else null. */
  private async searchAll(): Promise<Target | null> {
    const { search } = this;
    for (;;) {
      const status = search.run(SLICE);
      this.limits('search', search.visited.size, search.transitions);
      if (status === 'violation') return anyViolation;
      if (status === 'complete') return search.stuck.length > 0 ? stuckTarget(search.stuck) : null;
      await nextTurn();
    }
  }

  private async counterexample(target: Target): Promise<Verdict> {
    const maxStates = this.options.maxStates ?? Infinity;
    let found: Counterexample | null = null;
    try {
      found = await shortestCounterexample(this.automata, target, maxStates, async (states) => {
        this.limits('counterexample', states, 0);
        await nextTurn();
      });
    } catch (error) {
      if (!(error instanceof LimitReached)) throw error;
    }
    const path = found === null ? this.searchedPath() : found;
    return {
      ...this.figures(found?.states ?? this.search.visited.size, found?.transitions ?? this.search.transitions),
      verdict: 'violation',
      violation: {
        ...path.violation,
        schedule: this.schedule(path.steps, path.violation),
        preemptions: path.preemptions,
        threads: new Set(path.steps.map((step) => step.thread)).size,
        shortest: found !== null,
      },
      limit: null,
      neverReached: [],
    };
  }

  /** The violation as the depth-first search met it, when a limit forbids to look for the shortest. */
  private searchedPath(): { violation: FoundViolation; steps: readonly Step[]; preemptions: number } {
    const stepper = new Stepper(this.automata);
    let last: Decision | null = null;
    let preemptions = 0;
    const steps: Step[] = [];
    for (const decision of this.search.path()) {
      if (last !== null && last.thread !== decision.thread && stepper.choices(last.thread) > 0) preemptions++;
      steps.push(stepper.recordedStep(decision.thread, decision.choice));
      last = decision;
    }
    return { violation: stepper.violation() ?? deadlockOf(stepper), steps, preemptions };
  }

  private conclude(): Verdict {
    const neverReached = this.program.mustReach.filter((name) => !this.automata.covered.has(name));
    const vacuous = neverReached.length > 0 || this.search.endStates === 0;
    return {
      ...this.figures(this.search.visited.size, this.search.transitions),
      verdict: vacuous ? 'vacuous' : 'proved',
      violation: null,
      limit: null,
      neverReached,
    };
  }

  private truncated(which: Limit, message: string): Verdict {
    return {
      ...this.figures(this.search.visited.size, this.search.transitions),
      verdict: 'truncated',
      violation: null,
      limit: { which, message },
      neverReached: this.program.mustReach.filter((name) => !this.automata.covered.has(name)),
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

  private limits(phase: Progress['phase'], states: number, transitions: number): void {
    const { maxStates = 200_000_000, budgetMs, maxBytes = 8 * 2 ** 30, signal, onProgress } = this.options;
    const elapsed = performance.now() - this.started;
    const { bytes } = this.search;
    onProgress?.({ phase, states, transitions, depth: this.search.maxDepth, bytes, seconds: elapsed / 1000 });
    if (signal?.aborted === true) throw new LimitReached('interrupted', 'interrupted');
    if (states > maxStates) throw new LimitReached('states', `stopped at ${maxStates} states (--max-states)`);
    if (budgetMs !== undefined && elapsed > budgetMs)
      throw new LimitReached('time', `the budget of ${budgetMs / 1000} s ended (--budget)`);
    if (bytes > maxBytes) throw new LimitReached('memory', `the search tables passed ${Math.round(maxBytes / 2 ** 20)} MiB`);
  }
}
