/** Programs for worker threads that run freely, each made so that one fault of those who run it shows. */
import { equals } from '../../../src/core/conditions.ts';
import { assert, atomic, choose, cover, rest, until } from '../../../src/core/control.ts';
import type { Steps } from '../../../src/core/operations.ts';
import type { Program } from '../../../src/core/program.ts';
import type { Word } from '../../../src/core/words.ts';
import { isValue, spelled, toy } from '../toy.ts';

type Body = () => Steps<void>;

/** Operands that hardly ever come twice, so that nothing can be learned from one round for the next. */
const MANY = 30_000;

function* steps(word: Word, count: number): Steps<void> {
  for (let i = 0; i < count; i++) yield* word.add(1);
}

/** Two words that change together, by atomic blocks that say so: nobody may see one changed and the other not. */
export function pairs(rounds: number): Program {
  return toy('pairs', ({ layout }) => {
    const a = layout.word('a');
    const b = layout.word('b');
    function* change(delta: number): Steps<void> {
      const first = yield* a.fetchAdd(delta);
      const second = yield* b.fetchAdd(delta);
      assert(first === second, 'both words or neither');
    }
    function* body(): Steps<void> {
      for (let i = 0; i < rounds; i++) yield* atomic(change(1 + (yield* choose(MANY))));
    }
    return { threads: { cpu0: body, cpu1: body }, mustReach: ['both words or neither'] };
  });
}

/** A ghost that rides on an operation which does not announce it: another CPU may come in between. */
export function riders(rounds: number): Program {
  return toy('riders', ({ layout }) => {
    const word = layout.word('word');
    const ghost = layout.word('ghost', { ghost: true });
    function* body(): Steps<void> {
      for (let i = 0; i < rounds; i++) {
        const delta = 1 + (yield* choose(MANY));
        yield* word.add(delta);
        yield* ghost.add(delta);
      }
    }
    return { threads: { cpu0: body, cpu1: body } };
  });
}

/** A thread that never ends and never waits, alone or beside one that breaks a rule. */
export function endless(violated: boolean): Program {
  return toy('endless', ({ layout }) => {
    const word = layout.word('word');
    const started = layout.word('started');
    return {
      threads: {
        *runner() {
          yield* started.store(1);
          for (;;) yield* word.load();
        },
        *other() {
          yield* started.untilIs(1);
          assert(!violated, 'the other goes on');
        },
      },
    };
  });
}

/** The daemon is half-way when the only thread that must end has ended; what it does then must come to the end. */
export function halfWay(): Program {
  return toy('half-way', ({ layout }) => {
    const begun = layout.word('begun');
    const a = layout.word('a');
    const b = layout.word('b');
    return {
      threads: {
        *cpu0() {
          yield* begun.untilIs(1);
        },
      },
      daemons: {
        *device() {
          yield* begun.store(1);
          yield* steps(a, 30);
          yield* steps(b, 30);
          for (;;) {
            rest();
            yield* begun.untilIs(2);
          }
        },
      },
      atEnd: [spelled([a, b])],
    };
  });
}

/** One daemon rests before blocks that close the gate, the other one is half-way in simple steps when the thread ends. */
export function restsAtGate(): Program {
  return toy('rests-at-gate', ({ layout }) => {
    const begun = layout.word('begun');
    const work = layout.word('work');
    const pair = layout.word('pair');
    return {
      threads: {
        *cpu0() {
          yield* begun.untilIs(1);
        },
      },
      daemons: {
        *closer() {
          for (;;) {
            rest();
            yield* atomic(steps(pair, 2));
          }
        },
        *worker() {
          yield* begun.store(1);
          yield* steps(work, 300);
          rest();
          yield* begun.untilIs(2);
        },
      },
      atEnd: [spelled([work])],
    };
  });
}

/** The daemon never rests: nothing tells it where to stop. */
export function neverRests(): Program {
  return toy('never-rests', ({ layout }) => {
    const word = layout.word('word');
    return {
      threads: {
        *cpu0() {
          yield* word.untilIs(1);
        },
      },
      daemons: {
        *device() {
          yield* word.store(1);
          for (;;) yield* word.load();
        },
      },
    };
  });
}

/** Nobody but a daemon, which does two steps before it rests. */
export function onlyDaemon(): Program {
  return toy('only-daemon', ({ layout }) => {
    const word = layout.word('word');
    return {
      threads: {},
      daemons: {
        *device() {
          yield* steps(word, 2);
          for (;;) {
            rest();
            yield* word.add(1);
          }
        },
      },
    };
  });
}

/** Branches as a step of its own and as the first operation of an atomic block. */
export function answers(): Program {
  return toy('answers', ({ layout }) => {
    const word = layout.word('word');
    function* block(): Steps<number> {
      const answer = yield* choose(3);
      yield* word.store(answer);
      return answer;
    }
    return {
      threads: {
        *cpu0() {
          cover(`simple ${yield* choose(3)}`);
          cover(`atomic ${yield* atomic(block())}`);
        },
      },
    };
  });
}

/** Both threads choose; equal answers again and again mean that they share their randomness. */
export function twoAnswers(): Program {
  return toy('two-answers', ({ layout }) => {
    const told = layout.array(2, (i) => `told[${i}]`);
    const body = (own: number): Body =>
      function* () {
        const answer = yield* choose(MANY);
        yield* told[own]!.store(answer);
      };
    return { threads: { cpu0: body(0), cpu1: body(1) }, atEnd: [spelled(told)] };
  });
}

/** Breaks a rule if one answer in `n` comes up. */
export function rare(n: number): Program {
  return toy('rare', ({ layout }) => {
    const word = layout.word('word');
    return {
      threads: {
        *cpu0() {
          yield* word.store(yield* choose(n));
        },
      },
      atEnd: [{ ...isValue('not the last answer', word, 0), holds: (words) => words[word.index] !== n - 1 }],
    };
  });
}

/** An atomic block whose first operation waits, for something that comes (`comes`) or never. */
export function waitingBlock({ head, comes }: { head: string; comes: boolean }): Program {
  return toy('waiting-block', ({ layout, conditions }) => {
    const word = layout.word('word', { init: head === 'lock' ? 2 : 1 });
    const inside = layout.word('inside');
    const begun = layout.word('begun');
    const heads: Record<string, Body> = {
      lock: () => word.lockFor(1),
      until: () => word.untilIs(0),
      untilNot: () => word.untilNot(1),
      condition: () => until(conditions.all(equals(word, 0), equals(begun, 1))),
    };
    const wait = heads[head]!;
    function* block(): Steps<void> {
      yield* wait();
      yield* inside.add(1);
    }
    return {
      threads: {
        *waiter() {
          yield* begun.store(1);
          yield* atomic(block());
        },
        *other() {
          yield* begun.untilIs(1);
          for (let i = 0; i < 200; i++) yield* begun.load();
          if (comes) yield* word.store(0);
        },
      },
      atEnd: [isValue('has been inside', inside, 1)],
    };
  });
}

/** `taker` sleeps at the lock while `holder` takes `count` steps before it lets go. */
export function longHeld(count: number): Program {
  return toy('long-held', ({ layout }) => {
    const lock = layout.word('lock', { init: 1 });
    const coming = layout.word('coming');
    return {
      threads: {
        *holder() {
          yield* coming.untilIs(1);
          for (let i = 0; i < count; i++) yield* coming.load();
          yield* lock.unlockFor(1);
        },
        *taker() {
          yield* coming.store(1);
          yield* lock.lockFor(2);
        },
      },
    };
  });
}

/** Both threads store to the same words, which nobody reads: who came last shows at the end only. */
export function lastStores(words: number): Program {
  return toy('last-stores', ({ layout }) => {
    const told = layout.array(words, (i) => `told[${i}]`);
    const body = (value: number): Body =>
      function* () {
        for (let i = 0; i < words; i++) yield* told[i]!.store(value);
      };
    return { threads: { cpu0: body(1), cpu1: body(2) }, atEnd: [spelled(told)] };
  });
}

/** A rule that breaks in the middle, while both threads go on and it holds again and breaks again. */
export function passesBy(): Program {
  return toy('passes-by', ({ layout }) => {
    const word = layout.word('word');
    function* body(): Steps<void> {
      for (let i = 0; i < 6; i++) {
        yield* word.add(1);
        yield* word.load();
      }
    }
    const property = isValue('word is not 5', word, 0);
    return {
      threads: { cpu0: body, cpu1: body },
      always: [{ ...property, holds: (words) => words[word.index] !== 5 }],
    };
  });
}
