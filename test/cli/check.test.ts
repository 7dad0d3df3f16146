import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lostwrite, scratch, type Outcome } from './lostwrite.ts';

const writer = { name: 'P0', ops: [['st', 'x', 1]] };
const reader = {
  name: 'P1',
  ops: [
    ['ld', '$r', 'x'],
    ['assert', ['==', '$r', 0]],
  ],
};
const race = { id: 'race', vars: { x: 0 }, threads: [writer, reader] };
const alone = { id: 'alone', vars: { x: 0 }, threads: [writer] };
const stuck = { id: 'stuck', vars: { x: 0 }, threads: [{ name: 'P0', ops: [['assume', 0]] }] };
const waits = { id: 'waits', vars: { x: 0 }, threads: [{ name: 'P0', ops: [['await', 'x', '==', 1]] }] };

/** Runs `check` on a file with this content, indented by one. */
function run(content: unknown, ...args: string[]): Outcome {
  const directory = scratch();
  const text = typeof content === 'string' ? content : JSON.stringify(content, null, 1);
  writeFileSync(join(directory, 'p.json'), text);
  return lostwrite('linux', directory, 'check', 'p.json', ...args);
}

const many = (...programs: unknown[]) => ({ format: 'npl-1', programs });

test('a table, and the exit code of the worst verdict', () => {
  const { code, stdout } = run(many(race, alone), '--quiet');
  expect(stdout.replaceAll(/\d\.\d\d s/g, '0.00 s')).toMatchInlineSnapshot(`
    "algorithm optimal
    program   complete  blocked deadlocked  duplicate  asleep  finals    time  verdict
    race             2        0          0          0       0       1  0.00 s  violation
        an assertion fails in 1 trace
    alone            1        0          0          0       0       1  0.00 s  proved
    "
  `);
  expect(code).toBe(1);
});

test('a table of states', () => {
  const { stdout } = run(many(race, waits), '--quiet', '--algorithm', 'stateful');
  expect(stdout.replaceAll(/\d\.\d\d s/g, '0.00 s')).toMatchInlineSnapshot(`
    "algorithm stateful
    program      states  transitions  finals    time  verdict
    race              5            4       1  0.00 s  violation
        an assertion fails
    waits             1            0       0  0.00 s  violation
        deadlock: 1 state
    "
  `);
});

test('JSON lines, one document for each program', () => {
  const { code, stdout, stderr } = run(many(race, alone), '--json');
  const documents = stdout
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  const counts = { blocked: 0, duplicate: 0, deadlocked: 0, sleepSetBlocked: 0 };
  expect(documents).toMatchObject([
    {
      schema: 'lostwrite/check@1',
      program: 'race',
      algorithm: 'optimal',
      executions: { complete: 2, ...counts },
      finalStates: 1,
      verdict: 'violation',
      violation: 'assertion',
    },
    { program: 'alone', executions: { complete: 1, ...counts }, states: null, verdict: 'proved' },
  ]);
  expect([code, stderr]).toEqual([1, '']);
});

test.each([
  ['proved', 0, alone],
  ['violation', 1, race],
  ['violation', 1, waits],
  ['vacuous', 4, stuck],
])('%s exits with %i', (verdict, exit, program) => {
  const { code, stdout } = run(program, '--json', '--algorithm', 'stateful');
  expect(JSON.parse(stdout)).toMatchObject({ verdict, executions: { complete: null } });
  expect(code).toBe(exit);
});

test('a budget ends it as inconclusive, and the file goes on', () => {
  const ops = Array.from({ length: 30 }, (_, i) => ['st', 'x', i]);
  const threads = ['a', 'b', 'c'].map((name) => ({ name, ops }));
  const huge = { id: 'huge', vars: { x: 0 }, threads };
  const { code, stdout } = run(many(huge, alone), '--budget', '200ms', '--quiet', '--algorithm', 'naive');
  expect(stdout).toContain(
    'truncated\n    inconclusive: the time budget is used up; to go on: raise --budget',
  );
  expect(stdout).toMatch(/^alone .* proved$/m);
  expect(code).toBe(3);
});

test('an execution without end is inconclusive unless states are told apart', () => {
  const spin = { name: 'P1', ops: [['while', 1, [['ld', '$r', 'x']]]] };
  const endless = { id: 'endless', vars: { x: 0 }, threads: [writer, spin] };
  const { code, stdout } = run(endless, '--quiet');
  expect(stdout).toContain('an execution has more than 10000 events');
  expect(code).toBe(3);
  // A loop that never ends is neither complete nor a deadlock.
  expect(run(endless, '--quiet', '--algorithm', 'stateful').code).toBe(4);
});

test('--program picks one', () => {
  expect(run(many(race, alone), '--program', 'alone', '--json').stdout).toMatch(/^.*"alone".*\n$/);
  expect(run(many(race, alone), '--program', 'alon')).toMatchObject({
    code: 2,
    stderr: "lostwrite: --program: no program 'alon' in p.json\n  did you mean alone?\n",
  });
});

const withOps = (...ops: unknown[]) => ({ ...alone, threads: [{ name: 'P0', ops }] });

test.each([
  ['{ "id": ', 'p.json:1:8: expected valid JSON, found the end of the file'],
  ['[]', 'p.json:1:1: expected a program, or programs, found an array of 0'],
  [{ ...alone, mutex: {} }, 'p.json:18:2 mutex: expected no such field, found one'],
  [{ id: 'x', threads: [writer] }, 'p.json:1:1 vars: expected the field "vars", found nothing'],
  [{ ...alone, vars: { x: 0.5 } }, 'p.json:4:8 vars.x: expected an integer of 32 bits, found 0.5'],
  [{ ...alone, threads: [] }, 'p.json:6:13 threads: expected at least one thread, found an array of 0'],
  [many(), 'p.json:3:14 programs: expected at least one program, found an array of 0'],
  [many(alone, alone), 'expected an id that no other program has, found "alone"'],
  [{ ...alone, threads: [writer, writer] }, 'expected a name that no other thread has, found "P0"'],
  [withOps('ld'), 'threads[0].ops[0]: expected an operation such as ["ld", "$r", "x"], found "ld"'],
  [withOps(['lod', '$r', 'x']), 'ops[0][0]: expected an operation (did you mean ld?), found "lod"'],
  [withOps(['ld', '$r']), 'ops[0]: expected ["ld", "register", "location"], found an array of 2'],
  [withOps(['ld', 'r', 'x']), 'ops[0][1]: expected a register such as "$r", found "r"'],
  [withOps(['st', 'y', 1]), 'ops[0][1]: expected a variable (one of: x), found "y"'],
  [withOps(['st', ['x', 0], 1]), 'ops[0][1]: expected "x", no array, found an array of 2'],
  [withOps(['lock', 'm']), 'ops[0][1]: expected a mutex (there is none), found "m"'],
  [withOps(['join', 'P1']), 'ops[0][1]: expected a thread (one of: P0), found "P1"'],
  [withOps(['set', '$r', ['+', 1]]), 'ops[0][2]: expected ["+", a, b], found an array of 2'],
  [withOps(['if', 1, [['break']]]), 'ops[0][2][0]: expected break inside a while only, found "break"'],
  [withOps(['await', 'x', '=', 1]), 'ops[0][2]: expected one of == != < <= > >=, found "="'],
  [withOps(['set', '$r', 3e9]), 'ops[0][2]: expected an integer of 32 bits, found 3000000000'],
])('bad input is named with its place: %j', (content, message) => {
  const { code, stdout, stderr } = run(content);
  expect(stderr).toMatch(/^lostwrite: p\.json:\d+:\d+.*: expected .*, found .*\n$/);
  expect(stderr).toContain(message);
  expect([code, stdout]).toEqual([2, '']);
});

test('what only running shows is named, too', () => {
  const outside = { ...alone, vars: { a: [0, 0] }, threads: [{ name: 'P0', ops: [['st', ['a', 2], 1]] }] };
  expect(run(outside)).toMatchObject({
    code: 2,
    stderr: "lostwrite: p.json: alone: thread 'P0': expected an index of 'a' from 0 to 1, found 2\n",
  });
  expect(run(withOps(['while', 1, []])).stderr).toContain('a loop without a shared operation does not end');
});

test('a file that is not there, and an unknown algorithm', () => {
  expect(lostwrite('linux', scratch(), 'check', 'none.json')).toMatchObject({
    code: 2,
    stderr: 'lostwrite: cannot read none.json: no such file\n',
  });
  expect(run(alone, '--algorithm', 'optimum')).toMatchObject({
    code: 2,
    stderr: "lostwrite: --algorithm: unknown algorithm 'optimum'\n  did you mean optimal?\n",
  });
});
