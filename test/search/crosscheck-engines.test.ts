/** All engines against each other: on random programs, on endless ones, and on engines that are wrong on purpose. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fold } from '../../src/core/control.ts';
import type { Program } from '../../src/core/program.ts';
import { crosscheck } from '../../src/search/crosscheck/crosscheck.ts';
import { DPOR } from '../../src/search/crosscheck/dpor-engine.ts';
import type { Engine, Findings } from '../../src/search/crosscheck/engine.ts';
import { ENGINES } from '../../src/search/crosscheck/engines.ts';
import { NAIVE, STATEFUL } from '../../src/search/crosscheck/walk-engines.ts';
import { randomProgram, type RandomProgram } from '../programs/random.ts';
import { randomPrograms } from './random-programs.ts';

const RUNS = Number(process.env['LOSTWRITE_CROSSCHECK_RUNS'] ?? 600);
const seed = Number(process.env['LOSTWRITE_CROSSCHECK_SEED'] ?? 414);

/** The daemons of the program begin again and again, as kswapd does. */
function endless(random: RandomProgram): Program {
  const program = randomProgram(random);
  const word = program.layout.words[0]!;
  return {
    ...program,
    threads: program.threads.map((thread) =>
      thread.daemon === true
        ? {
            ...thread,
            *body() {
              for (;;) {
                fold('again');
                yield { kind: 0, word: word.index, x: 1, y: 0, z: 0, order: 0, rides: false };
                yield* thread.body();
              }
            },
          }
        : thread,
    ),
  };
}

describe('random programs', () => {
  test('all engines find the same', async () => {
    const met = { finished: 0, violations: 0, deadlocks: 0, finals: 0 };
    await fc.assert(
      fc.asyncProperty(randomPrograms, async (random) => {
        const { rows, differences } = await crosscheck(() => randomProgram(random), {
          maxNaiveSteps: 50_000,
        });
        expect(differences).toEqual([]);
        if (rows.every(({ unfinished }) => unfinished === null)) met.finished++;
        const { violations, deadlocks, finals } = rows[1]!;
        if (violations.size > 0) met.violations++;
        if (deadlocks!.size > 0) met.deadlocks++;
        if (finals!.size > 1) met.finals++;
      }),
      { numRuns: RUNS, seed },
    );
    expect(met.finished).toBeGreaterThan(0.8 * RUNS);
    expect(Math.min(...Object.values(met))).toBeGreaterThan(RUNS / 20);
  });

  test('what unfinished engines find beside endless daemons is a part of the whole', async () => {
    let unfinished = 0;
    await fc.assert(
      fc.asyncProperty(randomPrograms, async (random) => {
        const daemons = random.threads.filter(({ daemon }) => daemon);
        fc.pre(daemons.length > 0 && daemons.every(({ code }) => code.every(({ op }) => op !== 'hold')));
        const outcome = await crosscheck(() => endless(random), { budgetMs: 20, maxNaiveSteps: 20_000 });
        expect(outcome.differences).toEqual([]);
        if (outcome.finished < ENGINES.length) unfinished++;
      }),
      { numRuns: Math.ceil(RUNS / 30), seed },
    );
    expect(unfinished).toBeGreaterThan(RUNS / 120);
  });
});

describe('an engine that is wrong is found out', () => {
  const random: RandomProgram = {
    init: [0, 0, 0],
    threads: [
      { daemon: false, code: [{ op: 'fetchAdd', word: 0, value: 1, other: 0 }, { op: 'lock' }] },
      { daemon: false, code: [{ op: 'storeRegister', word: 0, value: 1, other: 0 }, { op: 'lock' }] },
    ],
    never: 1,
    notAtEnd: null,
    mostHeld: 1,
  };
  const wrong = (change: (found: Findings) => Partial<Findings>): Engine => ({
    name: 'wrong',
    async run(program, options) {
      const found = await STATEFUL.run(program, options);
      return { ...found, ...change(found) };
    },
  });
  const against = (engine: Engine) =>
    crosscheck(() => randomProgram({ ...random, never: null }), { engines: [NAIVE, DPOR, engine] });

  test.each([
    [
      'a deadlock missed',
      () => ({ deadlocks: new Set<string>(), deadlocked: false }),
      'deadlock found by naive',
    ],
    [
      'a deadlock invented',
      () => ({ deadlocks: new Set(['x']), deadlocked: true }),
      'found by wrong, not by dpor',
    ],
    [
      'a violation invented',
      () => ({ violations: new Set(['leak: x']) }),
      'violation found by wrong, not by naive',
    ],
    [
      'a final state invented',
      () => ({ finals: new Set(['9 xx']) }),
      'final state found by wrong, not by naive: 9 xx',
    ],
    [
      'nothing found, by one that stops at the first',
      () => ({ finals: null, deadlocks: null, deadlocked: false, stopsAtFirst: true }),
      'something is broken according to naive, nothing according to wrong',
    ],
    [
      'unfinished, yet more found',
      () => ({ unfinished: 'tired', violations: new Set(['leak: x']) }),
      'violation found by wrong, not by naive: leak: x',
    ],
  ])('%s', async (_, change, difference) => {
    const { differences } = await against(wrong(change));
    expect(differences.join('\n')).toContain(difference);
  });

  test('states counted wrongly', async () => {
    const engine = wrong(({ states }) => ({ states: states! + 1 }));
    const { differences } = await crosscheck(() => randomProgram(random), { engines: [STATEFUL, engine] });
    expect(differences).toEqual([expect.stringMatching(/^stateful counts \d+ states, wrong \d+$/)]);
  });

  test('one that is unfinished and found less is not wrong', async () => {
    const less = {
      unfinished: 'tired',
      finals: new Set<string>(),
      deadlocks: new Set<string>(),
      deadlocked: false,
    };
    expect((await against(wrong(() => less))).differences).toEqual([]);
  });
});
