import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Steps } from '../../src/core/operations.ts';
import type { Program } from '../../src/core/program.ts';
import { Automata } from '../../src/search/automata.ts';
import { criticalPair } from '../../src/search/critical-pair.ts';
import { explore } from '../../src/search/explore.ts';
import { randomProgram } from '../programs/random.ts';
import { isValue, toy } from '../programs/toy.ts';
import { enumerate } from './naive.ts';
import { randomPrograms } from './random-programs.ts';

async function pairOf(program: Program) {
  const { violation } = await explore(program);
  const { steps } = violation!.schedule;
  const pair = criticalPair(new Automata(program), steps);
  expect(violation!.criticalPair).toEqual(pair);
  const spell = (number: number) => {
    const { thread, accesses } = steps[number - 1]!;
    return `${thread} ${accesses[0].operation} ${accesses[0].word}`;
  };
  return pair === null ? null : [spell(pair.first), spell(pair.second)];
}

test('a lost update: the load that was too early, and the store that it did not see', async () => {
  const program = toy('lost-update', ({ layout }) => {
    const counter = layout.word('counter');
    const increment = (own: string) => {
      const other = layout.word(own);
      return function* (): Steps<void> {
        yield* other.add(1);
        const seen = yield* counter.load();
        yield* other.add(1);
        yield* counter.store(seen + 1);
      };
    };
    return {
      threads: { cpu0: increment('a'), cpu1: increment('b') },
      atEnd: [isValue('count', counter, 2)],
    };
  });
  const pair = await pairOf(program);
  expect(pair!.map((step) => step.slice(5))).toEqual(['load counter', 'store counter']);
  expect(pair![0]!.slice(0, 4)).not.toBe(pair![1]!.slice(0, 4));
});

test('two steps that others between them keep in order are no race', async () => {
  const program = toy('chained', ({ layout }) => {
    const counter = layout.word('counter');
    const chain = layout.word('chain');
    function* increment(): Steps<void> {
      yield* chain.add(1);
      const seen = yield* counter.load();
      yield* chain.add(1);
      yield* counter.store(seen + 1);
    }
    return { threads: { cpu0: increment, cpu1: increment }, atEnd: [isValue('count', counter, 2)] };
  });
  // The one's load comes before its own second addition, that before the other's, and that before the other's store.
  expect(await pairOf(program)).toBeNull();
});

test('crossed locks: the second lock of the one, and the first of the other', async () => {
  const program = toy('crossed', ({ layout }) => {
    const a = layout.word('a');
    const b = layout.word('b');
    const both = (first: typeof a, second: typeof a, owner: number) =>
      function* (): Steps<void> {
        yield* first.lockFor(owner);
        yield* second.lockFor(owner);
        yield* second.unlockFor(owner);
        yield* first.unlockFor(owner);
      };
    return { threads: { cpu0: both(a, b, 1), cpu1: both(b, a, 2) } };
  });
  // Both threads wait in the end: the steps that make it a deadlock never come, so no two steps taken can be swapped.
  expect(await pairOf(program)).toBeNull();
});

test('a rule that every schedule breaks has no critical pair', async () => {
  const program = toy('always', ({ layout }) => {
    const word = layout.word('word');
    const body = function* (): Steps<void> {
      yield* word.add(1);
    };
    return { threads: { cpu0: body, cpu1: body }, atEnd: [isValue('nothing happens', word, 0)] };
  });
  expect(await pairOf(program)).toBeNull();
});

test('random programs: where there is a critical pair some schedule passes, and the two are steps of two threads', async () => {
  let pairs = 0;
  await fc.assert(
    fc.asyncProperty(randomPrograms, async (random) => {
      const all = enumerate(randomProgram(random), 2_000);
      fc.pre(all !== null && all.shortest !== null);
      const { violation } = await explore(randomProgram(random));
      const { steps } = violation!.schedule;
      const pair = criticalPair(new Automata(randomProgram(random)), steps);
      if (pair === null) return;
      pairs++;
      expect(all.ends.size).toBeGreaterThan(0);
      expect(pair.first).toBeLessThan(pair.second);
      expect(steps[pair.first - 1]!.thread).not.toBe(steps[pair.second - 1]!.thread);
    }),
    { numRuns: 1000, seed: 9 },
  );
  expect(pairs).toBeGreaterThan(3);
});
