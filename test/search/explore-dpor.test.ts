/** The strategy `dpor` from the outside: executions counted exactly, verdicts that say what they mean. */
import { describe, expect, test } from 'vitest';
import { equals } from '../../src/core/conditions.ts';
import { fold, hold, rest, until } from '../../src/core/control.ts';
import type { Program } from '../../src/core/program.ts';
import type { Word } from '../../src/core/words.ts';
import { Automata } from '../../src/search/automata.ts';
import { explore, type ExploreOptions } from '../../src/search/explore.ts';
import { atomicCounter, drawing, grid, lockedCounter, lostUpdate, unchecked } from '../programs/counters.ts';
import { philosophers, readersAndWriter, stepAside, untilEither } from '../programs/locks.ts';
import { countingForever, crosswise, device } from '../programs/odd.ts';
import { isValue, toy } from '../programs/toy.ts';
import { neverChecked, oneSchedule } from '../programs/vacuous.ts';
import { countTraces } from './dpor/traces.ts';

const dpor = (program: Program, options: ExploreOptions = {}, maxSteps?: number) =>
  explore(program, {
    ...options,
    strategy: { name: 'dpor', ...(maxSteps === undefined ? {} : { maxSteps }) },
  });

/** Two waits for two words at once, and what makes both impossible again. */
function conditionOfTwo(): Program {
  return toy('condition-of-two', ({ layout, conditions }) => {
    const [a, b, out] = layout.array(3, (i) => `w${i}`);
    const both = conditions.all(equals(a!, 0), equals(b!, 1));
    return {
      threads: {
        waiter: function* () {
          yield* until(both);
          yield* out!.store(1);
        },
        taker: function* () {
          yield* a!.store(1);
          yield* a!.store(0);
        },
        giver: function* () {
          yield* b!.store(1);
        },
      },
    };
  });
}

/** Each sets a bit of its own, a third waits until none is set. */
function bitsOfOneWord(): Program {
  return toy('bits', ({ layout }) => {
    const word = layout.word('bits');
    const setter = (bit: number) =>
      function* () {
        yield* word.update(0, bit);
        yield* word.update(bit, 0);
      };
    return {
      threads: {
        one: setter(1),
        two: setter(2),
        waiter: function* () {
          yield* word.untilIs(0);
        },
      },
    };
  });
}

/** A daemon that waits for ever beside two threads that share nothing: their ends need no order. */
function twoEnds(): Program {
  return toy('two-ends', ({ layout }) => {
    const [a, b, never] = layout.array(3, (i) => `w${i}`);
    return {
      threads: {
        a: () => a!.store(1),
        b: () => b!.store(1),
      },
      daemons: {
        *waits() {
          rest();
          yield* never!.untilIs(1);
        },
      },
      atEnd: [isValue('stored', a!, 1)],
    };
  });
}

/** A rule over two words that two threads change: only some orders of steps that share nothing show both at 1. */
function ruleOverTwoWords(): Program {
  return toy('rule-over-two', ({ layout }) => {
    const words = layout.array(2, (i) => `w${i}`);
    const pulse = (word: Word) =>
      function* () {
        yield* word.store(1);
        yield* word.store(0);
      };
    return {
      threads: { a: pulse(words[0]!), b: pulse(words[1]!) },
      always: [
        {
          name: 'never both',
          kind: 'assertion',
          watches: words,
          holds: (values) => words.some(({ index }) => values[index] === 0),
          explain: () => 'both are 1',
        },
      ],
    };
  });
}

/** The same of a ghost account. */
function ruleOverAnAccount(): Program {
  return toy('rule-over-account', ({ layout }) => {
    const pulse = (word: Word) =>
      function* () {
        yield* word.store(1);
        hold(0, 1);
        yield* word.store(2);
        hold(0, -1);
      };
    return {
      threads: { a: pulse(layout.word('a')), b: pulse(layout.word('b')) },
      accounts: ['held'],
      always: [
        {
          name: 'one at a time',
          kind: 'assertion',
          watches: [],
          holds: (_, held) => held[0]! < 2,
          explain: () => 'two are held',
        },
      ],
    };
  });
}

describe('executions are the traces', () => {
  test.each<[string, Program, number]>([
    ['three atomic increments: 3!', atomicCounter(3), 6],
    ['four atomic increments: 4!', atomicCounter(4), 24],
    ['three increments under a lock: 3!', lockedCounter(3), 6],
    ['words of their own: 1', grid(3, 4), 1],
    ['two ends beside a daemon: 1', twoEnds(), 1],
    ['three answers, before or after the other', drawing(3), 6],
    ['load and store, unlocked', unchecked(2), 4],
    ['load and store, unlocked, three threads', unchecked(3), 27],
    ['readers and a writer', readersAndWriter(2), 30],
    ['either of two words', untilEither(), 4],
    ['a condition over two words', conditionOfTwo(), 4],
    ['bits of one word', bitsOfOneWord(), 14],
  ])('%s', async (_, program, expected) => {
    const verdict = await dpor(program);
    expect(['proved', 'vacuous']).toContain(verdict.verdict);
    expect(verdict.dpor).toMatchObject({ complete: expected, blocked: 0, cut: 0, asleep: 0 });
  });

  test.each([conditionOfTwo(), bitsOfOneWord(), unchecked(3), untilEither(), readersAndWriter(2)])(
    '$name: as brute force counts them',
    async (program) => {
      const automata = new Automata(program);
      // A first count makes the automata whole.
      countTraces(automata, Infinity);
      expect((await dpor(program)).dpor!.complete).toBe(countTraces(automata, Infinity));
    },
  );
});

describe('verdicts', () => {
  test('a lost update is a violation, shown by a shortest schedule', async () => {
    const { verdict, violation, dpor: figures } = await dpor(lostUpdate(2));
    const exhaustive = await explore(lostUpdate(2));
    expect(verdict).toBe('violation');
    expect(violation).toEqual(exhaustive.violation);
    expect(figures).toBeDefined();
  });

  test.each([ruleOverTwoWords(), ruleOverAnAccount()])(
    '$name: steps that share no word, but a rule',
    async (program) => {
      expect((await dpor(program)).violation?.message).toBe((await explore(program)).violation!.message);
    },
  );

  test('a deadlock', async () => {
    const { verdict, violation } = await dpor(philosophers(3));
    expect({ verdict, kind: violation?.kind }).toEqual({ verdict: 'violation', kind: 'deadlock' });
  });

  test('a deadlock beside a daemon that goes on for ever', async () => {
    const { verdict, violation } = await dpor(crosswise(true), {}, 6);
    expect({ verdict, kind: violation?.kind }).toEqual({ verdict: 'violation', kind: 'deadlock' });
    expect(violation!.message).toMatch(/^deadlock: A waits at lock b .*; B waits at lock a/);
  });

  test('a loop that nothing bounds: cut, and proved within the bound only', async () => {
    const { verdict, dpor: figures, endStates } = await dpor(countingForever(), {}, 5);
    // The store comes after 0 to 4 loads and is seen by the next, or is not seen by any of the five.
    expect({ verdict, endStates }).toEqual({ verdict: 'proved-within-bound', endStates: 5 });
    expect(figures).toMatchObject({ complete: 5, cut: 1, blocked: 0, asleep: 0, maxSteps: 5 });
  });

  test('stepping aside for ever is within the bound as well', async () => {
    const { verdict, dpor: figures } = await dpor(stepAside(), {}, 6);
    expect(verdict).toBe('proved-within-bound');
    expect(figures!.cut).toBeGreaterThan(0);
    expect(figures!.complete).toBeGreaterThan(0);
  });

  test('a daemon that waits for ever in the end is complete', async () => {
    const program = toy('answers', ({ layout }) => {
      const asked = layout.word('asked');
      return {
        threads: {
          *asks() {
            yield* asked.store(1);
            yield* asked.untilIs(0);
          },
        },
        daemons: {
          *answers() {
            for (;;) {
              fold('wait');
              rest();
              yield* asked.untilIs(1);
              yield* asked.store(0);
            }
          },
        },
        atEnd: [isValue('answered', asked, 0)],
      };
    });
    const { dpor: figures, endStates } = await dpor(program);
    expect({ figures, endStates }).toMatchObject({ figures: { complete: 1, cut: 0 }, endStates: 1 });
  });

  test.each([true, false])('a device that rests (%s): as the exhaustive search says', async (rests) => {
    const [verdict, exhaustive] = [await dpor(device(rests)), await explore(device(rests))];
    expect(verdict.verdict).toBe(exhaustive.verdict);
    expect(verdict.violation).toEqual(exhaustive.violation);
  });

  test.each([neverChecked(), oneSchedule()])('$name is vacuous', async (program) => {
    const [verdict, exhaustive] = [await dpor(program), await explore(program)];
    expect(verdict.verdict).toBe('vacuous');
    expect(verdict.neverReached).toEqual(exhaustive.neverReached);
  });
});

describe('limits', () => {
  test('states', async () => {
    const { verdict, limit } = await dpor(unchecked(5), { maxStates: 10_000 });
    expect({ verdict, which: limit?.which }).toEqual({ verdict: 'truncated', which: 'states' });
  });

  test('interrupted', async () => {
    const { verdict, limit } = await dpor(unchecked(5), { signal: AbortSignal.abort() });
    expect({ verdict, which: limit?.which }).toEqual({ verdict: 'truncated', which: 'interrupted' });
  });

  test('progress tells executions', async () => {
    const told: number[] = [];
    await dpor(unchecked(5), { maxStates: 50_000, onProgress: ({ schedules }) => told.push(schedules ?? 0) });
    expect(told.length).toBeGreaterThan(1);
    expect(told.at(-1)).toBeGreaterThan(told[0]!);
  });
});
