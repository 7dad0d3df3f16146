import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { LINUX } from '../../src/cli/linux.ts';
import { TOYS } from '../programs/cli/toys.ts';

const NOTHING = { kernel: '', apply: [], revert: [], set: {} };

test.each([
  ['Linux', LINUX, 'dist/src/mm/programs.js'],
  ['toys', TOYS, 'dist/test/programs/cli/toys.js'],
])('%s: sources name the module that the build leaves in dist', (_, registry, path) => {
  const request = { ...NOTHING, scenario: 'any' };
  const { module, request: passedOn } = registry.source(request);
  expect(module.endsWith(`/${path}`)).toBe(true);
  expect(existsSync(fileURLToPath(module))).toBe(true);
  expect(passedOn).toBe(request);
});
