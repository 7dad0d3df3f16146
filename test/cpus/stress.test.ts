import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { randomProgram } from '../programs/random.ts';
import { randomPrograms } from '../search/random-programs.ts';
import { walk } from '../search/walker.ts';
import { build, compiled, linux, replay, replayOnCpus, stress } from './compiled.ts';

const simple = (name: string) => compiled('test/programs/cpus/simple.js', name);
const LONG = { durationMs: 60_000 };

test('a lost update comes up, and its order replays on CPUs and in the search', async () => {
  const source = simple('lostUpdate');
  const { first, violations, kinds, iterations, unordered, cut, workers, covered } = await stress(source, {
    ...LONG,
    maxIterations: 3_000,
    seed: 7,
  });
  expect(violations).toBeGreaterThan(0);
  expect(kinds).toEqual({ assertion: violations });
  expect({ iterations, unordered, cut }).toEqual({ iterations: 3_000, unordered: 0, cut: 0 });
  expect(new Set(workers).size).toBe(2);
  expect(covered.size).toBe(0);
  const { violation, steps, iteration, seconds } = first!;
  expect(violation).toEqual({ kind: 'assertion', message: 'counter is 1, not 2' });
  expect(steps.map(({ accesses }) => accesses[0].operation)).toEqual(['load', 'load', 'store', 'store']);
  expect(iteration).toBeGreaterThan(0);
  expect(seconds).toBeGreaterThan(0);
  const recording = { model: '', steps, violation };
  expect((await replayOnCpus(source, recording, { model: '' })).violation).toEqual(violation);
  expect(replay(build(source), recording).violation).toEqual(violation);
});

test('an update that cannot be lost is not', async () => {
  const { violations, iterations, unordered } = await stress(simple('atomicUpdate'), {
    ...LONG,
    maxIterations: 500,
  });
  expect({ violations, iterations, unordered }).toEqual({ violations: 0, iterations: 500, unordered: 0 });
});

test('conditions made while threads run mean the same to everybody', async () => {
  const { violations, iterations, unordered } = await stress(simple('lateConditions'), {
    ...LONG,
    maxIterations: 200,
  });
  expect({ violations, iterations, unordered }).toEqual({ violations: 0, iterations: 200, unordered: 0 });
});

test('the seed race comes up on v5.18, and its order replays', { timeout: 180_000 }, async () => {
  const request = { scenario: 'get-then-fork', kernel: 'v5.18', apply: [], revert: [], set: {} };
  const source = linux(request);
  const { first, violations, covered } = await stress(source, { ...LONG, maxIterations: 200 });
  expect(violations).toBeGreaterThan(0);
  expect(covered).toContain('the device moved the data');
  const { violation, steps } = first!;
  expect(violation.kind).toBe('lost-write');
  const recording = { model: '', steps, violation };
  expect((await replayOnCpus(source, recording, { model: '' })).violation).toEqual(violation);
});

test('random programs: only what the search finds, too, and nearly every order can be told', async () => {
  const met = { iterations: 0, violations: 0, deadlocks: 0, unordered: 0, cut: 0 };
  await fc.assert(
    fc.asyncProperty(randomPrograms, async (random) => {
      const all = walk(randomProgram(random));
      fc.pre(all.states > 5);
      const result = await stress(compiled('test/programs/random.js', 'randomProgram', random), {
        ...LONG,
        maxIterations: 20,
      });
      const { first, kinds } = result;
      met.iterations += result.iterations;
      met.unordered += result.unordered;
      met.cut += result.cut;
      met.violations += result.violations;
      met.deadlocks += kinds['deadlock'] ?? 0;
      if (first === null) return;
      const { kind, message } = first.violation;
      if (kind === 'deadlock') expect(all.deadlocks.size).toBeGreaterThan(0);
      else expect(all.violations).toContain(`${kind}: ${message}`);
      const recording = { model: '', steps: first.steps, violation: first.violation };
      expect(
        replay(build(compiled('test/programs/random.js', 'randomProgram', random)), recording).violation
          ?.kind,
      ).toBe(kind);
    }),
    { numRuns: 60, seed: 411 },
  );
  expect(met.violations - met.deadlocks).toBeGreaterThan(60);
  expect(met.deadlocks).toBeGreaterThan(10);
  expect(met.iterations).toBeGreaterThan(1_000);
  expect({ cut: met.cut, many: met.unordered > 20 }).toEqual({ cut: 0, many: false });
}, 300_000);
