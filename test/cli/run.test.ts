/** `lostwrite run` as a command: what it prints, and what it says of a script it cannot read. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lostwrite, scratch } from './lostwrite.ts';

function run(script: string, ...args: string[]): ReturnType<typeof lostwrite> {
  const directory = scratch();
  writeFileSync(join(directory, 'script.txt'), script);
  return lostwrite('linux', directory, 'run', 'script.txt', ...args);
}

const RACE = `# the seed race
mmap 0 0
w 0 0 0 1
dmar 0 0 0 0
pageout 0 0
r 0 0 7
w 0 0 7 99
dmaend 0 200
r 0 0 0
`;

test('as JSON: a line for each script, then one for each operation, keys in their order', () => {
  const { code, stdout } = run(
    '=== first\nmmap 0 0\n=== second\nmmap 0 1\nw 0 1 0 7\nr 0 1 0\n',
    '--json',
    '--backend',
    'zram',
  );
  expect(code).toBe(0);
  expect(stdout.split('\n')).toEqual([
    '{"script":"first","backend":"zram","kernel":"v6.18"}',
    '{"i":0,"op":"mmap 0 0","r":"ok","st":{"0.0":{"t":"-"}},"pin":{}}',
    '{"script":"second","backend":"zram","kernel":"v6.18"}',
    '{"i":0,"op":"mmap 0 1","r":"ok","st":{"0.1":{"t":"-"}},"pin":{}}',
    '{"i":1,"op":"w 0 1 0 7","r":"ok","mi":1,"ma":0,"st":{"0.1":{"t":"m","f":1,"x":1,"c":1,"g":"ABUX"}},"pin":{}}',
    '{"i":2,"op":"r 0 1 0","r":"ok","v":7,"mi":0,"ma":0,"st":{"0.1":{"t":"m","f":1,"x":1,"c":1,"g":"ABUX"}},"pin":{}}',
    '',
  ]);
});

test('for people: what each operation changed', () => {
  const { code, stdout } = run(RACE, '--kernel', 'v5.10');
  expect(code).toBe(0);
  expect(stdout).toContain('script   (v5.10, file)\n   0  mmap 0 0      ok\n        page 0.0: not present\n');
  expect(stdout).toContain(
    '   5  w 0 0 7 99    ok, 1 minor fault\n        page 0.0: frame 2, mapped once, ABU\n        direct I/O 0: holds frame 1, mapped 0 times, ABUDS\n',
  );
  expect(stdout).toContain('   7  r 0 0 0       ok, reads 1\n');
});

test('hunks put on and taken off: v5.18 with the seed keeps the data', () => {
  const lines = (...args: string[]) =>
    run(RACE, '--json', '--kernel', 'v5.19', ...args)
      .stdout.trim()
      .split('\n');
  expect(JSON.parse(lines().at(-1)!)).toMatchObject({ v: 200 });
  expect(JSON.parse(lines('--revert', 'seed#H5').at(-1)!)).toMatchObject({ v: 1 });
});

test('an assertion of the kernel ends the script, not the run: exit code 1', () => {
  const shared = 'mmap 0 0\nw 0 0 0 1\npageout 0 0\nfork 0 1\nw 0 0 0 2\nr 1 0 0\n';
  const { code, stdout } = run(
    `=== shared\n${shared}=== next\nmmap 0 0\n`,
    '--json',
    '--kernel',
    'v5.19',
    '--revert',
    'seed#H3',
  );
  expect(code).toBe(1);
  const steps = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const bug = steps.find((step) => step['r'] === 'BUG');
  expect(bug).toMatchObject({ message: expect.stringContaining('I4') as unknown });
  expect(steps.at(-1)).toMatchObject({ op: 'mmap 0 0', r: 'ok' });
});

test.each([
  ['w 0 0 0 256\n', [], 'script.txt:1:9: expected a byte value from 0 to 255, found "256"'],
  ['mmap 0 0\nfrok 0 1\n', [], 'script.txt:2:1: expected an operation, found "frok"'],
  ['mmap 0 0\n', ['--backend', 'disk'], 'unknown backend "disk"'],
  ['mmap 0 0\n', ['--kernel', 'v4.0'], 'unknown kernel "v4.0"'],
])('bad input %j %j: one message, exit code 2, nothing run', (script, args, message) => {
  const { code, stdout, stderr } = run(script, ...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(`lostwrite: ${message}`);
});
