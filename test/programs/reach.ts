/** Programs of which it is known what no schedule comes to. Line numbers count: tests name them. */
import { choose, hold } from '../../src/core/control.ts';
import { SpinLock } from '../../src/core/locks.ts';
import type { Steps } from '../../src/core/operations.ts';
import type { Program, Sometimes } from '../../src/core/program.ts';
import type { Word } from '../../src/core/words.ts';
import { toy } from './toy.ts';

function* neverCalled(word: Word): Steps<void> {
  yield* word.store(1);
}

function* returnsAtOnce(word: Word, goOn: boolean): Steps<void> {
  if (!goOn) return;
  yield* word.store(2);
}

function* $check(word: Word): Steps<void> {
  if (yield* word.is(77)) yield* word.store(0);
}

function* tries(lock: SpinLock, word: Word): Steps<void> {
  if (yield* lock.trylock()) yield* lock.unlock();
  else yield* neverCalled(word);
}

function* counts(word: Word, own: Word): Steps<void> {
  const seen = yield* word.load();
  yield* word.tryCompareExchange(seen, seen + 1);
  yield* word.is(9);
  if ((yield* choose(3)) === 3) yield* neverCalled(word);
  yield* own.tryCompareExchange(0, 1);
  if ((yield* own.addUnless(1, 0)) && (yield* own.is(2)) && (yield* own.is(0))) yield* own.add(1);
  yield* own.addAndTest(-2, 0);
  yield* own.compareExchange(0, 5);
}

/** Two threads, each of which comes to places where the other cannot. */
export function partlyReached(): Program {
  return toy('partly-reached', ({ layout }) => {
    const word = layout.word('word');
    const own = layout.array(2, (i) => `own[${i}]`);
    const lock = new SpinLock(layout, 'lock');
    const flag = layout.word('flag');
    return {
      threads: {
        *T0() {
          yield* tries(lock, word);
          yield* counts(word, own[0]!);
          yield* returnsAtOnce(word, false);
        },
        *T1() {
          yield* counts(word, own[1]!);
          yield* $check(word);
        },
      },
      daemons: {
        *waiter() {
          yield* flag.untilIs(1);
          yield* word.store(3);
        },
      },
    };
  });
}

/** Two threads set their words and take them back; `holds` is what must hold sometimes. */
export function meeting(holds: Sometimes['holds'], watched: readonly number[]): Program {
  const program = toy('meeting', ({ layout }) => {
    const words = layout.array(2, (i) => `word[${i}]`);
    const thread = (word: Word) =>
      function* () {
        yield* word.store(1);
        hold(0, 1);
        yield* word.store(2);
        hold(0, -1);
      };
    return { accounts: ['met'], threads: { T0: thread(words[0]!), T1: thread(words[1]!) } };
  });
  const watches = watched.map((index) => program.layout.words[index]!);
  return { ...program, sometimes: [{ name: 'they meet', watches, holds }] };
}
