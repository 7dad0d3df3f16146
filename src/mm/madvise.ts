/** mm/madvise.c: what a process asks of its own pages (semantics.md 3.14, 3.15). */
import { cover } from '../core/control.ts';
import type { Steps } from '../core/operations.ts';
import { hold_slot } from './accounts.ts';
import { check_vma_flags, get_user_pages_touch } from './gup.ts';
import { PAGE, VMA, type Machine, type Mm } from './machine.ts';
import { zap_pte_range } from './mmap.ts';
import { lru_add_drain, trylock_page, unlock_page } from './page_alloc.ts';
import { is_swap_pte, pte_mkclean, pte_pfn, pte_present, pte_special } from './pgtable.ts';
import { free_swap_and_cache, try_to_free_swap } from './swapfile.ts';
import { shrink_inactive_list } from './vmscan.ts';

/** What madvise answers. */
export type Advised = 'ok' | 'ENOMEM' | 'EINVAL';

/** [mmap_lock read] around `body`; 'ENOMEM' if nothing is mapped there. */
function* madvise_vma(mm: Mm, v: number, body: Steps<void>): Steps<Advised> {
  yield* mm.mmap_lock.downRead();
  const mapped = yield* mm.vma[v]!.field(VMA.mapped).is(1);
  if (mapped) yield* body;
  yield* mm.mmap_lock.upRead();
  return mapped ? 'ok' : 'ENOMEM';
}

/** MADV_DONTNEED. */
export function* madvise_dontneed(k: Machine, mm: Mm, v: number): Steps<Advised> {
  return yield* madvise_vma(mm, v, zap_pte_range(k, mm, v));
}

/** MADV_COLD: the page becomes a candidate for reclaim. Which page reclaim takes is free here anyway. */
export function* madvise_cold(mm: Mm, v: number): Steps<Advised> {
  return yield* madvise_vma(mm, v, nothing());
}

// oxlint-disable-next-line require-yield
function* nothing(): Steps<void> {
  return;
}

/** MADV_PAGEOUT: reclaims the page at once, unless another process maps it as well. */
export function* madvise_pageout(k: Machine, mm: Mm, v: number): Steps<Advised> {
  return yield* madvise_vma(mm, v, madvise_cold_or_pageout_pte_range(k, mm, v));
}

function* madvise_cold_or_pageout_pte_range(k: Machine, mm: Mm, v: number): Steps<void> {
  yield* mm.ptl.lock();
  const pte = yield* mm.pte[v]!.load();
  const f = pte_present(pte) && !pte_special(pte) ? pte_pfn(pte) : -1;
  const alone = f >= 0 && (yield* k.page[f]!.mapcount.is(1));
  yield* mm.ptl.unlock();
  if (alone) yield* shrink_inactive_list(k, f);
}

/** MADV_FREE. */
export function* madvise_free(k: Machine, mm: Mm, v: number): Steps<Advised> {
  yield* lru_add_drain(k);
  return yield* madvise_vma(mm, v, madvise_free_pte_range(k, mm, v));
}

/** `madvise_free_pte_range` for one PTE. */
function* madvise_free_pte_range(k: Machine, mm: Mm, v: number): Steps<void> {
  const word = mm.pte[v]!;
  yield* mm.ptl.lock();
  const pte = yield* word.load();
  if (pte !== 0 && is_swap_pte(pte)) {
    yield* word.store(0);
    hold_slot(k, pte_pfn(pte), 1);
    yield* free_swap_and_cache(k, pte_pfn(pte));
  } else if (pte_present(pte) && !pte_special(pte) && (yield* madvise_free$clean_page(k, pte_pfn(pte)))) {
    yield* word.store(pte_mkclean(pte));
    yield* mark_page_lazyfree(k, pte_pfn(pte));
  }
  yield* mm.ptl.unlock();
}

/** [PTL] Takes the page out of the swap cache and clears PG_dirty, which only its single user may do; false: leave it alone. */
function* madvise_free$clean_page(k: Machine, f: number): Steps<boolean> {
  const page = k.page[f]!;
  if ((yield* page.flags.loadMasked(PAGE.swapcache.mask | PAGE.dirty.mask)) === 0) return true;
  if (!(yield* trylock_page(k, f))) return false;
  let cleaned = yield* page.mapcount.is(1);
  if (cleaned && (yield* page.swapcache.is(1))) cleaned = yield* try_to_free_swap(k, f);
  if (cleaned) yield* page.dirty.store(0);
  yield* unlock_page(k, f);
  return cleaned;
}

/** `mark_page_lazyfree`: no longer PG_swapbacked. */
function* mark_page_lazyfree(k: Machine, f: number): Steps<void> {
  if (!(yield* k.page[f]!.swapcache.is(0))) return;
  yield* k.page[f]!.flags.field(PAGE.lazyfree).store(1);
  cover('MADV_FREE marked a page');
}

/** MADV_POPULATE_READ, MADV_POPULATE_WRITE (v5.14): faults the page in as a read or a write would. */
export function* madvise_populate(k: Machine, mm: Mm, v: number, write: boolean): Steps<Advised> {
  if (!k.features.madvise_populate) return 'EINVAL';
  yield* mm.mmap_lock.downRead();
  const mapped = yield* check_vma_flags(k, mm, v, false);
  const allowed = yield* check_vma_flags(k, mm, v, write);
  yield* mm.mmap_lock.upRead();
  if (!mapped) return 'ENOMEM';
  if (!allowed) return 'EINVAL';
  yield* get_user_pages_touch(k, mm, v, write);
  return 'ok';
}

/**
 * Reclaim of everything that can go (memory.reclaim of a cgroup), one pass: every page, however often it is mapped, and whether
 * or not it was used lately.
 */
export function* try_to_free_mem_cgroup_pages(k: Machine): Steps<void> {
  for (let f = 0; f < k.page.length; f++) yield* shrink_inactive_list(k, f);
}
