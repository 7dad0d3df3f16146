/** mm/swapfile.c: swapoff brings everything back (semantics.md 3.12). */
import { assert, cover } from '../core/control.ts';
import type { Steps } from '../core/operations.ts';
import { hold_map, hold_ref, hold_slot } from './accounts.ts';
import { ksm_might_need_to_copy } from './ksm_copy.ts';
import { PAGE, type Machine, type Mm } from './machine.ts';
import { alloc_page, get_page, lock_page, lru_cache_add, put_page, unlock_page } from './page_alloc.ts';
import {
  is_swap_pte,
  mk_pte,
  pte_mkuffd_wp,
  pte_pfn,
  pte_swp_clear_exclusive,
  pte_swp_exclusive,
  pte_uffd_wp,
  pte_clear_uffd_wp,
  swp_entry_to_pte,
} from './pgtable.ts';
import { page_add_anon_rmap, page_add_new_anon_rmap } from './rmap.ts';
import { lookup_swap_cache, read_swap_cache_async } from './swap_state.ts';
import { swap_free, try_to_free_swap } from './swapfile.ts';

/** `try_to_unuse`: every swap PTE of every address space gets its page back, then whatever is left leaves the swap cache. */
export function* try_to_unuse(k: Machine): Steps<void> {
  for (let m = 0; m < k.mm.length; m++) yield* unuse_mm(k, k.mm[m]!);
  for (let s = 0; s < k.swap.map.length; s++) {
    const f = yield* lookup_swap_cache(k, s);
    if (f < 0) continue;
    yield* lock_page(k, f);
    yield* k.page[f]!.writeback.untilIs(0);
    yield* try_to_free_swap(k, f);
    yield* unlock_page(k, f);
    yield* put_page(k, f);
  }
}

function* unuse_mm(k: Machine, mm: Mm): Steps<void> {
  yield* mm.mmap_lock.downRead();
  for (let v = 0; v < mm.pte.length; v++) yield* unuse_pte_range(k, mm, v);
  yield* mm.mmap_lock.upRead();
}

/** One PTE, looked at without the PTL; its page is locked and no longer under writeback when the PTE is replaced. */
function* unuse_pte_range(k: Machine, mm: Mm, v: number): Steps<void> {
  const seen = yield* mm.pte[v]!.load();
  if (seen === 0 || !is_swap_pte(seen)) return;
  const s = pte_pfn(seen);
  const f = yield* read_swap_cache_async(k, s);
  if (f < 0) return;
  yield* lock_page(k, f);
  yield* k.page[f]!.writeback.untilIs(0);
  yield* unuse_pte(k, mm, v, s, f);
  yield* try_to_free_swap(k, f);
  yield* unlock_page(k, f);
  yield* put_page(k, f);
}

/** `pte_same_as_swp`: the comparison that does not see the flags. */
function pte_same_as_swp(pte: number, s: number): boolean {
  return pte_clear_uffd_wp(pte_swp_clear_exclusive(pte)) === swp_entry_to_pte(s);
}

/** `unuse_pte` [page lock]: read-only, clean; exclusive again if the entry says so now, under the PTL. */
function* unuse_pte(k: Machine, mm: Mm, v: number, s: number, cached: number): Steps<void> {
  const copies = yield* ksm_might_need_to_copy(k, mm, v, cached);
  const f = copies ? yield* unuse_pte$copy(k, cached) : cached;
  const word = mm.pte[v]!;
  yield* mm.ptl.lock();
  const pte = yield* word.load();
  if (!pte_same_as_swp(pte, s)) {
    yield* mm.ptl.unlock();
    if (copies) yield* put_page(k, f);
    return;
  }
  assert(yield* k.page[f]!.writeback.is(0), 'I10: unuse_pte of a page under writeback');
  if (!copies) yield* get_page(k, f);
  if (copies) {
    yield* page_add_new_anon_rmap(k, mm, f, v);
    yield* lru_cache_add(k, f);
  } else {
    const exclusive = k.kernel.anon_exclusive && k.features.unuse_reads_exclusive && pte_swp_exclusive(pte);
    yield* page_add_anon_rmap(k, mm, f, v, exclusive);
  }
  const restored = mk_pte(f);
  yield* word.store(pte_uffd_wp(pte) ? pte_mkuffd_wp(restored) : restored);
  hold_ref(f, -1);
  hold_map(k, f, -1);
  hold_slot(k, s, 1);
  yield* swap_free(k, s);
  yield* mm.ptl.unlock();
  cover('swapoff mapped a page');
}

function* unuse_pte$copy(k: Machine, cached: number): Steps<number> {
  const f = yield* alloc_page(k);
  for (let slot = 0; slot < k.slots; slot++) {
    const value = yield* k.page[cached]!.data[slot]!.load();
    yield* k.page[f]!.data[slot]!.store(value);
  }
  yield* k.page[f]!.flags.update(0, PAGE.uptodate.mask | PAGE.dirty.mask);
  return f;
}
