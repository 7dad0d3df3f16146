import { bitFields, formatBits } from '../core/bits.ts';

/**
 * A page-table entry, one word (semantics.md 1.1). Exactly one form: none (0), present, or swap. The real bit layouts of each
 * architecture are not modelled here; E has a bit of its own, so that the swap offset and the flags never overlap.
 *
 * Not modelled yet: the accessed bit, soft-dirty, migration entries.
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
  /** The bits of the frame or offset that only a machine with more than {@link SMALL_FRAMES} of them has. */
  pfn_high: 2,
  /** `pte_uffd_wp`, `pte_swp_uffd_wp`: userfaultfd wants to hear of a write. */
  uffd_wp: 1,
});

/** A machine with at most so many frames and swap slots numbers them in 3 bits. */
export const SMALL_FRAMES = 8;

/** Sets of frames are words of 31 bits. */
export const MAX_FRAMES = 31;

const LOW_BITS = 3;
const LOW = (1 << LOW_BITS) - 1;

/** The bits of a PTE that name the frame or slot. */
export function pfnMask(frames: number): number {
  return frames > SMALL_FRAMES ? PTE.pfn.mask | PTE.pfn_high.mask : PTE.pfn.mask;
}

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
  return PTE.pfn.of(pte) | (PTE.pfn_high.of(pte) << LOW_BITS);
}

function put_pfn(pte: number, pfn: number): number {
  return PTE.pfn_high.put(PTE.pfn.put(pte, pfn & LOW), pfn >> LOW_BITS);
}

/** `mk_pte` on a private mapping: present, read-only, clean. */
export function mk_pte(pfn: number): number {
  return put_pfn(PTE.present.mask, pfn);
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

export function pte_mkclean(pte: number): number {
  return pte & ~PTE.dirty.mask;
}

/** `pte_uffd_wp` of a present PTE, `pte_swp_uffd_wp` of a swap PTE. */
export function pte_uffd_wp(pte: number): boolean {
  return (pte & PTE.uffd_wp.mask) !== 0;
}

/** `pte_mkuffd_wp`, `pte_swp_mkuffd_wp`; of a present PTE the write bit goes with it. */
export function pte_mkuffd_wp(pte: number): number {
  return pte_wrprotect(pte) | PTE.uffd_wp.mask;
}

export function pte_clear_uffd_wp(pte: number): number {
  return pte & ~PTE.uffd_wp.mask;
}

/** `swp_entry_to_pte`: a swap PTE without flags. */
export function swp_entry_to_pte(offset: number): number {
  return put_pfn(PTE.swap.mask, offset);
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
  const rest = formatBits([PTE.write, PTE.dirty, PTE.exclusive, PTE.uffd_wp], pte);
  const flags = rest === 'none' ? '' : ` ${rest}`;
  if (is_swap_pte(pte)) return `swap[${pte_pfn(pte)}]${flags}`;
  if (pte_special(pte)) return `zero page${flags}`;
  return `page[${pte_pfn(pte)}]${pte_write(pte) ? flags : ` read-only${flags}`}`;
}
