/** Words that somebody waits for without taking them: a page's writeback bit, a seqcount. */
import { assert, cover } from '../../../src/core/control.ts';
import type { Steps } from '../../../src/core/operations.ts';
import type { Program } from '../../../src/core/program.ts';
import { isValue, toy } from '../toy.ts';
import { FutexMachine } from './futex.ts';
import { numbered, settled, using, type Faults } from './locks.ts';

type Body = () => Steps<void>;

const LOCKED = 1;
const WRITEBACK = 2;

/**
 * A page's word with a lock bit and a writeback bit. The submitter sets writeback under the lock and lets go; the device waits
 * for the bit to be set, and clears it; the others wait under the lock for writeback to end, and change the data.
 */
export function writeback(others: number, faults: Faults = {}): Program {
  return toy('lock-word-writeback', ({ layout }) => {
    const machine = new FutexMachine(layout, others + 2, ['page'], faults);
    const { acquire, release, awaitValue, afterChange } = using(faults);
    const { index } = machine.word('page');
    const data = layout.word('data');
    const written = layout.word('written');
    const other: Body = function* () {
      yield* acquire(machine, index, LOCKED, LOCKED);
      yield* awaitValue(machine, index, WRITEBACK, 0, false);
      yield* data.add(1);
      yield* release(machine, index, LOCKED, LOCKED);
    };
    return {
      threads: {
        ...numbered(Array.from({ length: others }, () => other)),
        *submitter() {
          yield* acquire(machine, index, LOCKED, LOCKED);
          yield* machine.add(index, WRITEBACK);
          yield* afterChange(machine, index);
          yield* release(machine, index, LOCKED, LOCKED);
        },
        *device() {
          yield* awaitValue(machine, index, WRITEBACK, 0, true);
          const before = yield* data.load();
          const after = yield* data.load();
          assert(before === after, 'stable under writeback');
          yield* written.store(1);
          yield* machine.add(index, -WRITEBACK);
          yield* afterChange(machine, index);
        },
      },
      atEnd: [
        isValue('all changes', data, others),
        isValue('written', written, 1),
        isValue('free', machine.word('page'), 0),
        settled(machine),
      ],
      mustReach: ['stable under writeback'],
    };
  });
}

const SEQUENCE = 0xffff;
const SEQUENCE_WRITER = 0x10000;

/** A seqcount writer changes two words `rounds` times; each reader sleeps while it is inside, and sees both words or neither. */
export function seqcount(readers: number, rounds: number, faults: Faults = {}): Program {
  return toy('lock-word-seqcount', ({ layout }) => {
    const machine = new FutexMachine(layout, readers + 1, ['seq'], faults);
    const { awaitValue, afterChange } = using(faults);
    const { index } = machine.word('seq');
    const a = layout.word('a');
    const b = layout.word('b');
    const reader: Body = function* () {
      for (;;) {
        const start = (yield* machine.load(index)) & SEQUENCE;
        if ((start & 1) !== 0) {
          yield* awaitValue(machine, index, SEQUENCE_WRITER, 0, false);
          cover('has waited');
          continue;
        }
        const first = yield* a.load();
        const second = yield* b.load();
        if (((yield* machine.load(index)) & SEQUENCE) !== start) continue;
        assert(first === second, 'never torn');
        return;
      }
    };
    return {
      threads: {
        ...numbered(Array.from({ length: readers }, () => reader)),
        *writer() {
          for (let i = 1; i <= rounds; i++) {
            yield* machine.add(index, 1 + SEQUENCE_WRITER);
            yield* afterChange(machine, index);
            yield* a.store(i);
            yield* b.store(i);
            yield* machine.add(index, 1 - SEQUENCE_WRITER);
            yield* afterChange(machine, index);
          }
        },
      },
      atEnd: [settled(machine)],
      mustReach: ['has waited', 'never torn'],
    };
  });
}
