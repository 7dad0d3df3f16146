/** An executor without CPUs: one thread plays them all. What enumeration must show does not depend on who runs the steps. */
import { ModelError } from '../../src/core/errors.ts';
import { isEnabled, Kind, newValue, resultOf, type Operation } from '../../src/core/operations.ts';
import type { Program } from '../../src/core/program.ts';
import { advance, ENDED, startRun, type ThreadRun } from '../../src/core/runs.ts';
import type { FoundViolation } from '../../src/core/schedule.ts';
import type { Executor } from '../../src/cpus/executor.ts';
import type { ThreadPosition, PerformedOperation, PerformedStep } from '../../src/cpus/performed.ts';

interface Cpu {
  readonly run: ThreadRun;
  next: Operation;
  failure: FoundViolation | null;
}

const FAILED: Operation = { ...ENDED, kind: Kind.FAIL };

/** Counts how often it is asked, which with real CPUs is how often the turn is handed over. */
export class InProcess implements Executor {
  readonly program: Program;
  resets = 0;
  handovers = 0;
  private words: Int32Array = new Int32Array(0);
  private cpus: Cpu[] = [];
  private readonly seen = new Set<string>();

  constructor(program: Program) {
    this.program = program;
  }

  reset(): Promise<readonly ThreadPosition[]> {
    this.resets++;
    this.words = this.program.layout.initial();
    this.cpus = this.program.threads.map((_, thread) => {
      const run = startRun(this.program, thread, this.seen);
      // Nobody asks where an operation stands.
      run.context.capture = false;
      const cpu: Cpu = { run, next: ENDED, failure: null };
      this.resume(cpu, 0);
      return cpu;
    });
    return Promise.resolve(this.cpus.map((cpu) => pendingOf(cpu)));
  }

  // As with real CPUs, what goes wrong rejects.
  async run(thread: number, count: number, choice: number): Promise<readonly PerformedStep[]> {
    this.handovers++;
    const cpu = this.cpus[thread]!;
    const steps: PerformedStep[] = [];
    if (!this.canMove(cpu)) throw new Error(`thread ${thread} was told to run but cannot`);
    while (steps.length < count && this.canMove(cpu)) {
      if (steps.length > 0 && cpu.next.kind === Kind.CHOOSE) break;
      steps.push(this.step(cpu, thread, choice));
    }
    return Promise.resolve(steps);
  }

  failureOf(thread: number): FoundViolation {
    const { failure } = this.cpus[thread]!;
    if (failure === null) throw new Error(`thread ${thread} has not failed`);
    return failure;
  }

  covered(): Promise<ReadonlySet<string>> {
    return Promise.resolve(this.seen);
  }

  private canMove({ next: { kind, word, x, y } }: Cpu): boolean {
    if (kind === Kind.UNTIL_CONDITION) return this.program.conditions.holds(x, this.words);
    return isEnabled(kind, this.words[word]!, x, y);
  }

  private step(cpu: Cpu, thread: number, choice: number): PerformedStep {
    const operations: PerformedOperation[] = [];
    do {
      if (operations.length > 10_000) throw new ModelError('a step never ends');
      const { kind, word, x, y, z } = cpu.next;
      const before = this.words[word]!;
      const after = newValue(kind, before, x, y);
      const result = kind === Kind.CHOOSE ? choice : resultOf(kind, before, x, y, z);
      this.words[word] = after;
      operations.push({ kind, word, x, y, z, before, after, result });
      this.resume(cpu, result);
    } while (cpu.next.rides);
    return {
      thread,
      worker: 0,
      operations: operations as [PerformedOperation, ...PerformedOperation[]],
      next: pendingOf(cpu),
    };
  }

  private resume(cpu: Cpu, value: number): void {
    const next = advance(cpu.run, value, this.program, () => 'its start');
    if (next instanceof Error) {
      cpu.failure = { kind: next.kind, message: next.message };
      cpu.next = FAILED;
    } else cpu.next = next;
  }
}

function pendingOf({ next: { kind, word, x, y }, run }: Cpu): ThreadPosition {
  return { kind, word, x, y, resting: run.context.resting, held: [...run.context.held] };
}
