/** Locks made of words, and programs that wait. */
import { fold, until } from '../../src/core/control.ts';
import { differs, equals } from '../../src/core/conditions.ts';
import { Mutex, RwSemaphore, SeqCount, SpinLock } from '../../src/core/locks.ts';
import type { Steps } from '../../src/core/operations.ts';
import type { Program } from '../../src/core/program.ts';
import type { Word } from '../../src/core/words.ts';
import { isValue, toy } from './toy.ts';

type Section = () => Steps<void>;

/** `threads` threads that increment a counter between `lock(t)` and `unlock(t)`. */
function guarded(
  name: string,
  threads: number,
  make: (word: (name: string) => Word) => {
    lock: (t: number) => Steps<void>;
    unlock: (t: number) => Steps<void>;
  },
): Program {
  return toy(name, ({ layout }) => {
    const counter = layout.word('counter');
    const inside = layout.word('inside', { ghost: true });
    const { lock, unlock } = make((word) => layout.word(word));
    const body = (t: number): Section =>
      function* () {
        yield* lock(t);
        yield* inside.add(1);
        const value = yield* counter.load();
        yield* counter.store(value + 1);
        yield* inside.add(-1);
        yield* unlock(t);
      };
    return {
      threads: Object.fromEntries(Array.from({ length: threads }, (_, t) => [`T${t}`, body(t)])),
      always: [
        {
          name: 'mutual exclusion',
          kind: 'assertion',
          watches: [inside],
          holds: (words) => words[inside.index]! <= 1,
          explain: (words) => `${words[inside.index]} threads inside`,
        },
      ],
      atEnd: [isValue('every increment counts', counter, threads)],
    };
  });
}

export function testAndSetLock(threads: number): Program {
  return guarded('test-and-set', threads, (word) => {
    const flag = word('flag');
    return {
      *lock() {
        for (;;) {
          fold('spin');
          if ((yield* flag.exchange(1)) === 0) return;
        }
      },
      *unlock() {
        yield* flag.store(0);
      },
    };
  });
}

export function casLock(threads: number): Program {
  return guarded('cas', threads, (word) => {
    const owner = word('owner');
    return {
      *lock(t) {
        for (;;) {
          fold('spin');
          if (yield* owner.tryCompareExchange(0, t + 1)) return;
        }
      },
      *unlock() {
        yield* owner.store(0);
      },
    };
  });
}

export function ticketLock(threads: number): Program {
  return guarded('ticket', threads, (word) => {
    const next = word('next');
    const serving = word('serving');
    return {
      *lock() {
        const ticket = yield* next.fetchAdd(1);
        for (;;) {
          fold('spin', ticket);
          if ((yield* serving.load()) === ticket) return;
        }
      },
      *unlock() {
        yield* serving.add(1);
      },
    };
  });
}

/** Peterson's algorithm for two threads; `turnFirst` sets the turn before the flag, which is wrong. */
export function peterson(turnFirst = false): Program {
  return guarded('peterson', 2, (word) => {
    const flags = [word('flag[0]'), word('flag[1]')] as const;
    const turn = word('turn');
    return {
      *lock(t) {
        const me = flags[t]!;
        const other = flags[1 - t]!;
        if (turnFirst) yield* turn.store(1 - t);
        yield* me.store(1);
        if (!turnFirst) yield* turn.store(1 - t);
        for (;;) {
          fold('spin', t);
          if ((yield* other.load()) === 0) return;
          if ((yield* turn.load()) === t) return;
        }
      },
      *unlock(t) {
        yield* flags[t]!.store(0);
      },
    };
  });
}

/** Each philosopher takes the fork on the left, then the one on the right; `orderly`: the last one the other way round. */
export function philosophers(n: number, orderly = false): Program {
  return toy('philosophers', ({ layout }) => {
    const forks = Array.from({ length: n }, (_, i) => new Mutex(layout, `fork[${i}]`));
    return {
      threads: Object.fromEntries(
        forks.map((left, i) => [
          `P${i}`,
          function* () {
            const right = forks[(i + 1) % n]!;
            const swap = orderly && i === n - 1;
            yield* (swap ? right : left).lock();
            yield* (swap ? left : right).lock();
            yield* left.unlock();
            yield* right.unlock();
          },
        ]),
      ),
    };
  });
}

/** Two threads, each spinning until the other has stopped: neither ever does. */
export function spinForever(): Program {
  return toy('spin-forever', ({ layout }) => {
    const stopped = layout.array(2, (i) => `stopped[${i}]`);
    const body = (t: number): Section =>
      function* () {
        for (;;) {
          fold('spin', t);
          if ((yield* stopped[1 - t]!.load()) === 1) break;
        }
        yield* stopped[t]!.store(1);
      };
    return { threads: { A: body(0), B: body(1) } };
  });
}

/** Two threads that step aside for each other: some schedules go on for ever, all can still end. */
export function stepAside(): Program {
  return toy('step-aside', ({ layout }) => {
    const wants = layout.array(2, (i) => `wants[${i}]`);
    const body = (t: number): Section =>
      function* () {
        for (;;) {
          fold('again', t);
          yield* wants[t]!.store(1);
          if ((yield* wants[1 - t]!.load()) === 0) break;
          yield* wants[t]!.store(0);
        }
        yield* wants[t]!.store(0);
      };
    return { threads: { A: body(0), B: body(1) } };
  });
}

/** A releases the lock that B holds. */
export function foreignUnlock(): Program {
  return toy('foreign-unlock', ({ layout }) => {
    const lock = new SpinLock(layout, 'lock');
    return {
      threads: {
        A: function* () {
          yield* lock.unlock();
        },
        B: function* () {
          yield* lock.lock();
        },
      },
    };
  });
}

/** `readers` readers and one writer under a rw-semaphore; the readers count themselves in and out. */
export function readersAndWriter(readers: number): Program {
  return toy('rwsem', ({ layout }) => {
    const sem = new RwSemaphore(layout, 'sem');
    const inside = layout.word('inside', { ghost: true });
    const data = layout.word('data');
    const reader: Section = function* () {
      yield* sem.downRead();
      yield* inside.add(1);
      yield* data.load();
      yield* inside.add(-1);
      yield* sem.upRead();
    };
    return {
      threads: {
        ...Object.fromEntries(Array.from({ length: readers }, (_, i) => [`R${i}`, reader])),
        W: function* () {
          yield* sem.downWrite();
          yield* inside.add(16);
          yield* data.store(1);
          yield* inside.add(-16);
          yield* sem.upWrite();
        },
      },
      always: [
        {
          name: 'no reader beside the writer',
          kind: 'assertion',
          watches: [inside],
          holds: (words) => words[inside.index]! <= 16,
          explain: (words) => `inside is ${words[inside.index]}`,
        },
      ],
      atEnd: [isValue('the writer wrote', data, 1), isValue('all out', sem.word, 0)],
    };
  });
}

/** A seqcount writer changes two words; the reader retries until it has seen both at once, or (`checks` false) does not care. */
export function seqcount(checks: boolean): Program {
  return toy('seqcount', ({ layout }) => {
    const seq = new SeqCount(layout, 'seq');
    const a = layout.word('a');
    const b = layout.word('b');
    const torn = layout.word('torn', { ghost: true });
    return {
      threads: {
        writer: function* () {
          yield* seq.writeBegin();
          yield* a.store(1);
          yield* b.store(1);
          yield* seq.writeEnd();
        },
        reader: function* () {
          for (;;) {
            fold('retry');
            const start = yield* seq.readBegin();
            const first = yield* a.load();
            const second = yield* b.load();
            if (checks && (yield* seq.retry(start))) continue;
            if (first !== second) yield* torn.store(1);
            return;
          }
        },
      },
      atEnd: [isValue('never torn', torn, 0)],
    };
  });
}

/** The consumer waits for either of two words; the producers write one each. */
export function untilEither(): Program {
  return toy('until-either', ({ layout, conditions }) => {
    const a = layout.word('a');
    const b = layout.word('b');
    const out = layout.word('out');
    const ready = conditions.any(equals(a, 1), differs(b, 0));
    return {
      threads: {
        consumer: function* () {
          yield* until(ready);
          yield* out.store(1);
        },
        produceA: function* () {
          yield* a.store(1);
        },
        produceB: function* () {
          yield* b.store(2);
        },
      },
      atEnd: [isValue('consumed', out, 1)],
    };
  });
}
