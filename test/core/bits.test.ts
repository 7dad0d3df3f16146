import { expect, test } from 'vitest';
import { bitFields, formatBits } from '../../src/core/bits.ts';
import { ModelError } from '../../src/core/errors.ts';

const PTE = bitFields({ present: 1, write: 1, pfn: 4 });

test('fields lie from the least significant bit upwards', () => {
  expect([PTE.present.mask, PTE.write.mask, PTE.pfn.mask]).toEqual([1, 2, 0b111100]);
  expect(PTE.pfn.of(0b101101)).toBe(0b1011);
  expect(PTE.pfn.put(0b111111, 0b0101)).toBe(0b010111);
  expect(PTE.$fields.map(({ name }) => name)).toEqual(['present', 'write', 'pfn']);
});

test('values are spelled by the fields that are not zero', () => {
  expect(formatBits(PTE.$fields, 0b000101)).toBe('present pfn=1');
  expect(formatBits(PTE.$fields, 0)).toBe('none');
});

test('a value that does not fit, and a field past bit 31, are model errors', () => {
  expect(() => PTE.pfn.put(0, 16)).toThrow(new ModelError('bit field pfn: 16 does not fit in 4 bits'));
  expect(() => PTE.write.put(0, -1)).toThrow(ModelError);
  expect(() => bitFields({ a: 30, b: 2 })).toThrow(new ModelError('bit fields: b ends past bit 31'));
  expect(bitFields({ all: 31 }).all.put(0, 0x7fffffff)).toBe(0x7fffffff);
});
