import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { lostwrite, scratch, startToys, toys } from './lostwrite.ts';

const figures = (text: string) => text.replaceAll(/\d+\.\d\d s( {2}[\d.]+( k)? steps\/s)?/g, '0.01 s');

describe('exit codes', () => {
  test.each([
    ['proved', 0, ['counter', '--set', 'atomic=true']],
    ['proved', 0, ['pager', '--set', 'recheck=true']],
    ['violation', 1, ['counter']],
    ['violation', 1, ['pager']],
    ['violation', 1, ['abba']],
    ['truncated', 3, ['wide', '--budget', '500ms']],
    ['truncated', 3, ['endless']],
    ['vacuous', 4, ['empty']],
  ])('%s ends with %i: %j', (verdict, code, args) => {
    const { code: found, stdout, stderr } = toys('explore', ...args, '--on', 'cpus');
    expect({ found, stderr }).toEqual({ found: code, stderr: '' });
    expect(stdout).toContain(verdict.toUpperCase());
    for (const line of stdout.split('\n')) expect(line).toMatch(/^[ -~]{0,99}$/);
  });
});

test('a violation: the trace, and a schedule that replays on both engines', () => {
  const directory = scratch();
  const { stdout } = lostwrite('toys', directory, 'explore', 'counter', '--on', 'cpus');
  expect(figures(stdout)).toMatchInlineSnapshot(`
    "counter on v2: the schedule

         cpu0              cpu1
         ----              ----
         increment()
      1    reads counter = 0
         <preempted>
                           increment()
      2                      reads counter = 0
      3                      counter 0 -> 1
         ... increment()
      4    counter 1 -> 1 (cpu1, step 3)

    LOST WRITE: two increments, but the counter is 1
      step 4 is the one that loses it

    counter on v2   VIOLATION  lost write   (exhaustive on CPUs, 2 worker threads, SC)
      4 executions  16 steps (3 repeated)  0.01 s
      failing schedule (of those run the shortest): 4 steps, 1 preemption, 2 threads ->
      out/counter.json
      confirmed: replayed on 2 worker threads and on the search engine, every value as found
      replay:  npx lostwrite replay out/counter.json --on cpus
      Perhaps not the shortest of all; the search finds that:
        npx lostwrite explore counter --kernel v2
    "
  `);
  for (const on of ['search', 'cpus'])
    expect(lostwrite('toys', directory, 'replay', 'out/counter.json', '--on', on).code).toBe(0);
});

test('a proof says what it is about', () => {
  const { stdout } = toys('explore', 'counter', '--set', 'atomic=true', '--on', 'cpus');
  expect(figures(stdout)).toMatchInlineSnapshot(`
    "counter on v2 (atomic=true)   PROVED   (exhaustive on CPUs, 2 worker threads, SC)
      2 executions  4 steps (0 repeated)  0.01 s
      Every schedule was run on 2 real worker threads (of those that differ in the order of independent
      steps only, one): no rule is broken, and each of them came to its end.
      A proof about this program, as large as it is here; not about other sizes, memory models, or what
      the model leaves out.
    "
  `);
});

test('a program without a last schedule says so', () => {
  expect(figures(toys('explore', 'endless', '--on', 'cpus').stdout)).toMatchInlineSnapshot(`
    "endless on v2   TRUNCATED  steps   (exhaustive on CPUs, 3 worker threads, SC)
      0 executions  20 484 steps (0 repeated)  0.01 s
      Inconclusive: an execution was still going on after 20 000 steps: where a thread may go on for
      ever there is no last schedule.
      No rule was broken in what was run; the rest is unknown.
      To go on: give every thread an end (Linux scenarios: --set reclaim=1), or let the search do it,
      which knows states again when it meets them:
        npx lostwrite explore endless --kernel v2
    "
  `);
});

test('--json: what is not counted is null', () => {
  const document: unknown = JSON.parse(toys('explore', 'counter', '--on', 'cpus', '--json').stdout);
  const ofSearch: unknown = JSON.parse(toys('explore', 'counter', '--json').stdout);
  expect(Object.keys(document as object)).toEqual([...Object.keys(ofSearch as object), 'on', 'cpus']);
  expect(document).toMatchObject({
    schema: 'lostwrite/verdict@1',
    strategy: 'exhaustive',
    verdict: 'violation',
    violation: { kind: 'lost-write', steps: 4, confirmedOnCpus: true, notConfirmed: null, shortest: false },
    states: null,
    transitions: 16,
    executions: { complete: 4, blocked: 0, cut: 0 },
    depth: null,
    statesPerSecond: null,
    bytesPerState: null,
    collisionProbability: null,
    limit: null,
    neverReached: [],
    on: 'cpus',
    cpus: [
      { thread: 'cpu0', worker: 1 },
      { thread: 'cpu1', worker: 2 },
    ],
  });
  expect(
    JSON.parse(toys('explore', 'wide', '--budget', '200ms', '--on', 'cpus', '--json').stdout),
  ).toMatchObject({
    verdict: 'truncated',
    limit: { which: 'time', message: 'the budget of 0.2 s ended (--budget)' },
  });
});

test('Linux: the same verdicts as the search, where there is a last schedule', () => {
  const verdict = (...args: string[]) => {
    const { stdout } = lostwrite('linux', scratch(), 'explore', ...args, '--on', 'cpus', '--json', '--quiet');
    const { verdict: name, violation } = JSON.parse(stdout) as {
      verdict: string;
      violation: { kind: string } | null;
    };
    return [name, violation?.kind];
  };
  expect(verdict('pin-then-fork', '--kernel', 'v5.8')).toEqual(['violation', 'lost-write']);
  expect(verdict('pin-then-fork', '--kernel', 'v5.18', '--set', 'pagevec=false')).toEqual([
    'proved',
    undefined,
  ]);
});

test('what has no meaning on CPUs is refused', () => {
  const { code, stderr } = toys('explore', 'counter', '--on', 'cpus', '--max-states', '10');
  expect(code).toBe(2);
  expect(stderr).toContain('--max-states: CPUs count no states');
  expect(toys('explore', 'counter', '--on', 'cpu').stderr).toContain('did you mean cpus?');
});

describe('a CPU that goes wrong', () => {
  test.each([
    ['exit', 3, /CPU cpu1 \(worker thread 2\) died: its worker thread ended with exit code 7/],
    ['spin', 3, /CPU cpu1 \(worker thread 2\) gives no answer/],
    ['throw', 2, /thread cpu1 threw after 1 operation: Error: the generator is broken/],
  ])('%s: exit code %i', (fault, expected, message) => {
    const { code, stdout, stderr } = toys('explore', 'broken', '--set', `fault=${fault}`, '--on', 'cpus');
    expect({ code, stdout }).toEqual({ code: expected, stdout: '' });
    expect(stderr).toMatch(message);
  });
});

test('Ctrl-C ends it with its figures', async () => {
  const { child, outcome } = startToys('explore', 'wide', '--on', 'cpus');
  await sleep(1500);
  const interrupted = performance.now();
  child.kill('SIGINT');
  const { code, stdout } = await outcome;
  expect(performance.now() - interrupted).toBeLessThan(2000);
  expect(code).toBe(3);
  expect(stdout).toMatch(/^wide on v2 {3}TRUNCATED {2}interrupted/);
});
