import { threadId } from 'node:worker_threads';
import { Kind } from '../core/operations.ts';
import { AtomicWords } from './atomic-words.ts';
import { lineOf, Own, Standing, writeText, type SharedBuffers } from './shared-memory.ts';
import { loadProgram, type ProgramSource } from './source.ts';
import { StepLog } from './step-log.ts';
import { ThreadOnCpu } from './thread-on-cpu.ts';
import { ConditionTeller } from './told-conditions.ts';

/** What a CPU must know to begin; survives structured cloning. */
export interface CpuSetup {
  readonly source: ProgramSource;
  /** Index of the program's thread that this CPU runs. */
  readonly cpu: number;
  readonly buffers: SharedBuffers;
  /** Keep positions and notes for the trace. */
  readonly detailed: boolean;
}

/** Where a CPU sits, inside its worker thread: its thread of the program, its hands on the memory, its control words, its log. */
export class Seat {
  readonly cpu: number;
  readonly thread: ThreadOnCpu;
  readonly words: AtomicWords;
  readonly control: Int32Array;
  readonly log: StepLog;
  /** Index of its first control word. */
  readonly own: number;
  private readonly buffers: SharedBuffers;
  private readonly teller: ConditionTeller;

  private constructor({ buffers, cpu }: CpuSetup, thread: ThreadOnCpu) {
    const { program } = thread;
    this.cpu = cpu;
    this.buffers = buffers;
    this.thread = thread;
    this.words = new AtomicWords(new Int32Array(buffers.words), program.conditions);
    this.control = new Int32Array(buffers.control);
    this.log = new StepLog(buffers.logs[cpu]!, program.accounts.length);
    this.own = lineOf(cpu);
    this.teller = new ConditionTeller(program.conditions, buffers, cpu);
  }

  /** Builds the program in this worker thread. Throws what building it throws. */
  static async take(setup: CpuSetup): Promise<Seat> {
    const program = await loadProgram(setup.source);
    return new Seat(setup, new ThreadOnCpu(program, setup.cpu, setup.detailed));
  }

  /** Begins a fresh run of the thread; the log says where it stands. */
  start(): void {
    const { thread, log } = this;
    thread.start();
    this.tellCondition();
    const { word, x, y } = thread.operation;
    log.stand(threadId, thread.held, thread.kind, word, x, y, thread.resting);
  }

  /** To be called before a step is logged or published: says what its condition means. */
  tellCondition(): void {
    const { kind, x } = this.thread.operation;
    if (kind === Kind.UNTIL_CONDITION) this.teller.tell(x);
  }

  /** Tells the controller where the thread stands. */
  publish(): void {
    const { control, own, thread } = this;
    const { operation, failure } = thread;
    this.tellCondition();
    if (failure !== null) this.say(Standing.FAILED, `${failure.kind}\n${failure.message}`);
    else Atomics.store(control, own + Own.STANDING, thread.ended ? Standing.ENDED : Standing.RUNNING);
    Atomics.store(control, own + Own.KIND, thread.kind);
    Atomics.store(control, own + Own.WORD, operation.word);
    Atomics.store(control, own + Own.X, operation.x);
    Atomics.store(control, own + Own.Y, operation.y);
    Atomics.store(control, own + Own.RESTING, thread.resting ? 1 : 0);
    Atomics.store(control, own + Own.LOGGED, this.log.length);
  }

  /** Tells the controller that the thread can go no further. */
  publishThrown(error: unknown): void {
    this.say(Standing.THREW, error instanceof Error ? error.message : String(error));
  }

  private say(standing: number, text: string): void {
    writeText(this.buffers, this.cpu, text);
    Atomics.store(this.control, this.own + Own.STANDING, standing);
  }
}
