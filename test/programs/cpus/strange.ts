/** Programs that no engine may take for another: they hang, throw, yield what is no operation, hold what others forget. */
import { equals } from '../../../src/core/conditions.ts';
import { assert, atomic, hold, rest, until } from '../../../src/core/control.ts';
import type { Steps } from '../../../src/core/operations.ts';
import type { Program } from '../../../src/core/program.ts';
import { spelled, toy } from '../toy.ts';

type Body = () => Steps<void>;

/** Comes to no operation any more in the middle of an atomic block; the others wait at the gate. */
export function hangsInside(): Program {
  return toy('hangs-inside', ({ layout }) => {
    const word = layout.word('word');
    function* block(): Steps<void> {
      yield* word.store(1);
      for (;;);
    }
    function* looks(): Steps<void> {
      for (let i = 0; i < 5_000; i++) yield* word.load();
    }
    return {
      threads: {
        *bad() {
          yield* atomic(block());
        },
        good: looks,
        better: looks,
      },
    };
  });
}

/** Gives a thread what no engine may swallow. */
export function broken(how: string): Program {
  return toy('broken', ({ layout }) => {
    const word = layout.word('word');
    function* waitsInside(): Steps<void> {
      yield* word.store(1);
      yield* word.untilIs(1);
    }
    const bodies: Record<string, Body> = {
      *'throws at once'() {
        throw new TypeError('boom');
      },
      'is no generator'() {
        throw new TypeError('boom');
      },
      *'forgets the star'() {
        yield* word.store(1);
        yield word.store(2) as never;
      },
      *'waits inside'() {
        yield* atomic(waitsInside());
      },
    };
    return {
      threads: {
        *good() {
          yield* word.load();
        },
        bad: bodies[how]!,
      },
    };
  });
}

/** Operands with the highest bit set, spelled as unsigned numbers, in every kind of operation that compares or keeps them. */
export function unsigned(): Program {
  return toy('unsigned', ({ layout, conditions }) => {
    const high = 0x8000_0000;
    const flags = layout.word('flags');
    const count = layout.word('count', { init: 1 });
    const turn = layout.word('turn', { ghost: true });
    return {
      threads: {
        *cpu0() {
          yield* flags.update(0, high);
          yield* turn.store(1);
          yield* count.add(0xffff_ffff);
          yield* until(conditions.all(equals(count, high)));
          assert((yield* count.exchange(7)) === -0x8000_0000, 'handed the int32');
        },
        *cpu1() {
          yield* flags.untilNot(0);
          assert((yield* flags.loadMasked(high)) === -0x8000_0000, 'the bit alone');
          yield* flags.lockSharedFor(0x4000_0000, 0xc000_0000);
          assert(yield* flags.unlockSharedFor(high), 'the bit was set');
          assert(yield* flags.tryCompareExchange(0x4000_0000, high), 'the other bit is left');
          yield* flags.untilIs(high);
          yield* count.untilIs(0);
          assert(!(yield* count.addAndTest(high, 0)), 'it wraps around');
          yield* flags.xor(0xffff_ffff);
        },
      },
      atEnd: [spelled([flags, count, turn])],
      mustReach: ['handed the int32', 'it wraps around'],
    };
  });
}

/** A thread holds something before its first operation and gives it back with that: only its first state shows it. */
export function heldAtStart(): Program {
  return toy('held-at-start', ({ layout }) => {
    const word = layout.word('word');
    return {
      threads: {
        *cpu0() {
          hold(0, 1);
          yield* word.store(1);
          hold(0, -1);
          yield* word.store(2);
        },
      },
      accounts: ['page'],
      always: [
        {
          name: 'nothing held',
          kind: 'leak',
          watches: [],
          holds: (_, held) => held[0] === 0,
          explain: (_, held) => `${held[0]} held`,
        },
      ],
    };
  });
}

/** Two threads that wait for each other, and a daemon that rests again and again but always moves. */
export function deadlockBesideDaemon(): Program {
  return toy('deadlock-beside-daemon', ({ layout }) => {
    const told = layout.array(2, (i) => `told[${i}]`);
    const beat = layout.word('beat');
    const body = (own: number): Body =>
      function* () {
        yield* told[1 - own]!.untilIs(1);
        yield* told[own]!.store(1);
      };
    return {
      threads: { cpu0: body(0), cpu1: body(1) },
      daemons: {
        *device() {
          for (;;) {
            rest();
            yield* beat.xor(1);
          }
        },
      },
    };
  });
}
