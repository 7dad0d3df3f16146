/**
 * The memory that all CPUs share: the program's words in one buffer with the program's layout, and beside them what the CPUs and
 * their controller say to each other. Each CPU's control words lie in a line of 64 bytes of its own, so that waking one CPU
 * touches no other's cache line.
 */
import type { Program } from '../core/program.ts';

/** Int32s in a line of 64 bytes. */
export const LINE = 16;

/** Lines of the control buffer before those of the CPUs, one word in each. */
export const Global = {
  /** Not 0: everybody who waits must give up. */
  ABORT: 0,
  /** The gate that atomic steps close, see lock-words.ts. */
  GATE: LINE,
  /** Stamps of free-running steps. */
  CLOCK: 2 * LINE,
  /** Counts changes while somebody waits for a condition over several words. */
  EPOCH: 3 * LINE,
  /** How many wait so. */
  WAITERS: 4 * LINE,
  /** Number of the running iteration; CPUs wait here between iterations. */
  ITERATION: 5 * LINE,
  /** How many CPUs have come to the starting line of this iteration. */
  ARRIVED: 6 * LINE,
  /** How many CPUs have finished this iteration. */
  FINISHED: 7 * LINE,
  /** How many threads that must end have not ended in this iteration. */
  UNFINISHED: 8 * LINE,
  LINES: 9,
} as const;

/** Words of a CPU's own line, from {@link lineOf}. */
export const Own = {
  /** One of {@link Turn}; the word that is waited upon. */
  TURN: 0,
  /** Operands of the command: steps to take, answer of `choose`. */
  COUNT: 1,
  CHOICE: 2,
  /** Int32s in the log. */
  LOGGED: 3,
  /** One of {@link Standing}. */
  STANDING: 4,
  /** What it would do next: kind, word, x, y, resting. */
  KIND: 5,
  WORD: 6,
  X: 7,
  Y: 8,
  RESTING: 9,
  /** Free-running: counts how often it has gone to sleep and woken up: odd while it sleeps. */
  SLEEPS: 10,
  /** Free-running: index (of the control buffer) or -1 - index (of the words) of the word that it sleeps on. */
  SLEEPS_ON: 11,
  /** Bytes in the text buffer. */
  TEXT: 12,
  /** Free-running: 1 once it is through with this iteration. */
  FINISHED: 13,
  /** Bytes in the buffer of conditions. */
  CONDITIONS: 14,
} as const;

/** Whose turn it is, and to do what. */
export const Turn = {
  /** The controller's: the CPU waits. */
  PARKED: 0,
  /** The CPU's: begin a fresh run of its thread. */
  RESET: 1,
  /** The CPU's: take COUNT steps. */
  RUN: 2,
  /** The CPU's: leave the loop. */
  LEAVE: 3,
} as const;

/** How a CPU's thread stands. */
export const Standing = {
  RUNNING: 0,
  /** It stands at DONE. */
  ENDED: 1,
  /** It stands at FAIL; the text says kind and message. */
  FAILED: 2,
  /** Its generator threw what is no violation; the text says what. */
  THREW: 3,
  /** Free-running: it was told to give up. */
  GAVE_UP: 4,
  /** Free-running: its log was full. */
  OVERFLOWED: 5,
} as const;

/** Bytes for what a CPU has to say in words. */
const TEXT_BYTES = 1 << 14;
/** Bytes for the conditions that a CPU's thread has waited for. */
const CONDITION_BYTES = 1 << 16;

/** The buffers, as they travel to the workers. */
export interface SharedBuffers {
  readonly words: SharedArrayBuffer;
  readonly control: SharedArrayBuffer;
  /** One for each CPU. */
  readonly logs: readonly SharedArrayBuffer[];
  readonly texts: readonly SharedArrayBuffer[];
  readonly conditions: readonly SharedArrayBuffer[];
}

/** Makes the buffers for `program`, words initial; `logInts` int32s of log for each CPU. */
export function allocate(program: Program, logInts: number): SharedBuffers {
  const cpus = program.threads.length;
  const words = new SharedArrayBuffer(Math.max(4, program.layout.words.length * 4));
  new Int32Array(words).set(program.layout.initial());
  return {
    words,
    control: new SharedArrayBuffer((Global.LINES + cpus) * LINE * 4),
    logs: program.threads.map(() => new SharedArrayBuffer(logInts * 4)),
    texts: program.threads.map(() => new SharedArrayBuffer(TEXT_BYTES)),
    conditions: program.threads.map(() => new SharedArrayBuffer(CONDITION_BYTES)),
  };
}

/** Index of the first control word of CPU `cpu`. */
export function lineOf(cpu: number): number {
  return (Global.LINES + cpu) * LINE;
}

/** Leaves `text` for the controller; what does not fit is cut off. */
export function writeText(buffers: SharedBuffers, cpu: number, text: string): void {
  // TextEncoder cannot write into shared memory.
  const bytes = Buffer.from(text, 'utf8').subarray(0, TEXT_BYTES);
  new Uint8Array(buffers.texts[cpu]!).set(bytes);
  Atomics.store(new Int32Array(buffers.control), lineOf(cpu) + Own.TEXT, bytes.length);
}

/** What CPU `cpu` has said. */
export function readText(buffers: SharedBuffers, cpu: number): string {
  const length = Atomics.load(new Int32Array(buffers.control), lineOf(cpu) + Own.TEXT);
  return Buffer.from(new Uint8Array(buffers.texts[cpu]!).slice(0, length)).toString('utf8');
}
