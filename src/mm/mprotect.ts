/** mm/mprotect.c: mprotect, and what userfaultfd's write protection has in common with it (semantics.md 3.13). */
import type { Steps } from '../core/operations.ts';
import { PAGE, VMA, type Machine, type Mm } from './machine.ts';
import {
  is_swap_pte,
  pte_clear_uffd_wp,
  pte_dirty,
  pte_mkuffd_wp,
  pte_mkwrite,
  pte_pfn,
  pte_special,
  pte_uffd_wp,
  pte_write,
  pte_wrprotect,
} from './pgtable.ts';
import { vm_write } from './vma.ts';

/** MM_CP_*: what change_protection is for, and whether it may make exclusive pages writable at once. */
export interface ChangeFlags {
  readonly what: 'mprotect' | 'uffd_wp' | 'uffd_wp_resolve';
  readonly try_change_writable: boolean;
}

/** `mprotect_fixup`: 'ENOMEM' if nothing is mapped there. The same protection again changes nothing at all. */
export function* mprotect(k: Machine, mm: Mm, v: number, write: boolean): Steps<'ok' | 'ENOMEM'> {
  yield* mm.mmap_lock.downWrite();
  const vma = yield* mm.vma[v]!.load();
  if (vma !== 0 && (VMA.write.of(vma) === 1) !== write) {
    yield* mm.vma[v]!.field(VMA.write).store(write ? 1 : 0);
    const upgrades = write && k.features.mprotect_upgrades_write !== 'never';
    yield* change_pte_range(k, mm, v, { what: 'mprotect', try_change_writable: upgrades });
  }
  yield* mm.mmap_lock.upWrite();
  return vma === 0 ? 'ENOMEM' : 'ok';
}

/**
 * `change_pte_range` for one PTE. A private mapping's page protection never has the write bit: every present PTE becomes
 * read-only, and writable again only where that is certain to be right.
 */
export function* change_pte_range(k: Machine, mm: Mm, v: number, flags: ChangeFlags): Steps<void> {
  const word = mm.pte[v]!;
  yield* mm.ptl.lock();
  const old = yield* word.load();
  if (old !== 0 && is_swap_pte(old)) {
    if (flags.what === 'uffd_wp') yield* word.store(pte_mkuffd_wp(old));
    if (flags.what === 'uffd_wp_resolve') yield* word.store(pte_clear_uffd_wp(old));
  } else if (old !== 0) {
    // ptep_modify_prot_start: nobody but the holder of the PTL sees that the PTE is none for a moment.
    yield* word.store(0);
    let pte = pte_wrprotect(old);
    if (flags.what === 'uffd_wp') pte = pte_mkuffd_wp(pte);
    if (flags.what === 'uffd_wp_resolve') pte = pte_clear_uffd_wp(pte);
    if (flags.try_change_writable && (yield* can_change_pte_writable(k, mm, v, pte))) pte = pte_mkwrite(pte);
    yield* word.store(pte);
  }
  yield* mm.ptl.unlock();
}

/** `can_change_pte_writable` [PTL]: an exclusive anonymous page that nobody watches; v6.0 and v6.1 ask for a dirty PTE as well. */
function* can_change_pte_writable(k: Machine, mm: Mm, v: number, pte: number): Steps<boolean> {
  if (pte_write(pte) || pte_uffd_wp(pte) || pte_special(pte)) return false;
  if (k.features.mprotect_upgrades_write === 'dirty' && !pte_dirty(pte)) return false;
  if (!(yield* vm_write(k, mm, v))) return false;
  const exclusive = PAGE.anon.mask | PAGE.anon_exclusive.mask;
  return (yield* k.page[pte_pfn(pte)]!.flags.loadMasked(exclusive)) === exclusive;
}
