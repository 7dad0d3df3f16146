import { describe, expect, test } from 'vitest';
import { buildProgram } from '../../src/mm/programs.ts';
import type { Program } from '../../src/core/program.ts';
import { Automata } from '../../src/search/automata.ts';
import { Probes, type Front, type SizeEstimate } from '../../src/search/estimate.ts';
import { ExhaustiveSearch } from '../../src/search/exhaustive.ts';
import { explore } from '../../src/search/explore.ts';
import { shortestCounterexample } from '../../src/search/shortest.ts';
import { grid } from '../programs/counters.ts';

function scenario(name: string, kernel: string, set: Record<string, string>): Program {
  return buildProgram({ scenario: name, kernel, apply: [], revert: [], set }).program;
}

/** Estimates when so many parts in a hundred of all `states` have been visited; the nearby are a twentieth of them. */
async function estimates(program: Program, states: number): Promise<Record<number, SizeEstimate | null>> {
  const automata = new Automata(program);
  let front: Front | null = null;
  await shortestCounterexample(automata, { maxStates: states / 20, onGivenUp: (left) => (front = left) });
  const probes = Probes.draw(automata, front!);
  const search = new ExhaustiveSearch(automata);
  const found: Record<number, SizeEstimate | null> = {};
  for (const part of [1, 5, 10, 25, 50, 75, 90]) {
    while (search.visited.size < (states * part) / 100 && search.run(100) === 'running');
    found[part] = probes.estimate(search.visited, search.visited.size);
  }
  while (search.run(10_000) === 'running');
  expect(search.visited.size).toBe(states);
  found[100] = probes.estimate(search.visited, states);
  return found;
}

describe('the estimate', () => {
  test.each([
    ['a grid', () => grid(4, 20), 194_481],
    ['a grid of many threads', () => grid(6, 6), 117_649],
    ['the seed', () => scenario('swapout-vs-odirect', 'v5.19', { reclaim: '1' }), 158_372],
    ['a race for a swap entry', () => scenario('swapin-race', 'v5.19', { reclaim: '2' }), 11_174],
    ['a page got and swapped out', () => scenario('read-get-swapout', 'v5.19', { reclaim: '2' }), 28_097],
    ['past the swap cache', () => scenario('swapcache-bypass', 'v6.12', { reclaim: '1' }), 49_499],
  ] as const)('%s: the truth is within its spread, which closes in', async (_, make, states) => {
    const found = await estimates(make(), states);
    for (const estimate of Object.values(found)) {
      if (estimate === null) continue;
      expect(estimate.low).toBeLessThanOrEqual(states);
      expect(estimate.high).toBeGreaterThanOrEqual(states);
      expect(estimate.states).toBeGreaterThanOrEqual(estimate.low);
      expect(estimate.states).toBeLessThanOrEqual(estimate.high);
    }
    // How many times too large or too small it may be.
    for (const [part, factor] of [
      [25, 5],
      [50, 2.6],
      [75, 1.75],
      [90, 1.2],
    ] as const) {
      const { states: guess } = found[part]!;
      expect(guess).toBeGreaterThan(states / factor);
      expect(guess).toBeLessThan(states * factor);
    }
    expect(found[100]).toEqual({ low: states, states, high: states });
    expect(found[90]!.high / found[90]!.low).toBeLessThan(2);
  });

  test('the same in every run', async () => {
    expect(await estimates(grid(4, 12), 28_561)).toEqual(await estimates(grid(4, 12), 28_561));
  });

  test('none while too little has been seen', async () => {
    const found = await estimates(grid(4, 12), 28_561);
    expect(found[1]).toBeNull();
    expect(new Probes(new Int32Array(0)).estimate({ find: () => 1 }, 10)).toBeNull();
  });

  test('drawing it changes no figure of the search', async () => {
    const program = scenario('swapin-race', 'v5.19', { reclaim: '2' });
    const figures = async (drawn: boolean) => {
      const automata = new Automata(program);
      const front: Front[] = [];
      await shortestCounterexample(automata, { maxStates: 500, onGivenUp: (left) => front.push(left) });
      if (drawn) Probes.draw(automata, front[0]!);
      const search = new ExhaustiveSearch(automata);
      while (search.run(1000) === 'running');
      const { transitions, maxDepth, endStates, restStates, visited } = search;
      return { transitions, maxDepth, endStates, restStates, states: visited.size };
    };
    expect(await figures(true)).toEqual(await figures(false));
    expect(await figures(true)).toMatchObject({ transitions: 28_817, states: 11_174 });
  });
});

test('once the look nearby has met every state their number is known', async () => {
  const told: (SizeEstimate | null | undefined)[] = [];
  await explore(grid(5, 7), {
    onProgress: ({ phase, estimate }) => phase === 'search' && told.push(estimate),
  });
  expect(told.length).toBeGreaterThan(1);
  expect(new Set(told.map((estimate) => JSON.stringify(estimate)))).toEqual(
    new Set(['{"low":32768,"states":32768,"high":32768}']),
  );
});

describe('memory', () => {
  test('tables never pass it, nor the old and the new one together', async () => {
    const maxBytes = 5 * 2 ** 20;
    let most = 0;
    const verdict = await explore(grid(4, 25), {
      maxBytes,
      onProgress: ({ bytes, phase }) => {
        if (phase === 'search') most = Math.max(most, bytes);
      },
    });
    expect(verdict).toMatchObject({ verdict: 'truncated', limit: { which: 'memory' } });
    // 2 MiB and what is beside it: the next table would have 4 MiB.
    expect(most).toBeGreaterThan(2 * 2 ** 20);
    expect(most).toBeLessThan(3 * 2 ** 20);
    expect(verdict.states).toBeGreaterThan(190_000);
    expect(verdict.states).toBeLessThanOrEqual(196_608);
  });

  test('with a little more it goes on', async () => {
    const verdict = await explore(grid(4, 25), { maxBytes: 14 * 2 ** 20 });
    expect(verdict).toMatchObject({ verdict: 'proved', states: 456_976 });
  });
});
