/** `explore --on cpus`: every schedule of a program on real worker threads, until a limit. */
import type { Program } from '../core/program.ts';
import type { Step } from '../core/schedule.ts';
import { ControlledCpus } from '../cpus/controlled.ts';
import { enumerate } from '../cpus/enumerate.ts';
import type { EnumeratedViolation, Enumeration, EnumerationProgress } from '../cpus/enumeration.ts';
import type { Executor } from '../cpus/executor.ts';
import { stepOf } from '../cpus/observed-order.ts';
import type { PerformedStep } from '../cpus/performed.ts';
import type { ProgramSource } from '../cpus/source.ts';

/** What ended an enumeration: nothing, the clock, Ctrl-C, or an execution without an end. */
export type EnumerationEnd = 'exhausted' | 'time' | 'interrupted' | 'steps';

/** What all schedules, or those up to a limit, came to. */
export interface Enumerated {
  readonly program: Program;
  readonly enumeration: Enumeration;
  readonly end: EnumerationEnd;
  /** Of the violations found the one with the fewest steps, or null. */
  readonly violation: EnumeratedViolation | null;
  /** Its steps, without positions and notes. */
  readonly steps: readonly Step[];
  readonly covered: ReadonlySet<string>;
  readonly workers: readonly number[];
  readonly seconds: number;
}

export interface EnumerateOnCpusOptions {
  readonly budgetMs: number | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: EnumerationProgress) => void;
}

/** An execution with more steps is taken for one that never ends; nobody can run all schedules of such a program anyway. */
export const MOST_STEPS = 20_000;

/** After the first violation so many more executions are run, and as many as there were until then, for one with fewer steps. */
const MORE_EXECUTIONS = 1000;

/**
 * Runs the schedules of the program. Deterministic unless the clock or Ctrl-C ends it. Throws a ModelError if the program does not
 * repeat itself or throws, a CpuFailure if a worker dies or hangs; the worker threads are ended in any case.
 */
export async function enumerateOnCpus(
  source: ProgramSource,
  options: EnumerateOnCpusOptions,
): Promise<Enumerated> {
  // Not the signal: it ends the enumeration, with its figures, and not the CPUs.
  const cpus = await ControlledCpus.start(source);
  try {
    const started = performance.now();
    const { enumeration, end } = await run(cpus, options);
    const seconds = (performance.now() - started) / 1000;
    const violation = shortestOf(enumeration);
    return {
      program: cpus.program,
      enumeration,
      end,
      violation,
      steps: violation === null ? [] : await stepsOf(cpus, violation),
      covered: await cpus.covered(),
      workers: cpus.cpus.workerIds,
      seconds,
    };
  } finally {
    await cpus.stop();
  }
}

async function run(
  cpus: ControlledCpus,
  { budgetMs, signal, onProgress }: EnumerateOnCpusOptions,
): Promise<Pick<Enumerated, 'enumeration' | 'end'>> {
  const started = performance.now();
  const until = budgetMs === undefined ? Infinity : started + budgetMs;
  const budgeted = () => (until === Infinity ? {} : { budgetMs: Math.max(0, until - performance.now()) });
  const bounded = new Bounded(cpus, signal);
  const common = { onProgress, signal: bounded.signal, maxSteps: MOST_STEPS * 2 };
  const first = await enumerate(bounded, { ...common, ...budgeted(), stopAtViolation: true });
  if (first.limit !== 'violation') return { enumeration: first, end: endOf(first, bounded) };
  const { complete, blocked } = first.executions;
  const maxExecutions = 2 * (complete + blocked) + MORE_EXECUTIONS;
  const more = await enumerate(bounded, { ...common, ...budgeted(), maxExecutions });
  const enumeration = more.violations.length > 0 ? more : first;
  return { enumeration, end: endOf(enumeration, bounded) };
}

function endOf({ limit }: Enumeration, bounded: Bounded): EnumerationEnd {
  if (bounded.overrun) return 'steps';
  return limit === 'time' || limit === 'interrupted' ? limit : 'exhausted';
}

function shortestOf({ violations }: Enumeration): EnumeratedViolation | null {
  let shortest: EnumeratedViolation | null = null;
  for (const violation of violations)
    if (shortest === null || violation.moves.length < shortest.moves.length) shortest = violation;
  return shortest;
}

/** Makes the moves of a violation again, to tell its steps. */
async function stepsOf(executor: Executor, { moves }: EnumeratedViolation): Promise<Step[]> {
  await executor.reset();
  const steps: Step[] = [];
  for (const { thread, choice } of moves)
    for (const step of await executor.run(thread, 1, choice)) steps.push(stepOf(executor.program, step));
  return steps;
}

/** Ends the enumeration at the first execution with more than {@link MOST_STEPS} steps: others like it would follow for ever. */
class Bounded implements Executor {
  overrun = false;
  readonly program: Program;
  private readonly inner: Executor;
  private readonly stop = new AbortController();
  private readonly outer: AbortSignal;
  private steps = 0;

  constructor(inner: Executor, outer: AbortSignal) {
    this.program = inner.program;
    this.inner = inner;
    this.outer = outer;
  }

  get signal(): AbortSignal {
    return AbortSignal.any([this.stop.signal, this.outer]);
  }

  reset(): ReturnType<Executor['reset']> {
    this.steps = 0;
    return this.inner.reset();
  }

  async run(thread: number, count: number, choice: number): Promise<readonly PerformedStep[]> {
    const taken = await this.inner.run(thread, count, choice);
    this.steps += taken.length;
    if (this.steps > MOST_STEPS) {
      this.overrun = true;
      this.stop.abort();
    }
    return taken;
  }

  failureOf(thread: number): ReturnType<Executor['failureOf']> {
    return this.inner.failureOf(thread);
  }

  covered(): Promise<ReadonlySet<string>> {
    return this.inner.covered();
  }
}
