import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { lostwrite, scratch, startToys, toys } from './lostwrite.ts';

describe('exit codes', () => {
  test.each([
    ['proved', 0, ['counter', '--set', 'atomic=true']],
    ['violation', 1, ['counter']],
    ['violation', 1, ['abba']],
    ['truncated', 3, ['wide', '--max-states', '1000']],
    ['truncated', 3, ['wide', '--budget', '50ms']],
    ['vacuous', 4, ['empty']],
    ['proved within bound', 0, ['wide', '--set', 'threads=4', '--strategy', 'bounded:1']],
    ['violation', 1, ['counter', '--strategy', 'bounded:1']],
    ['proved', 0, ['counter', '--set', 'atomic=true', '--strategy', 'bounded:9']],
    ['proved', 0, ['counter', '--set', 'atomic=true', '--strategy', 'dpor']],
    ['violation', 1, ['abba', '--strategy', 'dpor']],
    ['truncated', 3, ['long', '--strategy', 'dpor:1000000', '--max-states', '1000']],
    ['vacuous', 4, ['empty', '--strategy', 'dpor']],
    // No execution within the bound comes to its end.
    ['vacuous', 4, ['wide', '--strategy', 'dpor:1']],
    ['agreed', 0, ['abba', '--crosscheck']],
    ['inconclusive', 3, ['wide', '--crosscheck', '--budget', '1ms']],
    ['sampled', 0, ['counter', '--set', 'atomic=true', '--strategy', 'pct:2', '--schedules', '50']],
    ['sampled', 0, ['wide', '--strategy', 'random', '--schedules', '1e9', '--budget', '200ms']],
    ['violation', 1, ['counter', '--strategy', 'pos']],
    ['vacuous', 4, ['empty', '--strategy', 'random', '--schedules', '50']],
  ])('%s ends with %i: explore %j', (verdict, code, args) => {
    const { code: found, stdout } = toys('explore', ...args);
    expect(found).toBe(code);
    expect(stdout).toContain(verdict.toUpperCase());
  });
});

test('a violation is printed as trace and closing block, and its schedule is written', () => {
  const directory = scratch();
  const { stdout, stderr } = lostwrite('toys', directory, 'explore', 'counter');
  expect(stderr).toBe('');
  expect(stdout.replace(/\d\.\d\d s/, '0.01 s')).toMatchInlineSnapshot(`
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

    counter on v2   VIOLATION  lost write   (exhaustive, 2 threads, SC)
      12 states  14 transitions  0.01 s
      shortest failing schedule: 4 steps, 1 preemption, 2 threads -> out/counter.json
      critical pair: steps 1 and 3; the other way round the run keeps every rule
      confirmed: replayed on 2 worker threads, every value as found
      replay:  npx lostwrite replay out/counter.json
    "
  `);
  expect(readdirSync(join(directory, 'out'))).toEqual(['counter.json']);
});

test('a proof says what it is about', () => {
  expect(toys('explore', 'counter', '--set', 'atomic=true').stdout.replace(/\d\.\d\d s/, '0.01 s'))
    .toMatchInlineSnapshot(`
      "counter on v2 (atomic=true)   PROVED   (exhaustive, 2 threads, SC)
        4 states  4 transitions  1 end state  0.01 s
        Every schedule of these 2 threads was explored (sequential consistency): no rule is broken, and
        from every state all can still finish.
        A proof about this program, as large as it is here; not about other sizes, memory models, or what
        the model leaves out.
        Two different states were taken for one with probability below 6.5e-19.
        Reached 1 of 3 operations and calls in 1 function; --coverage lists the rest.
      "
    `);
});

const withoutTime = (text: string) =>
  text.replace(/\d+\.\d\d s/, '0.01 s').replace(/ {2}[\d .]+[kM]? (schedules|transitions)\/s/, '');

test('a proof within a bound says what is not known', () => {
  const { stdout } = toys('explore', 'wide', '--set', 'threads=4', '--strategy', 'bounded:1');
  expect(withoutTime(stdout)).toMatchInlineSnapshot(`
    "wide on v2 (threads=4)   PROVED WITHIN BOUND   (bounded:1, 4 threads, SC)
      2 736 states  15 872 transitions  1 end state  depth 45  0.01 s
      Every schedule of these 4 threads with at most 1 preemption was explored (sequential
      consistency): no rule is broken in any of them, and none of them ends in a deadlock.
      Schedules with 2 or more preemptions were not explored: nothing is known about them. A preemption
      takes the turn from a thread that could have gone on.
      Whether every state can still finish (livelock) is not judged within a bound.
      Two different states were taken for one with probability below 1.6e-12.
      Reached 1 of 1 operations and calls in 1 function within the bound.
    "
  `);
});

test('a bound that cuts nothing off says so', () => {
  const { stdout } = toys('explore', 'counter', '--set', 'atomic=true', '--strategy', 'bounded:9');
  expect(stdout).toContain('PROVED   (bounded:9, 2 threads, SC)');
  expect(stdout).toContain('The bound of 9 preemptions cut nothing off');
});

test('a sample says what it was, that it proves nothing, and what PCT promises', () => {
  const { stdout } = toys(
    'explore',
    'counter',
    '--set',
    'atomic=true',
    '--strategy',
    'pct:2',
    '--seed',
    '7',
    '--schedules',
    '50',
  );
  expect(withoutTime(stdout)).toMatchInlineSnapshot(`
    "counter on v2 (atomic=true)   SAMPLED   (pct:2, seed 7, 2 threads, SC)
      50 schedules: 50 complete, 0 blocked, 0 cut  2 distinct partial orders  1 distinct final state
      4 states  100 steps  longest 2 steps  0.01 s
      A sample, not a proof: no rule was broken in the 50 schedules drawn at random; schedules that
      were not drawn may break one.
      PCT guarantee: a bug of depth 2 or less (one that shows whenever certain 2 steps come in a
      certain order) is met by each schedule with probability at least 1/(n k) = 1/(2 x 3) or about
      1.7e-1, with n = 2 threads and k = 3 steps (half as many again as the longest trial run); by the
      50 together with at least 99.9%.
      It holds if no schedule takes more than k steps (of those drawn none did), and for bugs that do
      not depend on the answers of choose().
      Reached 1 of 3 operations and calls in 1 function in the schedules drawn; --coverage lists the
      rest.
    "
  `);
});

test('the violation of a sample is saved, replayed and confirmed', () => {
  const directory = scratch();
  const { stdout } = lostwrite('toys', directory, 'explore', 'counter', '--strategy', 'random');
  expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(
    /failing schedule, number \d+ of those drawn \(not the shortest; --strategy exhaustive looks for that\)/,
  );
  expect(stdout).toContain('confirmed: replayed on 2 worker threads, every value as found');
  expect(lostwrite('toys', directory, 'replay', 'out/counter.json').code).toBe(0);
});

test('--json of a sample and of a bounded search', () => {
  const sample = toys('explore', 'wide', '--strategy', 'pct:3', '--schedules', '40', '--seed', '2', '--json');
  expect(JSON.parse(sample.stdout)).toMatchObject({
    strategy: 'pct:3',
    verdict: 'sampled',
    violation: null,
    executions: { complete: 40, blocked: 0, cut: 0 },
    sampling: {
      seed: 2,
      asked: 40,
      schedules: 40,
      finalStates: 1,
      partialOrders: 1,
      guarantee: { depth: 3 },
    },
  });
  const bounded = toys('explore', 'wide', '--set', 'threads=4', '--strategy', 'bounded:1', '--json');
  expect(JSON.parse(bounded.stdout)).toMatchObject({
    strategy: 'bounded:1',
    verdict: 'proved-within-bound',
    executions: null,
    bound: { preemptions: 1, cutOff: true },
  });
});

test('options that a strategy has no use for are refused', () => {
  for (const args of [
    ['--seed', '2'],
    ['--schedules', '9', '--strategy', 'bounded:1'],
  ]) {
    const { code, stderr } = toys('explore', 'counter', ...args);
    expect(code).toBe(2);
    expect(stderr).toContain('draws nothing at random');
  }
  const { code, stderr } = toys('explore', 'counter', '--on', 'cpus', '--strategy', 'pos');
  expect(code).toBe(2);
  expect(stderr).toContain('--strategy pos: CPUs run every schedule');
});

test('a truncated search says which limit, and how to go on', () => {
  const { stdout } = toys('explore', 'wide', '--max-states', '1000');
  expect(stdout).toContain('TRUNCATED  states');
  expect(stdout).toContain('1 000 states');
  expect(stdout).toContain('To go on: npx lostwrite explore --resume out/wide.checkpoint --max-states 2000');
});

test('a vacuous search says what was never reached', () => {
  expect(toys('explore', 'empty').stdout).toContain('never reached: the interesting part');
});

test('--json prints one document with the fields of the contract in their order', () => {
  const { code, stdout, stderr } = toys('explore', 'counter', '--json');
  const document: unknown = JSON.parse(stdout);
  expect(code).toBe(1);
  expect(stderr).toBe('');
  expect(Object.keys(document as object)).toEqual([
    'schema',
    'scenario',
    'kernel',
    'switches',
    'strategy',
    'memory',
    'workers',
    'verdict',
    'violation',
    'states',
    'transitions',
    'executions',
    'depth',
    'seconds',
    'statesPerSecond',
    'transitionsPerSecond',
    'bytesPerState',
    'collisionProbability',
    'limit',
    'neverReached',
  ]);
  expect(document).toMatchObject({
    schema: 'lostwrite/verdict@1',
    scenario: 'counter',
    kernel: 'v2',
    switches: { fixed: false },
    strategy: 'exhaustive',
    memory: 'sc',
    workers: 1,
    verdict: 'violation',
    violation: {
      kind: 'lost-write',
      message: 'two increments, but the counter is 1',
      schedule: 'out/counter.json',
      steps: 4,
      preemptions: 1,
      cpus: 2,
      confirmedOnCpus: true,
      notConfirmed: null,
    },
    executions: null,
    limit: null,
    neverReached: [],
  });
});

test('--json of a proof and of a truncated search', () => {
  expect(JSON.parse(toys('explore', 'counter', '--set', 'atomic=true', '--json').stdout)).toMatchObject({
    verdict: 'proved',
    violation: null,
  });
  expect(JSON.parse(toys('explore', 'wide', '--max-states', '1000', '--json').stdout)).toMatchObject({
    verdict: 'truncated',
    violation: null,
    states: 1000,
    limit: { which: 'states' },
  });
});

test('--json of a stateless search tells its executions', () => {
  const { stdout } = toys('explore', 'counter', '--set', 'atomic=true', '--strategy', 'dpor', '--json');
  expect(JSON.parse(stdout)).toMatchObject({
    strategy: 'dpor',
    verdict: 'proved',
    executions: { complete: 2, blocked: 0, cut: 0 },
    dpor: { asleep: 0, longest: 2, maxSteps: 1000 },
  });
});

test('--json of a cross-check', () => {
  const { code, stdout } = toys('explore', 'counter', '--crosscheck', '--json');
  expect(code).toBe(0);
  const lost = ['lost-write: two increments, but the counter is 1'];
  expect(JSON.parse(stdout)).toMatchObject({
    schema: 'lostwrite/crosscheck@1',
    agreed: true,
    finished: 6,
    engines: [
      { name: 'naive', executions: 6, violations: lost, finalStates: 1 },
      { name: 'stateful', states: 12, violations: lost, finalStates: 1 },
      { name: 'reduced', violations: lost, finalStates: 1 },
      { name: 'dpor', executions: 4, violations: lost, finalStates: 1 },
      { name: 'exhaustive', violations: lost, finalStates: null },
      { name: 'parallel', violations: lost, finalStates: null },
    ],
    differences: [],
  });
});

test.each([
  ['--strategy', 'pos'],
  ['--out', 'x.json'],
  ['--max-states', '9'],
  ['--on', 'cpus'],
])('a cross-check takes no %s', (option, value) => {
  const { code, stdout, stderr } = toys('explore', 'counter', '--crosscheck', option, value);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(`${option}: a cross-check runs every engine`);
});

test('the answer does not depend on the run', () => {
  const once = scratch();
  const again = scratch();
  const figures = (text: string) =>
    text.replaceAll(/\d\.\d\d s|\S+ transitions\/s/g, '').replaceAll(/ +$/gm, '');
  expect(figures(lostwrite('toys', once, 'explore', 'pager').stdout)).toBe(
    figures(lostwrite('toys', again, 'explore', 'pager').stdout),
  );
  expect(readFileSync(join(once, 'out/pager.json'))).toEqual(readFileSync(join(again, 'out/pager.json')));
});

describe('names that do not exist are answered with the nearest ones', () => {
  test.each([
    [['countr'], "unknown scenario 'countr'", 'counter'],
    [['counter', '--kernel', 'v3'], "unknown kernel 'v3'", 'v1, v2'],
    [['counter', '--apply', 'fixx'], "unknown patch 'fixx'", 'fix'],
    [['counter', '--revert', 'fix#H2'], "unknown hunk of fix 'H2'", 'H1'],
    [['counter', '--set', 'atomik=true'], "unknown parameter 'atomik'", 'atomic'],
    [['counter', '--set', 'atomic=maybe'], "unknown value of atomic 'maybe'", 'false, true'],
    [['counter', '--strategy', 'exhaustiv'], "unknown strategy 'exhaustiv'", 'exhaustive'],
    [['counter', '--strategy', 'dpor:0'], "found 'dpor:0'", 'dpor:N'],
    [['counter', '--memory', 'scc'], "unknown memory model 'scc'", 'sc'],
    [['counter', '--quite'], "unknown option '--quite'", '--quiet'],
  ])('explore %j', (args, message, hint) => {
    const { code, stdout, stderr } = toys('explore', ...args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
    expect(stderr).toContain(hint);
  });
});

describe('what is not made yet says so', () => {
  test.each([
    [['explore', 'counter', '--memory', 'tso']],
    [['race', 'seed']],
    [['races', '--json']],
    [['list', 'races']],
  ])('%j', (args) => {
    const { code, stdout, stderr } = toys(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^lostwrite: .*: not available yet\n/);
  });

  test('and is not in the help', () => {
    expect(toys('--help').stdout).not.toMatch(/\b(hunks|litmus|races)\b/);
  });
});

describe('malformed options', () => {
  test.each([
    ['--budget', '5'],
    ['--budget', '-1s'],
    ['--budget', '0s'],
    ['--max-states', '0'],
    ['--max-states', '1.5'],
    ['--workers', 'x'],
    ['--set', 'atomic'],
    ['--strategy', 'bounded'],
    ['--strategy', 'pos:3'],
    ['--strategy', 'pct:0'],
    ['--strategy', 'bounded:9999999'],
    ['--schedules', '0'],
    ['--seed', '0'],
  ])('%s %s', (option, value) => {
    const { code, stderr } = toys('explore', 'counter', `${option}=${value}`);
    expect(code).toBe(2);
    expect(stderr.toLowerCase()).toContain('expected');
  });
});

describe('a place that cannot be written', () => {
  test('is found out before the search', () => {
    const directory = scratch();
    writeFileSync(join(directory, 'file'), '');
    const started = performance.now();
    for (const [out, reason] of [
      [directory, 'it is a directory'],
      [join(directory, 'file/x.json'), 'not a directory'],
    ] as const) {
      const { code, stdout, stderr } = lostwrite('toys', directory, 'explore', 'wide', '--out', out);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain(`cannot write ${out}: `);
      expect(stderr).toContain(reason);
    }
    expect(performance.now() - started).toBeLessThan(5000);
  });

  test('a disk that is full loses the file, not the verdict', () => {
    const { code, stdout, stderr } = toys('explore', 'counter', '--json', '--out', '/dev/full');
    expect(code).toBe(2);
    expect(stderr).toContain('cannot write /dev/full: no space left on the device');
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'violation', violation: { schedule: null } });
  });

  test('directories are made, and nothing temporary stays', () => {
    const directory = scratch();
    expect(lostwrite('toys', directory, 'explore', 'counter', '--out', 'a/b/c.json').code).toBe(1);
    expect(readdirSync(join(directory, 'a/b'))).toEqual(['c.json']);
    expect(existsSync(join(directory, 'out'))).toBe(false);
  });
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s ends the search with its figures', async (signal) => {
  const { child, outcome } = startToys('explore', 'wide');
  // Long enough for a busy machine to start it.
  await sleep(3000);
  child.kill(signal);
  const { code, stdout } = await outcome;
  expect(code).toBe(3);
  expect(stdout).toMatch(/^wide on v2 {3}TRUNCATED {2}interrupted/);
  expect(stdout).toMatch(/[\d ]+ states/);
});

test('a reader that goes away is no error', async () => {
  const { child, outcome } = startToys('list');
  child.stdout?.destroy();
  const { code, stderr } = await outcome;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('no colour and no control characters where nobody sees them', () => {
  const { stdout } = toys('explore', 'pager');
  expect(stdout).toMatch(/^[\n -~]*$/);
});

describe('--exact', () => {
  test('the same figures, and no probability of a mistake', () => {
    const wide = (...more: string[]) => {
      const { stdout } = toys('explore', 'wide', '--json', '--set', 'threads=4', ...more);
      return JSON.parse(stdout) as Readonly<Record<string, unknown>>;
    };
    const { verdict, states, transitions, depth, collisionProbability } = wide();
    expect(wide('--exact')).toMatchObject({
      verdict,
      states,
      transitions,
      depth,
      collisionProbability: 0,
    });
    expect(collisionProbability).toBeGreaterThan(0);
  });

  test('what compares no states, or keeps them elsewhere, refuses it', () => {
    for (const other of [
      ['--strategy', 'pos'],
      ['--workers', '2'],
      ['--on', 'cpus'],
    ]) {
      const { code, stderr } = toys('explore', 'counter', '--exact', ...other);
      expect(code).toBe(2);
      expect(stderr).toContain(
        '--exact: only the plain exhaustive search with one worker compares states in full',
      );
    }
    expect(toys('explore', 'counter', '--exact', '--resume', 'x').stderr).toContain('--exact');
  });
});
