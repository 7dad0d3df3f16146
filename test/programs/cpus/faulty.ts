/** What src/cpus/lock-words.ts must not be: its algorithms, each with one fault. */
import { afterChange, release } from '../../../src/cpus/lock-words.ts';
import type { WordMachine } from '../../../src/cpus/lock-words.ts';
import type { Steps } from '../../../src/core/operations.ts';
import type { LockWords } from './locks.ts';

type Faulty<Name extends keyof LockWords> = { readonly [N in Name]: LockWords[N] };

const CLOSED = 1 << 30;
const READERS = (1 << 24) - 1;
const CONDITION = 1 << 16;

function* takeWith(
  m: WordMachine,
  word: number,
  x: number,
  y: number,
  sleep: (m: WordMachine, word: number, seen: number) => Steps<void>,
): Steps<number> {
  for (;;) {
    const old = yield* m.load(word);
    if ((old & x) !== 0) yield* sleep(m, word, old);
    else if ((yield* m.compareExchange(word, old, old | y)) === old) return old;
  }
}

function* sleepCounted(m: WordMachine, word: number, seen: number): Steps<void> {
  yield* m.add(m.waiters, 1);
  yield* m.wait(word, seen);
  yield* m.add(m.waiters, -1);
}

function* sleepUncounted(m: WordMachine, word: number, seen: number): Steps<void> {
  yield* m.wait(word, seen);
}

/** A taker goes to sleep without counting itself. */
export const uncounted: Faulty<'acquire'> = {
  acquire: (m, word, x, y) => takeWith(m, word, x, y, sleepUncounted),
};

/** Who takes a lock tells nobody, though somebody may wait for its bit to be set. */
export const silentTaker: Faulty<'acquire'> = {
  acquire: (m, word, x, y) => takeWith(m, word, x, y, sleepCounted),
};

/** The releaser looks whether anybody sleeps before it has released. */
export const looksEarly: Faulty<'release'> = {
  *release(m, word, x, y) {
    const waiting = yield* m.load(m.waiters);
    for (;;) {
      const old = yield* m.load(word);
      if ((old & x) !== y) return old;
      if ((yield* m.compareExchange(word, old, old & ~x)) !== old) continue;
      if (waiting !== 0) yield* m.notify(word);
      return old;
    }
  },
};

/** Releases with a plain store, which takes back what others have done to the rest of the word meanwhile. */
export const storesToRelease: Faulty<'release'> = {
  *release(m, word, x, y) {
    const old = yield* m.load(word);
    if ((old & x) !== y) return old;
    yield* m.store(word, old & ~x);
    yield* afterChange(m, word);
    return old;
  },
};

/** Releases what it does not own. */
export const releasesAnything: Faulty<'release'> = {
  *release(m, word, x) {
    const old = yield* m.load(word);
    return yield* release(m, word, x, old & x);
  },
};

/** Looks at the condition, then reads the epoch. */
export const epochAfterLook: Faulty<'awaitCondition'> = {
  *awaitCondition(m, holds) {
    yield* m.add(m.waiters, CONDITION);
    for (;;) {
      if (yield* holds()) break;
      const seen = yield* m.load(m.epoch);
      yield* m.wait(m.epoch, seen);
    }
    yield* m.add(m.waiters, -CONDITION);
  },
};

/** Looks at the condition first and counts itself only when it must sleep. */
export const countsLate: Faulty<'awaitCondition'> = {
  *awaitCondition(m, holds) {
    for (;;) {
      const seen = yield* m.load(m.epoch);
      if (yield* holds()) return;
      yield* m.add(m.waiters, CONDITION);
      yield* m.wait(m.epoch, seen);
      yield* m.add(m.waiters, -CONDITION);
    }
  },
};

/** The last shared step leaves without waking the one who has closed the gate. */
export const leavesSilently: Faulty<'leaveShared'> = {
  *leaveShared(m, gate, bit) {
    yield* m.add(gate, -bit);
  },
};

/** The gate is opened without waking those who wait before it. */
export const opensSilently: Faulty<'leaveExclusive'> = {
  *leaveExclusive(m, gate) {
    yield* m.add(gate, -CLOSED);
  },
};

/** Closes the gate and does not wait for the shared steps that are on. */
export const waitsForNobody: Faulty<'enterExclusive'> = {
  *enterExclusive(m, gate) {
    for (;;) {
      const old = yield* m.load(gate);
      if ((old & CLOSED) !== 0) yield* m.wait(gate, old);
      else if ((yield* m.compareExchange(gate, old, old | CLOSED)) === old) return;
    }
  },
};

/** Shared steps begin while an exclusive one waits for those before to end. */
export const overtakes: Faulty<'enterShared'> = {
  *enterShared(m, gate, bit) {
    for (;;) {
      const old = yield* m.load(gate);
      const alone = (old & CLOSED) !== 0 && (old & READERS) === 0;
      if (alone) yield* m.wait(gate, old);
      else if ((yield* m.compareExchange(gate, old, old | bit)) === old) return;
    }
  },
};
