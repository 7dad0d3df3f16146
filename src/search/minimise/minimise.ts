/**
 * The smallest schedule into a violation: the fewest threads, of those schedules the fewest preemptions, of those the fewest
 * steps. First near the schedule at hand (local.ts), which always gives something, then by search (exact.ts), which proves it.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Program } from '../../core/program.ts';
import type { Step } from '../../core/schedule.ts';
import { Automata, type AutomataOptions } from '../automata.ts';
import { decisionsOf } from '../critical-pair.ts';
import { ExhaustiveSearch } from '../exhaustive.ts';
import { KeyIndex } from '../key-index.ts';
import { checkLimits, LimitReached, limitOf, type LimitOptions } from '../limits.ts';
import { reportOf } from '../schedule-of.ts';
import { replayDecisions } from '../shortest.ts';
import type { ViolationReport } from '../verdict.ts';
import { fewestPreemptions, fewestThreads, notFinished, type Pause } from './exact.ts';
import { minimiseLocally } from './local.ts';
import type { Minimised } from './minimised.ts';
import { compareSizes } from './size.ts';
import { targetOf, type Target } from './target.ts';
import { Trial, type Failing } from './trial.ts';

/** Each step of the search gives up after so many states unless told otherwise. */
export const MINIMISE_STATES = 2_000_000;

/** Steps of all trials together. */
const LOCAL_STEPS = 10_000_000;

const SLICE = 1 << 16;

/**
 * Makes the schedule of `steps`, which must end in a violation of `program`, as small as it can. What it returns shows the same
 * kind of violation, and of properties the same property; it is what was given if nothing smaller is found.
 *
 * `maxStates` (default {@link MINIMISE_STATES}) holds for each step of the search, the other limits for all together. A limit, or
 * Ctrl-C, ends it with the smallest schedule found so far. Deterministic but for a time budget. Throws a ModelError when the
 * program itself is wrong.
 */
export async function minimise(
  program: Program,
  steps: readonly Step[],
  options: LimitOptions & AutomataOptions = {},
): Promise<ViolationReport> {
  const automata = new Automata(program, options);
  const minimising = new Minimising(automata, steps, options);
  const minimised = await minimising.run();
  const { decisions, size } = minimising.best;
  const { steps: taken, violation } = replayDecisions(automata, decisions);
  const report = reportOf(automata, taken, violation, { preemptions: size.preemptions, shortest: false });
  return { ...report, minimised };
}

class Minimising {
  best: Failing;
  private readonly automata: Automata;
  private readonly options: LimitOptions;
  private readonly target: Target;
  private readonly trial: Trial;
  private readonly maxStates: number;
  private readonly started = performance.now();
  private states = 0;
  /** No schedule of as many threads with fewer preemptions than this shows the violation. */
  private nonePreempting = 0;

  constructor(automata: Automata, steps: readonly Step[], options: LimitOptions) {
    this.automata = automata;
    this.options = options;
    this.maxStates = options.maxStates ?? MINIMISE_STATES;
    const decisions = decisionsOf(automata, steps);
    this.target = targetOf(automata, decisions);
    this.trial = new Trial(automata, this.target);
    this.best = this.trial.measure(decisions);
  }

  async run(): Promise<Minimised> {
    const from = this.best.size;
    const unknown = await this.limited(() => this.prepare());
    if (unknown !== null) return this.outcome(from, 0, false, unknown, unknown);
    const cut = await this.limited(() => this.nearby());
    // What is left of a limit that has ended one step is nothing: the next would end at once, and say the same.
    let none = 0;
    const threadsLimit = cut ?? (await this.limited(() => this.threads((size) => (none = size))));
    let smallest = false;
    const stepsLimit = await this.limited(async () => {
      smallest = await this.preemptions();
    });
    return this.outcome(from, none, smallest, threadsLimit, stepsLimit);
  }

  private outcome(
    from: Failing['size'],
    none: number,
    smallest: boolean,
    threadsLimit: string | null,
    stepsLimit: string | null,
  ): Minimised {
    const { size } = this.best;
    return {
      from,
      threads: size.threads <= none + 1,
      preemptions: smallest || size.preemptions <= this.nonePreempting,
      steps: smallest,
      threadsLimit: size.threads <= none + 1 ? null : threadsLimit,
      stepsLimit: smallest ? null : stepsLimit,
      states: this.states,
      seconds: (performance.now() - this.started) / 1000,
    };
  }

  /** From which states the program cannot end must be known before a schedule into one of them can be looked for. */
  private async prepare(): Promise<void> {
    if (this.target.sort !== 'endless') return;
    const search = new ExhaustiveSearch(this.automata);
    for (;;) {
      const status = search.run(SLICE);
      this.states = search.visited.size;
      if (status === 'complete') break;
      if (status === 'violation')
        throw new LimitReached('states', 'another rule is broken: which states cannot end is not known');
      if (search.visited.size >= this.maxStates) throw notFinished(this.maxStates);
      await this.pause(search.visited.size, search.transitions, search.bytes);
    }
    const stuck = new KeyIndex();
    for (let i = 0; i < search.stuck.length; i += 2) stuck.insert(search.stuck[i]!, search.stuck[i + 1]!);
    this.target.know(stuck);
  }

  private async nearby(): Promise<void> {
    await minimiseLocally(this.trial, this.best, {
      maxSteps: LOCAL_STEPS,
      onBetter: this.better,
      pause: () => this.pause(this.states, this.trial.steps, 0),
    });
  }

  private async threads(onNone: (threads: number) => void): Promise<void> {
    const { automata, target, trial, maxStates } = this;
    const found = await fewestThreads(automata, target, trial, this.best.size.threads, {
      maxStates,
      onNone,
      onStates: this.count,
      // Fewer preemptions are often found sooner than it is proved that fewer threads will not do.
      pause: async (states, transitions, bytes) => {
        const { budgetMs } = this.options;
        if (budgetMs !== undefined && performance.now() - this.started > budgetMs / 2)
          throw new LimitReached('time', `half of the budget ended (--budget)`);
        await this.pause(states, transitions, bytes);
      },
    });
    if (found !== null) this.better(found);
  }

  /** Looks for fewer preemptions, then steps; true if the best is now known to be the smallest with as many threads. */
  private async preemptions(): Promise<boolean> {
    const { automata, target, trial, maxStates } = this;
    const found = await fewestPreemptions(automata, target, trial, this.best.size.threads, {
      maxStates,
      onNone: (preemptions) => (this.nonePreempting = preemptions + 1),
      onBetter: this.better,
      onStates: this.count,
      pause: this.pause,
    });
    const { size } = this.best;
    // With fewer threads than were looked for it is another question.
    return size.steps === 0 || (found !== null && compareSizes(found.size, size) === 0);
  }

  private readonly better = (found: Failing): void => {
    if (compareSizes(found.size, this.best.size) < 0) this.best = found;
  };

  private readonly count = (states: number): void => {
    this.states += states;
  };

  private readonly pause: Pause = async (states, transitions, bytes) => {
    const { maxStates: _, ...limits } = this.options;
    checkLimits(limits, {
      phase: 'minimising',
      states,
      transitions,
      depth: this.best.size.steps,
      bytes: bytes + this.automata.bytes,
      seconds: (performance.now() - this.started) / 1000,
    });
    await nextTurn();
  };

  /** The limit that ended `work`, in words, or null. */
  private async limited(work: () => Promise<void>): Promise<string | null> {
    try {
      await work();
      return null;
    } catch (error) {
      const limit = limitOf(error);
      if (limit === null) throw error;
      return limit.message;
    }
  }
}
