/** Toy programs with exact counts. Every one is also counted by the plain walker. */
import { describe, expect, test } from 'vitest';
import type { Program } from '../../src/core/program.ts';
import type { Schedule } from '../../src/core/schedule.ts';
import { explore } from '../../src/search/explore.ts';
import { atomicCounter, drawing, grid, lockedCounter, lostUpdate, unchecked } from '../programs/counters.ts';
import {
  casLock,
  foreignUnlock,
  peterson,
  philosophers,
  readersAndWriter,
  seqcount,
  spinForever,
  stepAside,
  testAndSetLock,
  ticketLock,
  untilEither,
} from '../programs/locks.ts';
import { crosswise, device, ghostFirst, references, shortcut } from '../programs/odd.ts';
import { walk } from './walker.ts';

/** `T0 load counter 0>0; T1 …`, riding accesses joined by a plus sign. */
function spell(schedule: Schedule): string[] {
  return schedule.steps.map(
    ({ thread, accesses }) =>
      `${thread} ${accesses.map((a) => `${a.operation} ${a.word} ${a.before}>${a.after}`).join(' + ')}`,
  );
}

describe('programs without a fault', () => {
  const table: [name: string, program: () => Program, states: number, transitions: number, ends: number][] = [
    // Positions of the two threads and the counter: see the drawing in unchecked(2): 12 states by hand.
    ['two unchecked increments', () => unchecked(2), 12, 14, 2],
    ['three unchecked increments', () => unchecked(3), 59, 99, 3],
    // Outside the critical section a thread is before or after it: at most one of the two is inside.
    ['two increments under a lock', () => lockedCounter(2), 16, 16, 1],
    ['three increments under a lock', () => lockedCounter(3), 44, 48, 1],
    // Subsets of threads that have gone: 2^n states, n 2^(n-1) transitions.
    ['two increments in one step', () => atomicCounter(2), 4, 4, 1],
    ['three increments in one step', () => atomicCounter(3), 8, 12, 1],
    // (rounds+1)^threads states, each transition raises one coordinate.
    ['a grid of 4 x 4', () => grid(2, 3), 16, 24, 1],
    ['a grid of 5 x 5 x 5', () => grid(3, 4), 125, 300, 1],
    ['three ways to draw', () => drawing(3), 17, 19, 6],
    ['test-and-set lock, 2', () => testAndSetLock(2), 16, 22, 1],
    ['test-and-set lock, 3', () => testAndSetLock(3), 44, 84, 1],
    ['compare-and-swap lock, 2', () => casLock(2), 16, 22, 1],
    ['compare-and-swap lock, 3', () => casLock(3), 44, 84, 1],
    ['ticket lock, 2', () => ticketLock(2), 28, 44, 1],
    ['ticket lock, 3', () => ticketLock(3), 128, 300, 1],
    ['Peterson', () => peterson(), 58, 98, 2],
    ['orderly philosophers, 2', () => philosophers(2, true), 17, 18, 1],
    ['orderly philosophers, 3', () => philosophers(3, true), 75, 123, 1],
    ['stepping aside, which may go on for ever', () => stepAside(), 24, 38, 1],
    ['one reader and a writer', () => readersAndWriter(1), 12, 12, 1],
    ['two readers and a writer', () => readersAndWriter(2), 40, 60, 1],
    ['a seqcount reader that retries', () => seqcount(true), 43, 64, 1],
    ['waiting for either of two words', () => untilEither(), 10, 14, 1],
    ['a block that a ghost update opens', () => ghostFirst(), 6, 7, 1],
    ['accounts', () => references(false), 16, 24, 1],
  ];

  test.each(table)('%s', async (_, program, states, transitions, endStates) => {
    const { verdict, violation, ...figures } = await explore(program());
    expect({ verdict, violation }).toEqual({ verdict: 'proved', violation: null });
    expect(figures).toMatchObject({ states, transitions, endStates, limit: null, neverReached: [] });
    const walked = walk(program());
    expect(walked).toMatchObject({ states, transitions, endStates, stuck: [] });
  });
});

describe('programs with a fault: the shortest schedule with the fewest preemptions, first in thread order', () => {
  const table: [
    name: string,
    program: () => Program,
    kind: string,
    message: string,
    preemptions: number,
    steps: string[],
  ][] = [
    [
      'two lost updates',
      () => lostUpdate(2),
      'assertion',
      'counter is 1, not 2',
      1,
      ['T0 load counter 0>0', 'T1 load counter 0>0', 'T1 store counter 0>1', 'T0 store counter 1>1'],
    ],
    [
      'three lost updates: the first thread runs alone, then one is preempted',
      () => lostUpdate(3),
      'assertion',
      'counter is 2, not 3',
      1,
      [
        'T0 load counter 0>0',
        'T0 store counter 0>1',
        'T1 load counter 1>1',
        'T2 load counter 1>1',
        'T2 store counter 1>2',
        'T1 store counter 2>2',
      ],
    ],
    [
      'a wrong expectation: no preemption needed',
      () => lostUpdate(2, 1),
      'assertion',
      'counter is 2, not 1',
      0,
      ['T0 load counter 0>0', 'T0 store counter 0>1', 'T1 load counter 1>1', 'T1 store counter 1>2'],
    ],
    [
      'three philosophers',
      () => philosophers(3),
      'deadlock',
      'deadlock: P0 waits at lock fork[1] (held by P1, last written by P1 in step 3); P1 waits at lock fork[2] (held by P2, last written by P2 in step 2); P2 waits at lock fork[0] (held by P0, last written by P0 in step 1)',
      1,
      ['P0 lock fork[0] 0>1', 'P2 lock fork[2] 0>3', 'P1 lock fork[1] 0>2'],
    ],
    [
      'Peterson with turn and flag in the wrong order',
      () => peterson(true),
      'assertion',
      '2 threads inside',
      2,
      [
        'T0 store turn 0>1',
        'T1 store turn 1>0',
        'T1 store flag[1] 0>1',
        'T1 load flag[0] 0>0 + add inside 0>1',
        'T0 store flag[0] 0>1',
        'T0 load flag[1] 1>1',
        'T0 load turn 0>0 + add inside 1>2',
      ],
    ],
    [
      'a seqcount reader that does not retry',
      () => seqcount(false),
      'assertion',
      'torn is 1, not 0',
      1,
      [
        'reader load seq 0>0',
        'reader load a 0>0',
        'writer fetch_add seq 0>65537',
        'writer store a 0>1',
        'writer store b 0>1',
        'writer fetch_add seq 65537>2',
        'reader load b 1>1 + store torn 0>1',
      ],
    ],
    [
      'fewer steps win over fewer preemptions',
      () => shortcut(),
      'assertion',
      'y is still 0',
      2,
      ['A load x 0>0', 'B store x 0>1', 'B store y 0>1', 'A load y 1>1'],
    ],
    [
      'unlock by another than the owner',
      () => foreignUnlock(),
      'lock-rule',
      'spinlock lock: released by thread 0, which does not hold it',
      0,
      ['A unlock lock 0>0'],
    ],
    [
      'an account that is given back without its reference',
      () => references(true),
      'leaked',
      'count is 1, 0 held',
      0,
      ['T0 add count 0>1', 'T0 load count 1>1'],
    ],
    [
      'two threads that spin for ever',
      () => spinForever(),
      'livelock',
      'from here no schedule lets A and B finish',
      0,
      [],
    ],
    [
      'locks taken crosswise',
      () => crosswise(false),
      'deadlock',
      'deadlock: A waits at lock b (held by B, last written by B in step 2); B waits at lock a (held by A, last written by A in step 1)',
      1,
      ['A lock a 0>1', 'B lock b 0>2'],
    ],
    [
      'the same beside a daemon that can always run: still a deadlock',
      () => crosswise(true),
      'deadlock',
      'deadlock: A waits at lock b (held by B, last written by B in step 2); B waits at lock a (held by A, last written by A in step 1)',
      1,
      ['A lock a 0>1', 'B lock b 0>2'],
    ],
    [
      'a driver that does not wait for the last request: seen where the device rests',
      () => device(true),
      'assertion',
      'done is 1, not 2',
      0,
      [
        'driver until queued 0>0',
        'driver store queued 0>1',
        'device until queued 1>1',
        'device add done 0>1',
        'device store queued 1>0',
        'driver until queued 0>0',
        'driver store queued 0>1',
      ],
    ],
  ];

  test.each(table)('%s', async (_, program, kind, message, preemptions, steps) => {
    const { verdict, violation } = await explore(program());
    expect(verdict).toBe('violation');
    expect(violation).toMatchObject({ kind, message, preemptions, shortest: true });
    expect(spell(violation!.schedule)).toEqual(steps);
    expect(violation!.threads).toBe(new Set(steps.map((step) => step.split(' ')[0])).size);
  });
});

test('the states of a program grow with its threads as the formula says', async () => {
  for (const threads of [1, 2, 3, 4]) {
    const { states, transitions } = await explore(grid(threads, 2));
    expect({ states, transitions }).toEqual({
      states: 3 ** threads,
      transitions: threads * 2 * 3 ** (threads - 1),
    });
  }
});
