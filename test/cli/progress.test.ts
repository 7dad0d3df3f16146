import { describe, expect, test } from 'vitest';
import { defaultMemory, parseMemory } from '../../src/cli/memory.ts';
import { progressLine } from '../../src/cli/progress.ts';

const SEARCHING = {
  phase: 'search',
  states: 4_120_233,
  transitions: 13_002_111,
  depth: 1204,
  bytes: 310e6,
  seconds: 12.3,
} as const;

describe('the live line', () => {
  test.each([
    [
      'with an estimate',
      { estimate: { low: 6e6, states: 16e6, high: 30e6 } },
      'searching  12.3 s  4 120 233 states  1.2 M states/s  depth 1 204  310 MB  of 6.0 M to 30 M, about 10 s left',
    ],
    [
      'without',
      { estimate: null },
      'searching  12.3 s  4 120 233 states  1.2 M states/s  depth 1 204  310 MB  no estimate',
    ],
    [
      'nothing left',
      { estimate: { low: 4_120_233, states: 4_120_233, high: 4_120_233 } },
      'searching  12.3 s  4 120 233 states  1.2 M states/s  depth 1 204  310 MB  of 4.1 M',
    ],
    [
      'where none is made',
      { phase: 'counterexample' as const },
      'shortening  12.3 s  4 120 233 states  1.2 M states/s  310 MB',
    ],
  ])('%s', (_, more, line) => {
    const told = progressLine({ ...SEARCHING, ...more }, 1.2e6);
    expect(told.length).toBeLessThan(100);
    if (line.length < 100) expect(told).toBe(line);
    else expect(told).toBe(line.replace('depth 1 204  ', ''));
  });

  test('is never too long: depth and memory go first', () => {
    const line = progressLine(
      {
        ...SEARCHING,
        seconds: 400_000,
        states: 1_104_120_233,
        depth: 1_411_204,
        bytes: 12e9,
        estimate: { low: 1.2e9, states: 2e10, high: 3e10 },
      },
      123_456,
    );
    expect(line).toBe(
      'searching  6666 min 40 s  1 104 120 233 states  123 k states/s  of 1.2 G to 30 G, about 2 days left',
    );
    expect(line.length).toBeLessThan(100);
  });
});

describe('memory', () => {
  test.each([
    ['1m', 2 ** 20],
    ['512M', 2 ** 29],
    ['2g', 2 ** 31],
    ['1.5GiB', 1.5 * 2 ** 30],
    ['1tb', 2 ** 40],
    ['4096k', 2 ** 22],
  ])('%s', (text, bytes) => {
    expect(parseMemory(text)).toBe(bytes);
  });

  test('by default half of what there is', () => {
    expect(defaultMemory(2 ** 34, undefined)).toBe(2 ** 33);
    expect(defaultMemory(2 ** 34, 0)).toBe(2 ** 33);
    expect(defaultMemory(2 ** 34, 2 ** 64)).toBe(2 ** 33);
    expect(defaultMemory(2 ** 34, 2 ** 30)).toBe(2 ** 29);
    expect(defaultMemory()).toBeGreaterThan(2 ** 26);
  });
});
