import { ModelError } from '../core/errors.ts';
import { Kind, KIND_NAMES, mayWait, type KindCode, type Operation } from '../core/operations.ts';
import { positionOfRun } from '../core/positions.ts';
import type { Program } from '../core/program.ts';
import { advance, ENDED, startRun, type ThreadRun } from '../core/runs.ts';
import type { Position } from '../core/schedule.ts';
import { Violation } from '../core/violation.ts';

/** What a reader of a trace wants to know of one operation, beside its values. */
export interface OperationDetail {
  readonly position: Position;
  readonly notes: readonly string[];
}

/** One thread of a program on its CPU: the generator, and what it asks for next. */
export class ThreadOnCpu {
  readonly program: Program;
  readonly thread: number;
  /** Names told to `check` and `cover` since the CPU was started. */
  readonly covered = new Set<string>();
  /** What the generator asks for; kind DONE when it has ended or failed. */
  operation!: Operation;
  /** The violation that the generator has thrown. */
  failure: Violation | null = null;
  private run!: ThreadRun;
  private readonly detailed: boolean;
  private details: { position: Position; notes: readonly string[] }[] = [];

  /** @param detailed keep position and notes of every operation, at some microseconds each */
  constructor(program: Program, thread: number, detailed: boolean) {
    this.program = program;
    this.thread = thread;
    this.detailed = detailed;
  }

  /** Begins a fresh run, up to its first operation. Throws a ModelError if the generator throws what is no violation. */
  start(): void {
    this.run = startRun(this.program, this.thread, this.covered);
    this.run.context.capture = this.detailed;
    this.operation = ENDED;
    this.failure = null;
    this.details = [];
    this.advance(0);
  }

  /** Hands the generator the result of its operation. Throws as {@link start}. */
  answer(result: number): void {
    this.advance(result);
  }

  /** Has the generator ended or failed? */
  get ended(): boolean {
    return this.operation.kind === Kind.DONE;
  }

  /** DONE, FAIL, or the kind of the pending operation. */
  get kind(): KindCode {
    return this.failure === null ? this.operation.kind : Kind.FAIL;
  }

  /** A daemon that waits here has nothing half done. */
  get resting(): boolean {
    return this.run.context.resting;
  }

  /** The thread's ghost accounts now. */
  get held(): Int32Array {
    return this.run.context.held;
  }

  /** Does the pending operation begin a block of several that no other CPU may see half done? */
  get opensAtomicBlock(): boolean {
    return this.run.context.atomicDepth > 0 && !this.operation.rides;
  }

  /** Position and notes of every operation of this run, in order. */
  get trace(): readonly OperationDetail[] {
    return this.details;
  }

  private advance(value: number): void {
    const { run } = this;
    const outcome = advance(run, value, this.program, () => this.where());
    run.node++;
    if (outcome instanceof Violation) {
      this.failure = outcome;
      this.operation = ENDED;
    } else this.operation = outcome;
    const { kind, rides } = this.operation;
    if (rides && mayWait(kind))
      throw new ModelError(
        `thread ${this.program.threads[this.thread]!.name}: ${KIND_NAMES[kind]} in the middle of an atomic block, after ${this.where()}: only its first operation may wait`,
      );
    if (!this.detailed) return;
    const last = this.details.at(-1);
    if (last !== undefined && run.context.notes.length > 0) last.notes = run.context.notes;
    if (!this.ended) this.details.push({ position: positionOfRun(run), notes: [] });
  }

  private where(): string {
    const made = this.run.node + 1;
    return `${made} operation${made === 1 ? '' : 's'}`;
  }
}
