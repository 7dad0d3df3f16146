/** Programs that wait for conditions over several words, that step through the gate, and that are told to give up. */
import { assert, atomic, cover, observe } from '../../../src/core/control.ts';
import type { Steps } from '../../../src/core/operations.ts';
import type { Program } from '../../../src/core/program.ts';
import { isValue, toy } from '../toy.ts';
import { FutexMachine } from './futex.ts';
import { atMost, numbered, settled, using, type Faults } from './locks.ts';

type Body = () => Steps<void>;

/**
 * `waiters` threads wait until both of two words (`all`) or one of them are 1; two writers write one each. The words are read at
 * one moment.
 */
export function condition(waiters: number, all: boolean, faults: Faults = {}): Program {
  return toy('lock-word-condition', ({ layout }) => {
    const machine = new FutexMachine(layout, waiters + 2, ['a', 'b'], faults);
    const { awaitCondition, afterChange } = using(faults);
    const [a, b] = [machine.word('a'), machine.word('b')];
    const passed = layout.word('passed');
    function* look(): Steps<boolean> {
      const first = yield* a.load();
      const second = yield* b.load();
      return first + second >= (all ? 2 : 1);
    }
    function* holds(): Steps<boolean> {
      const found = yield* atomic(look());
      if (!found) cover('must wait');
      return found;
    }
    const waiter: Body = function* () {
      yield* awaitCondition(machine, holds);
      yield* passed.add(1);
    };
    const writer = (index: number): Body =>
      function* () {
        yield* machine.store(index, 1);
        yield* afterChange(machine, index);
      };
    return {
      threads: {
        ...numbered(Array.from({ length: waiters }, () => waiter)),
        writerA: writer(a.index),
        writerB: writer(b.index),
      },
      atEnd: [isValue('all passed', passed, waiters), settled(machine)],
      mustReach: ['must wait'],
    };
  });
}

const ALONE = 16;

/**
 * `shared` threads that take `rounds` single-operation steps each, and `exclusive` ones that take steps of two operations, on
 * the same word: no step may come between the two.
 */
export function gate(shared: number, exclusive: number, rounds: number, faults: Faults = {}): Program {
  return toy('step-gate', ({ layout }) => {
    const machine = new FutexMachine(layout, shared + exclusive, ['gate'], faults);
    const { enterShared, leaveShared, enterExclusive, leaveExclusive } = using(faults);
    const { index } = machine.word('gate');
    const data = layout.word('data');
    const inside = layout.word('inside', { ghost: true });
    const single = (t: number): Body =>
      function* () {
        for (let i = 0; i < rounds; i++) {
          yield* enterShared(machine, index, 1 << t);
          yield* inside.add(1);
          if ((yield* inside.load()) === 2) cover('two shared steps at once');
          yield* data.add(1);
          yield* inside.add(-1);
          yield* leaveShared(machine, index, 1 << t);
        }
      };
    const several: Body = function* () {
      for (let i = 0; i < rounds; i++) {
        yield* enterExclusive(machine, index);
        yield* inside.add(ALONE);
        const value = yield* data.load();
        yield* data.store(value + 1);
        assert((yield* inside.load()) === ALONE, 'nobody beside an exclusive step');
        yield* inside.add(-ALONE);
        yield* leaveExclusive(machine, index);
      }
    };
    return {
      threads: numbered([
        ...Array.from({ length: shared }, (_, t) => single(t)),
        ...Array.from({ length: exclusive }, () => several),
      ]),
      always: [atMost(inside, ALONE)],
      atEnd: [
        isValue('no step is lost', data, (shared + exclusive) * rounds),
        isValue('open', machine.word('gate'), 0),
      ],
      mustReach: [
        ...(shared > 1 ? ['two shared steps at once'] : []),
        ...(exclusive > 0 ? ['nobody beside an exclusive step'] : []),
      ],
    };
  });
}

const CLOSED = 1 << 30;

/**
 * Threads that take shared steps for ever beside one that wants an exclusive step: once it has announced itself, each of them
 * may end the step it is in, and begins no other.
 */
export function announced(shared: number, faults: Faults = {}): Program {
  return toy('step-gate-announced', ({ layout }) => {
    const machine = new FutexMachine(layout, shared + 1, ['gate'], faults);
    const { enterShared, leaveShared, enterExclusive, leaveExclusive } = using(faults);
    const word = machine.word('gate');
    const endless = (t: number): Body =>
      function* () {
        for (;;) {
          yield* enterShared(machine, word.index, 1 << t);
          const seen = yield* observe(word.loadMasked(CLOSED));
          assert(seen === 0, 'no shared step begins after the announcement');
          yield* leaveShared(machine, word.index, 1 << t);
        }
      };
    return {
      threads: {
        *exclusive() {
          yield* enterExclusive(machine, word.index);
          yield* leaveExclusive(machine, word.index);
        },
      },
      daemons: numbered(Array.from({ length: shared }, (_, t) => endless(t))),
      mustReach: ['no shared step begins after the announcement'],
    };
  });
}

/**
 * A sleeper that is told to give up, as src/cpus/drive.ts asks of its hooks: it publishes that it sleeps and looks at the flag;
 * the other one sets the flag and notifies, `again` and again until the sleeper has answered or (false) once.
 */
export function givingUp(again: boolean): Program {
  return toy('giving-up', ({ layout }) => {
    const machine = new FutexMachine(layout, 2, ['lock']);
    const lock = machine.word('lock');
    const abort = layout.word('abort');
    const published = layout.word('published');
    const answered = layout.word('answered');
    return {
      threads: {
        *sleeper() {
          yield* published.store(1);
          if ((yield* abort.load()) === 0) yield* machine.wait(lock.index, 0);
          assert((yield* abort.load()) === 1, 'woken only to give up');
          yield* answered.store(1);
        },
        *controller() {
          yield* abort.store(1);
          for (;;) {
            if ((yield* published.load()) === 1) yield* machine.notify(lock.index);
            if (!again || (yield* answered.load()) === 1) return;
          }
        },
      },
      atEnd: [isValue('answered', answered, 1)],
      mustReach: ['woken only to give up'],
    };
  });
}
