/** The option --workers: several searchers, one report. */
import { setTimeout as sleep } from 'node:timers/promises';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lostwrite, scratch, startToys, toys } from './lostwrite.ts';

/** Without what the clock decides. */
function timeless(text: string): string {
  return text.replace(/ {2}[\d.]+ m?s\b/, '').replace(/ {2}[\d .]+[kM]? transitions\/s/, '');
}

describe('the report is the same, byte by byte, for 1, 2 and 4 workers', () => {
  const reports = (...args: string[]) =>
    [1, 2, 4].map((workers) => {
      const directory = scratch();
      const { code, stdout } = lostwrite('toys', directory, ...args, `--workers=${workers}`);
      return { code, text: timeless(stdout), directory };
    });

  test.each([
    ['a proof', ['counter', '--set', 'atomic=true'], 0],
    ['a proof with more than one state on the way', ['wide', '--set', 'threads=4'], 0],
    ['nothing was checked', ['empty'], 4],
    ['a deadlock', ['abba'], 1],
    ['a livelock', ['poll'], 1],
    ['a lost write', ['counter'], 1],
  ])('%s', (_, args, code) => {
    const all = reports('explore', ...args);
    expect(all[0]!.code).toBe(code);
    expect(all[0]!.text).toMatch(/^\S/);
    for (const { text, code: again } of all.slice(1)) expect([again, text]).toEqual([code, all[0]!.text]);
  });

  test('and so is the schedule that is saved', () => {
    const schedules = reports('explore', 'pager').map(({ directory }) =>
      readFileSync(join(directory, 'out/pager.json'), 'utf8'),
    );
    expect(schedules[1]).toBe(schedules[0]);
    expect(schedules[2]).toBe(schedules[0]);
  });

  test('a scenario of the kernel, as JSON', () => {
    const documents = [1, 2].map((workers) => {
      const args = ['explore', 'swapin-race', '--kernel', 'v5.19', '--json', '--workers', String(workers)];
      const { stdout } = lostwrite('linux', scratch(), ...args);
      return JSON.parse(stdout) as Record<string, unknown>;
    });
    expect(documents.map(({ workers }) => workers)).toEqual([1, 2]);
    const ofTheRun = new Set(['workers', 'seconds', 'statesPerSecond', 'transitionsPerSecond', 'depth']);
    const [one, two] = documents.map((document) =>
      Object.fromEntries(Object.entries(document).filter(([name]) => !ofTheRun.has(name))),
    );
    expect(one).toMatchObject({ verdict: 'proved', states: 11_174, transitions: 28_817 });
    expect(two).toEqual(one);
  });
});

describe('what does not go with several workers says so', () => {
  test.each([
    [['--workers', '2', '--strategy', 'pos'], 'has one searcher'],
    [['--workers', '2', '--strategy', 'bounded:2'], 'has one searcher'],
    [['--workers', '2', '--on', 'cpus'], 'starts a worker thread for each thread of the program'],
    [['--workers', '0'], 'whole number from 1 to'],
    [['--workers', '100000'], 'whole number from 1 to'],
  ])('%j', (args, message) => {
    const { code, stdout, stderr } = toys('explore', 'counter', ...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });
});

test('limits hold', () => {
  const { code, stdout } = toys('explore', 'wide', '--workers', '2', '--max-states', '1234567', '--json');
  expect(code).toBe(3);
  expect(JSON.parse(stdout)).toMatchObject({ verdict: 'truncated', states: 1_234_567 });
});

test('Ctrl-C ends all searchers, with their figures', async () => {
  const { child, outcome } = startToys('explore', 'wide', '--workers', '2');
  await sleep(4000);
  child.kill('SIGINT');
  const { code, stdout } = await outcome;
  expect(code).toBe(3);
  expect(stdout).toMatch(/^wide on v2 {3}TRUNCATED {2}interrupted/);
  expect(stdout).toMatch(/[\d ]+ states/);
});
