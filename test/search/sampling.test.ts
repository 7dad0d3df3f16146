import { describe, expect, test } from 'vitest';
import { assert, fold } from '../../src/core/control.ts';
import type { Program } from '../../src/core/program.ts';
import { buildProgram } from '../../src/mm/programs.ts';
import { Automata } from '../../src/search/automata.ts';
import { explore } from '../../src/search/explore.ts';
import { replay } from '../../src/search/replay.ts';
import { Random } from '../../src/search/sampling/random.ts';
import { Sampling } from '../../src/search/sampling/sampling.ts';
import type { SamplingStrategy } from '../../src/search/strategy.ts';
import { drawing, grid, lockedCounter, lostUpdate, unchecked } from '../programs/counters.ts';
import { casLock, peterson, philosophers, seqcount, stepAside, untilEither } from '../programs/locks.ts';
import { device } from '../programs/odd.ts';
import { isValue, toy } from '../programs/toy.ts';
import { neverChecked, neverComplete, oneSchedule } from '../programs/vacuous.ts';
import { walk } from './walker.ts';

const PCT3: SamplingStrategy = { name: 'pct', depth: 3 };
const STRATEGIES: SamplingStrategy[] = [PCT3, { name: 'pos' }, { name: 'urw' }, { name: 'random' }];

/** One thread reads twice what the other writes twice; wrong only if writes and reads alternate: a bug of depth 3. */
function alternating(noise: number): Program {
  return toy('alternating', ({ layout }) => {
    const [word, other] = [layout.word('word'), layout.word('other')];
    return {
      threads: {
        writer: function* () {
          yield* word.store(1);
          yield* word.store(2);
        },
        reader: function* () {
          const first = yield* word.load();
          assert(first !== 1 || (yield* word.load()) !== 2, 'alternated');
        },
        noise: function* () {
          for (let i = 0; i < noise; i++) yield* other.add(1);
        },
      },
    };
  });
}

/** Wrong if the second thread comes first: a bug of depth 1. */
function order(): Program {
  return toy('order', ({ layout }) => {
    const ready = layout.word('ready');
    return {
      threads: {
        first: function* () {
          yield* ready.store(1);
        },
        second: function* () {
          assert((yield* ready.load()) === 1, 'ready');
        },
      },
    };
  });
}

/** Two threads of three steps each, with a daemon that goes round for ever. */
function withDaemon(): Program {
  return toy('with-daemon', ({ layout }) => {
    const [a, tick] = [layout.word('a'), layout.word('tick')];
    const adds = function* () {
      for (let i = 0; i < 3; i++) yield* a.add(1);
    };
    return {
      threads: { T0: adds, T1: adds },
      daemons: {
        clock: function* () {
          for (;;) {
            fold('tick');
            yield* tick.xor(1);
          }
        },
      },
      atEnd: [isValue('all added', a, 6)],
    };
  });
}

/** A thread that must end, and does not. */
function endless(): Program {
  return toy('endless', ({ layout }) => {
    const word = layout.word('word');
    return {
      threads: {
        *spins() {
          for (;;) {
            fold('round');
            yield* word.xor(1);
          }
        },
        *ends() {
          yield* word.xor(2);
        },
      },
    };
  });
}

/** Share of schedules that show a violation. */
function hitRate(sampling: Sampling, schedules: number): number {
  let hits = 0;
  for (let i = 0; i < schedules; i++) if (sampling.draw() === 'violation') hits++;
  return hits / schedules;
}

/** Draws `schedules` and counts each order of threads. */
function orders(strategy: SamplingStrategy, program: Program, schedules: number): Map<string, number> {
  const sampling = new Sampling(new Automata(program), strategy, 1);
  const counts = new Map<string, number>();
  for (let i = 0; i < schedules; i++) {
    sampling.draw();
    const spelled = sampling.runner
      .decisions()
      .map(({ thread }) => thread)
      .join('');
    counts.set(spelled, (counts.get(spelled) ?? 0) + 1);
  }
  return counts;
}

/** Pearson's statistic against `cells` equally likely cells. */
function chiSquare(counts: Map<string, number>, cells: number, total: number): number {
  const expected = total / cells;
  let sum = (cells - counts.size) * expected;
  for (const count of counts.values()) sum += (count - expected) ** 2 / expected;
  return sum;
}

describe('exact figures of a seed', () => {
  test.each(STRATEGIES)('$name', async (strategy) => {
    const figures = async (seed: number) => {
      const { sampling, states, transitions } = await explore(unchecked(3), {
        strategy,
        seed,
        schedules: 20,
      });
      const { complete, partialOrders, finalStates } = sampling!;
      return { complete, states, transitions, partialOrders, finalStates };
    };
    expect([await figures(1), await figures(2)]).toMatchSnapshot();
    expect(await figures(1)).toEqual(await figures(1));
  });

  test('a violation is that of the schedule drawn, and replays', async () => {
    for (const strategy of STRATEGIES) {
      const verdict = await explore(lostUpdate(3), { strategy, seed: 3 });
      expect(verdict).toMatchObject({ verdict: 'violation', strategy, violation: { shortest: false } });
      const { schedule, kind } = verdict.violation!;
      expect(replay(lostUpdate(3), schedule).violation?.kind).toBe(kind);
      const again = await explore(lostUpdate(3), { strategy, seed: 3 });
      expect({ ...again, seconds: 0 }).toEqual({ ...verdict, seconds: 0 });
    }
  });

  test('how many are asked for does not change which are drawn', () => {
    const drawn = (before: number) => {
      const sampling = new Sampling(new Automata(unchecked(3)), { name: 'pos' }, 5);
      for (let i = 0; i <= before; i++) sampling.draw();
      return sampling.runner.decisions();
    };
    expect(drawn(7)).toEqual(drawn(7));
    expect(drawn(7)).not.toEqual(drawn(8));
  });
});

describe('all final states of small programs are reached', () => {
  test.each([
    ['three unchecked increments', () => unchecked(3)],
    ['three ways to draw', () => drawing(3)],
    ['compare-and-swap lock', () => casLock(3)],
    ['Peterson', () => peterson()],
    ['a seqcount reader', () => seqcount(true)],
    ['stepping aside', () => stepAside()],
    ['waiting for either of two words', () => untilEither()],
  ])('%s', async (_, program) => {
    const { endStates } = walk(program());
    for (const strategy of STRATEGIES) {
      const verdict = await explore(program(), { strategy, schedules: 2000 });
      expect({ strategy, verdict: verdict.verdict, finalStates: verdict.sampling?.finalStates }).toEqual({
        strategy,
        verdict: 'sampled',
        finalStates: endStates,
      });
    }
  });
});

test.each([
  // Loads commute; who stores last, and who loads what: 4 of the 6 schedules differ in more than order.
  ['two unchecked increments', () => unchecked(2), 4],
  ['threads that never meet', () => grid(3, 3), 1],
  ['a lock: who comes first', () => lockedCounter(3), 6],
  ['adding and drawing: either first, three draws', () => drawing(3), 6],
])('partial orders of %s: %#', async (_, program, partialOrders) => {
  const { sampling } = await explore(program(), { strategy: { name: 'random' }, schedules: 3000 });
  expect(sampling).toMatchObject({ partialOrders });
});

describe('PCT meets a bug of depth d at least as often as it promises', () => {
  test.each([
    ['order, depth 1', order, 1],
    ['lost update, depth 2', () => lostUpdate(2), 2],
    ['lost update of three, depth 2', () => lostUpdate(3), 2],
    ['alternation, depth 3', () => alternating(1), 3],
    ['alternation among noise, depth 3', () => alternating(8), 3],
    ['alternation among noise, with more change points than needed', () => alternating(3), 4],
  ])('%s', (_, program, depth) => {
    const automata = new Automata(program());
    const sampling = new Sampling(automata, { name: 'pct', depth }, 1);
    const rate = hitRate(sampling, 20_000);
    const { threads, probability, voidBecause } = sampling.guarantee()!;
    expect(threads).toBe(program().threads.length);
    expect(voidBecause).toBeNull();
    // Where the bound is the very probability, three standard deviations below it are chance.
    expect(rate).toBeGreaterThanOrEqual(
      probability - 3 * Math.sqrt((probability * (1 - probability)) / 20_000),
    );
    expect(rate).toBeLessThan(1);
  });
});

describe('the uniform random walk', () => {
  // Six steps of two threads: 20 orders, 19 degrees of freedom: above 43.8 once in a thousand.
  test('draws every order of independent threads equally often; the plain random walk does not', () => {
    expect(chiSquare(orders({ name: 'urw' }, grid(2, 3), 10_000), 20, 10_000)).toBeLessThan(43.8);
    expect(chiSquare(orders({ name: 'random' }, grid(2, 3), 10_000), 20, 10_000)).toBeGreaterThan(500);
  });

  test('threads of different length', () => {
    const uneven = toy('uneven', ({ layout }) => {
      const words = layout.array(2, (i) => `word[${i}]`);
      const adding = (t: number, times: number) =>
        function* () {
          for (let i = 0; i < times; i++) yield* words[t]!.add(1);
        };
      return { threads: { short: adding(0, 1), long: adding(1, 9) } };
    });
    // Ten orders, 9 degrees of freedom: above 27.9 once in a thousand.
    expect(chiSquare(orders({ name: 'urw' }, uneven, 10_000), 10, 10_000)).toBeLessThan(27.9);
    expect(chiSquare(orders({ name: 'random' }, uneven, 10_000), 10, 10_000)).toBeGreaterThan(500);
  });
});

test('random numbers: equal shares, and streams that differ', () => {
  const random = new Random();
  const counts = new Map<string, number>();
  for (let stream = 0; stream < 10_000; stream++) {
    random.seed(1, stream);
    const drawn = `${random.below(10)}`;
    counts.set(drawn, (counts.get(drawn) ?? 0) + 1);
  }
  expect(chiSquare(counts, 10, 10_000)).toBeLessThan(27.9);
});

describe('runs that do not end by themselves', () => {
  test('an endless daemon: the run is over when the others have ended and the end was checked', async () => {
    for (const strategy of STRATEGIES) {
      const { verdict, sampling } = await explore(withDaemon(), { strategy, schedules: 50, maxSteps: 500 });
      // The clock never rests: what is to be checked at the end never is.
      expect({ verdict, cut: sampling?.cut }).toEqual({ verdict: 'vacuous', cut: 50 });
      const resting = { ...withDaemon(), atEnd: [] };
      const ended = await explore(resting, { strategy, schedules: 500 });
      expect({ verdict: ended.verdict, complete: ended.sampling?.complete }).toEqual({
        verdict: 'sampled',
        complete: 500,
      });
      expect(ended.sampling!.longest).toBeLessThan(2000);
    }
    const { sampling } = await explore({ ...withDaemon(), atEnd: [] }, { strategy: PCT3, schedules: 500 });
    expect(sampling?.guarantee?.voidBecause).toMatch(/went round in circles/);
  });

  test('a loop that never ends is cut, and a sample in which nothing ends is vacuous', async () => {
    const options = { strategy: { name: 'random' }, schedules: 5, maxSteps: 50 } as const;
    expect(await explore(endless(), options)).toMatchObject({
      verdict: 'vacuous',
      sampling: { complete: 0, cut: 5, longest: 50 },
    });
  });

  test('where a device rests the end is checked: here before it has taken the last request', async () => {
    for (const strategy of STRATEGIES)
      expect(await explore(device(true), { strategy, schedules: 500 })).toMatchObject({
        verdict: 'violation',
        violation: { kind: 'assertion' },
      });
  });
});

describe('verdicts', () => {
  const sampled = (program: Program) => explore(program, { strategy: { name: 'random' }, schedules: 500 });

  test('a deadlock', async () => {
    expect(await sampled(philosophers(3))).toMatchObject({
      verdict: 'violation',
      violation: { kind: 'deadlock' },
      sampling: { blocked: 1 },
    });
    expect(await sampled(neverComplete())).toMatchObject({
      verdict: 'violation',
      sampling: { schedules: 1 },
    });
  });

  test('what says little is vacuous', async () => {
    expect(await sampled(neverChecked())).toMatchObject({ verdict: 'vacuous', neverReached: ['never here'] });
    expect(await sampled(oneSchedule())).toMatchObject({ neverReached: ['a second schedule'] });
    expect(await sampled(device(false))).toMatchObject({
      neverReached: expect.arrayContaining(['all requests done']) as string[],
    });
  });

  test('a violation in a trial run counts', async () => {
    const verdict = await explore(lostUpdate(2), { strategy: { name: 'urw' } });
    expect(verdict).toMatchObject({
      verdict: 'violation',
      sampling: { failedTrial: expect.any(Number) as number, schedules: 0 },
    });
  });

  test('the budget ends a sample, which remains one; Ctrl-C makes it inconclusive', async () => {
    const options = { strategy: { name: 'random' }, schedules: 1e9 } as const;
    const verdict = await explore(grid(3, 9), { ...options, budgetMs: 50 });
    expect(verdict).toMatchObject({ verdict: 'sampled', limit: { which: 'time' } });
    expect(verdict.sampling!.schedules).toBeGreaterThan(100);
    expect(await explore(grid(3, 9), { ...options, signal: AbortSignal.abort() })).toMatchObject({
      verdict: 'truncated',
      limit: { which: 'interrupted' },
    });
  });
});

describe('swapout-vs-odirect on v5.18', () => {
  const { program } = buildProgram({
    scenario: 'swapout-vs-odirect',
    kernel: 'v5.18',
    apply: [],
    revert: [],
    set: {},
  });

  test.each([{ name: 'pct', depth: 4 }, { name: 'pos' }] as const)(
    '$name loses the write',
    async (strategy) => {
      const verdict = await explore(program, { strategy });
      expect(verdict).toMatchObject({ verdict: 'violation', violation: { kind: 'lost-write' } });
      expect(replay(program, verdict.violation!.schedule).violation).toMatchObject({ kind: 'lost-write' });
    },
  );
});
