import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/core/errors.ts';
import type { Program } from '../../src/core/program.ts';
import { checkpointBytes, readCheckpoint } from '../../src/report/checkpoint-file.ts';
import { Automata } from '../../src/search/automata.ts';
import { CheckpointClock, type Checkpoint } from '../../src/search/checkpoint.ts';
import { ExhaustiveSearch } from '../../src/search/exhaustive.ts';
import { explore } from '../../src/search/explore.ts';
import { LongSearch } from '../../src/search/long-search.ts';
import { SnapshotMisfit } from '../../src/search/snapshot.ts';
import { grid } from '../programs/counters.ts';
import { meeting } from '../programs/reach.ts';
import { lateLivelock } from '../programs/odd.ts';
import { randomProgram } from '../programs/random.ts';
import { racingPrograms, randomPrograms } from './random-programs.ts';

const CHOICE = { program: 'p', kernel: 'v1', apply: ['a#H1'], revert: [], parameters: { n: '3' } };

/** All that a search says at its end. */
function figures({ search, automata }: LongSearch) {
  const { transitions, maxDepth, endStates, restStates, branches, violation, stuck } = search;
  return {
    states: search.visited.size,
    transitions,
    maxDepth,
    endStates,
    restStates,
    branches,
    violation,
    stuck: [...stuck],
    path: search.path(),
    covered: [...automata.covered].sort(),
    nodes: automata.nodeCount,
  };
}

function fileOf(checkpoint: Checkpoint): Buffer {
  return Buffer.concat([...checkpointBytes(CHOICE, checkpoint)].map((bytes) => Buffer.from(bytes)));
}

function read(file: Buffer): Checkpoint {
  const source = {
    size: file.length,
    read: (into: Uint8Array, position: number) => {
      into.set(file.subarray(position, position + into.length));
    },
  };
  return readCheckpoint(source, 'file').checkpoint;
}

/** The search of `program`, put into a file and taken up by a new search every `every` transitions. */
function interrupted(program: Program, every: number): { long: LongSearch; status: string; resumed: number } {
  let saved: Checkpoint | null = null;
  const checkpoint = {
    save: (made: Checkpoint) => {
      saved = read(fileOf(made));
    },
  };
  let long = new LongSearch(new Automata(program), { checkpoint });
  for (let resumed = 0; ; resumed++) {
    const status = long.run(every);
    if (status !== 'running') return { long, status, resumed };
    long.putDown();
    long = new LongSearch(new Automata(program), { checkpoint, resume: saved! });
  }
}

function uninterrupted(program: Program): { long: LongSearch; status: string } {
  const long = new LongSearch(new Automata(program), {});
  let status = long.run(1e9);
  while (status === 'running') status = long.run(1e9);
  return { long, status };
}

function same(program: Program, every: number): number {
  const whole = uninterrupted(program);
  const parts = interrupted(program, every);
  expect(parts.status).toBe(whole.status);
  expect(figures(parts.long)).toEqual(figures(whole.long));
  return parts.resumed;
}

test('what was seen hold once has been seen when the search is taken up', () => {
  const once = meeting((words) => words[0] === 1 && words[1] === 1, [0, 1]);
  expect(same(once, 1)).toBeGreaterThan(3);
  expect(interrupted(once, 1).long.automata.covered).toContain('they meet');
});

describe('a search put down and taken up again ends with the same figures', () => {
  test.each([
    ['every rule may break, threads wait and choose', randomPrograms, 150],
    ['no rule breaks', racingPrograms, 30],
  ])('random programs: %s', (_, programs, numRuns) => {
    let most = 0;
    fc.assert(
      fc.property(programs, fc.constantFrom(1, 5, 40), (random, every) => {
        most = Math.max(most, same(randomProgram(random), every));
      }),
      { numRuns, seed: 519 },
    );
    expect(most).toBeGreaterThan(20);
  });

  test('states that cannot end are found, wherever it was interrupted', () => {
    for (const every of [1, 3, 50]) expect(same(lateLivelock(40), every)).toBeGreaterThan(1);
  });

  test('one that had come to its end but for the shortest schedule', async () => {
    let saved: Checkpoint | null = null;
    const program = lateLivelock(2000);
    const abort = new AbortController();
    const stopped = await explore(program, {
      signal: abort.signal,
      onProgress: ({ phase }) => {
        if (phase === 'counterexample') abort.abort();
      },
      checkpoint: { save: (made) => (saved = read(fileOf(made))) },
    });
    expect(stopped).toMatchObject({ verdict: 'truncated', limit: { which: 'interrupted' } });
    expect(saved!.search.counters.active).toBe(false);
    const { verdict, violation } = await explore(program, { resume: saved! });
    const whole = await explore(program);
    expect(verdict).toBe('violation');
    expect(violation).toEqual(whole.violation);
  });

  test('explore: verdict and figures, through limits of states', async () => {
    const whole = await explore(grid(4, 9));
    let saved: Checkpoint | null = null;
    const checkpoint = { save: (made: Checkpoint) => (saved = read(fileOf(made))) };
    const first = await explore(grid(4, 9), { maxStates: 3000, checkpoint });
    expect(first).toMatchObject({ verdict: 'truncated', states: 3000 });
    const second = await explore(grid(4, 9), { maxStates: 8000, checkpoint, resume: saved! });
    expect(second).toMatchObject({ verdict: 'truncated', states: 8000 });
    const { seconds } = saved!;
    const { seconds: all, bytesPerState: _, ...last } = await explore(grid(4, 9), { resume: saved! });
    expect(all).toBeGreaterThan(seconds);
    expect(whole).toMatchObject(last);
    expect(last).toMatchObject({ verdict: 'proved', states: 10_000, transitions: 36_000, depth: 36 });
  });
});

describe('when checkpoints are made', () => {
  test('as often as asked for, but making them takes no more than a twentieth of the time', () => {
    const clock = new CheckpointClock(1000, 500);
    expect([clock.due(1499), clock.due(1500)]).toEqual([false, true]);
    clock.made(1500, 1510);
    expect([clock.due(2009), clock.due(2010)]).toEqual([false, true]);
    clock.made(3000, 3100);
    expect([clock.due(3100 + 1899), clock.due(3100 + 1900)]).toEqual([false, true]);
  });

  test('the search asks the clock', async () => {
    const made: boolean[] = [];
    const checkpoint = { everyMs: 1e-6, save: (_: Checkpoint, final: boolean) => made.push(final) };
    await explore(grid(5, 7), { checkpoint });
    expect(made).toContain(false);
    expect(made).not.toContain(true);
    made.length = 0;
    await explore(grid(5, 7), { checkpoint: { ...checkpoint, everyMs: 3_600_000 } });
    expect(made).toEqual([]);
  });

  test('none before the search of all states has begun', async () => {
    let made = 0;
    const verdict = await explore(grid(5, 11), {
      budgetMs: 0,
      checkpoint: { everyMs: 0.001, save: () => made++ },
    });
    expect(verdict.verdict).toBe('truncated');
    expect(made).toBe(0);
  });
});

function someCheckpoint(program: Program): Checkpoint {
  let saved: Checkpoint | null = null;
  const long = new LongSearch(new Automata(program), { checkpoint: { save: (made) => (saved = made) } });
  long.run(100);
  long.putDown();
  return saved!;
}

describe('what is no checkpoint of this search is refused', () => {
  const file = fileOf(someCheckpoint(grid(3, 5)));

  test('as it is it is read', () => {
    expect(read(file).search.states).toBeGreaterThan(50);
  });

  test('cut off anywhere', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: file.length - 1 }), (length) => {
        expect(() => read(file.subarray(0, length))).toThrow(InputError);
      }),
    );
  });

  test('with more behind it', () => {
    expect(() => read(Buffer.concat([file, Buffer.from([0])]))).toThrow(/goes on after its end/);
  });

  test('one bit wrong anywhere', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: file.length - 1 }), fc.integer({ min: 0, max: 7 }), (at, bit) => {
        const wrong = Buffer.from(file);
        wrong[at] = wrong[at]! ^ (1 << bit);
        expect(() => read(wrong)).toThrow(InputError);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ['', /is no checkpoint: .* found something else/],
    ['{"schema":"lostwrite/schedule@1"}\n', /found "lostwrite\/schedule@1"/],
    ['{"schema":"lostwrite/checkpoint@1","program":1}\n', /header: program: expected string, found 1/],
  ])('%j', (text, message) => {
    expect(() => read(Buffer.from(text))).toThrow(message);
  });

  test('another program', () => {
    const resume = read(file);
    expect(() => new LongSearch(new Automata(grid(3, 6)), { resume })).toThrow(SnapshotMisfit);
    expect(() => new LongSearch(new Automata(grid(3, 6)), { resume })).toThrow('the model has changed');
  });

  test('a program that differs only where one thread alone does not come', () => {
    const changed = (other: number): Program =>
      randomProgram({
        init: [0, 0, 0],
        threads: [
          {
            daemon: false,
            code: [
              { op: 'load', word: 0, value: 0, other: 0 },
              { op: 'if', value: 1, skip: 1 },
              { op: 'store', word: 1, value: other, other: 0 },
              { op: 'store', word: 2, value: 1, other: 0 },
              { op: 'store', word: 2, value: 2, other: 0 },
            ],
          },
          { daemon: false, code: [{ op: 'store', word: 0, value: 1, other: 0 }] },
        ],
        never: null,
        notAtEnd: null,
        mostHeld: 1,
      });
    const saved = someCheckpoint(changed(1));
    expect(() => new LongSearch(new Automata(changed(1)), { resume: saved })).not.toThrow();
    expect(() => new LongSearch(new Automata(changed(2)), { resume: saved })).toThrow(
      'the model has changed since, where the search had been',
    );
  });

  test('a path that the visited set does not know', () => {
    const { search } = read(file);
    const emptied = { ...search, slots: new Int32Array(search.slots.length) };
    expect(() => new ExhaustiveSearch(new Automata(grid(3, 5))).restore(emptied)).toThrow(SnapshotMisfit);
    const moved = { ...search, moves: search.moves.map((move) => move | 7) };
    expect(() => new ExhaustiveSearch(new Automata(grid(3, 5))).restore(moved)).toThrow(/cannot be taken/);
  });
});
