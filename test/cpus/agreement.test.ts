/** Worker threads and the search, which share no engine, must show the same of every program. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Program } from '../../src/core/program.ts';
import type { Enumeration } from '../../src/cpus/enumeration.ts';
import type { ProgramSource } from '../../src/cpus/source.ts';
import { KERNELS } from '../../src/mm/kernels.ts';
import { buildProgram } from '../../src/mm/programs.ts';
import { randomProgram } from '../programs/random.ts';
import { randomPrograms } from '../search/random-programs.ts';
import { walk } from '../search/walker.ts';
import { spelled } from './all-schedules.ts';
import { compiled, ControlledCpus, enumerate, linux } from './compiled.ts';
import { countSchedules } from './schedule-counts.ts';

/** Schedules that a program of this test may have. */
const MOST_SCHEDULES = 3_000;
const PROGRAMS = 200;

async function onCpus(source: ProgramSource): Promise<Enumeration> {
  const cpus = await ControlledCpus.start(source);
  try {
    return await enumerate(cpus);
  } finally {
    await cpus.stop();
  }
}

async function agrees(source: ProgramSource, make: () => Program): Promise<Enumeration> {
  const searched = walk(make());
  const { ends } = countSchedules(make());
  const found = await onCpus(source);
  expect(found.exhausted).toBe(true);
  expect(spelled(found)).toEqual(searched.violations);
  expect(found.deadlocks).toEqual(searched.deadlocks);
  expect(found.ends).toEqual(ends);
  return found;
}

test(`${PROGRAMS} random programs: same violations, deadlocks and final states`, async () => {
  const met = { programs: 0, violations: 0, deadlocks: 0, executions: 0 };
  await fc.assert(
    fc.asyncProperty(randomPrograms, async (random) => {
      const { schedules } = countSchedules(randomProgram(random));
      fc.pre(schedules > 1 && schedules <= MOST_SCHEDULES);
      const found = await agrees(compiled('test/programs/random.js', 'randomProgram', random), () =>
        randomProgram(random),
      );
      met.programs++;
      met.executions += found.executions.complete;
      if (found.violations.some(({ kind }) => kind !== 'deadlock')) met.violations++;
      if (found.deadlocks.size > 0) met.deadlocks++;
    }),
    { numRuns: PROGRAMS, seed: 6021 },
  );
  expect(met.programs).toBe(PROGRAMS);
  expect(met.violations).toBeGreaterThan(PROGRAMS / 10);
  expect(met.deadlocks).toBeGreaterThan(PROGRAMS / 20);
  expect(met.executions).toBeGreaterThan(3 * PROGRAMS);
}, 300_000);

/** The scenarios with at most 10^5 schedules; all others have more than 10^5 even where kswapd tries once and there are no pagevecs. */
const SMALL = ['read-get-shared', 'read-pin-shared', 'read-get-zero-page', 'read-pin-zero-page'];

describe.each(SMALL)('%s, with and without pagevecs', (scenario) => {
  test.each(KERNELS.map(({ name }) => name))('on %s', async (kernel) => {
    const found = [];
    for (const pagevec of ['false', 'true']) {
      const request = { scenario, kernel, apply: [], revert: [], set: { pagevec } };
      const { schedules } = countSchedules(buildProgram(request).program, 1e5);
      expect(schedules).toBeLessThanOrEqual(1e5);
      found.push(await agrees(linux(request), () => buildProgram(request).program));
    }
    // One CPU more with pagevecs to keep apart: more schedules, never fewer violations.
    expect(found[1]!.executions.complete).toBeGreaterThan(found[0]!.executions.complete);
    expect(found.every(({ branches }) => branches)).toBe(true);
  });
});
