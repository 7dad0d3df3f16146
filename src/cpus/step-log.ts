/**
 * How CPUs write down what they did: int32 records in shared memory, one for each step, and one without operations when a run
 * begins. A record is a header (see {@link Head}), the thread's ghost accounts, and for each operation its eight numbers.
 */
import { ModelError } from '../core/errors.ts';
import type { KindCode } from '../core/operations.ts';
import type { PerformedOperation, PerformedStep, ThreadPosition } from './performed.ts';

/** Offsets in the header of a step. */
const Head = {
  OPERATIONS: 0,
  WORKER: 1,
  /** Stamps of the global clock around the step; 0 under control. */
  START: 2,
  END: 3,
  KIND: 4,
  WORD: 5,
  X: 6,
  Y: 7,
  RESTING: 8,
  SIZE: 9,
} as const;

const OPERATION = 8;

/** Operations that a step may have: as many as in the search. */
export const MAX_OPERATIONS = 100_000;

/** Int32s that must be free before a step is begun. */
const STEP_ROOM = MAX_OPERATIONS * OPERATION + 4096;

/** Int32s of a log: room for the longest step and some ten thousand of the usual length. Pages never written take no memory. */
export const LOG_INTS = 1 << 20;

/** The writing side, owned by one CPU. */
export class StepLog {
  /** Int32s written so far. */
  length = 0;
  private readonly log: Int32Array;
  private readonly accounts: number;
  private head = 0;
  private operations = 0;
  private open = false;

  constructor(buffer: SharedArrayBuffer, accounts: number) {
    this.log = new Int32Array(buffer);
    this.accounts = accounts;
  }

  clear(): void {
    this.length = 0;
    this.open = false;
  }

  /** Is there room for one more step? */
  get roomy(): boolean {
    return this.length + STEP_ROOM <= this.log.length;
  }

  /** Forgets a step that was begun and not ended. */
  cancel(): void {
    if (this.open) this.length = this.head;
    this.open = false;
  }

  /** A step begins. */
  begin(): void {
    this.open = true;
    this.head = this.length;
    this.operations = 0;
    this.length += Head.SIZE + this.accounts;
  }

  /** Throws a ModelError if one step has more than {@link MAX_OPERATIONS}. */
  operation(
    kind: number,
    word: number,
    x: number,
    y: number,
    z: number,
    before: number,
    after: number,
    result: number,
  ): void {
    const { log, length } = this;
    if (this.operations === MAX_OPERATIONS)
      throw new ModelError(
        `a step of more than ${MAX_OPERATIONS} operations: an atomic block without an end`,
      );
    log[length] = kind;
    log[length + 1] = word;
    log[length + 2] = x;
    log[length + 3] = y;
    log[length + 4] = z;
    log[length + 5] = before;
    log[length + 6] = after;
    log[length + 7] = result;
    this.length = length + OPERATION;
    this.operations++;
  }

  /** A run has begun: a record without operations says where the thread stands. Arguments as of {@link end}. */
  stand(
    worker: number,
    held: Int32Array,
    kind: number,
    word: number,
    x: number,
    y: number,
    resting: boolean,
  ): void {
    this.begin();
    this.end(worker, 0, 0, held, kind, word, x, y, resting);
  }

  /** The step is over; `held` are the thread's accounts, the last five numbers say where it stands. */
  end(
    worker: number,
    start: number,
    end: number,
    held: Int32Array,
    kind: number,
    word: number,
    x: number,
    y: number,
    resting: boolean,
  ): void {
    const { log, head } = this;
    log[head + Head.OPERATIONS] = this.operations;
    log[head + Head.WORKER] = worker;
    log[head + Head.START] = start;
    log[head + Head.END] = end;
    log[head + Head.KIND] = kind;
    log[head + Head.WORD] = word;
    log[head + Head.X] = x;
    log[head + Head.Y] = y;
    log[head + Head.RESTING] = resting ? 1 : 0;
    this.open = false;
    for (let account = 0; account < this.accounts; account++)
      log[head + Head.SIZE + account] = held[account]!;
  }
}

/** A step with the stamps between which it took effect. */
export interface StampedStep extends PerformedStep {
  readonly start: number;
  readonly end: number;
}

/** Translates the operand x of an operation of `kind`, see told-conditions.ts. */
export type OperandOf = (kind: number, x: number) => number;

/** What a log says. */
export interface ReadLog {
  /** Where the thread stood when the run began, if that is in the log. */
  readonly start: ThreadPosition | null;
  readonly steps: StampedStep[];
}

/** Reads `length` int32s of the log of `thread`; what it returns owns its numbers. */
export function readLog(
  log: Int32Array,
  length: number,
  thread: number,
  accounts: number,
  operandOf: OperandOf,
): ReadLog {
  const steps: StampedStep[] = [];
  let start: ThreadPosition | null = null;
  for (let at = 0; at < length;) {
    const head = at;
    const count = log[head + Head.OPERATIONS]!;
    const held = Array.from({ length: accounts }, (_, account) => log[head + Head.SIZE + account]!);
    at += Head.SIZE + accounts;
    const next: ThreadPosition = {
      kind: log[head + Head.KIND]! as KindCode,
      word: log[head + Head.WORD]!,
      x: operandOf(log[head + Head.KIND]!, log[head + Head.X]!),
      y: log[head + Head.Y]!,
      resting: log[head + Head.RESTING] === 1,
      held,
    };
    const from = at;
    const [first, ...rest] = Array.from({ length: count }, (_, i) =>
      readOperation(log, from + i * OPERATION, operandOf),
    );
    at += count * OPERATION;
    if (first === undefined && head === 0) start = next;
    else if (first === undefined) throw new ModelError(`the log of thread ${thread} is torn at ${head}`);
    else
      steps.push({
        thread,
        worker: log[head + Head.WORKER]!,
        start: log[head + Head.START]!,
        end: log[head + Head.END]!,
        operations: [first, ...rest],
        next,
      });
  }
  return { start, steps };
}

function readOperation(log: Int32Array, at: number, operandOf: OperandOf): PerformedOperation {
  return {
    kind: log[at]! as KindCode,
    word: log[at + 1]!,
    x: operandOf(log[at]!, log[at + 2]!),
    y: log[at + 3]!,
    z: log[at + 4]!,
    before: log[at + 5]!,
    after: log[at + 6]!,
    result: log[at + 7]!,
  };
}
