/** CPUs under control: one runs at a time, for as many steps as it is told, and every word is checked in between. */
import { ModelError } from '../core/errors.ts';
import { actsOnWord } from '../core/operations.ts';
import type { Program } from '../core/program.ts';
import type { FoundViolation } from '../core/schedule.ts';
import type { CpuReport } from './cpu-service.ts';
import { Cpus, type CpusOptions } from './cpus.ts';
import type { Executor } from './executor.ts';
import type { PerformedStep, ThreadPosition } from './performed.ts';
import { Turn } from './shared-memory.ts';
import type { ProgramSource } from './source.ts';

/** The worker threads as an {@link Executor}. Made by {@link ControlledCpus.start}; {@link stop} ends the threads. */
export class ControlledCpus implements Executor {
  readonly program: Program;
  readonly cpus: Cpus;
  private reports: Promise<CpuReport>[] = [];
  /** The words as the CPUs' reports leave them. */
  private readonly expected: Int32Array;
  private readonly initial: Int32Array;

  private constructor(cpus: Cpus) {
    this.cpus = cpus;
    this.program = cpus.program;
    this.initial = cpus.program.layout.initial();
    this.expected = this.initial.slice();
    this.begin();
  }

  /** Starts one worker thread for each thread of the program; throws as {@link Cpus.start}. */
  static async start(source: ProgramSource, options: CpusOptions = {}): Promise<ControlledCpus> {
    return new ControlledCpus(await Cpus.start(source, options));
  }

  /** As {@link Executor.reset}; throws as {@link Cpus.answer}. Costs one turn of every CPU, all at once. */
  async reset(): Promise<readonly ThreadPosition[]> {
    const { cpus, initial, expected, program } = this;
    initial.forEach((value, word) => Atomics.store(cpus.words, word, value));
    expected.set(initial);
    program.threads.forEach((_, cpu) => cpus.post(cpu, Turn.RESET));
    for (let cpu = 0; cpu < program.threads.length; cpu++) await cpus.answer(cpu);
    this.requireExpected('after the memory was reset');
    return program.threads.map((_, cpu) => cpus.logOf(cpu).start!);
  }

  /**
   * As {@link Executor.run}; throws as {@link Cpus.answer}, and a ModelError if a word holds what no CPU has reported. One
   * hand-over to the CPU and one back, some 10 µs if both are awake.
   */
  async run(thread: number, count: number, choice: number): Promise<readonly PerformedStep[]> {
    const { cpus } = this;
    cpus.post(thread, Turn.RUN, count, choice);
    await cpus.answer(thread);
    const { steps } = cpus.logOf(thread);
    const when = `in a turn of ${this.program.threads[thread]!.name}`;
    for (const { operations } of steps)
      for (const { kind, word, before, after } of operations) {
        if (!actsOnWord(kind)) continue;
        if (before !== this.expected[word]) throw this.outOfTurn(word, before, when);
        this.expected[word] = after;
      }
    this.requireExpected(when);
    return steps;
  }

  /** As {@link Executor.failureOf}. */
  failureOf(thread: number): FoundViolation {
    return this.cpus.failureOf(thread);
  }

  /** As {@link Executor.covered}. */
  async covered(): Promise<ReadonlySet<string>> {
    return new Set((await this.report()).flatMap(({ covered }) => covered));
  }

  /** What each CPU has to hand over: of the run since the last {@link reset}, and coverage of all runs. */
  async report(): Promise<readonly CpuReport[]> {
    const { cpus, reports } = this;
    reports.forEach((_, cpu) => cpus.post(cpu, Turn.LEAVE));
    const told = await Promise.all(reports.map((report, cpu) => cpus.unlessGone(cpu, report)));
    this.begin();
    return told;
  }

  /** Ends the worker threads; never throws. */
  async stop(): Promise<void> {
    await this.cpus.stop();
  }

  private begin(): void {
    this.reports = this.cpus.begin((service) => service.serve());
  }

  private requireExpected(when: string): void {
    const { expected, cpus } = this;
    for (let word = 0; word < expected.length; word++) {
      const found = Atomics.load(cpus.words, word);
      if (found !== expected[word]) throw this.outOfTurn(word, found, when);
    }
  }

  private outOfTurn(word: number, found: number, when: string): ModelError {
    const { name } = this.program.layout.words[word]!;
    return new ModelError(
      `${when} ${name} is ${found}, expected ${this.expected[word]}: somebody wrote it out of turn`,
    );
  }
}
