import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Program } from '../../../src/core/program.ts';
import type { Step } from '../../../src/core/schedule.ts';
import { Automata } from '../../../src/search/automata.ts';
import { explore } from '../../../src/search/explore.ts';
import { subsets } from '../../../src/search/minimise/exact.ts';
import { minimise } from '../../../src/search/minimise/minimise.ts';
import { compareSizes } from '../../../src/search/minimise/size.ts';
import { replay } from '../../../src/search/replay.ts';
import { Stepper } from '../../../src/search/stepper.ts';
import type { ViolationReport } from '../../../src/search/verdict.ts';
import { lostUpdate } from '../../programs/counters.ts';
import { crosswise, lateLivelock, shortcut } from '../../programs/odd.ts';
import { philosophers, spinForever } from '../../programs/locks.ts';
import { randomProgram } from '../../programs/random.ts';
import {
  aloneOrTogether,
  failsInTwoWays,
  failsOrSpins,
  restingDaemon,
  throughAnotherRule,
  twoRules,
} from '../../programs/smaller.ts';
import { enumerate, type Move } from '../naive.ts';
import { randomPrograms } from '../random-programs.ts';

function stepsOf(program: Program, moves: readonly Move[]): Step[] {
  const stepper = new Stepper(new Automata(program));
  return moves.map(({ thread, choice }) => stepper.recordedStep(thread, choice));
}

function sizeOf({ threads, preemptions, schedule }: ViolationReport) {
  return { threads, preemptions, steps: schedule.steps.length };
}

const PROVED = { threads: true, preemptions: true, steps: true, threadsLimit: null, stepsLimit: null };

/** Which rule the schedule breaks, as naive.ts names it. */
function ruleOf(program: Program, report: ViolationReport): string {
  if (report.kind === 'deadlock') return 'deadlock';
  const property = [...program.always, ...program.atEnd].find(({ kind }) => kind === report.kind);
  return property?.name ?? `failed ${report.kind}`;
}

describe('random small programs, against all schedules enumerated by brute force', () => {
  test('from any schedule: fewest threads, then preemptions, then steps of all that break the same rule', async () => {
    const runs = Number(process.env['LOSTWRITE_CROSSCHECK_RUNS'] ?? 400);
    const met = { failed: 0, never: 0, 'not at end': 0, deadlock: 0, 'another rule is met sooner': 0 };
    let fewer = 0;
    await fc.assert(
      fc.asyncProperty(randomPrograms, async (random) => {
        const all = enumerate(randomProgram(random), 3_000);
        fc.pre(all !== null && all.smallestOf.size > 0);
        if (all.smallestOf.size > 1) met['another rule is met sooner']++;
        for (const [rule, { size, first, longest }] of all.smallestOf) {
          met[rule.startsWith('failed') ? 'failed' : (rule as keyof typeof met)]++;
          for (const moves of [first, longest]) {
            const program = randomProgram(random);
            const from = stepsOf(program, moves);
            const report = await minimise(program, from);
            expect(sizeOf(report)).toEqual(size);
            expect(report.minimised).toMatchObject(PROVED);
            expect(ruleOf(program, report)).toBe(rule);
            expect(replay(randomProgram(random), report.schedule).violation?.kind).toBe(report.kind);
            if (size.threads < new Set(from.map(({ thread }) => thread)).size) fewer++;
          }
        }
      }),
      { numRuns: runs, seed: 2607 },
    );
    // The programs must keep being of every sort; otherwise the above says little.
    expect(Math.min(...Object.values(met))).toBeGreaterThan(runs / 100);
    expect(fewer).toBeGreaterThan(runs / 10);
  });
});

describe('known smallest schedules', () => {
  const smallest = async (program: Program) => {
    const { violation } = await explore(program, { minimise: true });
    expect(violation?.minimised).toMatchObject(PROVED);
    return violation!;
  };

  test('one thread in five steps rather than two in three', async () => {
    expect((await explore(aloneOrTogether())).violation).toMatchObject({ threads: 2, shortest: true });
    const violation = await smallest(aloneOrTogether());
    expect(sizeOf(violation)).toEqual({ threads: 1, preemptions: 0, steps: 5 });
    expect(violation.schedule.steps.map(({ thread }) => thread)).toEqual(Array(5).fill('Alone'));
    expect(violation.minimised).toMatchObject({ from: { threads: 2, preemptions: 1, steps: 3 } });
  });

  test('fewer preemptions, though more steps', async () => {
    const { violation } = await explore(shortcut());
    expect(sizeOf(violation!)).toEqual({ threads: 2, preemptions: 2, steps: 4 });
    const size = { threads: 2, preemptions: 0, steps: 6 };
    expect([...enumerate(shortcut())!.smallestOf.values()].map((known) => known.size)).toEqual([size]);
    expect(sizeOf(await smallest(shortcut()))).toEqual(size);
  });

  test('another property of the same kind is another violation', async () => {
    const program = twoRules();
    const [quick, slow] = [0, 1].map((thread) => ({ thread, choice: 0 })) as [Move, Move];
    const report = await minimise(program, stepsOf(program, [slow, slow, slow]));
    expect(sizeOf(report)).toEqual({ threads: 1, preemptions: 0, steps: 3 });
    expect(report.message).toBe('b is 1, not 0');
    expect(sizeOf(await minimise(program, stepsOf(program, [slow, slow, quick])))).toEqual({
      threads: 1,
      preemptions: 0,
      steps: 1,
    });
  });

  test('one thread alone rather than two without preemptions in fewer steps', async () => {
    const program = throughAnotherRule(true);
    const moves = [3, 1, 1].map((thread) => ({ thread, choice: 0 }));
    const report = await minimise(program, stepsOf(program, moves));
    expect(report.minimised).toMatchObject(PROVED);
    expect(sizeOf(report)).toEqual({ threads: 1, preemptions: 0, steps: 5 });
  });

  test('a way through another violation is none, though it is shorter', async () => {
    const program = throughAnotherRule(false);
    const moves = [
      [0, 1],
      [0, 0],
      [1, 0],
      [1, 0],
    ].map(([thread = 0, choice = 0]) => ({ thread, choice }));
    const report = await minimise(program, stepsOf(program, moves));
    expect(report.minimised).toMatchObject(PROVED);
    expect(sizeOf(report)).toEqual({ threads: 2, preemptions: 0, steps: 4 });
  });

  test('a failure of another kind is another violation', async () => {
    const program = failsInTwoWays();
    const late = [1, 0].map((choice) => ({ thread: 0, choice }));
    const report = await minimise(program, stepsOf(program, late));
    expect(report).toMatchObject({ kind: 'lost-write', minimised: PROVED });
    expect(sizeOf(report)).toEqual({ threads: 1, preemptions: 0, steps: 2 });
  });

  test('a daemon at rest need not move', async () => {
    const program = restingDaemon();
    const moves = [1, 1, 0].map((thread) => ({ thread, choice: 0 }));
    const report = await minimise(program, stepsOf(program, moves));
    expect(report.minimised).toMatchObject(PROVED);
    expect(sizeOf(report)).toEqual({ threads: 1, preemptions: 0, steps: 1 });
  });

  test('what is checked at the end needs every thread that must end', async () => {
    expect(sizeOf(await smallest(lostUpdate(3)))).toEqual({ threads: 3, preemptions: 1, steps: 6 });
  });

  test('a deadlock of philosophers needs all of them; one preemption is enough, the others stop by themselves', async () => {
    expect(sizeOf(await smallest(philosophers(3)))).toEqual({ threads: 3, preemptions: 1, steps: 3 });
  });

  test('a deadlock beside a daemon that could run for ever', async () => {
    expect(await smallest(crosswise(true))).toMatchObject({ kind: 'deadlock', threads: 2, preemptions: 1 });
  });

  test('a livelock is looked for among the states that cannot end', async () => {
    const violation = await smallest(lateLivelock(3));
    expect(violation.kind).toBe('livelock');
    expect(sizeOf(violation)).toEqual({ threads: 1, preemptions: 0, steps: 4 });
  });

  test('a program that cannot end from the start needs no step', async () => {
    const program = spinForever();
    const found = stepsOf(program, [
      { thread: 0, choice: 0 },
      { thread: 1, choice: 0 },
    ]);
    const report = await minimise(program, found);
    expect(sizeOf(report)).toEqual({ threads: 0, preemptions: 0, steps: 0 });
    expect(report).toMatchObject({ kind: 'livelock', minimised: PROVED });
  });
});

describe('limits', () => {
  test('a limit in the middle leaves what was found, and says what is not known', async () => {
    const program = philosophers(3);
    const { violation } = await explore(program);
    const report = await minimise(program, violation!.schedule.steps, { maxStates: 5 });
    expect(sizeOf(report)).toEqual({ threads: 3, preemptions: 1, steps: 3 });
    const limit = 'not finished within 5 states';
    expect(report.minimised).toMatchObject({
      threads: false,
      preemptions: false,
      steps: false,
      threadsLimit: limit,
      stepsLimit: limit,
    });
  });

  test('what is known without a search is not called unknown', async () => {
    const { minimised } = await minimise(
      aloneOrTogether(),
      (await explore(aloneOrTogether())).violation!.schedule.steps,
      { maxStates: 0 },
    );
    // No violation takes less than one thread, and one thread alone preempts nobody.
    expect(minimised).toMatchObject({ threads: true, preemptions: true, steps: false, threadsLimit: null });
  });

  test('which states cannot end must be known first', async () => {
    const program = lateLivelock(50);
    const steps = (await explore(program)).violation!.schedule.steps;
    const moves = [{ thread: 1, choice: 0 }];
    const longer = [...stepsOf(program, moves), ...steps];
    expect((await minimise(program, longer)).schedule.steps).toHaveLength(steps.length);
    const report = await minimise(program, longer, { maxBytes: 1 });
    expect(report.schedule.steps.length).toBeLessThanOrEqual(longer.length);
  });

  test('where another rule is broken as well, it cannot be known', async () => {
    const program = failsOrSpins();
    const spins = stepsOf(program, [
      { thread: 0, choice: 1 },
      { thread: 0, choice: 0 },
    ]);
    const report = await minimise(program, spins);
    expect(report).toMatchObject({ kind: 'livelock', minimised: { steps: false } });
    expect(report.schedule.steps).toHaveLength(2);
    expect(report.minimised!.stepsLimit).toContain('another rule is broken');
  });

  test('Ctrl-C', async () => {
    const program = philosophers(3);
    const { violation } = await explore(program);
    const report = await minimise(program, violation!.schedule.steps, { signal: AbortSignal.abort() });
    expect(sizeOf(report)).toEqual({ threads: 3, preemptions: 1, steps: 3 });
    expect(report.minimised).toMatchObject({
      threadsLimit: 'the search was interrupted',
      stepsLimit: 'the search was interrupted',
    });
  });

  test('of a budget half is kept for fewer preemptions', async () => {
    const program = philosophers(3);
    const { violation } = await explore(program);
    const report = await minimise(program, violation!.schedule.steps, { budgetMs: 0 });
    expect(report.minimised).toMatchObject({
      threadsLimit: 'half of the budget ended (--budget)',
      stepsLimit: 'the budget of 0 s ended (--budget)',
    });
  });
});

describe('near a schedule', () => {
  test('what it ends with shows the same violation and is never larger; often it is the smallest already', async () => {
    let smallest = 0;
    let smaller = 0;
    let all = 0;
    await fc.assert(
      fc.asyncProperty(randomPrograms, async (random) => {
        const enumerated = enumerate(randomProgram(random), 3_000);
        fc.pre(enumerated !== null && enumerated.smallestOf.size > 0);
        for (const [rule, { size, longest }] of enumerated.smallestOf) {
          const program = randomProgram(random);
          const from = stepsOf(program, longest);
          const report = await minimise(program, from, { maxStates: 0 });
          expect(ruleOf(program, report)).toBe(rule);
          const found = sizeOf(report);
          expect(compareSizes(found, report.minimised!.from)).toBeLessThanOrEqual(0);
          expect(compareSizes(size, found)).toBeLessThanOrEqual(0);
          all++;
          if (compareSizes(found, size) === 0) smallest++;
          if (compareSizes(found, report.minimised!.from) < 0) smaller++;
        }
      }),
      { numRuns: 200, seed: 11 },
    );
    expect(smaller).toBeGreaterThan(all / 3);
    expect(smallest).toBeGreaterThan(all / 2);
  });
});

test('subsets that contain what is required, in the same order every time', () => {
  expect(subsets(3, 2, 0)).toEqual([0b011, 0b101, 0b110]);
  expect(subsets(4, 3, 0b1001)).toEqual([0b1011, 0b1101]);
  expect(subsets(4, 1, 0b1001)).toEqual([]);
  expect(subsets(3, 3, 0b111)).toEqual([0b111]);
  expect(subsets(6, 3, 0)).toHaveLength(20);
});

test('fewer threads count before fewer preemptions, and these before fewer steps', () => {
  const size = { threads: 2, preemptions: 2, steps: 2 };
  expect(compareSizes({ threads: 1, preemptions: 9, steps: 9 }, size)).toBeLessThan(0);
  expect(compareSizes({ threads: 2, preemptions: 1, steps: 9 }, size)).toBeLessThan(0);
  expect(compareSizes({ threads: 2, preemptions: 2, steps: 3 }, size)).toBeGreaterThan(0);
  expect(compareSizes(size, size)).toBe(0);
});
