import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isEnabled, Kind, newValue, resultOf, type KindCode } from '../../src/core/operations.ts';
import { after, before, literal, requirement, type Observed } from '../../src/report/promela-value.ts';
import { comment, identifier, variableType } from '../../src/report/promela-text.ts';

const operand = fc.oneof(
  fc.integer({ min: -3, max: 5 }),
  fc.constantFrom(0x30, ~0x30, -(2 ** 31), 2 ** 31 - 1),
  fc.integer(),
);

const operation = fc.record({
  kind: fc.integer({ min: Kind.LOAD, max: Kind.UNTIL_NOT }) as fc.Arbitrary<KindCode>,
  x: operand,
  y: operand,
  z: operand,
});

/** Promela expressions over one variable mean the same in JavaScript, but that sums wrap around (gcc -fwrapv). */
function evaluate(text: string, w: number): number {
  const wrapping = text.replaceAll(/\+ (-?\d+|\(-2147483647 - 1\))\)/g, '+ $1 | 0)');
  return Number(runInNewContext(wrapping, { w })) | 0;
}

function happened(old: number, { kind, x, y, z }: Omit<Observed, 'result'>): Observed {
  return { kind, x, y, z, result: resultOf(kind, old, x, y, z) };
}

describe('an operation in Promela', () => {
  test('is required exactly what lets it observe its result, and does what operations.ts says', () => {
    fc.assert(
      fc.property(operation, operand, operand, (done, old, other) => {
        fc.pre(isEnabled(done.kind, old, done.x, done.y));
        const observed = happened(old, done);
        const value = before('w');
        const needed = requirement(value, observed) ?? 'true';
        const text = after(value, observed);
        expect(evaluate(needed, old)).toBe(1);
        expect(evaluate(text.text, old)).toBe(newValue(done.kind, old, done.x, done.y));
        const same =
          isEnabled(done.kind, other, done.x, done.y) && happened(other, done).result === observed.result;
        expect(evaluate(needed, other)).toBe(same ? 1 : 0);
        if (same) expect(evaluate(text.text, other)).toBe(newValue(done.kind, other, done.x, done.y));
        if (!text.changed) expect(newValue(done.kind, old, done.x, done.y)).toBe(old);
      }),
      { numRuns: 1000, seed: 519 },
    );
  });

  test('several in one step compose', () => {
    fc.assert(
      fc.property(fc.array(operation, { minLength: 2, maxLength: 4 }), operand, (steps, start) => {
        let value = before('w');
        let old = start;
        for (const done of steps) {
          fc.pre(isEnabled(done.kind, old, done.x, done.y));
          const observed = happened(old, done);
          expect(evaluate(requirement(value, observed) ?? 'true', start)).toBe(1);
          value = after(value, observed);
          old = newValue(done.kind, old, done.x, done.y);
          expect(evaluate(value.text, start)).toBe(old);
        }
      }),
      { numRuns: 1000, seed: 518 },
    );
  });
});

test('literals, names, types and comments', () => {
  expect([literal(-5), literal(-(2 ** 31))]).toEqual(['-5', '(-2147483647 - 1)']);
  expect([identifier('w3', 'mm[0].pte[1]'), identifier('T0', '→')]).toEqual(['w3_mm_0_pte_1', 'T0']);
  const ranges = [
    [0, 1],
    [0, 255],
    [-1, 3],
    [0, 0x8000],
  ] as const;
  expect(ranges.map(([least, greatest]) => variableType(least, greatest))).toEqual([
    'bit',
    'byte',
    'short',
    'int',
  ]);
  expect(comment('a */ b\n/* c → d')).toBe('/* a * / b / * c -> d */');
});
