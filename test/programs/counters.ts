import { atomic, choose, fold, note } from '../../src/core/control.ts';
import { SpinLock } from '../../src/core/locks.ts';
import type { Steps } from '../../src/core/operations.ts';
import type { Program } from '../../src/core/program.ts';
import type { Word } from '../../src/core/words.ts';
import { isValue, toy } from './toy.ts';

function* increment(counter: Word): Steps<void> {
  const value = yield* counter.load();
  note(`read ${value}`);
  yield* counter.store(value + 1);
}

function named(threads: number, body: () => Steps<void>): Record<string, () => Steps<void>> {
  return Object.fromEntries(Array.from({ length: threads }, (_, t) => [`T${t}`, body]));
}

/** `counter++` in each of `threads` threads, without a lock: updates get lost. */
export function lostUpdate(threads: number, expected = threads): Program {
  return toy('lost-update', ({ layout }) => {
    const counter = layout.word('counter');
    return {
      threads: named(threads, () => increment(counter)),
      atEnd: [isValue('every increment counts', counter, expected)],
    };
  });
}

/** The same without anything to check: only counts. */
export function unchecked(threads: number): Program {
  return toy('unchecked', ({ layout }) => {
    const counter = layout.word('counter');
    return { threads: named(threads, () => increment(counter)) };
  });
}

/** The same under a lock. */
export function lockedCounter(threads: number): Program {
  return toy('locked-counter', ({ layout }) => {
    const counter = layout.word('counter');
    const lock = new SpinLock(layout, 'lock');
    return {
      threads: named(threads, function* () {
        yield* lock.lock();
        yield* increment(counter);
        yield* lock.unlock();
      }),
      atEnd: [isValue('every increment counts', counter, threads)],
    };
  });
}

/** The same in one step. */
export function atomicCounter(threads: number): Program {
  return toy('atomic-counter', ({ layout }) => {
    const counter = layout.word('counter');
    return {
      threads: named(threads, () => atomic(increment(counter))),
      atEnd: [isValue('every increment counts', counter, threads)],
    };
  });
}

/** `threads` threads that each count their own word up to `rounds`: (rounds + 1) ^ threads states. */
export function grid(threads: number, rounds: number): Program {
  return toy('grid', ({ layout }) => {
    const words = layout.array(threads, (i) => `count[${i}]`);
    return {
      threads: Object.fromEntries(
        words.map((word, t) => [
          `T${t}`,
          function* () {
            for (let i = 0; i < rounds; i++) {
              fold('round', i);
              yield* word.add(1);
            }
          },
        ]),
      ),
    };
  });
}

/** One thread draws `n` ways, the other adds: both see the same word. */
export function drawing(n: number): Program {
  return toy('drawing', ({ layout }) => {
    const word = layout.word('drawn');
    return {
      threads: {
        draw: function* () {
          const drawn = yield* choose(n);
          yield* word.store(drawn);
        },
        add: function* () {
          yield* word.add(10);
        },
      },
    };
  });
}
