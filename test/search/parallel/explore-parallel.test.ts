/** Several searchers in worker threads say what one says, and end in order whatever happens. */
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import type * as exploreModule from '../../../src/search/explore.ts';
import type * as parallelModule from '../../../src/search/parallel/explore-parallel.ts';
import type { ParallelOptions } from '../../../src/search/parallel/explore-parallel.ts';
import type * as poolModule from '../../../src/search/parallel/searcher-pool.ts';
import type * as workerUrlModule from '../../../src/cpus/worker-url.ts';
import type { ProgramSource } from '../../../src/cpus/source.ts';
import type { Verdict } from '../../../src/search/verdict.ts';
import type { GridRequest } from '../../programs/parallel/grids.ts';
import { build, compiled, linux } from '../../cpus/compiled.ts';

const load = createRequire(import.meta.url);
const { explore } = load('../../../dist/src/search/explore.js') as typeof exploreModule;
const { exploreParallel, exploreWithFigures } = load(
  '../../../dist/src/search/parallel/explore-parallel.js',
) as typeof parallelModule;
const { SearcherPool } = load('../../../dist/src/search/parallel/searcher-pool.js') as typeof poolModule;
const { workerUrl } = load('../../../dist/src/cpus/worker-url.js') as typeof workerUrlModule;

const pools = new Map<number, poolModule.SearcherPool>();

function poolOf(searchers: number): poolModule.SearcherPool {
  let pool = pools.get(searchers);
  if (pool === undefined) pools.set(searchers, (pool = new SearcherPool(workerUrl('searcher'), searchers)));
  return pool;
}

afterAll(async () => {
  for (const pool of pools.values()) await pool.close();
});

type Options = Omit<ParallelOptions, 'pool' | 'source'>;

async function together(source: ProgramSource, searchers: number, options: Options = {}): Promise<Verdict> {
  const pool = poolOf(searchers);
  return exploreParallel(build(source), { pool, source, ...options });
}

/** What must not depend on how many searched, nor on timing. */
function told({ seconds, depth, endStates, automatonNodes, ...rest }: Verdict) {
  const ofTheRun = rest.violation === null ? { endStates, automatonNodes } : { depth };
  expect(seconds).toBeGreaterThan(0);
  return { ...rest, ...ofTheRun };
}

const at = (scenario: string, kernel: string, revert: readonly string[] = []) =>
  linux({ scenario, kernel, apply: [], revert, set: {} });
const toyOf = (file: string, name: string, request: unknown = null) =>
  compiled(`test/programs/${file}.js`, name, request);

const gridOf = (request: GridRequest) => compiled('test/programs/parallel/grids.js', 'grid', request);

const PROGRAMS: readonly (readonly [string, ProgramSource, string, number])[] = [
  ['swapin-race', at('swapin-race', 'v5.19'), 'proved', 11_174],
  ['grid', gridOf({ threads: 3, rounds: 19 }), 'proved', 8000],
  ['grid with a wrong end', gridOf({ threads: 3, rounds: 9, wrong: true }), 'violation', 1000],
  ['grid whose threads meet', gridOf({ threads: 3, rounds: 9, meet: 5 }), 'proved', 1000],
  ['grid whose threads never meet', gridOf({ threads: 3, rounds: 9, meet: 10 }), 'vacuous', 1000],
  ['two locks crosswise', toyOf('odd', 'crosswise', false), 'violation', 6],
  ['a daemon masks a deadlock', toyOf('odd', 'crosswise', true), 'violation', 9],
  ['late livelock', toyOf('odd', 'lateLivelock', 100), 'violation', 204],
  ['spinning for ever', toyOf('locks', 'spinForever'), 'violation', 1],
  ['lost update of three', toyOf('counters', 'lostUpdate', 3), 'violation', 59],
  ['branching', toyOf('counters', 'drawing', 4), 'proved', 22],
  ['ticket lock', toyOf('locks', 'ticketLock', 4), 'proved', 624],
  ['philosophers', toyOf('locks', 'philosophers', 6), 'violation', 507],
  ['a check that is never reached', toyOf('vacuous', 'neverChecked'), 'vacuous', 4],
  ['one schedule', toyOf('vacuous', 'oneSchedule'), 'vacuous', 3],
  ['read-pin-zero-page', at('read-pin-zero-page', 'v5.19'), 'violation', 70],
  ['get-vs-fork', at('get-vs-fork', 'v5.19'), 'violation', 1864],
];

describe('1, 2 and 4 searchers say what one says without workers', () => {
  test.each(PROGRAMS)('%s', async (_, source, verdict, states) => {
    const alone = told(await explore(build(source)));
    expect(alone).toMatchObject({ verdict, states });
    for (const searchers of [1, 2, 4])
      for (const nearbyStates of [1_000_000, 0])
        expect(told(await together(source, searchers, { nearbyStates, shareEvery: 1 }))).toEqual(alone);
  });
});

describe('they share the work and the growth', () => {
  test('four searchers, from a table of 16 slots', async () => {
    const source = at('get-swapout-store', 'v5.19');
    const options = { pool: poolOf(4), source, shareEvery: 1, logCapacity: 4, nearbyStates: 0 };
    const { verdict, figures } = await exploreWithFigures(build(source), options);
    const alone = await explore(build(source));
    expect(told(verdict)).toEqual(told(alone));
    expect(verdict.states).toBe(81_035);
    const { states, given } = figures!;
    expect(states.reduce((sum, each) => sum + each)).toBe(81_035);
    expect(given.reduce((sum, each) => sum + each)).toBeGreaterThan(0);
    expect(states.filter((each) => each > 0).length).toBeGreaterThan(1);
  });

  test('searches wait for the pool, one after the other', async () => {
    const source = gridOf({ threads: 2, rounds: 30 });
    const searches = Array.from({ length: 3 }, () => together(source, 2));
    await poolOf(2).onFewerThan(1);
    const verdicts = await Promise.all(searches);
    expect(verdicts.map(({ states }) => states)).toEqual([961, 961, 961]);
  });
});

describe('limits', () => {
  const source = gridOf({ threads: 4, rounds: 99 });

  test.each([1, 1000, 54_321])('never more than %d states', async (maxStates) => {
    for (const searchers of [1, 2, 4]) {
      const { verdict, limit, states } = await together(source, searchers, {
        maxStates,
        nearbyStates: 0,
        shareEvery: 1,
      });
      expect([verdict, limit?.which, states]).toEqual(['truncated', 'states', maxStates]);
      expect(limit?.message).toBe(`the limit of ${maxStates} states was reached (--max-states)`);
    }
  });

  test('as many states as allowed count as too many, as with one searcher', async () => {
    const small = gridOf({ threads: 3, rounds: 19 });
    for (const searchers of [1, 2, 4]) {
      for (const maxStates of [8000, 8001]) {
        const { verdict } = await together(small, searchers, { maxStates, shareEvery: 1 });
        expect(verdict).toBe((await explore(build(small), { maxStates })).verdict);
        expect(verdict).toBe(maxStates === 8000 ? 'truncated' : 'proved');
      }
    }
  });

  test('what is nearby is found before the limit of states is', async () => {
    const near = at('get-vs-fork', 'v5.19');
    const alone = told(await explore(build(near), { maxStates: 2000 }));
    expect(alone).toMatchObject({ verdict: 'violation', states: 1864 });
    for (const searchers of [1, 2, 4])
      expect(told(await together(near, searchers, { maxStates: 2000 }))).toEqual(alone);
  });

  test('time, memory, Ctrl-C', async () => {
    const which = async (options: Options) => (await together(source, 2, options)).limit?.which;
    expect(await which({ budgetMs: 300 })).toBe('time');
    expect(await which({ maxBytes: 2 ** 24 })).toBe('memory');
    expect(await which({ signal: AbortSignal.timeout(300) })).toBe('interrupted');
    const seen: number[] = [];
    await which({ budgetMs: 500, onProgress: ({ states }) => seen.push(states) });
    expect(seen.length).toBeGreaterThan(3);
    expect(seen.at(-1)).toBeGreaterThan(seen[0]!);
  });

  test('an unbounded loop', async () => {
    const counting = toyOf('odd', 'countingForever');
    const alone = await explore(build(counting), { maxNodes: 3000 });
    const { verdict, limit } = await together(counting, 2, { maxNodes: 3000 });
    expect([verdict, limit]).toEqual([alone.verdict, alone.limit]);
    expect(limit?.which).toBe('automata');
  });
});

describe('what goes wrong in a worker thread ends the search with one message', () => {
  const broken = (fault: NonNullable<GridRequest['fault']>) => gridOf({ threads: 3, rounds: 60, fault });
  const options: Options = { nearbyStates: 0 };

  test('a program that throws, as with one searcher', async () => {
    const head = (message: string) => message.split('\n').slice(0, 2).join();
    const throwing = toyOf('odd', 'throwing');
    const alone = await explore(build(throwing)).catch((error: Error) => error);
    for (const nearbyStates of [0, 1_000_000]) {
      const error = await together(throwing, 2, { nearbyStates }).catch((e: Error) => e);
      expect(error).toMatchObject({ name: 'ModelError' });
      expect(head((error as Error).message)).toBe(head((alone as Error).message));
    }
    await expect(together(broken('throw'), 2, options)).rejects.toThrow(
      /^thread T0 threw after .*: Error: the generator is broken/,
    );
  });

  test('a program that cannot be built', async () => {
    const source = gridOf({ threads: 2, rounds: 2 });
    const pool = poolOf(2);
    const unknown = { ...source, build: 'no such export' };
    await expect(exploreParallel(build(source), { pool, source: unknown, ...options })).rejects.toThrow(
      'expected an exported function no such export',
    );
  });

  test('a program that is not the same everywhere', async () => {
    await expect(together(broken('differ'), 2, options)).rejects.toThrow('is not deterministic');
  });

  test('a worker thread that dies, by itself or by another hand', async () => {
    await expect(together(broken('exit'), 2, options)).rejects.toThrow(
      /^searcher [12] of 2 \(worker thread \d+\) died: worker exited with code: 7$/,
    );
    const pool = poolOf(2);
    const source = gridOf({ threads: 4, rounds: 99 });
    const outcome = together(source, 2, options).catch((error: Error) => error);
    await sleep(300);
    await pool.workers[1]!.terminate();
    expect(await outcome).toMatchObject({ name: 'SearcherFailure' });
    // The pool has filled up again.
    expect((await together(gridOf({ threads: 2, rounds: 9 }), 2)).states).toBe(100);
  });

  test('a worker thread that never comes back', async () => {
    const pool = new SearcherPool(workerUrl('searcher'), 2, 2000);
    const source = broken('spin');
    const started = performance.now();
    const verdict = await exploreParallel(build(source), { pool, source, ...options, budgetMs: 1000 });
    expect(verdict.limit?.which).toBe('time');
    expect(performance.now() - started).toBeLessThan(30_000);
    expect(pool.workers).toHaveLength(0);
    await pool.close();
  });
});
