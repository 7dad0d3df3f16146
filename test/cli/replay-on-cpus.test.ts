import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { lostwrite, scratch, startToys, type Outcome } from './lostwrite.ts';

const SCHEDULES = fileURLToPath(new URL('../../schedules/', import.meta.url));

/** Records a toy, changes the text of its schedule and replays it on CPUs. */
function replayed(
  args: readonly string[],
  change: (text: string) => string,
  ...options: readonly string[]
): Outcome {
  const directory = scratch();
  const file = join(directory, 's.json');
  lostwrite('toys', directory, 'explore', ...args, '--out', 's.json');
  writeFileSync(file, change(readFileSync(file, 'utf8')));
  return lostwrite('toys', directory, 'replay', 's.json', '--on', 'cpus', ...options);
}

const same = (text: string) => text;

/** Without the closing block, which says on what it ran. */
function traceOf(stdout: string): string {
  return stdout.slice(0, stdout.search(/^.* {3}(REPLAYED|FAILED)$/m));
}

describe('the trace that CPUs tell is byte for byte the one of the search', () => {
  test.each(readdirSync(SCHEDULES))('%s', (name) => {
    const directory = scratch();
    for (const options of [[], ['--all']]) {
      const file = join(SCHEDULES, name);
      const search = lostwrite('linux', directory, 'replay', file, ...options);
      const cpus = lostwrite('linux', directory, 'replay', file, ...options, '--on', 'cpus');
      expect({ code: cpus.code, stderr: cpus.stderr }).toEqual({ code: 0, stderr: '' });
      expect(traceOf(cpus.stdout).length).toBeGreaterThan(1000);
      expect(traceOf(cpus.stdout)).toBe(traceOf(search.stdout));
      expect(cpus.stdout).toMatch(/^[\n -~]*$/);
      for (const line of cpus.stdout.split('\n')) expect(line.length).toBeLessThan(100);
    }
  });

  test.each(['counter', 'pager', 'abba', 'poll'])('%s', (scenario) => {
    const directory = scratch();
    lostwrite('toys', directory, 'explore', scenario, '--out', 's.json');
    const search = lostwrite('toys', directory, 'replay', 's.json');
    const cpus = lostwrite('toys', directory, 'replay', 's.json', '--on', 'cpus');
    expect({ code: cpus.code, stderr: cpus.stderr }).toEqual({ code: 0, stderr: '' });
    expect(traceOf(cpus.stdout)).toBe(traceOf(search.stdout));
  });
});

test('the closing block says which worker thread was which CPU', () => {
  const { stdout } = replayed(['counter'], same);
  expect(stdout.slice(stdout.indexOf('counter on v2'))).toMatchInlineSnapshot(`
    "counter on v2   REPLAYED
      4 steps on 2 worker threads, every recorded value matches; ends in lost write, as recorded.
      CPUs: cpu0 = worker thread 1 (2 steps), cpu1 = worker thread 2 (2 steps)
    "
  `);
});

test('a thread without steps has its worker thread too; a livelock is judged by the search', () => {
  const { stdout } = replayed(['poll'], same);
  expect(stdout.slice(stdout.indexOf('poll on v2'))).toMatchInlineSnapshot(`
    "poll on v2   REPLAYED
      2 steps on 2 worker threads, every recorded value matches; ends in livelock, as recorded.
      CPUs: waiter = worker thread 1 (no step), setter = worker thread 2 (2 steps)
      CPUs show every step of it; that no schedule ends from there is what the search found again.
    "
  `);
});

test('--json', () => {
  const { code, stdout } = replayed(['counter'], same, '--json');
  expect(code).toBe(0);
  const document = JSON.parse(stdout) as { seconds: number };
  expect(document).toMatchObject({
    schema: 'lostwrite/replay@1',
    on: 'cpus',
    ok: true,
    steps: 4,
    violation: { kind: 'lost-write', message: 'two increments, but the counter is 1' },
    divergence: null,
    cpus: [
      { thread: 'cpu0', worker: 1, steps: 2 },
      { thread: 'cpu1', worker: 2, steps: 2 },
    ],
  });
  expect(document.seconds).toBeGreaterThan(0);
});

test('another end than the recorded one', () => {
  const { code, stdout } = replayed(['counter'], (text) => text.replace('"lost-write"', '"leak"'));
  expect(code).toBe(1);
  expect(stdout.replace(/\s+/g, ' ')).toContain('expected leak at the end, found lost write');
});

describe('a schedule that does not fit', () => {
  test('another value', () => {
    const { code, stdout, stderr } = replayed(['counter'], (text) =>
      text.replace('["store", "counter", 0, 1, 0,', '["store", "counter", 0, 7, 0,'),
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^lostwrite: s\.json: step 3 no longer fits\n/);
    expect(stderr).toMatch(/expected cpu1: store counter 0 -> 7 .*, test\/programs\/cli\/toys\.ts:\d+\n/);
    expect(stderr).toMatch(/found {4}cpu1: store counter 0 -> 1 .*, test\/programs\/cli\/toys\.ts:\d+\n/);
    expect(stderr).toContain('changed by hand');
  });

  test('a step of a thread that waits for a lock names the lock and who holds it', () => {
    const { code, stdout, stderr } = replayed(['abba'], (text) =>
      text.replace('\n  ]', ',\n    {"thread": "cpu0", "do": [["lock", "b", 0, 1, 0, "", ""]]}\n  ]'),
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('step 3 no longer fits');
    expect(stderr).toContain('cpu0 cannot move: it waits at lock b (held by cpu1)');
  });

  test('--json tells the divergence', () => {
    const { code, stdout } = replayed(
      ['abba'],
      (text) => text.replace('"thread": "cpu1"', '"thread": "cpu0"'),
      '--json',
    );
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ on: 'cpus', ok: false, divergence: { step: 2 } });
  });
});

describe('a CPU that goes wrong', () => {
  test.each([
    [
      'exit',
      3,
      /in step 2 of 4 \(cpu1: load counter 0 .*\) CPU cpu1 \(worker thread 2\) died: .* exit code 7/,
    ],
    ['spin', 3, /in step 2 of 4 \(cpu1: .*\) CPU cpu1 \(worker thread 2\) gives no answer: after \d+ ms/],
    ['throw', 2, /^lostwrite: the model is wrong: thread cpu1 threw after 1 operation: Error: the generator/],
    ['differ', 2, /step 3 no longer fits\n.*expected cpu1: store .*\n.*found {4}cpu1: add counter 0/],
  ])('%s: exit code %i, one message, within 3 s', (fault, expected, message) => {
    const directory = scratch();
    // The search sees no fault, the confirmation does: the file is put together by hand where it is not written.
    lostwrite('toys', directory, 'explore', 'broken', '--out', 's.json');
    const text = readFileSync(join(directory, 's.json'), 'utf8');
    writeFileSync(join(directory, 's.json'), text.replace('{}', `{"fault": "${fault}"}`));
    const started = performance.now();
    const { code, stdout, stderr } = lostwrite('toys', directory, 'replay', 's.json', '--on', 'cpus');
    expect(performance.now() - started).toBeLessThan(3000);
    expect({ code, stdout }).toEqual({ code: expected, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.match(/^lostwrite: /gm)).toHaveLength(1);
  });
});

/** A schedule of so many steps that replaying it takes seconds. */
function longSchedule(directory: string): string {
  const step = (n: number) => {
    const values = n === 0 ? '0, 0' : `${(n - 1) & 1}, ${n & 1}`;
    return `{"thread": "cpu0", "do": [["store", "cpu0", ${values}, 0, "", ""]]}`;
  };
  const head = { schema: 'lostwrite/schedule@1', program: 'long', kernel: 'v2', apply: [], revert: [] };
  const rest = { parameters: {}, switches: {}, memory: 'sc', model: '', violation: null };
  const steps = Array.from({ length: 600_000 }, (_, n) => step(n)).join(',\n');
  const file = join(directory, 'long.json');
  writeFileSync(file, `${JSON.stringify({ ...head, ...rest }).slice(0, -1)},\n"steps": [\n${steps}\n]}\n`);
  return file;
}

// It may come while the file is read, which cannot be broken off.
test('Ctrl-C ends a replay soon, with nothing half written', async () => {
  const file = longSchedule(scratch());
  const { child, outcome } = startToys('replay', file, '--on', 'cpus');
  await sleep(1500);
  const interrupted = performance.now();
  child.kill('SIGINT');
  const { code, stdout, stderr } = await outcome;
  expect(performance.now() - interrupted).toBeLessThan(2500);
  expect({ code, stdout, stderr }).toEqual({ code: 3, stdout: '', stderr: 'lostwrite: interrupted\n' });
});
