import { describe, expect, test } from 'vitest';
import { nearest, suggest } from '../../src/core/nearest.ts';

const KERNELS = ['v5.4', 'v5.18', 'v5.19', 'v5.19-as-posted', 'v6.1'];

describe('nearest', () => {
  test.each([
    ['swapout-vs-odirct', ['swapout-vs-odirect', 'swap-stable-writes'], ['swapout-vs-odirect']],
    ['stabel', ['stable', 'table'], ['stable', 'table']],
    ['V5.18', KERNELS, ['v5.18', 'v5.19', 'v5.4']],
    ['posted', KERNELS, ['v5.19-as-posted']],
    ['zzz', KERNELS, []],
    ['', KERNELS, []],
  ])('%j', (name, candidates, expected) => {
    expect(nearest(name, candidates)).toEqual(expected);
  });

  test('at most as many as asked for', () => {
    expect(nearest('v5.1', KERNELS, 1)).toEqual(['v5.18']);
  });
});

describe('suggest', () => {
  test('one, two and many', () => {
    expect(suggest('posted', KERNELS)).toBe('did you mean v5.19-as-posted?');
    expect(suggest('v5.20', ['v5.18', 'v5.28'], 'lostwrite list kernels')).toBe(
      'did you mean v5.28 or v5.18? (lostwrite list kernels shows all)',
    );
    expect(suggest('x', ['one', 'two'])).toBe('one of: one, two');
    expect(suggest('x', [])).toBe('there is none');
  });

  test('a long list is cut', () => {
    const names = Array.from({ length: 20 }, (_, i) => `name${i}`);
    expect(suggest('x', names, 'lostwrite list')).toMatch(/name11, \.\.\. \(lostwrite list shows all\)$/);
  });
});
