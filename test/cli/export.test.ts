import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lostwrite, scratch, toys } from './lostwrite.ts';

test('export writes a model to standard output', () => {
  const { code, stdout } = toys('export', 'counter', '--format', 'promela', '--quiet');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\/\* counter on v2 \*\/\n/);
  expect(stdout).toContain('active proctype T0');
});

test('or to a file, with parameters', () => {
  const directory = scratch();
  const { code, stdout } = lostwrite(
    'toys',
    directory,
    'export',
    'counter',
    '--set',
    'atomic=true',
    '--out',
    'models/counter.pml',
  );
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  expect(readFileSync(join(directory, 'models/counter.pml'), 'utf8')).toContain('(atomic=true)');
});

test('an unknown format is wrong usage; a search cut off leaves no model', () => {
  expect(toys('export', 'counter', '--format', 'promla')).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining("unknown format 'promla'") as string,
  });
  expect(toys('export', 'long', '--max-states', '2000', '--quiet')).toMatchObject({
    code: 3,
    stdout: '',
    stderr: expect.stringContaining('more than 2000 states') as string,
  });
});
