/** What each locking rule is for: left out, some scenario fails that is proved with it. */
import { describe, expect, test } from 'vitest';
import { configureKernel, kernelNamed, outcome, outcomeOf, run, SMALL } from './model.ts';

describe.each([
  // Two threads map the page that both have swapped in, and both give the slot's count back.
  ['swapin-ptl', 'swapin-race', 'v5.19', {}, 'double-free', 'swap_free'],
  // Reclaim sets writeback and the user maps the page writable, neither knowing of the other.
  ['reclaim-page-lock', 'swap-stable-writes', 'v5.19', SMALL, 'unstable-writeback', 'I15'],
  ['swapin-pte-same', 'swapin-race', 'v5.19', {}, 'double-free', 'swap_free'],
  ['swapin-pte-same', 'swapin-race', 'v5.19', { backend: 'file' }, 'assertion', 'I4'],
  // The page goes out to the device while another device writes into it.
  [
    'pageout-refcount',
    'swapout-vs-odirect',
    'v5.19',
    { ...SMALL, backend: 'stable', access: 'store' },
    'unstable-writeback',
    'the device changes',
  ],
  // The page is pinned through a PTE that try_to_unmap or fork has taken away.
  ['gup-fast-recheck', 'pin-swapout', 'v5.19', {}, 'assertion', 'I7'],
] as const)('rules#%s in %s on %s %o', (rule, scenario, kernel, set, kind, message) => {
  test('with it: proved', async () => {
    expect(await outcomeOf(scenario, kernel, { set })).toBe('proved');
  });
  test(`without it: ${kind}`, async () => {
    const verdict = await run(scenario, kernel, { revert: [`rules#${rule}`], set });
    expect(outcome(verdict)).toBe(kind);
    expect(verdict.violation?.message).toContain(message);
  });
});

test('all rules left out at once', async () => {
  expect(await outcomeOf('swapin-race', 'v5.19', { revert: ['rules'] })).not.toBe('proved');
});

test('each rule is one switch', () => {
  const rules = Object.keys(kernelNamed('v5.19').switches).filter((key) => key.startsWith('rule_'));
  const off = configureKernel('v5.19', [], ['rules']);
  expect(
    Object.entries(off)
      .filter(([, value]) => value === false)
      .map(([key]) => key),
  ).toEqual(expect.arrayContaining(rules));
});
