import { describe, expect, test } from 'vitest';
import { assert, hold, rest } from '../../src/core/control.ts';
import type { Program, Property } from '../../src/core/program.ts';
import type { Word } from '../../src/core/words.ts';
import { enumerate } from '../../src/cpus/enumerate.ts';
import { lostUpdate } from '../programs/counters.ts';
import { philosophers, readersAndWriter } from '../programs/locks.ts';
import { crosswise, device, references } from '../programs/odd.ts';
import { isValue, toy } from '../programs/toy.ts';
import { agrees, spelled, complete, parallel, writer } from './all-schedules.ts';
import { InProcess } from './in-process.ts';

describe('what breaks a rule is found in whatever order', () => {
  const never = (
    name: string,
    watches: readonly Word[],
    bad: (...values: number[]) => boolean,
  ): Property => ({
    name,
    kind: 'assertion',
    watches,
    holds: (words) => !bad(...watches.map(({ index }) => words[index]!)),
    explain: () => name,
  });

  test.each([
    ['a before b', (a: number, b: number) => a === 1 && b === 0],
    ['b before a', (a: number, b: number) => a === 0 && b === 1],
  ])('a property of two independent words: %s', async (name, bad) => {
    const make = (): Program =>
      toy('two-words', ({ layout }) => {
        const [a, b] = [layout.word('a'), layout.word('b')];
        return {
          threads: { A: writer(a, 1, 1), B: writer(b, 1, 1) },
          always: [never(name, [a, b], bad)],
        };
      });
    const found = await agrees(make);
    expect(found.violations.map(({ message, moves }) => [message, moves.length])).toEqual([[name, 1]]);
    expect(found.ends).toEqual(new Set(['1,1 xx']));
  });

  test('a broken rule that another step hides', async () => {
    const make = (): Program =>
      toy('hidden', ({ layout }) => {
        const [a, b, c] = layout.array(3, (i) => 'abc'[i]!) as [Word, Word, Word];
        return {
          threads: { A: writer(a, 1, 1), B: writer(b, 1, 1), C: writer(c, 1, 2) },
          always: [
            never('a', [a, b], (x, y) => x === 1 && y === 0),
            never('c', [c, b], (x, y) => x === 1 && y === 1),
          ],
        };
      });
    expect(spelled(await agrees(make))).toEqual(new Set(['assertion: a', 'assertion: c']));
  });

  test('two threads that fail independently', async () => {
    const make = (): Program =>
      parallel(({ layout }) =>
        [0, 1].map((t) => {
          const word = layout.word(`w${t}`);
          return function* () {
            yield* word.store(1);
            yield* word.load();
            assert(false, `thread ${t} fails`);
          };
        }),
      );
    const found = await agrees(make);
    expect(spelled(found)).toEqual(new Set(['assertion: thread 0 fails', 'assertion: thread 1 fails']));
    expect(found.violations.map(({ moves }) => moves.length)).toEqual([2, 2]);
  });

  test('a daemon that is half done when the others end', async () => {
    const found = await agrees(() =>
      toy('half-done', ({ layout }) => {
        const [a, b] = [layout.word('a'), layout.word('b')];
        return {
          threads: { A: writer(a, 1, 2) },
          daemons: {
            *D() {
              rest();
              yield* b.store(1);
              yield* b.store(2);
              rest();
              yield* b.store(3);
            },
          },
          atEnd: [
            never('b was left at 2', [b], (x) => x === 2),
            never('b was left at 1', [b], (x) => x === 1),
          ],
        };
      }),
    );
    expect(spelled(found)).toEqual(new Set(['assertion: b was left at 2']));
  });

  test('a daemon that stays at rest, and changes what is looked at when the others end', async () => {
    const found = await agrees(() =>
      toy('at-rest', ({ layout }) => {
        const [a, b] = [layout.word('a'), layout.word('b')];
        return {
          threads: { A: writer(a, 1, 2) },
          daemons: {
            *D() {
              rest();
              yield* b.store(1);
              rest();
              yield* b.store(2);
            },
          },
          atEnd: [
            never('b was left at 1', [b], (x) => x === 1),
            never('b was left at 2', [b], (x) => x === 2),
          ],
        };
      }),
    );
    expect(spelled(found)).toEqual(new Set(['assertion: b was left at 1', 'assertion: b was left at 2']));
  });

  test('two daemons that change different words looked at at the end: one violation hides another', async () => {
    const found = await agrees(() =>
      toy('two-daemons', ({ layout }) => {
        const [a, b, c] = layout.array(3, (i) => 'abc'[i]!) as [Word, Word, Word];
        const daemon = (word: Word, count: number) =>
          function* () {
            rest();
            yield* c.untilIs(1);
            for (let i = 1; i <= count; i++) {
              rest();
              yield* word.store(i);
            }
            rest();
            yield* c.untilIs(2);
          };
        return {
          threads: { A: writer(c, 1, 1) },
          daemons: { D: daemon(a, 1), E: daemon(b, 2) },
          atEnd: [
            never('1, 1', [a, b], (x, y) => x === 1 && y === 1),
            never('1, 2', [a, b], (x, y) => x === 1 && y === 2),
          ],
        };
      }),
    );
    expect(spelled(found)).toEqual(new Set(['assertion: 1, 1', 'assertion: 1, 2']));
  });

  test('a daemon that ends the run breaks a rule beside a thread that ends', async () => {
    const found = await agrees(() =>
      toy('both-sorts', ({ layout }) => {
        const [a, b, c] = layout.array(3, (i) => 'abc'[i]!) as [Word, Word, Word];
        return {
          threads: { A: writer(a, 1, 2), C: writer(c, 1, 1) },
          daemons: {
            *D() {
              for (let i = 1; i < 4; i++) {
                rest();
                yield* b.store(i);
              }
            },
          },
          always: [never('b is 2 before c', [b, c], (x, y) => x === 2 && y === 0)],
          atEnd: [never('a', [a], (x) => x === 2)],
        };
      }),
    );
    expect(spelled(found)).toEqual(new Set(['assertion: b is 2 before c', 'assertion: a']));
  });

  test('the end is not looked at while a daemon has something half done', async () => {
    const resting = await enumerate(new InProcess(device(true, 0)));
    expect(resting.endStates).toBe(1);
    expect(resting.restStates).toBe(1);
    const halfDone = await enumerate(new InProcess(device(false)));
    expect(halfDone.endStates).toBeGreaterThan(0);
    expect(halfDone.restStates).toBe(0);
  });

  test('ghost accounts', async () => {
    const found = await agrees(() =>
      toy('accounts', ({ layout }) => {
        const bodies = [0, 1].map((t) => {
          const word = layout.word(`w${t}`);
          return function* () {
            yield* word.store(1);
            hold(0, 1);
            yield* word.store(2);
            hold(0, -1);
          };
        });
        return {
          threads: { A: bodies[0]!, B: bodies[1]! },
          accounts: ['held'],
          always: [
            {
              name: 'one at a time',
              kind: 'assertion',
              watches: [],
              holds: (_, held) => held[0]! <= 1,
              explain: (_, held) => `${held[0]} held`,
            },
          ],
        };
      }),
    );
    expect(spelled(found)).toEqual(new Set(['assertion: 2 held']));
  });

  test('a violation in the initial state', async () => {
    const program = toy('wrong', ({ layout }) => {
      const a = layout.word('a');
      return { threads: { A: writer(a, 1, 1) }, always: [isValue('a is one', a, 1)] };
    });
    const found = await enumerate(new InProcess(program));
    expect(found.violations.map(({ moves }) => moves)).toEqual([[]]);
    expect(found.executions).toEqual(complete(1));
  });

  test('lost updates, with the shortest way there', async () => {
    const found = await agrees(() => lostUpdate(3), 100_000);
    expect(spelled(found)).toEqual(
      new Set(['assertion: counter is 1, not 3', 'assertion: counter is 2, not 3']),
    );
    expect(found.violations.every(({ moves }) => moves.length === 6)).toBe(true);
  });

  test.each([
    ['crosswise', () => crosswise(false)],
    ['philosophers', () => philosophers(3)],
  ])('a deadlock: %s', async (_, make) => {
    const found = await agrees(make, 100_000);
    expect(found.deadlocks.size).toBe(1);
    expect(found.violations.map(({ kind }) => kind)).toEqual(['deadlock']);
  });

  test('a deadlock is told in words', async () => {
    const { violations } = await enumerate(new InProcess(crosswise(false)));
    expect(violations.map(({ message, moves }) => [message, moves.length])).toEqual([
      ['deadlock: A waits at lock b (held by B); B waits at lock a (held by A)', 2],
    ]);
  });

  test.each([
    ['rw-semaphore', () => readersAndWriter(2)],
    ['references', () => references(false)],
    ['leaked references', () => references(true)],
    ['a device that rests', () => device(true)],
    ['a device that is half done', () => device(false)],
  ])('as brute force: %s', async (_, make) => {
    await agrees(make, 100_000);
  });
});
