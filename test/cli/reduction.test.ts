/** The option --reduction: the same verdict and schedule, fewer states. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lostwrite, scratch, toys } from './lostwrite.ts';

describe('the same exit code and verdict as without', () => {
  test.each([
    ['a proof', ['counter', '--set', 'atomic=true'], 0],
    ['nothing was checked', ['empty'], 4],
    ['a deadlock', ['abba'], 1],
    ['a livelock', ['poll'], 1],
    ['a lost write', ['counter'], 1],
  ])('%s', (_, args, code) => {
    const [full, less] = [[], ['--reduction']].map((option) => toys('explore', ...args, '--json', ...option));
    expect([full!.code, less!.code]).toEqual([code, code]);
    const before = JSON.parse(full!.stdout) as Record<string, unknown>;
    const after = JSON.parse(less!.stdout) as Record<string, unknown>;
    for (const name of ['verdict', 'violation', 'neverReached']) expect(after[name]).toEqual(before[name]);
    expect(before['verdict']).toEqual(expect.any(String));
    expect(before['reduction']).toBeUndefined();
  });
});

test('the schedule that is saved is the same, byte by byte', () => {
  const [full, less] = [[], ['--reduction']].map((option) => {
    const directory = scratch();
    lostwrite('toys', directory, 'explore', 'pager', ...option);
    return readFileSync(join(directory, 'out/pager.json'), 'utf8');
  });
  expect(less).toBe(full);
});

const SMALL = ['swapin-race', '--kernel', 'v5.19'];

test('a scenario of the kernel, as JSON', () => {
  const [full, less] = [[], ['--reduction']].map(
    (option) =>
      JSON.parse(lostwrite('linux', scratch(), 'explore', ...SMALL, '--json', ...option).stdout) as {
        readonly states: number;
        readonly verdict: string;
        readonly reduction?: { readonly passes: number; readonly transitions: number };
      },
  );
  expect(less!.verdict).toBe(full!.verdict);
  expect(less!.states).toBeLessThan(full!.states / 4);
  expect(Object.keys(less!.reduction!).toSorted()).toEqual(['passes', 'transitions']);
  expect(less!.reduction!.passes).toBeGreaterThanOrEqual(2);
});

test('the same as text', () => {
  const { code, stdout } = lostwrite('linux', scratch(), 'explore', ...SMALL, '--reduction');
  expect(code).toBe(0);
  expect(stdout).toContain('exhaustive with reduction');
  expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(
    /were left out \(partial-order reduction, \d+ passes\); none of them can break a rule that no explored one breaks\./,
  );
});

test('limits hold', () => {
  const [full, less] = [[], ['--reduction']].map((option) => {
    const { code, stdout } = toys('explore', 'wide', '--max-states', '10', '--json', ...option);
    const { verdict, states } = JSON.parse(stdout) as { readonly verdict: string; readonly states: number };
    return { code, verdict, states };
  });
  expect(less).toMatchObject({ code: 3, verdict: 'truncated' });
  expect(less).toEqual(full);
});

describe('what does not go with it says so', () => {
  test.each([
    [['--workers', '2'], 'has one searcher'],
    [['--exact'], 'only the plain exhaustive search'],
    [['--strategy', 'pos'], 'it is the exhaustive search that leaves out'],
    [['--strategy', 'bounded:2'], 'it is the exhaustive search that leaves out'],
    [['--strategy', 'dpor'], 'it is the exhaustive search that leaves out'],
    [['--on', 'cpus'], 'it is the exhaustive search that leaves out'],
    [['--checkpoint', 'x.ckpt'], 'a search with --reduction cannot be put down'],
    [['--resume', 'x.ckpt'], 'a search with --reduction cannot be put down'],
  ])('%j', (args, message) => {
    const { code, stdout, stderr } = toys('explore', 'counter', '--reduction', ...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr).toContain('--reduction');
  });
});
