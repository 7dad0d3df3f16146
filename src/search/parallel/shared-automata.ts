/**
 * Automata that number their nodes alike in all searchers, as the numbers are part of the states' keys. All extensions stand in one
 * shared log, in one total order; who meets an edge it does not know takes the log's mutex, makes the extensions that others have
 * logged, and only if the edge is still unknown makes and logs it. So each searcher's automata are a prefix of the same history.
 */
import { ModelError } from '../../core/errors.ts';
import { describe } from '../../core/positions.ts';
import type { Program } from '../../core/program.ts';
import { Automata, type AutomataOptions } from '../automata.ts';
import { N_NEXT, NODE } from '../tables.ts';
import { Stopped, Word, type Control } from './control.ts';

/** int32s of an entry: node, value, the node it leads to, a digest of that node's operation. */
const ENTRY = 4;
/** Address space set aside; memory is taken as the log grows. */
const MOST_BYTES = 2 ** 30;
const FIRST_BYTES = 2 ** 16;
/** Nobody holds the mutex for longer than it takes to run one thread's generator again, unless it has died. */
const PATIENCE_MS = 60_000;
const SLICE_MS = 200;

const FREE = 0;
const HELD = 1;
const AWAITED = 2;

/** The log behind {@link SharedAutomata}; survives structured cloning. */
export function allocateLog(): SharedArrayBuffer {
  return new SharedArrayBuffer(FIRST_BYTES, { maxByteLength: MOST_BYTES });
}

export interface SharedAutomataOptions extends AutomataOptions {
  /** True: extensions throw {@link Stopped} once the search has been stopped; they are what takes long. */
  readonly stops?: boolean;
}

export class SharedAutomata extends Automata {
  private readonly control: Control;
  private readonly stops: boolean;
  private readonly buffer: SharedArrayBuffer;
  /** Grows with the buffer. */
  private readonly shared: Int32Array;
  /** Is the mutex held, so that an extension is one of the log's? */
  private holding = false;

  constructor(
    program: Program,
    log: SharedArrayBuffer,
    control: Control,
    options: SharedAutomataOptions = {},
  ) {
    super(program, options);
    this.stops = options.stops ?? false;
    this.control = control;
    this.buffer = log;
    this.shared = new Int32Array(log);
  }

  /** As Automata.extend. May throw {@link Stopped}. */
  override extend(node: number, value: number): number {
    if (this.holding) return super.extend(node, value);
    const known = this.next(node, value);
    if (known >= 0) return known;
    if (this.stops && this.control.stopped !== 0) throw new Stopped();
    return this.locked(() => {
      this.followLog();
      const { extensions } = this;
      const made = super.extend(node, value);
      if (this.extensions > extensions) this.append(node, value, made);
      return made;
    });
  }

  /** Makes all extensions that are in the log. */
  catchUp(): void {
    this.locked(() => this.followLog());
  }

  private followLog(): void {
    const { shared } = this;
    const logged = Atomics.load(this.control.words, Word.EXTENSIONS);
    while (this.extensions < logged) {
      const at = ENTRY * this.extensions;
      const made = super.extend(shared[at]!, shared[at + 1]!);
      if (made !== shared[at + 2] || this.digest(made) !== shared[at + 3])
        throw new ModelError(
          `program ${this.program.name}: the same history of a thread comes to different operations in two worker threads, here at ${describe(this.positionOf(made))}: the program is not deterministic`,
        );
    }
  }

  private append(node: number, value: number, made: number): void {
    const at = ENTRY * (this.extensions - 1);
    if (4 * (at + ENTRY) > this.buffer.byteLength)
      this.buffer.grow(Math.min(MOST_BYTES, 2 * this.buffer.byteLength));
    this.shared[at] = node;
    this.shared[at + 1] = value;
    this.shared[at + 2] = made;
    this.shared[at + 3] = this.digest(made);
    Atomics.store(this.control.words, Word.EXTENSIONS, this.extensions);
  }

  private digest(node: number): number {
    let digest = 0;
    for (let at = node * NODE; at < node * NODE + N_NEXT; at++)
      digest = Math.imul(digest, 0x01000193) ^ this.nodes[at]!;
    return digest;
  }

  private locked<T>(work: () => T): T {
    this.lock();
    this.holding = true;
    try {
      return work();
    } finally {
      this.holding = false;
      this.unlock();
    }
  }

  private lock(): void {
    const { words } = this.control;
    if (Atomics.compareExchange(words, Word.LOG_LOCK, FREE, HELD) === FREE) return;
    let waited = 0;
    while (Atomics.exchange(words, Word.LOG_LOCK, AWAITED) !== FREE) {
      if (Atomics.wait(words, Word.LOG_LOCK, AWAITED, SLICE_MS) !== 'timed-out') continue;
      if (this.control.stopped !== 0) throw new Stopped();
      waited += SLICE_MS;
      if (waited >= PATIENCE_MS)
        throw new ModelError(
          `program ${this.program.name}: a searcher has run a thread for more than ${PATIENCE_MS / 1000} s without coming to an operation`,
        );
    }
  }

  private unlock(): void {
    const { words } = this.control;
    if (Atomics.exchange(words, Word.LOG_LOCK, FREE) === AWAITED) Atomics.notify(words, Word.LOG_LOCK, 1);
  }
}
