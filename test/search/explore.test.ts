import { describe, expect, test } from 'vitest';
import { ModelError } from '../../src/core/errors.ts';
import type { Program } from '../../src/core/program.ts';
import { explore } from '../../src/search/explore.ts';
import { grid, lockedCounter, lostUpdate, unchecked } from '../programs/counters.ts';
import { philosophers } from '../programs/locks.ts';
import {
  countingForever,
  device,
  endlessGhost,
  lateLivelock,
  nondeterministic,
  throwing,
} from '../programs/odd.ts';
import { neverChecked, neverComplete, oneSchedule } from '../programs/vacuous.ts';

describe('nothing that says little is called a pass', () => {
  const table: [name: string, program: () => Program, neverReached: string[]][] = [
    ['a check behind a value that nobody writes', () => neverChecked(), ['never here']],
    [
      'end-of-run properties that are never evaluated because a daemon never rests; one schedule besides',
      () => device(false),
      ['all requests done', 'a second schedule'],
    ],
    ['threads that can only run one after the other', () => oneSchedule(), ['a second schedule']],
    ['a single thread', () => grid(1, 3), ['a second schedule']],
  ];
  test.each(table)('%s', async (_, program, neverReached) => {
    expect(await explore(program())).toMatchObject({ verdict: 'vacuous', violation: null, neverReached });
  });

  test('a program of which no run ends is a violation: who waits for what', async () => {
    expect(await explore(neverComplete())).toMatchObject({
      verdict: 'violation',
      endStates: 0,
      violation: { kind: 'deadlock', message: 'deadlock: T0 waits at until flag (0, never written)' },
    });
  });
});

describe('limits end a search as truncated and say which', () => {
  test('states: the count is exact, and is the limit', async () => {
    const verdict = await explore(grid(3, 9), { maxStates: 500 });
    expect(verdict).toMatchObject({ verdict: 'truncated', limit: { which: 'states' } });
    expect(verdict.states).toBeGreaterThanOrEqual(500);
    expect(verdict.states).toBeLessThanOrEqual(502);
    expect(await explore(grid(3, 9), { maxStates: 1001 })).toMatchObject({ verdict: 'proved', states: 1000 });
  });

  test('time, memory, interruption', async () => {
    expect(await explore(grid(5, 9), { budgetMs: 0 })).toMatchObject({
      verdict: 'truncated',
      limit: { which: 'time', message: 'the budget of 0 s ended (--budget)' },
    });
    expect((await explore(grid(5, 9), { maxBytes: 1 << 20 })).limit).toEqual({
      which: 'memory',
      message: 'the search tables need more than 1 MiB (--max-memory)',
    });
    expect((await explore(grid(5, 9), { signal: AbortSignal.abort() })).limit?.which).toBe('interrupted');
  });

  test('automata: a loop whose turns all differ is named with its position', async () => {
    const { verdict, limit } = await explore(countingForever(), { maxNodes: 3000 });
    expect({ verdict, which: limit?.which }).toEqual({ verdict: 'truncated', which: 'automata' });
    expect(limit?.message).toMatch(
      /^the local automata passed 3000 nodes: a loop of thread counts has unbounded history\n {2}grows at counts \(.*test\/programs\/odd\.[jt]s:\d+\) \(1000 of the newest 1000/,
    );
  });

  test('a violation is reported even when a limit was passed in the same slice', async () => {
    const { verdict, violation } = await explore(lostUpdate(2), { budgetMs: 0 });
    expect(verdict).toBe('violation');
    expect(violation).toMatchObject({ kind: 'assertion', shortest: true });
  });

  test('when nothing is left to look for the shortest, the schedule met by the search is shown', async () => {
    const program = grid(5, 9);
    const first = program.layout.words[0]!;
    const always = [
      {
        name: 'never nine',
        kind: 'leak' as const,
        watches: [first],
        holds: (words: Int32Array) => words[0] !== 9,
        explain: (words: Int32Array) => `count[0] is ${words[0]}`,
      },
    ];
    const { verdict, violation } = await explore({ ...program, always }, { maxStates: 500 });
    expect(verdict).toBe('violation');
    expect(violation).toMatchObject({
      kind: 'leak',
      message: 'count[0] is 9',
      shortest: false,
      preemptions: 0,
      threads: 1,
    });
    expect(violation!.schedule.steps.map(({ thread }) => thread)).toEqual(Array<string>(9).fill('T0'));
    expect((await explore({ ...program, always })).violation).toMatchObject({
      shortest: true,
      preemptions: 0,
    });
  });

  test('states that can never end are told even if the search is stopped before a schedule to them is found', async () => {
    expect(await explore(lateLivelock(3000))).toMatchObject({
      verdict: 'violation',
      violation: {
        kind: 'livelock',
        message: 'from here no schedule lets counts and reads finish',
        shortest: true,
      },
    });
    const stop = new AbortController();
    const stopped = await explore(lateLivelock(3000), {
      signal: stop.signal,
      onProgress: ({ phase }) => phase === 'counterexample' && stop.abort(),
    });
    expect(stopped).toMatchObject({ verdict: 'truncated', violation: null, limit: { which: 'interrupted' } });
    expect(stopped.limit?.message).toBe(
      '2 states can never end (deadlock or livelock), but the search was interrupted before a schedule to one was found',
    );
  });
});

describe('faults of the program itself are model errors', () => {
  test('a thread that does two things after the same values: both positions are shown', async () => {
    let calls = 0;
    const error = await explore(nondeterministic(() => (calls++ % 2 === 0 ? 0.1 : 0.9))).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(ModelError);
    expect((error as ModelError).message).toMatch(
      /^thread T0 is not deterministic: .*\n {2}first run: {2}store a .* at .*\(.*odd\.[jt]s:\d+\)\n {2}second run: store b .* at .*\(.*odd\.[jt]s:\d+\)\n {2}likely causes: Date, Math\.random/,
    );
  });

  test('Math.random is found out in nearly every run of a program', async () => {
    let found = 0;
    for (let i = 0; i < 40; i++)
      await explore(nondeterministic(() => Math.random())).catch((error: unknown) => {
        expect(error).toBeInstanceOf(ModelError);
        found++;
      });
    // Each exploration runs the thread again at least twice: it goes unnoticed at most one time in four.
    expect(found).toBeGreaterThan(15);
  });

  test('a thread that throws: after which operation', async () => {
    await expect(explore(throwing())).rejects.toThrow(
      /^thread T1 threw after T1 \(.*odd\.[jt]s:\d+\): TypeError: cannot read properties of undefined/,
    );
  });

  test('a step that never ends', async () => {
    await expect(explore(endlessGhost())).rejects.toThrow(
      /^a step never ends: more than 100000 operations .*odd\.[jt]s:\d+/,
    );
  });

  test('no threads, two of one name, too many', async () => {
    const program = unchecked(2);
    await expect(explore({ ...program, threads: [] })).rejects.toThrow('program unchecked: no threads');
    const [first] = program.threads;
    await expect(explore({ ...program, threads: [first!, first!] })).rejects.toThrow(
      'two threads have the same name',
    );
    await expect(explore(unchecked(25))).rejects.toThrow('25 threads, at most 24 are supported');
  });
});

test('progress is told: in each phase states grow', async () => {
  const phases = new Set<string>();
  let last = 0;
  await explore(grid(5, 9), {
    onProgress: ({ phase, states }) => {
      if (!phases.has(phase)) last = 0;
      phases.add(phase);
      expect(states).toBeGreaterThanOrEqual(last);
      last = states;
    },
  });
  expect(phases).toEqual(new Set(['nearby', 'search']));
  expect(last).toBeGreaterThan(50_000);
});

test('the same program gives the same verdict, counts and schedule every time', async () => {
  const [first, second] = [await explore(lostUpdate(3)), await explore(lostUpdate(3))];
  expect({ ...second, seconds: 0 }).toEqual({ ...first, seconds: 0 });
  expect(first.violation?.schedule).toMatchObject({
    program: 'lost-update',
    memory: 'sc',
    violation: { kind: 'assertion', message: 'counter is 2, not 3' },
  });
  expect(first.violation?.schedule.steps[0]?.accesses[0].notes).toEqual(['read 0']);
  expect(first.violation?.schedule.steps[0]?.accesses[0].position.function).toBe('increment');
});

test('the model hash changes with the model, not with exploration', async () => {
  const hash = async (program: Program, fold = true) =>
    (await explore(program, { fold })).violation?.schedule.model;
  const base = await hash(lostUpdate(2));
  expect(base).toMatch(/^[0-9a-f]{16}$/);
  expect(await hash(lostUpdate(2), false)).toBe(base);
  expect(await hash(lostUpdate(3))).not.toBe(base);
  expect(await hash(philosophers(2))).not.toBe(await hash(philosophers(3)));
  expect((await explore(lockedCounter(2))).violation).toBeNull();
});
