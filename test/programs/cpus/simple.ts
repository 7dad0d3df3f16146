/** Programs of a few steps that worker threads run: what each CPU must be able to do, and each way to lose. */
import { fold, note, until } from '../../../src/core/control.ts';
import { equals } from '../../../src/core/conditions.ts';
import { SpinLock } from '../../../src/core/locks.ts';
import type { Steps } from '../../../src/core/operations.ts';
import type { Program } from '../../../src/core/program.ts';
import { isValue, toy } from '../toy.ts';

/** Two threads load, then store one more: one increment is lost. */
export function lostUpdate(): Program {
  return toy('lost-update', ({ layout }) => {
    const counter = layout.word('counter');
    function* increment(): Steps<void> {
      const value = yield* counter.load();
      note(`read ${value}`);
      yield* counter.store(value + 1);
    }
    return {
      threads: { cpu0: increment, cpu1: increment },
      atEnd: [isValue('every increment counts', counter, 2)],
    };
  });
}

/** As {@link lostUpdate}, with one operation that does both. */
export function atomicUpdate(): Program {
  return toy('atomic-update', ({ layout }) => {
    const counter = layout.word('counter');
    function* increment(): Steps<void> {
      yield* counter.add(1);
    }
    return {
      threads: { cpu0: increment, cpu1: increment },
      atEnd: [isValue('every increment counts', counter, 2)],
    };
  });
}

/** Two locks taken crosswise; each thread first makes sure of its own, so every schedule ends in a deadlock. */
export function crossedLocks(): Program {
  return toy('crossed-locks', ({ layout }) => {
    const locks = ['a', 'b'].map((name) => new SpinLock(layout, name));
    const held = ['a', 'b'].map((name) => layout.word(`held[${name}]`));
    const body = (own: number) =>
      function* (): Steps<void> {
        yield* locks[own]!.lock();
        yield* held[own]!.store(1);
        yield* held[1 - own]!.untilIs(1);
        yield* locks[1 - own]!.lock();
        yield* locks[1 - own]!.unlock();
        yield* locks[own]!.unlock();
      };
    return { threads: { cpu0: body(0), cpu1: body(1) } };
  });
}

/** Each thread looks again and again whether the other has gone first. */
export function handOver(): Program {
  return toy('hand-over', ({ layout }) => {
    const gone = ['cpu0', 'cpu1'].map((name) => layout.word(`gone[${name}]`));
    const body = (own: number) =>
      function* (): Steps<void> {
        for (;;) {
          fold('look');
          if (yield* gone[1 - own]!.is(1)) break;
        }
        yield* gone[own]!.store(1);
      };
    return { threads: { cpu0: body(0), cpu1: body(1) } };
  });
}

/** Both threads wait for conditions that they make while they run, in different orders. */
export function lateConditions(): Program {
  return toy('late-conditions', ({ layout, conditions }) => {
    const x = layout.word('x');
    const y = layout.word('y');
    const z = layout.word('z');
    return {
      threads: {
        *cpu0() {
          yield* until(conditions.all(equals(x, 0), equals(y, 0)));
          yield* x.store(1);
          yield* until(conditions.all(equals(x, 2), equals(y, 1)));
          yield* z.add(1);
        },
        *cpu1() {
          yield* until(conditions.any(equals(x, 1), equals(y, 7)));
          yield* x.store(2);
          yield* y.store(1);
          yield* until(conditions.any(equals(z, 1)));
          yield* z.add(1);
        },
      },
      atEnd: [isValue('both came through', z, 2)],
    };
  });
}

/** Waits for a word that nobody in the program ever writes; a test may, behind everybody's back. */
export function waitsForever(): Program {
  return toy('waits-forever', ({ layout }) => {
    const never = layout.word('never');
    return {
      threads: {
        *cpu0() {
          yield* never.untilIs(1);
        },
      },
    };
  });
}

/** The daemon begins something that nobody lets it end. */
export function halfDone(): Program {
  return toy('half-done', ({ layout }) => {
    const begun = layout.word('begun');
    const never = layout.word('never');
    return {
      threads: {
        *cpu0() {
          yield* begun.untilIs(1);
        },
      },
      daemons: {
        *device() {
          yield* begun.store(1);
          yield* never.untilIs(1);
        },
      },
    };
  });
}

/** No program at all. */
export function nothing(): null {
  return null;
}
