/** The locks of the CPUs, checked by the search: all interleavings of each program, and the same with one fault put in. */
import { describe, expect, test } from 'vitest';
import type { Program } from '../../src/core/program.ts';
import { explore } from '../../src/search/explore.ts';
import * as faulty from '../programs/cpus/faulty.ts';
import { announced, condition, gate, givingUp } from '../programs/cpus/gates.ts';
import { gatedLock } from '../programs/cpus/gated.ts';
import { mutex, rwSemaphore, trying, watched } from '../programs/cpus/locks.ts';
import { seqcount, writeback } from '../programs/cpus/pages.ts';

describe('nobody sleeps for ever and nobody is let in too early', () => {
  test.each<readonly [string, Program, number]>([
    ['mutex: 2 threads, twice each', mutex(2, 2, false), 529],
    ['mutex: 3 threads, twice each', mutex(3, 2, false), 22_561],
    ['mutex: 4 threads', mutex(4, 1, false), 55_002],
    ['mutex beside a flag: 2 threads and a flipper, twice each', mutex(2, 2, true), 7_419],
    ['mutex beside a flag: 3 threads and a flipper', mutex(3, 1, true), 29_261],
    ['trylock: 2 beside a taker', trying(), 666],
    ['a lock being taken, watched', watched(), 25],
    ['rw-semaphore: 2 readers, 1 writer, twice each', rwSemaphore(2, 1, 2), 24_792],
    ['rw-semaphore: 2 readers, 2 writers', rwSemaphore(2, 2, 1), 61_242],
    ['lock bit and writeback bit: 1 waits', writeback(1), 3_113],
    ['lock bit and writeback bit: 2 wait', writeback(2), 88_229],
    ['seqcount: 1 reader, 2 writes', seqcount(1, 2), 274],
    ['seqcount: 2 readers, 2 writes', seqcount(2, 2), 6_807],
    ['both words: 2 wait', condition(2, true), 2_580],
    ['both words: 3 wait', condition(3, true), 24_500],
    ['either word: 2 wait', condition(2, false), 2_282],
    ['gate: 2 shared, 1 exclusive, twice each', gate(2, 1, 2), 5_749],
    ['gate: 3 shared, 1 exclusive', gate(3, 1, 1), 6_526],
    ['gate: 2 shared, 2 exclusive, twice each', gate(2, 2, 2), 205_525],
    ['gate: 3 shared for ever, 1 exclusive', announced(3), 9_018],
    ['lock in steps through the gate: 2 simple ones, 1 atomic', gatedLock(2, 1), 9_904],
    ['lock in steps through the gate: 1 simple one, 2 atomic', gatedLock(1, 2), 5_091],
    ['lock in steps through the gate: 3 simple ones', gatedLock(3, 0), 12_256],
    ['a sleeper gives up', givingUp(true), 28],
  ])('%s', async (_, program, states) => {
    const verdict = await explore(program);
    expect([verdict.verdict, verdict.violation?.message, verdict.states]).toEqual([
      'proved',
      undefined,
      states,
    ]);
  });

  test.each<readonly [string, Program, number]>([
    ['mutex', mutex(2, 2, false, { spurious: true }), 617],
    ['lock bit and writeback bit', writeback(1, { spurious: true }), 4_415],
    ['gate', gate(2, 1, 1, { spurious: true }), 804],
    ['condition', condition(2, true, { spurious: true }), 3_554],
  ])('%s, also if a sleep may end for nothing', async (_, program, states) => {
    const verdict = await explore(program);
    expect([verdict.verdict, verdict.states]).toEqual(['proved', states]);
  });
});

describe('the search finds what is put in: a sleep that nobody ends', () => {
  test.each<readonly [string, Program, string]>([
    ['one is woken and waits for another bit', writeback(1, { wakes: 'one' }), 'submitter, device'],
    ['nobody is woken', mutex(2, 1, false, { wakes: 'nobody' }), 'T1'],
    ['the futex compares early: mutex', mutex(2, 1, false, { comparesEarly: true }), 'T1'],
    ['the futex compares early: gate', gate(1, 1, 1, { comparesEarly: true }), 'T1'],
    ['the futex compares early: condition', condition(1, true, { comparesEarly: true }), 'T0'],
    ['a sleeper does not count itself', mutex(2, 1, false, { locks: faulty.uncounted }), 'T1'],
    ['who takes a lock tells nobody', watched({ locks: faulty.silentTaker }), 'watcher'],
    ['the releaser looks for sleepers early', mutex(2, 1, false, { locks: faulty.looksEarly }), 'T1'],
    ['the epoch is read after the look', condition(1, true, { locks: faulty.epochAfterLook }), 'T0'],
    ['a condition waiter counts itself late', condition(1, true, { locks: faulty.countsLate }), 'T0'],
    ['the last shared step wakes nobody', gate(1, 1, 1, { locks: faulty.leavesSilently }), 'T1'],
    ['the gate opens and wakes nobody', gate(1, 1, 1, { locks: faulty.opensSilently }), 'T0'],
    ['a sleeper stays in the gate', gatedLock(2, 1, { stays: true }), 'T0, T1, T2'],
    ['a sleeper is told to give up only once', givingUp(false), 'sleeper'],
  ])('%s', async (_, program, sleepers) => {
    const { violation } = await explore(program);
    expect(violation?.kind).toBe('deadlock');
    const names = [...violation!.message.matchAll(/(\w+) waits at until \w+ sleepers/g)].map(
      ([, name]) => name,
    );
    expect(names.join(', ')).toBe(sleepers);
  });
});

test.each<readonly [string, Program, string]>([
  [
    'releasing with a plain store takes back what others did',
    mutex(2, 1, true, { locks: faulty.storesToRelease }),
    'lock is 0, not 64',
  ],
  ['releasing a lock one does not own', trying({ locks: faulty.releasesAnything }), 'the holder releases'],
  [
    'an exclusive step does not wait for the shared ones',
    gate(1, 1, 1, { locks: faulty.waitsForNobody }),
    '17 inside',
  ],
  [
    'shared steps overtake an exclusive one that waits',
    announced(2, { locks: faulty.overtakes }),
    'no shared step begins after the announcement',
  ],
])('the search finds what is put in: %s', async (_, program, message) => {
  const { violation } = await explore(program);
  expect([violation?.kind, violation?.message]).toEqual(['assertion', message]);
});
