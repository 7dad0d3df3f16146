/** mm/memory.c: write-protection faults (do_wp_page, wp_page_copy). */
import { assert, cover, note } from '../core/control.ts';
import type { Steps } from '../core/operations.ts';
import { hold_map, hold_ref } from './accounts.ts';
import { PAGE, SLOTS, type Machine, type Mm } from './machine.ts';
import type { FaultKind } from './memory.ts';
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
import { mk_pte, pte_mkdirty, pte_mkwrite, pte_pfn, pte_special } from './pgtable.ts';
import { page_add_new_anon_rmap, page_move_anon_rmap, page_remove_rmap } from './rmap.ts';
import { reuse_swap_page, try_to_free_swap } from './swapfile.ts';

/**
 * `do_wp_page` [PTL; returns without it]: a write or unshare fault on a read-only PTE whose value under the PTL is `orig_pte`.
 * Reuses the page if this process owns it alone by the version's rule, else copies it.
 */
export function* do_wp_page(k: Machine, mm: Mm, v: number, orig_pte: number, kind: FaultKind): Steps<void> {
  if (pte_special(orig_pte)) {
    yield* mm.ptl.unlock();
    if (kind === 'unshare') return;
    return yield* wp_page_copy(k, mm, v, orig_pte, kind);
  }
  const f = pte_pfn(orig_pte);
  const verdict = yield* do_wp_page$may_reuse(k, mm, v, f, orig_pte);
  if (verdict === 'changed') return;
  if (verdict === 'reuse') {
    if (kind === 'unshare') return yield* mm.ptl.unlock();
    return yield* wp_page_reuse(k, mm, v, f, orig_pte);
  }
  yield* get_page(k, f);
  yield* mm.ptl.unlock();
  yield* wp_page_copy(k, mm, v, orig_pte, kind);
}

/** `wp_page_reuse` [PTL; returns without it]. */
function* wp_page_reuse(k: Machine, mm: Mm, v: number, f: number, orig_pte: number): Steps<void> {
  if (k.kernel.anon_exclusive)
    assert(yield* k.page[f]!.anon_exclusive.is(1), 'I1: wp_page_reuse of a page that is not exclusive');
  yield* mm.pte[v]!.store(pte_mkwrite(pte_mkdirty(orig_pte)));
  cover('wp_page_reuse');
  yield* mm.ptl.unlock();
}

/** The reuse rule (K1). 'changed': the PTL was dropped, the PTE has another value now, and the PTL is free. */
function* do_wp_page$may_reuse(
  k: Machine,
  mm: Mm,
  v: number,
  f: number,
  orig_pte: number,
): Steps<'reuse' | 'copy' | 'changed'> {
  switch (k.kernel.wp_reuse) {
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
function* wp_page_copy(k: Machine, mm: Mm, v: number, orig_pte: number, kind: FaultKind): Steps<void> {
  const old = pte_special(orig_pte) ? -1 : pte_pfn(orig_pte);
  const f = old < 0 ? yield* alloc_zeroed_page(k) : yield* alloc_page(k);
  if (old >= 0) {
    note(`page[${old}] has other users: copied to page[${f}]`);
    for (let slot = 0; slot < SLOTS; slot++) {
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
    return;
  }
  // ptep_clear_flush, rmap, set_pte, and only then the old mapping goes: the order is required.
  yield* pte.store(0);
  if (old >= 0) {
    hold_ref(old, 1);
    hold_map(k, old, 1);
  }
  yield* page_add_new_anon_rmap(k, f, v);
  yield* lru_cache_add(k, f);
  const copied = mk_pte(f);
  yield* pte.store(kind === 'write' ? pte_mkwrite(pte_mkdirty(copied)) : copied);
  hold_ref(f, -1);
  hold_map(k, f, -1);
  cover('wp_page_copy');
  if (old >= 0) {
    yield* page_remove_rmap(k, old);
    yield* put_page(k, old);
  }
  yield* mm.ptl.unlock();
  if (old < 0) return;
  if (k.kernel.copy_frees_swap_cache) yield* free_swap_cache(k, old);
  yield* put_page(k, old);
}

/** `free_swap_cache`: the old page, if nothing maps it any more, need not stay in the swap cache. */
function* free_swap_cache(k: Machine, f: number): Steps<void> {
  const page = k.page[f]!;
  if ((yield* page.flags.loadMasked(PAGE.swapcache.mask)) === 0) return;
  if (!(yield* page.mapcount.is(0))) return;
  if (!(yield* trylock_page(k, f))) return;
  yield* try_to_free_swap(k, f);
  yield* unlock_page(k, f);
}
