import { describe, expect, test } from 'vitest';
import { choose } from '../../src/core/control.ts';
import { Automata } from '../../src/search/automata.ts';
import { coverageOf, type Coverage } from '../../src/search/coverage.ts';
import { explore } from '../../src/search/explore.ts';
import { lostUpdate } from '../programs/counters.ts';
import { partlyReached } from '../programs/reach.ts';
import { toy } from '../programs/toy.ts';

const FILE = 'test/programs/reach.ts';

/** Without file names. */
function short({ neverReached, neverDone, oneSided }: Coverage) {
  const at = ({ function: name, source }: { function: string; source: string }) =>
    `${source.replace(/^.*:/, '')} ${name}`;
  return {
    neverReached: neverReached.map(at),
    neverDone: neverDone.map((place) => `${place.operation} ${at(place)}`),
    oneSided: oneSided.map((place) => `${place.operation} ${at(place)}: ${place.never}`),
  };
}

const ALL = {
  neverReached: ['15 returnsAtOnce', '24 tries', '31 counts', '33 counts', '60 waiter'],
  neverDone: ['until 59 waiter'],
  // Two tests of line 33 have one outcome each. Line 29 is not among them: it fails and succeeds at different automaton nodes of one place.
  oneSided: [
    'trylock 23 tries: never failed',
    'test 30 counts: never true',
    'try_cmpxchg 32 counts: never failed',
    'add_unless 33 counts: never failed',
    'test 33 counts: never false',
    'test 33 counts: never true',
    'add_test 34 counts: never false',
    'cmpxchg 35 counts: never failed',
  ],
};

describe('a program of which it is known', () => {
  test('operations, outcomes and functions that no schedule comes to', async () => {
    const { verdict, coverage } = await explore(partlyReached());
    expect(verdict).toBe('proved');
    expect(short(coverage!)).toEqual(ALL);
    expect(coverage!.neverReached[0]).toEqual({ function: 'returnsAtOnce', source: `${FILE}:15` });
    // 3 + 1 + 12 + 3 + 2 + 2: tries, returnsAtOnce, counts, T0, T1, waiter; what begins with $ does not count.
    expect(coverage!.operations).toEqual({ reached: 18, all: 23, functions: 6 });
    expect(coverage!.neverEntered).toEqual([{ file: FILE, functions: ['neverCalled', 'anonymous'] }]);
  });

  test('the same from a bounded search that cuts nothing off, and without folding', async () => {
    const bounded = await explore(partlyReached(), { strategy: { name: 'bounded', preemptions: 100 } });
    expect(short(bounded.coverage!)).toEqual(ALL);
    expect(short((await explore(partlyReached(), { fold: false })).coverage!)).toEqual(ALL);
  });

  test('within a bound less is reached: without preemptions nobody comes between load and store', async () => {
    const { verdict, coverage } = await explore(partlyReached(), {
      strategy: { name: 'bounded', preemptions: 0 },
    });
    expect(verdict).toBe('proved-within-bound');
    expect(short(coverage!).oneSided).toEqual([
      'trylock 23 tries: never failed',
      'try_cmpxchg 29 counts: never failed',
      ...ALL.oneSided.slice(1),
    ]);
  });

  test('a sample tells what its schedules came to', async () => {
    const { verdict, coverage } = await explore(partlyReached(), {
      strategy: { name: 'random' },
      schedules: 500,
    });
    expect(verdict).toBe('sampled');
    expect(short(coverage!)).toEqual(ALL);
  });
});

test('one of the answers of choose is never given: only where a search did not ask', () => {
  const automata = new Automata(partlyReached());
  const [root] = automata.roots;
  // By hand: T0 takes the lock and unlocks it, loads, fails to exchange, finds no 9, and chooses 1.
  let node = root!;
  for (const value of [1, 1, 0, 0, 0, 1]) node = automata.extend(node, value);
  const { oneSided } = short(coverageOf(automata));
  expect(oneSided).toContain('choose 31 counts: never answered 0');
  expect(oneSided).toContain('choose 31 counts: never answered 2');
  expect(oneSided).not.toContain('choose 31 counts: never answered 1');
  expect(oneSided).toContain('try_cmpxchg 29 counts: never succeeded');
});

test('one bit read, set or cleared has two outcomes', async () => {
  const program = toy('bits', ({ layout }) => {
    const word = layout.word('word');
    return {
      threads: {
        *T0() {
          yield* word.loadMasked(4);
          yield* word.fetchUpdate(0, 4, 4);
          yield* word.fetchUpdate(4, 0, 4);
          yield* word.loadMasked(6);
        },
        *T1() {
          yield* word.fetchUpdate(0, 8, 8);
          yield* choose(2);
        },
      },
    };
  });
  const { coverage } = await explore(program);
  expect(short(coverage!).oneSided.map((text) => text.replace(/\d+ /, ''))).toEqual([
    'load T0: never found the bit set',
    'exchange T0: never found the bit set',
    'exchange T0: never found the bit clear',
    'exchange T1: never found the bit set',
  ]);
});

test('of a program that is not instrumented outcomes are known, but not what was never reached', async () => {
  const program = toy('plain', ({ layout }) => {
    const word = layout.word('word');
    return {
      threads: {
        *T0() {
          if (yield* word.is(5)) yield* word.store(6);
        },
        *T1() {
          yield* word.store(1);
        },
      },
    };
  });
  const { coverage } = await explore(program);
  expect(coverage).toMatchObject({ operations: null, neverReached: [], neverEntered: [], unused: [] });
  expect(coverage!.oneSided).toMatchObject([
    {
      function: 'T0',
      operation: 'test',
      never: 'never true',
      source: expect.stringMatching(/^test\/search\/coverage\.test\.ts:\d+$/) as string,
    },
  ]);
});

test('nothing is told of a search that a limit or a violation ended', async () => {
  expect((await explore(lostUpdate(2))).coverage).toBeUndefined();
  expect((await explore(partlyReached(), { maxStates: 20 })).coverage).toBeUndefined();
  expect((await explore(partlyReached(), { maxStates: 2000 })).coverage).toBeDefined();
});
