import { expect, test } from 'vitest';
import {
  hasResult,
  isEnabled,
  isReadOnly,
  Kind,
  KIND_NAMES,
  mayWait,
  newValue,
  resultOf,
} from '../../src/core/operations.ts';

// kind, old, x, y, z -> new value, result (0 for kinds without one)
const table: [kind: number, old: number, x: number, y: number, z: number, value: number, result: number][] = [
  [Kind.LOAD, 0b1101, 0b0110, 0, 0, 0b1101, 0b0100],
  [Kind.STORE, 0b1101, 0b1000, 0b0010, 0, 0b1010, 0],
  [Kind.EXCHANGE, 0b1101, 0b1000, 0b0010, 0b0111, 0b1010, 0b0101],
  [Kind.ADD, 5, -7, 0, 0, -2, 0],
  [Kind.ADD, 0x7fffffff, 1, 0, 0, -0x80000000, 0],
  [Kind.FETCH_ADD, 5, 2, 0, 0, 7, 5],
  [Kind.ADD_TEST, 1, -1, 0, 0, 0, 1],
  [Kind.ADD_TEST, 2, -1, 0, 0, 1, 0],
  [Kind.ADD_UNLESS, 0, 1, 0, 0, 0, 0],
  [Kind.ADD_UNLESS, 3, 1, 0, 0, 4, 1],
  [Kind.XOR, 0b1100, 0b1010, 0, 0, 0b0110, 0],
  [Kind.FETCH_XOR, 0b1100, 0b1010, 0, 0, 0b0110, 0b1100],
  [Kind.COMPARE_EXCHANGE, 4, 4, 9, 0, 9, 4],
  [Kind.COMPARE_EXCHANGE, 5, 4, 9, 0, 5, 5],
  [Kind.TRY_COMPARE_EXCHANGE, 4, 4, 9, 0, 9, 1],
  [Kind.TRY_COMPARE_EXCHANGE, 5, 4, 9, 0, 5, 0],
  [Kind.TEST, 0b1101, 0b0110, 0b0100, 0, 0b1101, 1],
  [Kind.TEST, 0b1101, 0b0110, 0b0110, 0, 0b1101, 0],
  [Kind.LOCK, 0b1000, 0b0111, 0b0010, 0, 0b1010, 0],
  [Kind.TRYLOCK, 0b1000, 0b0111, 0b0010, 0, 0b1010, 1],
  [Kind.TRYLOCK, 0b1001, 0b0111, 0b0010, 0, 0b1001, 0],
  [Kind.UNLOCK, 0b1010, 0b0111, 0b0010, 0, 0b1000, 1],
  [Kind.UNLOCK, 0b1010, 0b0111, 0b0011, 0, 0b1010, 0],
  [Kind.UNTIL, 3, -1, 3, 0, 3, 0],
  [Kind.UNTIL_NOT, 3, -1, 2, 0, 3, 0],
  [Kind.UNTIL_CONDITION, 3, 0, 0, 0, 3, 0],
  [Kind.CHOOSE, 3, 2, 0, 0, 3, 0],
  [Kind.FENCE, 3, 0, 0, 0, 3, 0],
];

test.each(table)(
  'kind %i on %i with (%i, %i, %i) leaves %i and answers %i',
  (kind, old, x, y, z, value, result) => {
    expect(newValue(kind, old, x, y)).toBe(value);
    if (hasResult(kind)) expect(resultOf(kind, old, x, y, z)).toBe(result);
    else expect(resultOf(kind, old, x, y, z)).toBe(0);
    if (isReadOnly(kind)) expect(value).toBe(old);
  },
);

test('only locks and waits can be disabled', () => {
  expect(isEnabled(Kind.LOCK, 0b100, 0b011, 1)).toBe(true);
  expect(isEnabled(Kind.LOCK, 0b101, 0b011, 1)).toBe(false);
  expect(isEnabled(Kind.UNTIL, 0b101, 0b011, 1)).toBe(true);
  expect(isEnabled(Kind.UNTIL, 0b110, 0b011, 1)).toBe(false);
  expect(isEnabled(Kind.UNTIL_NOT, 0b101, 0b011, 1)).toBe(false);
  expect(isEnabled(Kind.UNTIL_NOT, 0b110, 0b011, 1)).toBe(true);
  expect(isEnabled(Kind.DONE, 0, 0, 0)).toBe(false);
  expect(isEnabled(Kind.FAIL, 0, 0, 0)).toBe(false);
  const others = KIND_NAMES.filter((_, kind) => !mayWait(kind) && isEnabled(kind, 5, 5, 5));
  expect(others).toHaveLength(Kind.DONE - 5);
});

test('exactly the kinds that can be disabled or branch may only open an atomic block', () => {
  expect(KIND_NAMES.filter((_, kind) => mayWait(kind))).toEqual([
    'lock',
    'until',
    'until_not',
    'until_condition',
    'choose',
  ]);
});

test('every kind has a name', () => {
  expect(KIND_NAMES).toHaveLength(Object.keys(Kind).length);
  expect(KIND_NAMES[Kind.FAIL]).toBe('fail');
});

test('the kinds without a result, and those that never write', () => {
  expect(KIND_NAMES.filter((_, kind) => !hasResult(kind))).toEqual([
    'store',
    'add',
    'xor',
    'lock',
    'until',
    'until_not',
    'until_condition',
    'fence',
  ]);
  expect(KIND_NAMES.filter((_, kind) => isReadOnly(kind))).toEqual([
    'load',
    'test',
    'until',
    'until_not',
    'until_condition',
    'choose',
    'fence',
    'done',
    'fail',
  ]);
});
