/**
 * All schedules of a small program, by running it again and again: stateless depth-first search with sleep sets. One of each set
 * of schedules that differ only in the order of independent steps is run (dependence.ts says which are; sleep-sets.ts why that is
 * enough).
 *
 * An execution begins afresh, repeats the path to the state where the search left a move untried, makes that move, and goes on to an
 * end. To hand the turn to another CPU costs far more than a step, so steps are asked for in batches:
 * - The steps of the path are known; those in a row of one thread are one batch.
 * - After that the thread that moved last is tried first. It is never asleep, so as long as it can move it moves, and the states in
 *   between need not be looked at before they are left: what each of them allows, breaks and lets sleep follows from the
 *   reports of the steps alone. What is left to try in them waits until the search comes back. A thread that runs past a state that
 *   breaks a rule, because that is noticed only afterwards, has run in vain; those steps count for nothing, as each execution
 *   begins afresh. Should it throw there, the execution is repeated one step at a time to tell whether it would have come so far.
 */
import { setImmediate } from 'node:timers/promises';
import { ModelError } from '../core/errors.ts';
import { Kind } from '../core/operations.ts';
import type { FoundViolation } from '../core/schedule.ts';
import { Footprints } from './dependence.ts';
import type { EnumerateOptions, EnumeratedViolation, Enumeration, EnumerationLimit } from './enumeration.ts';
import type { Executor } from './executor.ts';
import { Judge } from './judge.ts';
import type { PerformedStep, ThreadPosition } from './performed.ts';
import { describeNext, leftoverState, requireSameStart, requireSameStep } from './repetition.ts';
import { Level, type Move } from './sleep-sets.ts';

const DEFAULT_MAX_STEPS = 100_000;

/** Steps asked for at once; an endless thread must not keep us from looking at the clock. */
const MAX_BATCH = 1024;

const PROGRESS_MS = 40;

/**
 * Runs all schedules of the executor's program, up to the order of independent steps. Its violations, deadlocks, final states and
 * `endStates > 0` are those of all schedules; so are, if no rule is broken, the names in `executor.covered()`.
 *
 * Time: for each execution a reset and its steps, with one hand-over for each change of thread. Memory: the longest execution
 * with its steps, times the number of threads; the final states; nothing else is remembered.
 *
 * Throws a ModelError if the program does not repeat itself after the same moves, or throws itself; whatever the executor throws.
 */
export async function enumerate(executor: Executor, options: EnumerateOptions = {}): Promise<Enumeration> {
  return new Enumerator(executor, options).run();
}

class Enumerator {
  private readonly executor: Executor;
  private readonly options: EnumerateOptions;
  private readonly footprints: Footprints;
  private readonly maxSteps: number;
  private readonly began = performance.now();
  private nextProgress = this.began + PROGRESS_MS;
  private limit: EnumerationLimit | null = null;

  /** The states of the running execution; the last one is where it stands, unless that breaks a rule. */
  private readonly path: Level[] = [];
  private judge!: Judge;
  private firstPending: readonly ThreadPosition[] | null = null;
  /** One step at a time, because a batch threw. */
  private careful = false;

  private readonly executions = { complete: 0, blocked: 0, cut: 0 };
  private steps = 0;
  private repeatedSteps = 0;
  private readonly violations = new Map<string, EnumeratedViolation>();
  private readonly ends = new Set<string>();
  private readonly deadlocks = new Set<string>();
  private branches = false;
  private endStates = 0;
  private restStates = 0;

  constructor(executor: Executor, options: EnumerateOptions) {
    this.executor = executor;
    this.options = options;
    this.footprints = new Footprints(executor.program);
    this.maxSteps = options.maxSteps ?? DEFAULT_MAX_STEPS;
  }

  async run(): Promise<Enumeration> {
    while (!this.isOver()) {
      await this.begin();
      const outcome = await this.execute();
      if (outcome === null) break;
      this.executions[outcome]++;
      if (!this.backtrack()) {
        // A limit that came with the last step came too late to end anything.
        this.limit = null;
        break;
      }
    }
    const { executions, steps, repeatedSteps, ends, deadlocks, limit, branches, endStates, restStates } =
      this;
    return {
      executions,
      steps,
      repeatedSteps,
      violations: [...this.violations.values()],
      ends,
      deadlocks,
      limit,
      exhausted: limit === null && executions.cut === 0,
      branches,
      endStates,
      restStates,
    };
  }

  /** Has a limit been reached that lets no further execution begin? */
  private isOver(): boolean {
    if (this.options.stopAtViolation === true && this.violations.size > 0) this.limit = 'violation';
    else if (this.ended >= (this.options.maxExecutions ?? Infinity)) this.limit = 'executions';
    else this.checkClock(performance.now());
    return this.limit !== null;
  }

  private get ended(): number {
    const { complete, blocked, cut } = this.executions;
    return complete + blocked + cut;
  }

  private checkClock(now: number): void {
    if (this.options.signal?.aborted === true) this.limit = 'interrupted';
    else if (now - this.began > (this.options.budgetMs ?? Infinity)) this.limit = 'time';
  }

  private async begin(): Promise<void> {
    const { program } = this.executor;
    const pending = await this.executor.reset();
    this.firstPending ??= pending;
    requireSameStart(program, this.firstPending, pending);
    this.judge = new Judge(program, pending, (thread) => this.executor.failureOf(thread));
  }

  /** Repeats the path and goes on from there; null if a limit came in between. */
  private async execute(): Promise<keyof Enumeration['executions'] | null> {
    const { path } = this;
    if (path.length === 0) {
      if (this.look()) return 'complete';
      this.enter(Level.initial(this.judge));
    }
    if (!(await this.repeat())) return null;
    for (;;) {
      const { move, enabled } = path.at(-1)!;
      if (move === null) {
        if (enabled > 0) return 'blocked';
        this.end();
        return 'complete';
      }
      if (path.length > this.maxSteps) return 'cut';
      const steps = await this.advance(move, this.maxSteps - path.length + 1);
      if (steps !== null && this.follow(steps)) return 'complete';
      if (this.limit !== null) return null;
    }
  }

  /** Runs a batch that begins with `move`; null: it threw, and the execution stands again where it stood. */
  private async advance(move: Move, count: number): Promise<readonly PerformedStep[] | null> {
    try {
      return await this.batch(move, this.careful ? 1 : count);
    } catch (error) {
      if (this.careful || !(error instanceof ModelError)) throw error;
      this.careful = true;
      await this.begin();
      await this.repeat();
      return null;
    }
  }

  /** Makes the steps of the path again. False if a limit came in between. */
  private async repeat(): Promise<boolean> {
    const { path, judge } = this;
    const { program } = this.executor;
    const last = path.length - 1;
    for (let at = 0; at < last;) {
      const move = path[at]!.move!;
      if (judge.choices(move.thread) <= move.choice) {
        const expected = `${describeNext(program, judge.pending[move.thread]!)} to be possible`;
        throw leftoverState(program, move.thread, at + 1, expected, 'that it is not');
      }
      // More may be asked for than is one batch: the executor stops at `choose`.
      let to = at + 1;
      while (to < last && path[to]!.move!.thread === move.thread) to++;
      for (const step of await this.batch(move, to - at)) {
        requireSameStep(program, at + 1, path[at]!.step!, step);
        this.apply(step);
        this.repeatedSteps++;
        at++;
      }
      if (this.limit !== null) return false;
    }
    return true;
  }

  private async batch({ thread, choice }: Move, count: number): Promise<readonly PerformedStep[]> {
    const steps = await this.executor.run(thread, Math.min(count, MAX_BATCH), choice);
    if (steps.length === 0) throw new Error(`executor: thread ${thread} was told to run and took no step`);
    this.steps += steps.length;
    const now = performance.now();
    this.checkClock(now);
    if (now >= this.nextProgress) {
      this.nextProgress = now + PROGRESS_MS;
      const seconds = (now - this.began) / 1000;
      this.options.onProgress?.({ executions: this.ended, steps: this.steps, seconds });
      // An executor whose promises are resolved already would starve timers, and with them whoever wants to abort.
      await setImmediate();
    }
    return steps;
  }

  /** Takes over steps made for the first time. True if a state breaks a rule: the execution ends there, whatever came after. */
  private follow(steps: readonly PerformedStep[]): boolean {
    const { path, judge, footprints } = this;
    for (const step of steps) {
      const top = path.at(-1)!;
      const { thread } = step;
      if (top.move?.thread !== thread)
        throw new Error(`executor: a step of thread ${thread} where thread ${top.move?.thread} has the turn`);
      const from = judge.pending[thread]!;
      const footprint = footprints.of(step, top.move.choice, from);
      this.apply(step);
      top.take(step, footprint);
      // Any other step leaves what the rules say as it was: nothing broken.
      if ((footprint.seen || footprint.closing) && this.look()) return true;
      this.enter(top.following(judge));
    }
    return false;
  }

  private apply(step: PerformedStep): void {
    this.judge.apply(step);
  }

  /** Notes what the present state breaks. True if it does break a rule. */
  private look(): boolean {
    const violation = this.judge.violation();
    if (violation !== null) this.note(violation);
    return violation !== null;
  }

  private enter(level: Level): void {
    this.path.push(level);
    if (level.enabled > 1) this.branches = true;
    if (!this.judge.finished()) return;
    this.endStates++;
    if (this.judge.atEnd()) this.restStates++;
  }

  /** Nothing can move any more. */
  private end(): void {
    const { words, pending } = this.judge;
    const ended = pending.map(({ kind }) => (kind === Kind.DONE ? 'x' : '.')).join('');
    const state = `${words.join()} ${ended}`;
    if (!this.judge.stuck()) {
      this.ends.add(state);
      return;
    }
    this.deadlocks.add(state);
    this.note({ kind: 'deadlock', message: `deadlock: ${this.judge.waiting().join('; ')}` });
  }

  private note({ kind, message }: FoundViolation): void {
    const key = `${kind}: ${message}`;
    const made = this.path.filter((level) => level.step !== null);
    const known = this.violations.get(key);
    if (known !== undefined && known.moves.length <= made.length) return;
    this.violations.set(key, { kind, message, moves: made.map(({ move }) => move!) });
  }

  /** Leaves the end of an execution for the last state with a move that is left to try; false if there is none. */
  private backtrack(): boolean {
    const { path } = this;
    this.careful = false;
    if (path.at(-1)?.step === null) path.pop();
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      if (top.backtrack()) return true;
      path.pop();
    }
    return false;
  }
}
