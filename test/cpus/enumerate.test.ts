import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assert, atomic, choose, until } from '../../src/core/control.ts';
import { differs, equals } from '../../src/core/conditions.ts';
import type { Program } from '../../src/core/program.ts';
import type { Word } from '../../src/core/words.ts';
import { enumerate } from '../../src/cpus/enumerate.ts';
import { drawing, lockedCounter, unchecked } from '../programs/counters.ts';
import { randomProgram, type RandomProgram } from '../programs/random.ts';
import { randomPrograms } from '../search/random-programs.ts';
import { agrees, spelled, complete, parallel, writer, executionsOf } from './all-schedules.ts';
import { InProcess } from './in-process.ts';
import { countSchedules } from './schedule-counts.ts';

const RUNS = Number(process.env['LOSTWRITE_CROSSCHECK_RUNS'] ?? 1500);
const parameters = { numRuns: RUNS, seed: Number(process.env['LOSTWRITE_CROSSCHECK_SEED'] ?? 8127) };

describe('random small programs, against all schedules enumerated by brute force', () => {
  test('same violations, deadlocks and final states; fewer executions', async () => {
    const met = { programs: 0, violations: 0, several: 0, deadlocks: 0, daemons: 0, reduced: 0 };
    let executions = 0;
    let schedules = 0;
    await fc.assert(
      fc.asyncProperty(randomPrograms, async (random: RandomProgram) => {
        const found = await agrees(() => randomProgram(random));
        const ended = found.executions.complete + found.executions.blocked;
        const all = countSchedules(randomProgram(random)).schedules;
        executions += ended;
        schedules += all;
        met.programs++;
        if (found.violations.length > 0) met.violations++;
        if (found.violations.length > 1) met.several++;
        if (found.deadlocks.size > 0) met.deadlocks++;
        if (ended < all) met.reduced++;
        if (random.threads.some(({ daemon }) => daemon)) met.daemons++;
      }),
      parameters,
    );
    await fc.assert(
      fc.asyncProperty(randomPrograms, async (random: RandomProgram) => {
        const daemons = {
          ...random,
          notAtEnd: random.notAtEnd ?? 1,
          threads: random.threads.map((thread, t) => ({ ...thread, daemon: t > 0 })),
        };
        await agrees(() => randomProgram(daemons));
      }),
      { ...parameters, numRuns: RUNS / 3 },
    );
    // The generator must keep producing programs of every sort; otherwise the above says little.
    expect(met.programs).toBe(RUNS);
    expect(Math.min(...Object.values(met))).toBeGreaterThan(RUNS / 75);
    expect(executions).toBeLessThan(schedules / 3);
  });
});

describe('exact numbers of executions', () => {
  test.each([1, 3, 6])('two threads with %i independent steps each: one', async (n) => {
    const program = parallel(({ layout }) => [
      writer(layout.word('a'), 1, n),
      writer(layout.word('b'), 1, n),
    ]);
    expect(await executionsOf(program)).toEqual(complete(1, n));
  });

  test.each([
    [1, 2],
    [2, 6],
    [3, 20],
    [4, 70],
  ])('two threads with %i stores each to one word: %i', async (n, schedules) => {
    const program = parallel(({ layout }) => {
      const word = layout.word('a');
      return [writer(word, 1, n), writer(word, 100, n)];
    });
    expect(countSchedules(program).schedules).toBe(schedules);
    expect(await executionsOf(program)).toEqual(complete(schedules));
  });

  test('stores of what is there already and reads of one word: one', async () => {
    const program = parallel(({ layout }) => {
      const word = layout.word('a');
      const body = function* () {
        yield* word.store(0);
        yield* word.load();
        yield* word.tryCompareExchange(1, 2);
      };
      return [body, body];
    });
    expect(await executionsOf(program)).toEqual(complete(1, 3));
  });

  test('a reader and n writes: one for each value it can read', async () => {
    const program = parallel(({ layout }) => {
      const word = layout.word('a');
      return [
        writer(word, 1, 5),
        function* () {
          yield* word.load();
        },
      ];
    });
    expect(await executionsOf(program)).toEqual(complete(6));
  });

  test('counters: with two loads swapped only for nothing, under a lock one for each order', async () => {
    // Of the six interleavings of two load-store pairs two differ from others by the order of the loads only.
    expect(await executionsOf(unchecked(2))).toMatchObject({ complete: 4, cut: 0 });
    expect(await executionsOf(lockedCounter(3))).toMatchObject({ complete: 6, cut: 0 });
  });

  test('choose: one for each answer and order', async () => {
    expect(await executionsOf(drawing(5))).toMatchObject({ complete: 10, cut: 0 });
  });

  test('choose twice in a row, and steps in between', async () => {
    const program = parallel(({ layout }) => {
      const word = layout.word('a');
      return [
        function* () {
          yield* word.store(yield* choose(2));
          yield* word.store((yield* choose(3)) + 1);
        },
      ];
    });
    const found = await enumerate(new InProcess(program));
    expect(found.executions).toEqual(complete(6));
    expect(found.ends).toEqual(new Set(['1 x', '2 x', '3 x']));
  });

  test('answers that do different things sleep and wake one by one', async () => {
    const make = (): Program =>
      parallel(({ layout }) => {
        const [a, b] = [layout.word('a'), layout.word('b')];
        const look = function* () {
          if ((yield* choose(2)) === 0) assert((yield* a.load()) === 0, 'a is 0');
          else yield* b.load();
        };
        return [() => atomic(look()), writer(a, 1, 1)];
      });
    expect(spelled(await agrees(make))).toEqual(new Set(['assertion: a is 0']));
  });

  test('atomic blocks: the steps that ride count with their head', async () => {
    const make = (): Program =>
      parallel(({ layout }) => {
        const [a, b, c] = layout.array(3, (i) => 'abc'[i]!) as [Word, Word, Word];
        const block = function* (first: Word, value: number) {
          yield* first.store(value);
          yield* b.store(value);
          yield* b.store(0);
        };
        return [
          // Each puts b back: nobody can tell.
          () => atomic(block(a, 1)),
          () => atomic(block(c, 2)),
        ];
      });
    expect(await executionsOf(make())).toEqual(complete(1, 1));
    await agrees(make);
  });

  test('a wait for a condition depends on all its words, and on what it writes itself', async () => {
    const make = (): Program =>
      parallel(({ layout, conditions }) => {
        const [a, b] = [layout.word('a'), layout.word('b', { init: 7 })];
        const ready = conditions.any(equals(a, 1), differs(b, 7));
        return [
          () =>
            atomic(
              (function* () {
                yield* until(ready);
                yield* b.store(1);
              })(),
            ),
          writer(a, 1, 1),
          function* () {
            yield* a.untilIs(1);
            assert((yield* b.load()) === 7, 'b is 7');
          },
        ];
      });
    const found = await agrees(make);
    expect(spelled(found)).toEqual(new Set(['assertion: b is 7']));
  });
});
