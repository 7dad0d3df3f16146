/**
 * How CPUs that really race wait for a word: a few generators over primitive operations on shared words, with futex semantics.
 * Written once: drive.ts carries the primitives out with Atomics, and test/cpus explores the same generators exhaustively over a
 * model of the futex. The fold pass instruments this module for that reason.
 *
 * Nobody may sleep through the change it waits for, and notifying costs, so sleepers count themselves in one word, `waiters`,
 * before they sleep and a writer looks there after its change. Either the writer sees the sleeper, or the sleeper comes later
 * and its futex comparison sees the change.
 */
import type { Steps } from '../core/operations.ts';

/**
 * Primitive operations on shared int32 words; each is one atomic step. What the numbers of words mean is the machine's business.
 * Arithmetic wraps around.
 */
export interface WordMachine {
  /** The word that counts who sleeps; initially 0, touched by this module only. */
  readonly waiters: number;
  /** The word that counts changes while somebody waits for a condition over several words; any initial value. */
  readonly epoch: number;
  load(word: number): Steps<number>;
  store(word: number, value: number): Steps<void>;
  /** Returns the previous value. */
  exchange(word: number, value: number): Steps<number>;
  /** Returns the previous value. */
  add(word: number, delta: number): Steps<number>;
  /** Returns the previous value: `expected` if the exchange was made. */
  compareExchange(word: number, expected: number, desired: number): Steps<number>;
  /** Returns at once if the word differs from `expected`, else (in the same step) goes to sleep until notified, or for nothing. */
  wait(word: number, expected: number): Steps<void>;
  /** Wakes all who sleep on the word: they wait for different bits, so one of them might not pass it on. */
  notify(word: number): Steps<void>;
}

/** One sleeper of each kind in {@link WordMachine.waiters}, a byte each: at most 24 threads. */
const TAKER = 1;
const WATCHER = 1 << 8;
const CONDITION = 1 << 16;

const TAKERS = 0xff;
const WATCHERS = 0xff << 8;
const CONDITIONS = 0xff << 16;

function* sleep(m: WordMachine, word: number, seen: number, kind: number): Steps<void> {
  yield* m.add(m.waiters, kind);
  yield* m.wait(word, seen);
  yield* m.add(m.waiters, -kind);
}

function* announce(m: WordMachine, word: number, interested: number): Steps<void> {
  const waiting = yield* m.load(m.waiters);
  if ((waiting & interested) !== 0) yield* m.notify(word);
  if ((waiting & CONDITIONS) !== 0) {
    yield* m.add(m.epoch, 1);
    yield* m.notify(m.epoch);
  }
}

/**
 * To be called after every change of a word that was not made by this module, by the thread that made it. Cost: one load when
 * nobody sleeps on any word.
 */
export function* afterChange(m: WordMachine, word: number): Steps<void> {
  yield* announce(m, word, TAKERS | WATCHERS);
}

/** LOCK: waits until (old & x) === 0, then sets the bits of y. Returns the word's value before. Not fair. */
export function* acquire(m: WordMachine, word: number, x: number, y: number): Steps<number> {
  for (;;) {
    const old = yield* m.load(word);
    if ((old & x) !== 0) yield* sleep(m, word, old, TAKER);
    else if ((yield* m.compareExchange(word, old, old | y)) === old) {
      // Setting bits helps no other taker; to wake those at each acquisition would cost most of the time.
      yield* announce(m, word, WATCHERS);
      return old;
    }
  }
}

/** TRYLOCK: sets the bits of y if (old & x) === 0. Returns the word's value before. Never sleeps. */
export function* tryAcquire(m: WordMachine, word: number, x: number, y: number): Steps<number> {
  for (;;) {
    const old = yield* m.load(word);
    if ((old & x) !== 0) return old;
    if ((yield* m.compareExchange(word, old, old | y)) === old) {
      yield* announce(m, word, WATCHERS);
      return old;
    }
  }
}

/**
 * UNLOCK: clears the bits of x if (old & x) === y (else the caller is not the owner). Returns the word's value before. Never sleeps.
 */
export function* release(m: WordMachine, word: number, x: number, y: number): Steps<number> {
  for (;;) {
    const old = yield* m.load(word);
    if ((old & x) !== y) return old;
    if ((yield* m.compareExchange(word, old, old & ~x)) === old) {
      yield* announce(m, word, TAKERS | WATCHERS);
      return old;
    }
  }
}

/**
 * UNTIL: waits until (old & x) === y; UNTIL_NOT (`negated`): until it differs. Returns the word's value then. A value that comes and goes again before the
 * sleeper has looked may be missed.
 */
export function* awaitValue(
  m: WordMachine,
  word: number,
  x: number,
  y: number,
  negated: boolean,
): Steps<number> {
  for (;;) {
    const old = yield* m.load(word);
    if (((old & x) === y) !== negated) return old;
    yield* sleep(m, word, old, WATCHER);
  }
}

/**
 * UNTIL_CONDITION: waits until `holds` says so. `holds` reads several words: whoever needs them read at one moment must see to
 * that (a closed gate), and every writer of one of them must call {@link afterChange}.
 */
export function* awaitCondition(m: WordMachine, holds: () => Steps<boolean>): Steps<void> {
  yield* m.add(m.waiters, CONDITION);
  for (;;) {
    // Before looking: a change after the look must have moved it.
    const seen = yield* m.load(m.epoch);
    if (yield* holds()) break;
    yield* m.wait(m.epoch, seen);
  }
  yield* m.add(m.waiters, -CONDITION);
}

/** The bit of the step gate that says: an exclusive step has begun or waits for the shared ones to end. */
const CLOSED = 1 << 30;

/**
 * The step gate, a word that is 0 at first: enters beside other shared steps, of which `bit` (one of 24, each thread its own)
 * is this one. Waits while an exclusive step is on or announced, so that those are not starved. Not to be entered twice.
 */
export function* enterShared(m: WordMachine, gate: number, bit: number): Steps<void> {
  for (;;) {
    const old = yield* m.load(gate);
    if ((old & CLOSED) !== 0) yield* m.wait(gate, old);
    else if ((yield* m.compareExchange(gate, old, old | bit)) === old) return;
  }
}

/** Ends what {@link enterShared} began. Cost: one atomic addition, unless an exclusive step waits for this last shared one. */
export function* leaveShared(m: WordMachine, gate: number, bit: number): Steps<void> {
  // Nobody but the one who closed the gate waits for shared steps to end, and it needs them all to.
  if ((yield* m.add(gate, -bit)) === (CLOSED | bit)) yield* m.notify(gate);
}

/** Closes the gate for shared steps and waits until all of them have left; other exclusive steps come before or after. */
export function* enterExclusive(m: WordMachine, gate: number): Steps<void> {
  for (;;) {
    const old = yield* m.load(gate);
    if ((old & CLOSED) !== 0) yield* m.wait(gate, old);
    else if ((yield* m.compareExchange(gate, old, old | CLOSED)) === old) break;
  }
  for (;;) {
    const old = yield* m.load(gate);
    if (old === CLOSED) return;
    yield* m.wait(gate, old);
  }
}

/** Ends what {@link enterExclusive} began. */
export function* leaveExclusive(m: WordMachine, gate: number): Steps<void> {
  yield* m.add(gate, -CLOSED);
  // Exclusive steps are rare: not worth a count of who waits here.
  yield* m.notify(gate);
}
