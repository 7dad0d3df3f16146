import { expect, test } from 'vitest';
import { bitFields } from '../../src/core/bits.ts';
import { Conditions, differs, equals } from '../../src/core/conditions.ts';
import { Layout } from '../../src/core/words.ts';

const layout = new Layout();
const a = layout.word('a');
const b = layout.word('b');
const high = b.field(bitFields({ low: 1, high: 2 }).high);

test('any needs one clause, all needs every one, anyOf one whole alternative', () => {
  const conditions = new Conditions();
  const any = conditions.any(equals(a, 1), differs(b, 0));
  const all = conditions.all(equals(a, 1), differs(b, 0));
  const field = conditions.all(equals(high, 3));
  const either = conditions.anyOf([equals(a, 1), equals(b, 1)], [equals(a, 2)]);
  const truths = (words: number[]) =>
    [any, all, field, either].map(({ id }) => conditions.holds(id, Int32Array.from(words)));
  expect(truths([0, 0])).toEqual([false, false, false, false]);
  expect(truths([1, 0])).toEqual([true, false, false, false]);
  expect(truths([0, 7])).toEqual([true, false, true, false]);
  expect(truths([1, 1])).toEqual([true, true, false, true]);
  expect(truths([2, 0])).toEqual([false, false, false, true]);
});

test('the same condition asked for twice is one object; another has another number', () => {
  const conditions = new Conditions();
  const first = conditions.any(equals(a, 1));
  expect(conditions.any(equals(a, 1))).toBe(first);
  expect(conditions.any(equals(a, 2)).id).toBe(first.id + 1);
  expect(() => conditions.any()).toThrow('a condition needs at least one clause');
});

test('a condition names the words it reads, each once', () => {
  const conditions = new Conditions();
  const { id } = conditions.anyOf([equals(b, 1), equals(a, 1)], [differs(b, 2)]);
  expect(conditions.wordsOf(id)).toEqual([1, 0]);
});
