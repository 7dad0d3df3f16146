/**
 * A recorded schedule on real worker threads: each CPU takes its steps when the recording says so, and every value it reads and
 * writes is compared with the recorded one.
 */
import { Divergence } from '../core/divergence.ts';
import { actsOnWord, Kind, KIND_NAMES } from '../core/operations.ts';
import {
  compareSteps,
  describeStep,
  type Recording,
  type Replay,
  type ReplayedStep,
} from '../core/replayed.ts';
import type { FoundViolation, Step } from '../core/schedule.ts';
import { ControlledCpus } from './controlled.ts';
import { CpuFailure } from './failures.ts';
import type { CpuReport } from './cpu-service.ts';
import type { CpusOptions } from './cpus.ts';
import { describePending, Judge } from './judge.ts';
import { stepOf } from './observed-order.ts';
import type { PerformedStep } from './performed.ts';
import type { ProgramSource } from './source.ts';

/** A CPU's part in a replay. */
export interface CpuPart {
  /** Name of its thread in the program. */
  readonly thread: string;
  /** `threadId` of the worker thread that it was, as that thread said with each of its steps. */
  readonly worker: number;
  readonly steps: number;
}

/** What a replay on CPUs found out. */
export interface CpuReplay extends Replay {
  /** In the order of the program's threads. */
  readonly cpus: readonly CpuPart[];
  /** Seconds that the steps took, without starting and ending the worker threads. */
  readonly seconds: number;
}

/** How to replay. */
export interface CpuReplayOptions extends Omit<CpusOptions, 'detailed'> {
  /** `modelHash` of the program as it is now, for messages. */
  readonly model: string;
}

/**
 * Replays `recording` on as many worker threads as the program has threads. Throws a {@link Divergence} at the first step that is
 * not as recorded, a ModelError if a thread throws, a CpuFailure if a worker dies or hangs, Interrupted when asked to stop; the
 * workers are ended in any case. A recorded livelock shows as no violation: that no schedule goes on to an end is nothing that
 * CPUs can show. Two hand-overs and a few microseconds a step, some 100 ms to start the workers.
 */
export async function replayOnCpus(
  source: ProgramSource,
  recording: Recording,
  options: CpuReplayOptions,
): Promise<CpuReplay> {
  const cpus = await ControlledCpus.start(source, { ...options, detailed: true });
  try {
    return await new CpuReplaying(cpus, recording, options.model).run();
  } finally {
    await cpus.stop();
  }
}

class CpuReplaying {
  private readonly cpus: ControlledCpus;
  private readonly recording: Recording;
  private readonly model: string;
  private readonly performed: PerformedStep[] = [];
  private readonly preempts: boolean[] = [];

  constructor(cpus: ControlledCpus, recording: Recording, model: string) {
    this.cpus = cpus;
    this.recording = recording;
    this.model = model;
  }

  async run(): Promise<CpuReplay> {
    const { cpus, performed, recording } = this;
    const { program } = cpus;
    const judge = new Judge(program, await cpus.reset(), (thread) => cpus.failureOf(thread));
    const started = performance.now();
    for (const recorded of recording.steps) {
      const thread = this.enabledThread(judge, recorded);
      const last = performed.at(-1)?.thread ?? thread;
      this.preempts.push(last !== thread && judge.choices(last) > 0);
      const [step] = await this.take(thread, recorded);
      if (step === undefined) throw this.divergence(describeStep(recorded), 'no step');
      judge.apply(step);
      performed.push(step);
      if (!this.asRecorded(recorded, step)) break;
    }
    const seconds = (performance.now() - started) / 1000;
    const steps = this.tell(await cpus.report());
    // The comparison in words finds the same difference, now that the positions are known.
    performed.forEach((_, i) =>
      compareSteps(recording.steps[i]!, steps[i]!, (expected, found) => this.divergence(expected, found, i)),
    );
    return {
      program,
      model: this.model,
      steps,
      violation: shownBy(judge, recording.violation),
      cpus: program.threads.map(({ name }, thread) => {
        const own = performed.filter((step) => step.thread === thread);
        return { thread: name, worker: own[0]?.worker ?? cpus.cpus.workerIds[thread]!, steps: own.length };
      }),
      seconds,
    };
  }

  private async take(thread: number, recorded: Step): Promise<readonly PerformedStep[]> {
    try {
      return await this.cpus.run(thread, 1, recorded.accesses[0].result);
    } catch (error) {
      if (!(error instanceof CpuFailure)) throw error;
      const number = `step ${this.performed.length + 1} of ${this.recording.steps.length}`;
      throw new CpuFailure(`in ${number} (${describeStep(recorded)}) ${error.message}`);
    }
  }

  /** The thread that the recorded step is of; throws a Divergence if it cannot take it. */
  private enabledThread(judge: Judge, recorded: Step): number {
    const { threads } = judge.program;
    const thread = threads.findIndex(({ name }) => name === recorded.thread);
    if (thread < 0) {
      const names = threads.map(({ name }) => name).join(', ');
      throw this.divergence(
        `a step of thread ${recorded.thread}`,
        `no such thread (the program has ${names})`,
      );
    }
    const choices = judge.choices(thread);
    const pending = judge.pending[thread]!;
    if (choices === 0) {
      const stands =
        pending.kind === Kind.FAIL
          ? 'has stopped at a violation'
          : pending.kind === Kind.DONE
            ? 'has ended'
            : `cannot move: it waits at ${describePending(judge.program, pending, judge.words)}`;
      throw this.divergence(describeStep(recorded), `${recorded.thread} ${stands}`);
    }
    const answer = recorded.accesses[0].result;
    if (pending.kind === Kind.CHOOSE && (answer < 0 || answer >= choices))
      throw this.divergence(describeStep(recorded), `choose(${choices}), which answers 0 to ${choices - 1}`);
    return thread;
  }

  private asRecorded(recorded: Step, { operations }: PerformedStep): boolean {
    const { words } = this.cpus.program.layout;
    return (
      recorded.accesses.length === operations.length &&
      operations.every(({ kind, word, before, after, result }, i) => {
        const access = recorded.accesses[i]!;
        if (access.operation !== KIND_NAMES[kind] || access.result !== result) return false;
        if (!actsOnWord(kind)) return access.word === '';
        return access.word === words[word]!.name && access.before === before && access.after === after;
      })
    );
  }

  /** The steps with the positions and notes that the CPUs hand over at the end. */
  private tell(reports: readonly CpuReport[]): ReplayedStep[] {
    const { program } = this.cpus;
    const told = reports.map(() => 0);
    return this.performed.map((performed, i) => {
      const { trace } = reports[performed.thread]!;
      const { thread, accesses } = stepOf(program, performed);
      const [first, ...rest] = accesses.map((access) =>
        Object.assign(access, trace[told[performed.thread]!++]),
      );
      return {
        thread,
        accesses: [first!, ...rest],
        operands: performed.operations.map(({ x, y, z }) => ({ x, y, z })),
        preempts: this.preempts[i]!,
      };
    });
  }

  private divergence(expected: string, found: string, step = this.performed.length): Divergence {
    const recordedModel = this.recording.model;
    return new Divergence({ step: step + 1, expected, found, recordedModel, model: this.model });
  }
}

function shownBy(judge: Judge, recorded: FoundViolation | null): FoundViolation | null {
  const shown = judge.violation();
  if (shown !== null || judge.finished()) return shown;
  const waiting = judge.waiting();
  const unfinished = judge.program.threads.filter(
    ({ daemon }, thread) => daemon !== true && judge.pending[thread]!.kind !== Kind.DONE,
  );
  // Whether a daemon may still free them is the search's finding; that they all wait is seen here.
  const blocked = waiting.length === unfinished.length;
  if (judge.stuck() || (blocked && recorded?.kind === 'deadlock'))
    return { kind: 'deadlock', message: `deadlock: ${waiting.join('; ')}` };
  return null;
}
