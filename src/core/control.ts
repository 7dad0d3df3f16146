/**
 * What a program can say besides touching words: blocks, branches, assertions and ghost notes. None of these costs a step of
 * its own except `choose` and `until`.
 */
import { currentContext } from './context.ts';
import { ModelError } from './errors.ts';
import { Kind, Order, type Steps } from './operations.ts';
import { ridesNow } from './words.ts';
import { Violation, type ViolationKind } from './violation.ts';
import type { Condition } from './conditions.ts';

/** Step records keep the answer of `choose` in 15 bits. */
const MAX_CHOICES = 1 << 15;

/**
 * Branches into `n` futures (an allocation that may fail, a page that may sit on a pagevec). Returns 0 … n-1; n is 1 … 32,768.
 * It is a step of its own and may not stand inside `atomic` after the block's first operation.
 */
export function* choose(n: number): Steps<number> {
  if (!Number.isInteger(n) || n < 1 || n > MAX_CHOICES)
    throw new ModelError(`choose(n): expected an integer n from 1 to ${MAX_CHOICES}, got ${n}`);
  if (n === 1) return 0;
  const rides = ridesNow();
  if (rides) throw new ModelError('choose inside atomic: only the first operation of a block may branch');
  return yield { kind: Kind.CHOOSE, word: 0, x: n, y: 0, z: 0, order: Order.PLAIN, rides };
}

/** Waits until the condition over named words holds; one step, reads all its words at once, never spins. */
export function* until(condition: Condition): Steps<void> {
  yield {
    kind: Kind.UNTIL_CONDITION,
    word: condition.firstWord,
    x: condition.id,
    y: 0,
    z: 0,
    order: Order.ACQUIRE,
    rides: ridesNow(),
  };
}

/** A full memory barrier (`smp_mb()`). Rides on the step before it: under sequential consistency it changes nothing. */
export function* fence(): Steps<void> {
  yield { kind: Kind.FENCE, word: 0, x: 0, y: 0, z: 0, order: Order.FULL, rides: ridesNow(true) };
}

/**
 * Runs `block` without a switch point inside: what the hardware does in one step. Only its first operation may wait.
 * Nested blocks join the outer one.
 */
export function* atomic<T>(block: Steps<T>): Steps<T> {
  const context = currentContext();
  const outermost = context.atomicDepth === 0;
  context.atomicDepth++;
  if (outermost) context.atomicStarted = false;
  const value = yield* block;
  currentContext().atomicDepth--;
  return value;
}

/**
 * Runs `look`, whose operations only read, as part of the step just taken: a check of the oracle, not of the machine. At the
 * very start of a thread, where there is no step to ride on, its first operation is a step of its own.
 */
export function* observe<T>(look: Steps<T>): Steps<T> {
  const context = currentContext();
  const { atomicStarted } = context;
  context.atomicDepth++;
  context.atomicStarted = true;
  const value = yield* look;
  const after = currentContext();
  after.atomicDepth--;
  after.atomicStarted = atomicStarted;
  return value;
}

/** Ends the schedule as a violation of `kind`; the step before it is the one that broke the rule. */
export function fail(kind: ViolationKind, message: string): never {
  throw new Violation(kind, message);
}

/** A kernel-style assertion (`VM_BUG_ON`, `BUG_ON`): a violation of kind `assertion` unless `condition` holds. */
export function assert(condition: boolean, message: string): asserts condition {
  check(message);
  if (!condition) throw new Violation('assertion', message);
}

/**
 * Says that the check named `name` has been evaluated on this path. A program lists the checks it relies on; a search that
 * never reached one of them is vacuous.
 */
export function check(name: string): void {
  currentContext().covered.add(name);
}

/** Says that this place has been reached; a program may require it, see {@link check}. */
export function cover(name: string): void {
  currentContext().covered.add(name);
}

/** A line for the trace, shown with the step just taken. Costs nothing and splits no state. */
export function note(text: string): void {
  currentContext().notes.push(text);
}

/** Ghost accounting: the thread now holds `delta` more of `account`; takes effect with the operation before it. */
export function hold(account: number, delta: number): void {
  const held = currentContext().held;
  const before = held[account];
  if (before === undefined)
    throw new ModelError(`hold: no account ${account}, the program declares ${held.length}`);
  held[account] = before + delta;
}

/** How much of `account` this thread holds now. */
export function holding(account: number): number {
  return currentContext().held[account] ?? 0;
}

/** Marks the next operation as a place where a daemon thread is at rest: the end-of-run properties may be checked there. */
export function rest(): void {
  currentContext().resting = true;
}

/**
 * A declared fold point for programs that are not instrumented: everything the thread does from here on depends on `label` and
 * the `live` values only (number, string or boolean). Put it at the head of a retry loop and between top-level operations.
 */
export function fold(label: string, ...live: readonly (number | string | boolean)[]): void {
  currentContext().foldPoint = JSON.stringify([label, ...live]);
}

/** Index of the running thread in its program, 0-based. */
export function currentThread(): number {
  return currentContext().thread;
}
