import { test as property, fc } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { byteSize, duration, grouped, short } from '../../src/report/numbers.ts';
import { ascii, printable, wrap } from '../../src/report/text.ts';

test('ascii spells known signs and hides the others', () => {
  expect(ascii('a → b\t“c” \u001b[1m é 😀')).toBe('a -> b "c" ?[1m ? ?');
});

test('printable keeps letters and line ends', () => {
  expect(printable('é\n\u001b[1m\u009b')).toBe('é\n?[1m?');
});

describe('wrap', () => {
  test('breaks at spaces and indents', () => {
    expect(wrap('one two three', 7, '  ')).toEqual(['one two', '  three']);
    expect(wrap('  abcdefgh', 5, '')).toEqual(['  abc', 'defgh']);
    expect(wrap('', 5)).toEqual(['']);
  });

  property.prop([fc.string({ unit: fc.constantFrom('a', 'b', ' ') }), fc.integer({ min: 5, max: 20 })])(
    'loses nothing but spaces, and keeps the width',
    (text, width) => {
      const lines = wrap(text, width, '  ');
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
      expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
    },
  );
});

test('figures', () => {
  expect([0, 999, 1000, 41_208, 1_234_567].map(grouped)).toEqual([
    '0',
    '999',
    '1 000',
    '41 208',
    '1 234 567',
  ]);
  expect([87, 9999, 41_208, 1_300_000, 2.5e9].map(short)).toEqual(['87', '9 999', '41 k', '1.3 M', '2.5 G']);
  expect([0.091, 12.34, 59.99, 247, 3600].map(duration)).toEqual([
    '0.09 s',
    '12.3 s',
    '1 min 00 s',
    '4 min 07 s',
    '60 min 00 s',
  ]);
  expect([24, 1500, 3.1e8, 2.6e9].map(byteSize)).toEqual(['24 B', '1.5 kB', '310 MB', '2.6 GB']);
});
