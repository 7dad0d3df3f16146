import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { lostwrite, scratch, startToys, toys } from './lostwrite.ts';

/** The search sees nothing of these faults; the worker threads that are to confirm its schedule do. */
describe('CPUs that cannot be run leave a violation unconfirmed', () => {
  test.each([
    ['exit', /died: its worker thread ended with exit code 7$/],
    ['spin', /gives no answer: after \d+ ms its thread still runs without coming to an operation$/],
  ])('%s', (fault, reason) => {
    const directory = scratch();
    const args = ['explore', 'broken', '--set', `fault=${fault}`];
    const text = lostwrite('toys', directory, ...args);
    expect({ code: text.code, stderr: text.stderr }).toEqual({ code: 1, stderr: '' });
    expect(text.stdout).toMatch(/^ {2}not confirmed on worker threads: in step 2 of 4 /m);
    expect(existsSync(join(directory, 'out/broken.json'))).toBe(true);
    const { code, stdout } = lostwrite('toys', directory, ...args, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: 'violation',
      violation: {
        schedule: 'out/broken.json',
        confirmedOnCpus: false,
        notConfirmed: expect.stringMatching(reason) as unknown,
      },
    });
  });
});

describe('CPUs that show something else are a mistake of ours, and loud', () => {
  test.each([
    ['differ', 'the schedule found does not replay on worker threads: step 3: expected cpu1: store counter'],
    ['throw', 'thread cpu1 threw after 1 operation: Error: the generator is broken'],
  ])('%s', (fault, message) => {
    const directory = scratch();
    const { code, stdout, stderr } = lostwrite(
      'toys',
      directory,
      'explore',
      'broken',
      '--set',
      `fault=${fault}`,
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`lostwrite: the model is wrong: ${message}`);
    // What the search found is evidence of the mistake.
    expect(existsSync(join(directory, 'out/broken.json'))).toBe(true);
  });
});

test('a livelock is confirmed as far as CPUs can', () => {
  expect(toys('explore', 'poll').stdout.replaceAll(/\s+/g, ' ')).toContain(
    'confirmed: replayed on 2 worker threads, every value as found; that no schedule ends from there is what the search found',
  );
});

test('Ctrl-C while a schedule is confirmed leaves it written, and says that it is not confirmed', async () => {
  const directory = scratch();
  const file = join(directory, 's.json');
  const { child, outcome } = startToys('explore', 'broken', '--set', 'fault=spin', '--out', file);
  await sleep(900);
  child.kill('SIGINT');
  const { code, stdout } = await outcome;
  expect(code).toBe(1);
  expect(stdout).toMatch(/^ {2}not confirmed on worker threads: /m);
  expect(existsSync(file)).toBe(true);
});
