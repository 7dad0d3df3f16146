/** Programs that use the locks of src/cpus/lock-words.ts on the modelled futex, each with the faults it may be built with. */
import * as sound from '../../../src/cpus/lock-words.ts';
import { assert, cover } from '../../../src/core/control.ts';
import type { Steps } from '../../../src/core/operations.ts';
import type { Program, Property } from '../../../src/core/program.ts';
import type { Word } from '../../../src/core/words.ts';
import { isValue, toy } from '../toy.ts';
import { FutexMachine, type FutexFaults } from './futex.ts';

/** The algorithms, any of which a faulty one may replace. */
export type LockWords = typeof sound;

export interface Faults extends FutexFaults {
  readonly locks?: Partial<LockWords>;
}

type Body = () => Steps<void>;

export function using({ locks }: Faults): LockWords {
  return { ...sound, ...locks };
}

export function atMost(word: Word, limit: number): Property {
  return {
    name: `at most ${limit} inside`,
    kind: 'assertion',
    watches: [word],
    holds: (words) => words[word.index]! <= limit,
    explain: (words) => `${words[word.index]} inside`,
  };
}

/** The bodies under the names T0, T1, … */
export function numbered(bodies: readonly Body[]): Record<string, Body> {
  return Object.fromEntries(bodies.map((body, t) => [`T${t}`, body]));
}

/** Nobody is left counted as a sleeper. */
export function settled(machine: FutexMachine): Property {
  return isValue('no sleeper left', machine.word('waiters'), 0);
}

/** An owner field and, beside it, a bit that others flip without the lock. */
const OWNER = 0x3f;
const FLAG = 0x40;

/**
 * `threads` threads that each increment a counter `rounds` times under a spinlock; `flips`: another one flips a flag that lies in
 * the lock's word, as often.
 */
export function mutex(threads: number, rounds: number, flips: boolean, faults: Faults = {}): Program {
  return toy('lock-word-mutex', ({ layout }) => {
    const machine = new FutexMachine(layout, threads + (flips ? 1 : 0), ['lock'], faults);
    const { acquire, release, afterChange } = using(faults);
    const lock = machine.word('lock');
    const counter = layout.word('counter');
    const inside = layout.word('inside', { ghost: true });
    const taker = (t: number): Body =>
      function* () {
        for (let i = 0; i < rounds; i++) {
          yield* acquire(machine, lock.index, OWNER, t + 1);
          yield* inside.add(1);
          const value = yield* counter.load();
          yield* counter.store(value + 1);
          yield* inside.add(-1);
          const old = yield* release(machine, lock.index, OWNER, t + 1);
          assert((old & OWNER) === t + 1, 'the holder releases');
        }
      };
    const flipper: Body = function* () {
      for (let i = 0; i < rounds; i++) {
        yield* lock.xor(FLAG);
        yield* afterChange(machine, lock.index);
      }
    };
    const bodies = Array.from({ length: threads }, (_, t) => taker(t));
    return {
      threads: { ...numbered(bodies), ...(flips ? { flipper } : {}) },
      always: [atMost(inside, 1)],
      atEnd: [
        isValue('every increment counts', counter, threads * rounds),
        isValue('the flag is as flipped', lock, flips && rounds % 2 === 1 ? FLAG : 0),
        settled(machine),
      ],
      mustReach: ['the holder releases'],
    };
  });
}

/** Two threads try a lock that a third takes and releases: who loses cannot release it. */
export function trying(faults: Faults = {}): Program {
  return toy('lock-word-trylock', ({ layout }) => {
    const machine = new FutexMachine(layout, 3, ['lock'], faults);
    const { acquire, release, tryAcquire } = using(faults);
    const { index } = machine.word('lock');
    const inside = layout.word('inside', { ghost: true });
    const section = function* (t: number): Steps<void> {
      yield* inside.add(1);
      yield* inside.add(-1);
      const old = yield* release(machine, index, OWNER, t + 1);
      assert((old & OWNER) === t + 1, 'the holder releases');
    };
    const tries = (t: number): Body =>
      function* () {
        if (((yield* tryAcquire(machine, index, OWNER, t + 1)) & OWNER) === 0) {
          cover('won');
          yield* section(t);
          return;
        }
        const old = yield* release(machine, index, OWNER, t + 1);
        assert((old & OWNER) !== t + 1, 'the loser does not hold it');
      };
    return {
      threads: numbered([
        tries(0),
        tries(1),
        function* () {
          yield* acquire(machine, index, OWNER, 3);
          yield* section(2);
        },
      ]),
      always: [atMost(inside, 1)],
      atEnd: [isValue('free', machine.word('lock'), 0), settled(machine)],
      mustReach: ['won', 'the holder releases', 'the loser does not hold it'],
    };
  });
}

/** One thread waits until a lock is taken, the other takes it for good. */
export function watched(faults: Faults = {}): Program {
  return toy('lock-word-watched', ({ layout }) => {
    const machine = new FutexMachine(layout, 2, ['lock'], faults);
    const { acquire, awaitValue } = using(faults);
    const { index } = machine.word('lock');
    return {
      threads: {
        *watcher() {
          const seen = yield* awaitValue(machine, index, OWNER, 0, true);
          assert((seen & OWNER) === 2, 'seen taken');
        },
        *taker() {
          yield* acquire(machine, index, OWNER, 2);
        },
      },
      atEnd: [isValue('taken', machine.word('lock'), 2), settled(machine)],
      mustReach: ['seen taken'],
    };
  });
}

const WRITER = 0x3f;
const WRITING = 16;

/** A rw-semaphore in one word: the readers' bits beside the writer's field. Each thread comes `rounds` times. */
export function rwSemaphore(readers: number, writers: number, rounds: number, faults: Faults = {}): Program {
  return toy('lock-word-rwsem', ({ layout }) => {
    const machine = new FutexMachine(layout, readers + writers, ['sem'], faults);
    const { acquire, release } = using(faults);
    const { index } = machine.word('sem');
    const counter = layout.word('counter');
    const inside = layout.word('inside', { ghost: true });
    const reader = (t: number): Body =>
      function* () {
        const bit = 0x40 << t;
        for (let i = 0; i < rounds; i++) {
          yield* acquire(machine, index, WRITER, bit);
          yield* inside.add(1);
          if ((yield* inside.load()) === 2) cover('two readers at once');
          yield* counter.load();
          yield* inside.add(-1);
          yield* release(machine, index, bit, bit);
        }
      };
    const writer = (t: number): Body =>
      function* () {
        for (let i = 0; i < rounds; i++) {
          yield* acquire(machine, index, -1, t + 1);
          yield* inside.add(WRITING);
          const value = yield* counter.load();
          yield* counter.store(value + 1);
          yield* inside.add(-WRITING);
          yield* release(machine, index, WRITER, t + 1);
        }
      };
    return {
      threads: numbered([
        ...Array.from({ length: readers }, (_, t) => reader(t)),
        ...Array.from({ length: writers }, (_, t) => writer(readers + t)),
      ]),
      always: [atMost(inside, WRITING)],
      atEnd: [
        isValue('every increment counts', counter, writers * rounds),
        isValue('free', machine.word('sem'), 0),
        settled(machine),
      ],
      mustReach: readers > 1 ? ['two readers at once'] : [],
    };
  });
}
