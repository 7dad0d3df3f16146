/** Programs with something wrong or unusual about them. */
import { assert, atomic, check, choose, fail, fold, hold, holding, rest } from '../../src/core/control.ts';
import { SpinLock } from '../../src/core/locks.ts';
import type { Program } from '../../src/core/program.ts';
import type { Word } from '../../src/core/words.ts';
import { isValue, toy } from './toy.ts';

/** Two histories of T0 that no recorded value tells apart: which word it stores to depends on how often it ran before. */
export function nondeterministic(random: () => number): Program {
  return toy('nondeterministic', ({ layout }) => {
    const a = layout.word('a');
    const b = layout.word('b');
    return {
      threads: {
        T0: function* () {
          const seen = yield* a.load();
          if (random() < 0.5) yield* a.store(seen + 1);
          else yield* b.store(seen + 1);
        },
        T1: function* () {
          yield* a.store(5);
        },
      },
    };
  });
}

/** T1 throws what is not a violation once it has read 1. */
export function throwing(): Program {
  return toy('throwing', ({ layout }) => {
    const a = layout.word('a');
    return {
      threads: {
        T0: function* () {
          yield* a.store(1);
        },
        T1: function* () {
          const value = yield* a.load();
          if (value === 1) throw new TypeError('cannot read properties of undefined');
          yield* a.load();
        },
      },
    };
  });
}

/** A loop whose turns all differ: a counter that nothing bounds. */
export function countingForever(): Program {
  return toy('counting-forever', ({ layout }) => {
    const stop = layout.word('stop');
    return {
      threads: {
        counts: function* () {
          let turns = 0;
          while ((yield* stop.load()) === 0) {
            turns++;
            fold('turn', turns);
          }
        },
        stops: function* () {
          yield* stop.store(1);
        },
      },
    };
  });
}

/** A device that works for ever: takes one request after the other. `rests` marks where it has nothing half done. */
export function device(rests: boolean, requests = 2): Program {
  return toy('device', ({ layout }) => {
    const queued = layout.word('queued');
    const done = layout.word('done');
    return {
      threads: {
        driver: function* () {
          for (let i = 0; i < requests; i++) {
            fold('submit', i);
            yield* queued.untilIs(0);
            yield* queued.store(1);
          }
        },
      },
      daemons: {
        device: function* () {
          for (;;) {
            fold('wait');
            if (rests) rest();
            yield* queued.untilIs(1);
            yield* done.add(1);
            yield* queued.store(0);
          }
        },
      },
      atEnd: [isValue('all requests done', done, requests)],
    };
  });
}

/** A and B take two locks crosswise; a daemon that could run for ever hides the deadlock from a plain enabled test. */
export function crosswise(withDaemon: boolean): Program {
  return toy('crosswise', ({ layout }) => {
    const a = new SpinLock(layout, 'a');
    const b = new SpinLock(layout, 'b');
    const ticks = layout.word('ticks');
    const both = (first: SpinLock, second: SpinLock) =>
      function* () {
        yield* first.lock();
        yield* second.lock();
        yield* second.unlock();
        yield* first.unlock();
      };
    return {
      threads: { A: both(a, b), B: both(b, a) },
      daemons: withDaemon
        ? {
            clock: function* () {
              for (;;) {
                fold('tick');
                yield* ticks.xor(1);
              }
            },
          }
        : {},
    };
  });
}

/** A ghost update opens an atomic block; the block must still be a step of its own. */
export function ghostFirst(): Program {
  return toy('ghost-first', ({ layout }) => {
    const x = layout.word('x');
    const y = layout.word('y');
    const ghost = layout.word('ghost', { ghost: true });
    return {
      threads: {
        A: function* () {
          yield* x.store(1);
          yield* atomic(
            (function* () {
              yield* ghost.store(1);
              yield* y.store(1);
              yield* x.store(2);
            })(),
          );
        },
        B: function* () {
          yield* x.load();
        },
      },
    };
  });
}

/** Takes a reference and drops it; T1 must never see two. */
export function references(leak: boolean): Program {
  return toy('references', ({ layout }) => {
    const count = layout.word('count');
    const body = function* () {
      yield* count.add(1);
      hold(0, 1);
      check('has a reference');
      yield* count.load();
      if (holding(0) !== 1) fail('assertion', 'the account is lost');
      if (leak) {
        hold(0, -1);
        return;
      }
      yield* count.add(-1);
      hold(0, -1);
    };
    return {
      threads: { T0: body, T1: body },
      accounts: ['references'],
      always: [
        {
          name: 'count is what the threads hold',
          kind: 'leaked',
          watches: [count],
          holds: (words, held) => words[count.index] === held[0],
          explain: (words, held) => `count is ${words[count.index]}, ${held[0]} held`,
        },
      ],
      mustReach: ['has a reference'],
    };
  });
}

/** A step that never ends: ghost updates ride for ever. */
export function endlessGhost(): Program {
  return toy('endless-ghost', ({ layout }) => {
    const x = layout.word('x');
    const ghost = layout.word('ghost', { ghost: true });
    return {
      threads: {
        T0: function* () {
          yield* x.store(1);
          for (;;) {
            fold('ghost');
            yield* ghost.xor(1);
          }
        },
      },
    };
  });
}

/** Counts to `n`, then ends or spins for ever: no state before that is stuck, and none has no successor. */
export function lateLivelock(n: number): Program {
  return toy('late-livelock', ({ layout }) => {
    const count = layout.word('count');
    const never = layout.word('never');
    return {
      threads: {
        counts: function* () {
          for (let i = 0; i < n; i++) {
            fold('count', i);
            yield* count.add(1);
          }
          if ((yield* choose(2)) === 0) return;
          for (;;) {
            fold('spin');
            if ((yield* never.load()) === 1) return;
          }
        },
        reads: function* () {
          yield* never.load();
        },
      },
    };
  });
}

/** B is caught in four steps by preempting twice, in five by preempting once: A takes a step more when it starts late. */
export function shortcut(): Program {
  return toy('shortcut', ({ layout }) => {
    const [x, y, z] = layout.array(3, (i) => 'xyz'[i]!) as [Word, Word, Word];
    return {
      threads: {
        B: function* () {
          yield* x.store(1);
          yield* y.store(1);
          yield* z.store(1);
        },
        A: function* () {
          if ((yield* x.load()) === 1) {
            fold('late');
            yield* z.load();
          }
          fold('look');
          assert((yield* y.load()) === 0, 'y is still 0');
        },
      },
    };
  });
}
