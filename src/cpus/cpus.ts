/** The worker threads that play the CPUs of one program: started, given turns, watched, ended. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { wrap, type Remote } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { ModelError } from '../core/errors.ts';
import { isViolationKind } from '../core/violation.ts';
import type { KindCode } from '../core/operations.ts';
import type { Program } from '../core/program.ts';
import type { FoundViolation } from '../core/schedule.ts';
import type { CpuReport, CpuService } from './cpu-service.ts';
import { CpuFailure, Interrupted } from './failures.ts';
import type { PendingOperation } from './performed.ts';
import { allocate, lineOf, Own, readText, Standing, Turn, type SharedBuffers } from './shared-memory.ts';
import { loadProgram, type ProgramSource } from './source.ts';
import { LOG_INTS, readLog, type OperandOf, type ReadLog } from './step-log.ts';
import { ConditionReader } from './told-conditions.ts';
import { workerUrl } from './worker-url.ts';

/** How to run CPUs. */
export interface CpusOptions {
  /** Keep position and notes of every operation for the trace. Default false. */
  readonly detailed?: boolean;
  /** A CPU that leaves a turn unanswered for so many milliseconds is given up; default 800. */
  readonly patienceMs?: number;
  /** Aborting it makes the next command throw {@link Interrupted}. */
  readonly signal?: AbortSignal;
}

interface Seated {
  readonly worker: Worker;
  readonly service: Remote<CpuService>;
  /** `threadId` as the worker itself says. */
  id: number;
  /** Why it is gone, or null. */
  gone: string | null;
  readonly exited: Promise<void>;
}

/** Starting a worker and building the program in it may take long on a busy machine. */
const START_PATIENCE_MS = 30_000;
/** Looks at the turn word this often before the controller sleeps. */
const SPINS = 500;
/** The controller sleeps so long before it lets its event loop hear of dead workers and Ctrl-C. */
const SLICE_MS = 10;
/** And lets it run at least so often. */
const BREATH_MS = 50;

export class Cpus {
  readonly program: Program;
  /** The shared words; nobody but the CPUs may write them while they run. */
  readonly words: Int32Array;
  readonly control: Int32Array;
  readonly buffers: SharedBuffers;
  private readonly options: CpusOptions;
  private readonly cpus: Seated[] = [];
  private readonly logs: readonly Int32Array[];
  private readonly operandOf: readonly OperandOf[];
  private breathed = performance.now();

  private constructor(program: Program, buffers: SharedBuffers, options: CpusOptions) {
    this.program = program;
    this.buffers = buffers;
    this.options = options;
    this.words = new Int32Array(buffers.words, 0, program.layout.words.length);
    this.control = new Int32Array(buffers.control);
    this.logs = buffers.logs.map((log) => new Int32Array(log));
    this.operandOf = program.threads.map((_, cpu) => {
      const reader = new ConditionReader(program.conditions, buffers, cpu);
      return (kind, x) => reader.operand(kind, x);
    });
  }

  /**
   * Starts one worker thread for each thread of the program. Throws what building the program throws, and a {@link CpuFailure} if
   * a worker cannot be started. The caller must {@link stop} what it has started.
   */
  static async start(source: ProgramSource, options: CpusOptions = {}): Promise<Cpus> {
    const program = await loadProgram(source);
    const cpus = new Cpus(program, allocate(program, LOG_INTS), options);
    try {
      await cpus.load(source);
      return cpus;
    } catch (error) {
      await cpus.stop();
      throw error;
    }
  }

  /** `threadId` of each CPU's worker thread. */
  get workerIds(): readonly number[] {
    return this.cpus.map(({ id }) => id);
  }

  /** The worker threads themselves; for tests that kill one. */
  get workers(): readonly Worker[] {
    return this.cpus.map(({ worker }) => worker);
  }

  /** Lets `run` of every CPU's service begin; the promise of a CPU is fulfilled when it leaves its loop. */
  begin(run: (service: Remote<CpuService>) => Promise<CpuReport>): Promise<CpuReport>[] {
    return this.cpus.map((seated) => {
      const report = run(seated.service);
      // A CPU that leaves its loop by an error of ours never answers again; one that dies is told of by its exit.
      report.catch((error: unknown) => {
        seated.gone ??= `left its loop: ${String(error)}`;
      });
      return report;
    });
  }

  /** Gives CPU `cpu` its turn, without waiting for the answer. */
  post(cpu: number, turn: number, count = 0, choice = 0): void {
    this.requireAlive(cpu);
    const { control } = this;
    const own = lineOf(cpu);
    if (Atomics.load(control, own + Own.TURN) !== Turn.PARKED)
      throw new CpuFailure(`CPU ${this.nameOf(cpu)} has not answered its last turn`);
    Atomics.store(control, own + Own.COUNT, count);
    Atomics.store(control, own + Own.CHOICE, choice);
    Atomics.store(control, own + Own.TURN, turn);
    Atomics.notify(control, own + Own.TURN);
  }

  /**
   * Waits until CPU `cpu` has done what was posted. Throws a ModelError if its thread threw what is no violation, a
   * {@link CpuFailure} if it died or gives no answer, {@link Interrupted} when asked to stop.
   */
  async answer(cpu: number): Promise<void> {
    if (!this.answered(cpu)) await this.wait(cpu);
    await this.breatheIfDue();
    this.requireNotThrown(cpu);
  }

  /** Throws a ModelError if the thread of CPU `cpu` has thrown what is no violation. */
  requireNotThrown(cpu: number): void {
    if (Atomics.load(this.control, lineOf(cpu) + Own.STANDING) !== Standing.THREW) return;
    const text = readText(this.buffers, cpu);
    throw new ModelError(
      text.startsWith('thread ') ? text : `thread ${this.program.threads[cpu]!.name}: ${text}`,
    );
  }

  /** What CPU `cpu` has logged: since its last turn under control, in this iteration if it runs freely. */
  logOf(cpu: number): ReadLog {
    const length = Atomics.load(this.control, lineOf(cpu) + Own.LOGGED);
    return readLog(this.logs[cpu]!, length, cpu, this.program.accounts.length, this.operandOf[cpu]!);
  }

  /** What CPU `cpu` would do next. */
  pendingOf(cpu: number): PendingOperation {
    const own = lineOf(cpu);
    const at = (field: number) => Atomics.load(this.control, own + field);
    const kind = at(Own.KIND) as KindCode;
    return {
      kind,
      word: at(Own.WORD),
      x: this.operandOf[cpu]!(kind, at(Own.X)),
      y: at(Own.Y),
      resting: at(Own.RESTING) === 1,
    };
  }

  /** Why CPU `cpu`, which stands at FAIL, has failed. */
  failureOf(cpu: number): FoundViolation {
    const [kind = '', ...lines] = readText(this.buffers, cpu).split('\n');
    if (!isViolationKind(kind)) throw new ModelError(`CPU ${this.nameOf(cpu)} failed without a reason`);
    return { kind, message: lines.join('\n') };
  }

  /** Ends all worker threads. Never throws; may be called more than once. */
  async stop(): Promise<void> {
    await Promise.all(this.cpus.map(({ worker }) => worker.terminate()));
  }

  /** Throws a {@link CpuFailure} if `cpu` is gone. */
  requireAlive(cpu: number): void {
    const { gone } = this.cpus[cpu]!;
    if (gone !== null) throw new CpuFailure(`CPU ${this.nameOf(cpu)} ${gone}`);
  }

  /** As {@link breathe}, if it has been long ago. */
  async breatheIfDue(): Promise<void> {
    if (performance.now() - this.breathed > BREATH_MS) await this.breathe();
  }

  /** Lets the event loop hear of dead workers and Ctrl-C. */
  async breathe(): Promise<void> {
    await sleep(0);
    this.breathed = performance.now();
    if (this.options.signal?.aborted === true) throw new Interrupted();
    this.program.threads.forEach((_, cpu) => this.requireAlive(cpu));
  }

  /** Fulfilled with what `promise` gives; a CPU that dies first throws a {@link CpuFailure}. */
  async unlessGone<T>(cpu: number, promise: Promise<T>): Promise<T> {
    const gone = this.cpus[cpu]!.exited.then(() => {
      this.requireAlive(cpu);
      throw new CpuFailure(`CPU ${this.nameOf(cpu)} has ended`);
    });
    gone.catch(() => undefined);
    return Promise.race([promise, gone]);
  }

  /** `kswapd (worker thread 5)`. */
  nameOf(cpu: number): string {
    const { id } = this.cpus[cpu]!;
    return `${this.program.threads[cpu]!.name}${id === 0 ? '' : ` (worker thread ${id})`}`;
  }

  private async load(source: ProgramSource): Promise<void> {
    const detailed = this.options.detailed ?? false;
    for (const { name } of this.program.threads) {
      try {
        this.cpus.push(seat(name));
      } catch (error) {
        throw new CpuFailure(`no worker thread for CPU ${name}: ${String(error)}`);
      }
    }
    const late = sleep(START_PATIENCE_MS, null, { ref: false }).then(() => {
      throw new CpuFailure(`the CPUs did not start within ${START_PATIENCE_MS / 1000} s`);
    });
    late.catch(() => undefined);
    const loads = this.cpus.map(async (seated, cpu) => {
      const setup = { source, cpu, buffers: this.buffers, detailed };
      seated.id = await this.unlessGone(cpu, seated.service.load(setup));
    });
    await Promise.race([Promise.all(loads), late, ...this.aborted()]);
  }

  /** Rejected when somebody asks to stop; nothing if nobody can. */
  private aborted(): Promise<never>[] {
    const { signal } = this.options;
    if (signal === undefined) return [];
    const aborted = new Promise<never>((_, reject) => {
      if (signal.aborted) reject(new Interrupted());
      signal.addEventListener('abort', () => reject(new Interrupted()), { once: true });
    });
    aborted.catch(() => undefined);
    return [aborted];
  }

  /** Has the CPU parked? Spins, then sleeps for a slice at most. */
  private answered(cpu: number): boolean {
    const { control } = this;
    const turn = lineOf(cpu) + Own.TURN;
    for (let spins = 0; spins < SPINS; spins++) if (Atomics.load(control, turn) === Turn.PARKED) return true;
    for (;;) {
      const value = Atomics.load(control, turn);
      if (value === Turn.PARKED) return true;
      if (Atomics.wait(control, turn, value, SLICE_MS) === 'timed-out') return false;
    }
  }

  /** Patience is counted in slices, not by the clock: on a machine that stalls us as well, a stalled CPU has longer. */
  private async wait(cpu: number): Promise<void> {
    const patience = this.options.patienceMs ?? 800;
    for (let waited = 0; waited < patience; waited += SLICE_MS) {
      await this.breathe();
      if (this.answered(cpu)) return;
    }
    throw new CpuFailure(
      `CPU ${this.nameOf(cpu)} gives no answer: after ${patience} ms its thread still runs without coming to an operation`,
    );
  }
}

function seat(name: string): Seated {
  // Loaders and debuggers of the parent are no business of the CPUs.
  const worker = new Worker(workerUrl('cpu'), { name, execArgv: [] });
  const exited = new Promise<void>((resolve) => {
    worker.once('error', (error) => {
      seated.gone ??= `died: ${error instanceof Error ? error.message : String(error)}`;
      resolve();
    });
    worker.once('exit', (code) => {
      seated.gone ??= `died: its worker thread ended with exit code ${code}`;
      resolve();
    });
  });
  const seated: Seated = {
    worker,
    service: wrap<CpuService>(nodeEndpoint(worker)),
    id: 0,
    gone: null,
    exited,
  };
  return seated;
}
