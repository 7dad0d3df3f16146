/** Locks taken in steps that go through the gate, as free-running CPUs do it: whoever sleeps is out of the gate meanwhile. */
import type { WordMachine } from '../../../src/cpus/lock-words.ts';
import type { Steps } from '../../../src/core/operations.ts';
import type { Program } from '../../../src/core/program.ts';
import { isValue, toy } from '../toy.ts';
import { FutexMachine } from './futex.ts';
import { atMost, numbered, settled, using, type Faults } from './locks.ts';

type Body = () => Steps<void>;

const OWNER = 0x3f;

export interface GatedFaults extends Faults {
  /** A sleeper stays in the gate. */
  readonly stays?: boolean;
}

/**
 * `simple` threads whose LOCK and UNLOCK are shared steps, and `atomic` ones whose lock is the head of an exclusive step: it is
 * tried with the gate closed, and while it is held the gate is open.
 */
export function gatedLock(simple: number, atomic: number, faults: GatedFaults = {}): Program {
  return toy('gated-lock', ({ layout }) => {
    const machine = new FutexMachine(layout, simple + atomic, ['gate', 'lock'], faults);
    const locks = using(faults);
    const gate = machine.word('gate').index;
    const lock = machine.word('lock').index;
    const counter = layout.word('counter');
    const inside = layout.word('inside', { ghost: true });

    /** The machine of a thread that is in a shared step, with what the hooks of its driver do. */
    const inStep = (bit: number): WordMachine => ({
      waiters: machine.waiters,
      epoch: machine.epoch,
      load: (word) => machine.load(word),
      store: (word, value) => machine.store(word, value),
      exchange: (word, value) => machine.exchange(word, value),
      add: (word, delta) => machine.add(word, delta),
      compareExchange: (word, expected, desired) => machine.compareExchange(word, expected, desired),
      notify: (word) => machine.notify(word),
      *wait(word, expected) {
        if (faults.stays !== true) yield* locks.leaveShared(machine, gate, bit);
        yield* machine.wait(word, expected);
        if (faults.stays !== true) yield* locks.enterShared(machine, gate, bit);
      },
    });

    function* section(): Steps<void> {
      yield* inside.add(1);
      const value = yield* counter.load();
      yield* counter.store(value + 1);
      yield* inside.add(-1);
    }

    const simpleBody = (t: number): Body => {
      const bit = 1 << t;
      const stepping = inStep(bit);
      return function* () {
        yield* locks.enterShared(machine, gate, bit);
        yield* locks.acquire(stepping, lock, OWNER, t + 1);
        yield* locks.leaveShared(machine, gate, bit);
        yield* section();
        yield* locks.enterShared(machine, gate, bit);
        yield* locks.release(stepping, lock, OWNER, t + 1);
        yield* locks.leaveShared(machine, gate, bit);
      };
    };

    const atomicBody = (t: number): Body =>
      function* () {
        for (;;) {
          yield* locks.enterExclusive(machine, gate);
          const old = yield* locks.tryAcquire(machine, lock, OWNER, t + 1);
          if ((old & OWNER) === 0) break;
          yield* locks.leaveExclusive(machine, gate);
          yield* locks.awaitValue(machine, lock, OWNER, 0, false);
        }
        yield* section();
        yield* locks.release(machine, lock, OWNER, t + 1);
        yield* locks.leaveExclusive(machine, gate);
      };

    return {
      threads: numbered([
        ...Array.from({ length: simple }, (_, t) => simpleBody(t)),
        ...Array.from({ length: atomic }, (_, t) => atomicBody(simple + t)),
      ]),
      always: [atMost(inside, 1)],
      atEnd: [
        isValue('every increment counts', counter, simple + atomic),
        isValue('free', machine.word('lock'), 0),
        isValue('open', machine.word('gate'), 0),
        settled(machine),
      ],
    };
  });
}
