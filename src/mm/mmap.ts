/** mm/mmap.c, mm/memory.c: address spaces get and lose pages (semantics.md 3.14). */
import { cover } from '../core/control.ts';
import type { Steps } from '../core/operations.ts';
import { hold_map, hold_ref, hold_slot } from './accounts.ts';
import { ksm_exit } from './ksm_enter.ts';
import { VMA, type Machine, type Mm } from './machine.ts';
import { put_page } from './page_alloc.ts';
import { is_swap_pte, pte_pfn, pte_special } from './pgtable.ts';
import { page_remove_rmap } from './rmap.ts';
import { free_swap_and_cache, free_swap_cache } from './swapfile.ts';

/** `mmap`: page `v` becomes a fresh private writable anonymous mapping; what was there goes (MAP_FIXED). */
export function* mmap(k: Machine, mm: Mm, v: number): Steps<void> {
  yield* mm.mmap_lock.downWrite();
  if (!(yield* mm.vma[v]!.is(0))) yield* zap_pte_range(k, mm, v);
  yield* mm.vma[v]!.store(VMA.mapped.mask | VMA.write.mask);
  yield* mm.mmap_lock.upWrite();
}

/** `munmap`: false if nothing is mapped there, which is no error. */
export function* munmap(k: Machine, mm: Mm, v: number): Steps<void> {
  yield* mm.mmap_lock.downWrite();
  yield* mm.vma[v]!.store(0);
  yield* zap_pte_range(k, mm, v);
  yield* mm.mmap_lock.upWrite();
}

/** `exit_mmap`: the address space goes; mm may then be used for another process. */
export function* exit_mmap(k: Machine, mm: Mm): Steps<void> {
  yield* ksm_exit(mm);
  yield* mm.mmap_lock.downWrite();
  for (let v = 0; v < mm.pte.length; v++) {
    yield* zap_pte_range(k, mm, v);
    yield* mm.vma[v]!.store(0);
    yield* mm.oldchecksum[v]!.store(0);
  }
  yield* mm.has_pinned.store(0);
  yield* mm.mmap_lock.upWrite();
}

/**
 * `zap_pte_range` for one PTE. The reference goes to the mmu_gather and is dropped after the TLB flush, the swap cache first if
 * nothing else maps the page (`free_pages_and_swap_cache`). A GUP reference survives, detached.
 */
export function* zap_pte_range(k: Machine, mm: Mm, v: number): Steps<void> {
  yield* mm.ptl.lock();
  const pte = yield* mm.pte[v]!.exchange(0);
  if (pte === 0 || pte_special(pte)) return yield* mm.ptl.unlock();
  if (is_swap_pte(pte)) {
    hold_slot(k, pte_pfn(pte), 1);
    yield* free_swap_and_cache(k, pte_pfn(pte));
    return yield* mm.ptl.unlock();
  }
  const f = pte_pfn(pte);
  hold_ref(f, 1);
  hold_map(k, f, 1);
  yield* page_remove_rmap(k, f);
  yield* mm.ptl.unlock();
  yield* free_swap_cache(k, f);
  yield* put_page(k, f);
  cover('zap removed a page');
}
