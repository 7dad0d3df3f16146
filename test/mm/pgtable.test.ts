/** Page-table entries: forms, flags, spelling (semantics.md 1.1). */
import { describe, expect, test } from 'vitest';
import { PAGE, pgtable, SWAP_MAP } from './model.ts';

const {
  format_pte,
  is_swap_pte,
  mk_pte,
  pte_dirty,
  pte_mkdirty,
  pte_mkwrite,
  pte_pfn,
  pte_present,
  pte_special,
  pte_swp_clear_exclusive,
  pte_swp_exclusive,
  pte_swp_mkexclusive,
  pte_write,
  pte_wrprotect,
  swp_entry_to_pte,
  ZERO_PTE,
} = pgtable;

const NUMBERS = Array.from({ length: pgtable.MAX_FRAMES }, (_, n) => n);

describe.each(NUMBERS)('number %i', (n) => {
  test('mk_pte: present, read-only, clean', () => {
    const pte = mk_pte(n);
    expect([
      pte_present(pte),
      pte_write(pte),
      pte_dirty(pte),
      is_swap_pte(pte),
      pte_special(pte),
      pte_pfn(pte),
    ]).toEqual([true, false, false, false, false, n]);
  });

  test('write and dirty are set and cleared alone', () => {
    const pte = mk_pte(n);
    expect([pte_write(pte_mkwrite(pte)), pte_dirty(pte_mkwrite(pte)), pte_pfn(pte_mkwrite(pte))]).toEqual([
      true,
      false,
      n,
    ]);
    expect([pte_write(pte_mkdirty(pte)), pte_dirty(pte_mkdirty(pte)), pte_pfn(pte_mkdirty(pte))]).toEqual([
      false,
      true,
      n,
    ]);
    expect(pte_wrprotect(pte_mkwrite(pte_mkdirty(pte)))).toBe(pte_mkdirty(pte));
  });

  // semantics.md 5, round trips 1–5.
  test('a swap entry is neither none nor present and gives its offset back, exclusive or not', () => {
    const pte = swp_entry_to_pte(n);
    const exclusive = pte_swp_mkexclusive(pte);
    for (const entry of [pte, exclusive]) {
      expect(entry).not.toBe(0);
      expect([
        is_swap_pte(entry),
        pte_present(entry),
        pte_write(entry),
        pte_special(entry),
        pte_pfn(entry),
      ]).toEqual([true, false, false, false, n]);
    }
    expect([pte_swp_exclusive(pte), pte_swp_exclusive(exclusive)]).toEqual([false, true]);
    expect(pte_swp_mkexclusive(exclusive)).toBe(exclusive);
    expect(pte_swp_clear_exclusive(exclusive)).toBe(pte);
    expect(pte_swp_clear_exclusive(pte)).toBe(pte);
    expect(exclusive).not.toBe(pte);
  });
});

test('the zero page: present, read-only, special', () => {
  expect([pte_present(ZERO_PTE), pte_write(ZERO_PTE), pte_special(ZERO_PTE)]).toEqual([true, false, true]);
});

test.each([
  [0, 'none'],
  [ZERO_PTE, 'zero page'],
  [mk_pte(3), 'page[3] read-only'],
  [pte_mkdirty(mk_pte(3)), 'page[3] read-only dirty'],
  [pte_mkwrite(mk_pte(3)), 'page[3] write'],
  [pte_mkwrite(pte_mkdirty(mk_pte(7))), 'page[7] write dirty'],
  [swp_entry_to_pte(0), 'swap[0]'],
  [pte_swp_mkexclusive(swp_entry_to_pte(5)), 'swap[5] exclusive'],
])('%i is spelled %s', (pte, spelled) => {
  expect(format_pte(pte)).toBe(spelled);
});

test.each([
  ['page flags', PAGE],
  ['swap_map', SWAP_MAP],
  ['PTE', pgtable.PTE],
])('the fields of %s do not overlap', (_, fields) => {
  let used = 0;
  for (const { mask } of fields.$fields) {
    expect(used & mask).toBe(0);
    used |= mask;
  }
  expect(used).toBeGreaterThan(0);
});
