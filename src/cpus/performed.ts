/** What CPUs report of what they did: the common language of replay, enumeration and stress. */
import { isEnabled, Kind, type KindCode } from '../core/operations.ts';
import type { Program } from '../core/program.ts';

/** One operation as a CPU performed it on the shared words. */
export interface PerformedOperation {
  readonly kind: KindCode;
  /** Index of the word; 0 where the kind acts on none. */
  readonly word: number;
  readonly x: number;
  readonly y: number;
  readonly z: number;
  /** The word's value before and after; of a free-running plain store `before` is not known and 0. */
  readonly before: number;
  readonly after: number;
  /** What the generator was handed. */
  readonly result: number;
}

/** What a thread would do next: the head of its next step. Kind DONE: it has ended; FAIL: it has found a violation. */
export interface PendingOperation {
  readonly kind: KindCode;
  readonly word: number;
  readonly x: number;
  readonly y: number;
  /** A daemon that waits here has nothing half done (`rest()`). */
  readonly resting: boolean;
}

/** Where a thread stands between two steps. */
export interface ThreadPosition extends PendingOperation {
  /** Its ghost accounts, one for each account of the program. */
  readonly held: readonly number[];
}

/** One step of one thread: the head and the operations that ride on it. */
export interface PerformedStep {
  /** Index of the thread in the program. */
  readonly thread: number;
  /** `threadId` of the worker thread that did it, as that thread itself says. */
  readonly worker: number;
  readonly operations: readonly [PerformedOperation, ...PerformedOperation[]];
  /** Where the thread stands after the step. */
  readonly next: ThreadPosition;
}

/** In how many ways a step that begins with `pending` can be taken now: 0 if blocked or ended, n at `choose(n)`, else 1. */
export function choicesOf(program: Program, pending: PendingOperation, words: Int32Array): number {
  const { kind, word, x, y } = pending;
  if (kind === Kind.CHOOSE) return x;
  if (kind === Kind.UNTIL_CONDITION) return program.conditions.holds(x, words) ? 1 : 0;
  return isEnabled(kind, words[word]!, x, y) ? 1 : 0;
}

/** Indices of the words that decide whether `pending` is enabled. */
export function wordsOf(program: Program, { kind, word, x }: PendingOperation): readonly number[] {
  if (kind === Kind.UNTIL_CONDITION) return program.conditions.wordsOf(x);
  return kind >= Kind.CHOOSE ? [] : [word];
}
