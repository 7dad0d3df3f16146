/** One program's CPUs racing: starts an iteration, watches it, and puts together what happened. */
import type { Program } from '../core/program.ts';
import type { FoundViolation, Step } from '../core/schedule.ts';
import type { CpuReport } from './cpu-service.ts';
import { Cpus, type CpusOptions } from './cpus.ts';
import { Abort, LEAVE, type RaceSetup } from './free-cpu.ts';
import { Judge } from './judge.ts';
import { linearize } from './linearize.ts';
import { ordered, stepOf } from './observed-order.ts';
import type { PerformedStep, ThreadPosition } from './performed.ts';
import { Global, lineOf, Own, Standing } from './shared-memory.ts';
import type { ProgramSource } from './source.ts';
import { Watch } from './watch.ts';

/** What one iteration showed. */
export type Outcome = { readonly operations: number } & (
  | { readonly what: 'passed' | 'cut' | 'unordered' }
  | {
      readonly what: 'violation';
      readonly violation: FoundViolation;
      /** The steps in the order observed, up to the violation. */
      readonly steps: () => Step[];
    }
);

/** Configurations that the search for an order may look at. */
const ORDER_LIMIT = 200_000;
/** The main thread sleeps so long before it looks whether anybody still moves. */
const SLICE_MS = 5;

/** Words of the control buffer that an iteration begins with at 0. */
const CLEARED = [
  Global.ABORT,
  Global.GATE,
  Global.CLOCK,
  Global.EPOCH,
  Global.WAITERS,
  Global.ARRIVED,
  Global.FINISHED,
];

/** The worker threads of a program, running freely. Made by {@link Race.start}; {@link stop} ends them. */
export class Race {
  private readonly cpus: Cpus;
  private readonly program: Program;
  private readonly initial: Int32Array;
  private readonly patienceMs: number | undefined;
  private readonly reports: Promise<CpuReport>[];
  private iteration = 0;

  private constructor(cpus: Cpus, setup: RaceSetup, patienceMs?: number) {
    const { program } = cpus;
    this.cpus = cpus;
    this.patienceMs = patienceMs;
    this.program = program;
    this.initial = program.layout.initial();
    this.reports = cpus.begin((service) => service.race(setup));
  }

  /** Starts the worker threads; throws as {@link Cpus.start}. */
  static async start(source: ProgramSource, setup: RaceSetup, options: CpusOptions): Promise<Race> {
    return new Race(await Cpus.start(source, options), setup, options.patienceMs);
  }

  /** `threadId` of each thread's worker thread. */
  get workers(): readonly number[] {
    return this.cpus.workerIds;
  }

  /**
   * Lets all CPUs run their threads once, from the initial words, and says what came of it. Throws a ModelError if a thread throws
   * or a wake-up is lost, a CpuFailure if a worker dies or hangs, Interrupted when asked to stop.
   */
  async iterate(): Promise<Outcome> {
    this.release();
    await this.finished();
    const { program, cpus } = this;
    const logs = program.threads.map((_, cpu) => cpus.logOf(cpu));
    const observed = logs.map((log) => log.steps);
    let operations = 0;
    for (const steps of observed) for (const step of steps) operations += step.operations.length;
    const { order } = linearize(program, observed, cpus.words, ORDER_LIMIT);
    if (order === null) return { what: 'unordered', operations };
    const steps = ordered(program, observed, order);
    const starts = logs.map(({ start }) => start!);
    const found = this.judge(starts, steps);
    if (found.violation !== null) {
      const { violation, after } = found;
      return {
        what: 'violation',
        operations,
        violation,
        steps: () => steps.slice(0, after).map((step) => stepOf(program, step)),
      };
    }
    const overflowed = program.threads.some((_, cpu) => this.standing(cpu) === Standing.OVERFLOWED);
    const cut = overflowed || !found.finished;
    return { what: cut ? 'cut' : 'passed', operations };
  }

  /** Ends the loops of the CPUs; names told to `check` and `cover`. */
  async covered(): Promise<ReadonlySet<string>> {
    Atomics.store(this.cpus.control, Global.ITERATION, LEAVE);
    Atomics.notify(this.cpus.control, Global.ITERATION);
    const told = await Promise.all(this.reports.map((report, cpu) => this.cpus.unlessGone(cpu, report)));
    return new Set(told.flatMap(({ covered }) => covered));
  }

  /** Ends the worker threads; never throws. */
  async stop(): Promise<void> {
    await this.cpus.stop();
  }

  private release(): void {
    const { cpus, initial, program } = this;
    const { control } = cpus;
    initial.forEach((value, word) => Atomics.store(cpus.words, word, value));
    for (const word of CLEARED) Atomics.store(control, word, 0);
    let unfinished = 0;
    program.threads.forEach(({ daemon }, cpu) => {
      if (daemon !== true) unfinished++;
      Atomics.store(control, lineOf(cpu) + Own.FINISHED, 0);
    });
    Atomics.store(control, Global.UNFINISHED, unfinished);
    if (unfinished === 0) Atomics.store(control, Global.ABORT, Abort.REST);
    Atomics.store(control, Global.ITERATION, ++this.iteration);
    Atomics.notify(control, Global.ITERATION);
  }

  /** Waits until every CPU is through with the iteration. */
  private async finished(): Promise<void> {
    const { control } = this.cpus;
    const all = this.program.threads.length;
    const watch = new Watch(this.cpus, this.patienceMs);
    for (;;) {
      const finished = Atomics.load(control, Global.FINISHED);
      if (finished === all) break;
      // The last that had to end tells the daemons to rest; they may sleep.
      const abort = Atomics.load(control, Global.ABORT);
      if (abort !== Abort.NO) watch.wakeSleepers();
      const slice = abort === Abort.NO ? SLICE_MS : 1;
      if (Atomics.wait(control, Global.FINISHED, finished, slice) !== 'timed-out') continue;
      await this.cpus.breathe();
      watch.look(slice);
    }
    await this.cpus.breatheIfDue();
    for (let cpu = 0; cpu < all; cpu++) this.cpus.requireNotThrown(cpu);
  }

  private standing(cpu: number): number {
    return Atomics.load(this.cpus.control, lineOf(cpu) + Own.STANDING);
  }

  /** The first state in this order that breaks a rule: what it breaks, and after how many steps; else how it ended. */
  private judge(
    starts: readonly ThreadPosition[],
    steps: readonly PerformedStep[],
  ): { readonly violation: FoundViolation | null; readonly after: number; readonly finished: boolean } {
    const judge = new Judge(this.program, starts, (thread) => this.cpus.failureOf(thread));
    for (let after = 0; ; after++) {
      const violation = judge.violation();
      if (violation !== null) return { violation, after, finished: false };
      const step = steps[after];
      if (step === undefined) break;
      judge.apply(step);
    }
    const after = steps.length;
    if (!judge.stuck()) return { violation: null, after, finished: judge.finished() };
    const message = `deadlock: ${judge.waiting().join('; ')}`;
    return { violation: { kind: 'deadlock', message }, after, finished: false };
  }
}
