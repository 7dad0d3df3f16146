/** mm/memory.c: write-protection faults (do_wp_page, wp_page_copy). */
import { assert, cover, note } from '../core/control.ts';
import type { Steps } from '../core/operations.ts';
import { hold_map, hold_ref } from './accounts.ts';
import { PAGE, type Machine, type Mm } from './machine.ts';
import type { FaultKind, FaultResult } from './memory.ts';
import {
  alloc_page,
  alloc_zeroed_page,
  get_page,
  lock_page,
  lru_add_drain,
  lru_cache_add,
  put_page,
  trylock_page,
  unlock_page,
} from './page_alloc.ts';
import { mk_pte, pte_mkdirty, pte_mkuffd_wp, pte_pfn, pte_special, pte_uffd_wp } from './pgtable.ts';
import { page_add_new_anon_rmap, page_move_anon_rmap, page_remove_rmap, reuse_ksm_page } from './rmap.ts';
import { free_swap_cache, reuse_swap_page, try_to_free_swap } from './swapfile.ts';
import { anon_vma_prepare, maybe_mkwrite, userfaultfd_wp } from './vma.ts';

/**
 * `do_wp_page` [PTL; returns without it]: a write or unshare fault on a read-only PTE whose value under the PTL is `orig_pte`.
 * Reuses the page if this process owns it alone by the version's rule, else copies it.
 */
export function* do_wp_page(
  k: Machine,
  mm: Mm,
  v: number,
  orig_pte: number,
  kind: FaultKind,
): Steps<FaultResult> {
  if (pte_uffd_wp(orig_pte) && kind === 'write' && (yield* userfaultfd_wp(k, mm, v))) {
    yield* mm.ptl.unlock();
    return 'userfault';
  }
  if (pte_special(orig_pte)) {
    yield* mm.ptl.unlock();
    if (kind === 'unshare') return 'done';
    return yield* wp_page_copy(k, mm, v, orig_pte, kind);
  }
  const f = pte_pfn(orig_pte);
  const verdict = yield* do_wp_page$may_reuse(k, mm, v, f, orig_pte);
  if (verdict === 'changed') return 'done';
  if (verdict === 'reuse') {
    if (kind !== 'unshare') return yield* wp_page_reuse(k, mm, v, f, orig_pte);
    yield* mm.ptl.unlock();
    return 'done';
  }
  yield* get_page(k, f);
  yield* mm.ptl.unlock();
  return yield* wp_page_copy(k, mm, v, orig_pte, kind);
}

/** `wp_page_reuse` [PTL; returns without it]. */
function* wp_page_reuse(k: Machine, mm: Mm, v: number, f: number, orig_pte: number): Steps<FaultResult> {
  if (k.kernel.anon_exclusive)
    assert(yield* k.page[f]!.anon_exclusive.is(1), 'I1: wp_page_reuse of a page that is not exclusive');
  const pte = yield* maybe_mkwrite(k, mm, v, pte_mkdirty(orig_pte));
  yield* mm.pte[v]!.store(pte);
  cover('wp_page_reuse');
  yield* mm.ptl.unlock();
  return 'done';
}

/** The reuse rule (K1). 'changed': the PTL was dropped, the PTE has another value now, and the PTL is free. */
function* do_wp_page$may_reuse(
  k: Machine,
  mm: Mm,
  v: number,
  f: number,
  orig_pte: number,
): Steps<'reuse' | 'copy' | 'changed'> {
  const { wp_reuse } = k.kernel;
  if (k.vmas && (yield* k.page[f]!.flags.field(PAGE.ksm).is(1))) {
    // Up to v5.8: a KSM page with one reference, outside the swap cache.
    if (wp_reuse !== 'mapcount' || (yield* k.page[f]!.swapcache.is(1))) return 'copy';
    if (!(yield* k.page[f]!.refcount.is(1))) return 'copy';
    yield* reuse_ksm_page(k, mm, f, v);
    return 'reuse';
  }
  switch (wp_reuse) {
    case 'mapcount':
      return yield* do_wp_page$by_mapcount(k, mm, v, f, orig_pte);
    case 'refcount':
      return yield* do_wp_page$by_refcount(k, f);
    case 'anon_exclusive':
      if (yield* k.page[f]!.anon_exclusive.is(1)) return 'reuse';
      return yield* do_wp_page$after_free_swap(k, f);
    case 'refcount_after_free_swap':
      return yield* do_wp_page$after_free_swap(k, f);
  }
}

/** Up to v5.8: reuse_swap_page decides, under the page lock, which is waited for with the PTL dropped. */
function* do_wp_page$by_mapcount(
  k: Machine,
  mm: Mm,
  v: number,
  f: number,
  orig_pte: number,
): Steps<'reuse' | 'copy' | 'changed'> {
  if (!(yield* trylock_page(k, f))) {
    yield* get_page(k, f);
    yield* mm.ptl.unlock();
    yield* lock_page(k, f);
    yield* mm.ptl.lock();
    if (!(yield* mm.pte[v]!.is(orig_pte))) {
      yield* unlock_page(k, f);
      yield* mm.ptl.unlock();
      yield* put_page(k, f);
      return 'changed';
    }
    yield* put_page(k, f);
  }
  const reuse = yield* reuse_swap_page(k, f);
  yield* unlock_page(k, f);
  return reuse ? 'reuse' : 'copy';
}

/** v5.9 to v5.17: only a page with one reference and one mapping; a swap cache page always has more. */
function* do_wp_page$by_refcount(k: Machine, f: number): Steps<'reuse' | 'copy'> {
  const page = k.page[f]!;
  if (!(yield* page.refcount.is(1))) return 'copy';
  if (!(yield* trylock_page(k, f))) return 'copy';
  const alone = (yield* page.mapcount.is(1)) && (yield* page.refcount.is(1));
  yield* unlock_page(k, f);
  return alone ? 'reuse' : 'copy';
}

/** v5.18 and, for pages that are not PG_anon_exclusive, later: one reference once the swap cache and the pagevec let go. */
function* do_wp_page$after_free_swap(k: Machine, f: number): Steps<'reuse' | 'copy'> {
  const page = k.page[f]!;
  if ((yield* page.refcount.load()) > 3) return 'copy';
  if (k.kernel.reuse_drains_pagevec && (yield* page.lru.is(0))) yield* lru_add_drain(k);
  const swapcache = (yield* page.swapcache.is(1)) ? 1 : 0;
  if ((yield* page.refcount.load()) > 1 + swapcache) return 'copy';
  if (!(yield* trylock_page(k, f))) return 'copy';
  if (yield* page.swapcache.is(1)) yield* try_to_free_swap(k, f);
  if (!(yield* page.refcount.is(1))) {
    yield* unlock_page(k, f);
    return 'copy';
  }
  yield* page_move_anon_rmap(k, f);
  yield* unlock_page(k, f);
  return 'reuse';
}

/**
 * `wp_page_copy` [no PTL; holds a reference to the old page, which it drops]: the copy happens outside every lock and is not
 * atomic; whatever a reference holder writes to the old page after its word was copied is lost to this process.
 */
function* wp_page_copy(k: Machine, mm: Mm, v: number, orig_pte: number, kind: FaultKind): Steps<FaultResult> {
  yield* anon_vma_prepare(k, mm, v);
  const old = pte_special(orig_pte) ? -1 : pte_pfn(orig_pte);
  const f = old < 0 ? yield* alloc_zeroed_page(k) : yield* alloc_page(k);
  if (old >= 0) {
    note(`page[${old}] has other users: copied to page[${f}]`);
    for (let slot = 0; slot < k.slots; slot++) {
      const value = yield* k.page[old]!.data[slot]!.load();
      yield* k.page[f]!.data[slot]!.store(value);
    }
  }
  const pte = mm.pte[v]!;
  yield* mm.ptl.lock();
  if (!(yield* pte.is(orig_pte))) {
    yield* mm.ptl.unlock();
    yield* put_page(k, f);
    if (old >= 0) yield* put_page(k, old);
    return 'done';
  }
  // ptep_clear_flush, rmap, set_pte, and only then the old mapping goes: the order is required.
  yield* pte.store(0);
  if (old >= 0) {
    hold_ref(old, 1);
    hold_map(k, old, 1);
  }
  yield* page_add_new_anon_rmap(k, mm, f, v);
  yield* lru_cache_add(k, f);
  let copied = mk_pte(f);
  if (kind === 'write') copied = yield* maybe_mkwrite(k, mm, v, pte_mkdirty(copied));
  else if (pte_uffd_wp(orig_pte)) copied = pte_mkuffd_wp(copied);
  yield* pte.store(copied);
  hold_ref(f, -1);
  hold_map(k, f, -1);
  cover('wp_page_copy');
  if (old >= 0) {
    yield* page_remove_rmap(k, old);
    yield* put_page(k, old);
  }
  yield* mm.ptl.unlock();
  if (old < 0) return 'done';
  if (k.kernel.copy_frees_swap_cache) yield* free_swap_cache(k, old);
  yield* put_page(k, old);
  return 'done';
}
