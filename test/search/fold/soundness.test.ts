import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explore, findWrongFold, instrumentText, load, numbering, run } from './harness.ts';
import { program } from './programs.ts';

const DEPTH = 9;
const RUNS = Number(process.env['FOLD_RUNS'] ?? 150);
const SEED = Number(process.env['FOLD_SEED'] ?? 5190);

describe('random generator functions', () => {
  it('yield exactly what they yield without the pass', () => {
    fc.assert(
      fc.property(program, fc.array(fc.nat(1), { minLength: 30, maxLength: 30 }), (source, inputs) => {
        const plain = run(load(source), inputs, numbering()).map((step) => step.operation);
        const recorded = run(load(instrumentText(source).code), inputs, numbering()).map(
          (step) => step.operation,
        );
        expect(recorded).toEqual(plain);
      }),
      { numRuns: RUNS, seed: SEED },
    );
  });

  it('have equal futures wherever their keys are equal', () => {
    let folds = 0;
    fc.assert(
      fc.property(program, (source) => {
        const found = findWrongFold(explore(load(instrumentText(source).code), DEPTH), DEPTH);
        folds += found.folds;
        expect(found.wrong).toBeNull();
      }),
      { numRuns: RUNS, seed: SEED },
    );
    expect(folds).toBeGreaterThan(RUNS);
  });

  it('would be caught if one live variable were not recorded', () => {
    const withoutFirst = (code: string): string => code.replace(/, \[\w+, (?=\w)/g, ', [');
    const check = fc.check(
      fc.property(program, (source) => {
        const code = withoutFirst(instrumentText(source).code);
        expect(findWrongFold(explore(load(code), DEPTH), DEPTH).wrong).toBeNull();
      }),
      // Most programs do not depend on the variable left out: the first that does ends the run.
      { numRuns: 20 * RUNS, seed: SEED, endOnFailure: true },
    );
    expect(check.failed).toBe(true);
  });
});
