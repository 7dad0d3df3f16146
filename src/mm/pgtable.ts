import { bitFields, formatBits } from '../core/bits.ts';

/**
 * A page-table entry, one word (semantics.md 1.1). Exactly one form: none (0), present, or swap. The real bit layouts of each
 * architecture are not modelled here; E has a bit of its own, so that the swap offset and the flags never overlap.
 *
 * Not modelled yet: the accessed bit, soft-dirty, uffd-wp, migration entries.
 */
export const PTE = bitFields({
  present: 1,
  write: 1,
  dirty: 1,
  /** A swap entry. */
  swap: 1,
  /** `pte_swp_exclusive`, the bit that 1493a1913e34 added: the page was PG_anon_exclusive when it was unmapped. */
  exclusive: 1,
  /** Page frame of a present entry, offset of a swap entry. */
  pfn: 3,
  /** The shared zero page: present, no struct page. */
  special: 1,
});

/** Frames and swap slots are numbered in 3 bits. */
export const MAX_FRAMES = 8;

/** The shared zero page, read-only. */
export const ZERO_PTE = PTE.present.mask | PTE.special.mask;

export function pte_present(pte: number): boolean {
  return (pte & PTE.present.mask) !== 0;
}

export function pte_write(pte: number): boolean {
  return (pte & PTE.write.mask) !== 0;
}

export function pte_dirty(pte: number): boolean {
  return (pte & PTE.dirty.mask) !== 0;
}

export function pte_special(pte: number): boolean {
  return (pte & PTE.special.mask) !== 0;
}

export function is_swap_pte(pte: number): boolean {
  return (pte & PTE.swap.mask) !== 0;
}

/** Page frame of a present entry, swap offset of a swap entry. */
export function pte_pfn(pte: number): number {
  return PTE.pfn.of(pte);
}

/** `mk_pte` on a private mapping: present, read-only, clean. */
export function mk_pte(pfn: number): number {
  return PTE.pfn.put(PTE.present.mask, pfn);
}

export function pte_mkwrite(pte: number): number {
  return pte | PTE.write.mask;
}

export function pte_mkdirty(pte: number): number {
  return pte | PTE.dirty.mask;
}

export function pte_wrprotect(pte: number): number {
  return pte & ~PTE.write.mask;
}

/** `swp_entry_to_pte`: a swap PTE without flags. */
export function swp_entry_to_pte(offset: number): number {
  return PTE.pfn.put(PTE.swap.mask, offset);
}

export function pte_swp_mkexclusive(pte: number): number {
  return pte | PTE.exclusive.mask;
}

export function pte_swp_exclusive(pte: number): boolean {
  return (pte & PTE.exclusive.mask) !== 0;
}

export function pte_swp_clear_exclusive(pte: number): number {
  return pte & ~PTE.exclusive.mask;
}

/** Spelling of a PTE in traces: `page[0] write dirty`, `swap[0] exclusive`, `zero page`, `none`. */
export function format_pte(pte: number): string {
  if (pte === 0) return 'none';
  const rest = formatBits([PTE.write, PTE.dirty, PTE.exclusive], pte);
  const flags = rest === 'none' ? '' : ` ${rest}`;
  if (is_swap_pte(pte)) return `swap[${pte_pfn(pte)}]${flags}`;
  if (pte_special(pte)) return `zero page${flags}`;
  return `page[${pte_pfn(pte)}]${pte_write(pte) ? flags : ` read-only${flags}`}`;
}
