import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { lostwrite, scratch, startToys, toys } from './lostwrite.ts';

const A_NUMBER: unknown = expect.any(Number);

describe('a rule that breaks', () => {
  test.each(['counter', 'pager', 'abba'])('%s: the order seen replays on both engines', (scenario) => {
    const directory = scratch();
    const { code, stdout, stderr } = lostwrite('toys', directory, 'stress', scenario, '--seconds', '5');
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    const file = `out/${scenario}-stress.json`;
    expect(stdout).toMatch(/^.* on v2: the first order that broke a rule\n/);
    expect(stdout).toMatch(
      new RegExp(`^${scenario} on v2 {3}VIOLATION {2}.* {3}\\(racing, 2 worker threads\\)$`, 'm'),
    );
    expect(stdout).toMatch(/^ {2}[\d ]+ hits?, .*; first after [\d.]+ s \(iteration \d+\)$/m);
    expect(stdout).toContain('confirmed: replayed on 2 worker threads and on the search engine');
    expect(stdout).toContain(`npx lostwrite replay ${file} --on cpus`);
    for (const line of stdout.split('\n')) expect(line).toMatch(/^[ -~]{0,99}$/);
    for (const on of ['search', 'cpus']) {
      const replayed = lostwrite('toys', directory, 'replay', file, '--on', on);
      expect({ on, code: replayed.code, stderr: replayed.stderr }).toEqual({ on, code: 0, stderr: '' });
    }
    // Positions come from the replay: CPUs that race do not tell any.
    expect(readFileSync(join(directory, file), 'utf8')).not.toContain('"?"');
  });

  test('--json has every field', () => {
    const { code, stdout, stderr } = toys('stress', 'counter', '--seconds', '1', '--json', '--seed', '7');
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    const document = JSON.parse(stdout) as Record<string, unknown>;
    expect(document).toEqual({
      schema: 'lostwrite/stress@1',
      scenario: 'counter',
      kernel: 'v2',
      switches: { fixed: false },
      verdict: 'violation',
      violation: {
        kind: 'lost-write',
        message: 'two increments, but the counter is 1',
        schedule: 'out/counter-stress.json',
        steps: 4,
        preemptions: A_NUMBER,
        cpus: 2,
        confirmedOnCpus: true,
        notConfirmed: null,
      },
      iterations: A_NUMBER,
      violations: A_NUMBER,
      kinds: { 'lost-write': document['violations'] },
      firstAfter: { iteration: A_NUMBER, seconds: A_NUMBER },
      unordered: A_NUMBER,
      cut: 0,
      seconds: A_NUMBER,
      iterationsPerSecond: A_NUMBER,
      operationsPerSecond: A_NUMBER,
      startSeconds: A_NUMBER,
      workers: [1, 2],
      seed: 7,
      jitter: 400,
      neverReached: [],
      interrupted: false,
    });
    expect(document['iterations']).toBeGreaterThan(10);
    expect(document['seconds']).toBeGreaterThan(0.9);
  });

  test('a trace too long to print is only named', () => {
    const { code, stdout } = toys('stress', 'wordy', '--seconds', '3');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^LOST WRITE: two increments/);
    expect(stdout).toContain('order of the first hit: 304 steps');
    expect(stdout).toContain('(prints the trace, which is too long to show here)');
    expect(stdout.split('\n').length).toBeLessThan(20);
  });

  test('Linux', () => {
    const directory = scratch();
    const args = ['stress', 'pin-then-fork', '--kernel', 'v5.8', '--seconds', '5', '--quiet'];
    const { code, stdout, stderr } = lostwrite('linux', directory, ...args);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toMatch(/^LOST WRITE: .*/m);
    for (const line of stdout.split('\n')) expect(line).toMatch(/^[ -~]{0,99}$/);
    const again = lostwrite('linux', directory, 'replay', 'out/pin-then-fork-stress.json', '--on', 'cpus');
    expect(again.code).toBe(0);
  });
});

test('no rule broken is no proof', () => {
  const { code, stdout } = toys(
    'stress',
    'counter',
    '--set',
    'atomic=true',
    '--seconds',
    '0.5',
    '--jitter',
    '0',
  );
  expect(code).toBe(0);
  expect(stdout).toMatch(/^counter on v2 \(atomic=true\) {3}SAMPLED {2}no violation/);
  expect(stdout).toContain('This proves nothing about the schedules that did not come up');
  expect(stdout).toContain('npx lostwrite explore counter --kernel v2 --set atomic=true');
});

test('what was never reached is no pass', () => {
  const { code, stdout } = toys('stress', 'empty', '--seconds', '0.3');
  expect(code).toBe(4);
  expect(stdout).toContain('VACUOUS');
  expect(stdout).toContain('never reached: the interesting part');
  expect(JSON.parse(toys('stress', 'empty', '--seconds', '0.3', '--json').stdout)).toMatchObject({
    verdict: 'vacuous',
    violation: null,
    firstAfter: null,
    neverReached: ['the interesting part'],
  });
});

describe('malformed options', () => {
  test.each([
    ['--seconds', '0'],
    ['--seconds', '-1'],
    ['--seconds', '10s'],
    ['--seconds', '1e9'],
    ['--jitter', '-1'],
    ['--jitter', 'x'],
    ['--jitter', '1000001'],
    ['--seed', '0'],
    ['--seed', '1.5'],
    ['--seed', '2147483648'],
  ])('%s %s', (option, value) => {
    const { code, stdout, stderr } = toys('stress', 'counter', `${option}=${value}`);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(
      new RegExp(`^lostwrite: option '${option} <n>' argument '.*' is invalid\\. Expected a `),
    );
  });

  test('a place that cannot be written, and names that do not exist', () => {
    expect(toys('stress', 'counter', '--out', '/').stderr).toContain('cannot write /: it is a directory');
    expect(toys('stress', 'countr').stderr).toContain("unknown scenario 'countr'");
  });
});

describe('a CPU that goes wrong', () => {
  test.each([
    ['exit', 3, /^lostwrite: CPU cpu1 \(worker thread 2\) died: its worker thread ended with exit code 7\n/],
    [
      'spin',
      3,
      /^lostwrite: .*cpu1 \(worker thread 2\) gives no answer: .* without coming to an operation\n/,
    ],
    ['throw', 2, /^lostwrite: the model is wrong: thread cpu1 threw after 1 operation: Error: the generator/],
    [
      'differ',
      2,
      /^lostwrite: the model is wrong: the schedule found does not replay on the search engine: step/,
    ],
  ])('%s: exit code %i, one message', (fault, expected, message) => {
    const started = performance.now();
    const { code, stdout, stderr } = toys('stress', 'broken', '--seconds', '2', '--set', `fault=${fault}`);
    expect(performance.now() - started).toBeLessThan(6000);
    expect({ code, stdout }).toEqual({ code: expected, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.match(/^lostwrite: /gm)).toHaveLength(1);
  });
});

describe('Ctrl-C', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('%s prints the figures so far', async (signal) => {
    const { child, outcome } = startToys('stress', 'counter', '--set', 'atomic=true', '--seconds', '60');
    await sleep(1500);
    const interrupted = performance.now();
    child.kill(signal);
    const { code, stdout, stderr } = await outcome;
    expect(performance.now() - interrupted).toBeLessThan(2000);
    expect({ code, stderr }).toEqual({ code: 3, stderr: '' });
    expect(stdout).toMatch(/^counter on v2 \(atomic=true\) {3}SAMPLED {2}interrupted, no violation/);
    expect(stdout).toMatch(/^ {2}[\d ]+ iterations? {2}/m);
  });

  test('with a violation it tells and saves that', async () => {
    const file = join(scratch(), 's.json');
    const { child, outcome } = startToys('stress', 'counter', '--seconds', '60', '--out', file);
    await sleep(2500);
    child.kill('SIGINT');
    const { code, stdout } = await outcome;
    expect(code).toBe(1);
    expect(stdout).toContain('confirmed: replayed on 2 worker threads');
    expect(existsSync(file)).toBe(true);
  });
});
