import { describe, expect, test } from 'vitest';
import type { Program, Sometimes } from '../../src/core/program.ts';
import { explore } from '../../src/search/explore.ts';
import type { Strategy } from '../../src/search/strategy.ts';
import { atomicCounter } from '../programs/counters.ts';
import { meeting } from '../programs/reach.ts';
import { neverChecked } from '../programs/vacuous.ts';

const NEVER = { verdict: 'vacuous', neverReached: ['they meet'], violation: null };

const bothAre =
  (value: number): Sometimes['holds'] =>
  (words) =>
    words[0] === value && words[1] === value;

const STRATEGIES: readonly Strategy[] = [
  { name: 'exhaustive' },
  { name: 'bounded', preemptions: 2 },
  { name: 'random' },
  { name: 'pct', depth: 3 },
];

describe.each(STRATEGIES)('$name', (strategy) => {
  const search = (program: Program) => explore(program, { strategy, schedules: 300 });

  test('a state that some schedule comes to', async () => {
    const { neverReached } = await search(meeting(bothAre(1), [0, 1]));
    expect(neverReached).toEqual([]);
  });

  test('a state that none comes to makes the verdict vacuous', async () => {
    expect(await search(meeting(bothAre(3), [0, 1]))).toMatchObject(NEVER);
  });

  test('the initial state counts', async () => {
    expect((await search(meeting(bothAre(0), [0, 1]))).neverReached).toEqual([]);
  });

  test('accounts count, whatever is watched', async () => {
    expect((await search(meeting((_, held) => held[0] === 2, []))).neverReached).toEqual([]);
    expect(await search(meeting((_, held) => held[0] === 3, []))).toMatchObject(NEVER);
  });
});

test('it is asked only where a watched word changed, and no more once it held', async () => {
  let asked = 0;
  const program = meeting(
    (words) => {
      asked++;
      return words[0] === 1;
    },
    [0],
  );
  expect((await explore(program)).verdict).toBe('proved');
  // In the initial state by each of two inspectors, and once after the first thread's store.
  expect(asked).toBeLessThanOrEqual(4);
});

test('states and transitions are the same with and without', async () => {
  const { sometimes: _, ...without } = meeting(bothAre(1), [0, 1]);
  const { states, transitions } = await explore(without);
  expect(await explore(meeting(bothAre(1), [0, 1]))).toMatchObject({
    states,
    transitions,
    verdict: 'proved',
  });
});

test('it is told beside the checks and covers that were not reached', async () => {
  const program = neverChecked();
  const sometimes = [{ name: 'a dream', watches: [], holds: () => false }];
  expect((await explore({ ...program, sometimes })).neverReached).toEqual(['never here', 'a dream']);
});

test('a search cut short does not call it never reached by mistake', async () => {
  const sometimes = [{ name: 'a dream', watches: [], holds: () => false }];
  expect(await explore({ ...atomicCounter(8), sometimes }, { maxStates: 10 })).toMatchObject({
    verdict: 'truncated',
  });
});

test('two with one name cannot be told apart', async () => {
  const sometimes = [{ name: 'never here', watches: [], holds: () => false }];
  await expect(explore({ ...neverChecked(), sometimes })).rejects.toThrow(
    'two of what must be reached have the same name',
  );
});
