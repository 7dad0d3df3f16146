/** mm/memory.c: do_swap_page. */
import { differs, equals, type Condition } from '../core/conditions.ts';
import { assert, cover, until } from '../core/control.ts';
import type { Steps } from '../core/operations.ts';
import { hold_map, hold_ref, hold_slot } from './accounts.ts';
import { PAGE, SWAP_MAP, type Machine, type Mm } from './machine.ts';
import type { FaultKind } from './memory.ts';
import { do_wp_page } from './memory_wp.ts';
import { alloc_page, lock_page, lru_add_drain, lru_cache_add, put_page, unlock_page } from './page_alloc.ts';
import { mk_pte, pte_mkdirty, pte_mkwrite, pte_pfn, pte_swp_exclusive, pte_write } from './pgtable.ts';
import { page_add_anon_rmap } from './rmap.ts';
import {
  put_swap_page,
  reuse_swap_page,
  swap_count,
  swap_free,
  swapcache_prepare,
  try_to_free_swap,
} from './swapfile.ts';
import { lookup_swap_cache, read_swap_cache_async, swap_readpage } from './swap_state.ts';

/**
 * `do_swap_page` [mmap_lock read]: a fault on the swap PTE `orig_pte`, seen without a lock. Returns when the fault is resolved or
 * must be looked at again. A thread that waits for the page lock keeps mmap_lock: dropping it and starting over, as the kernel
 * may, allows nothing that starting later does not.
 */
export function* do_swap_page(k: Machine, mm: Mm, v: number, orig_pte: number, kind: FaultKind): Steps<void> {
  const s = pte_pfn(orig_pte);
  let f = yield* lookup_swap_cache(k, s);
  let fresh = false;
  let claimed = false;
  if (f < 0 && k.swap.synchronous_io && (yield* swap_count(k, s)) === 1) {
    if (k.kernel.bypass_claims_slot) {
      if ((yield* swapcache_prepare(k, s)) !== 'claimed') {
        yield* until(bypass_may_retry(k, mm, v, orig_pte));
        return;
      }
      claimed = true;
    }
    f = yield* do_swap_page$bypass(k, s);
    fresh = true;
  } else if (f < 0) {
    f = yield* read_swap_cache_async(k, s);
    if (f < 0) return;
  }
  yield* lock_page(k, f);
  if (fresh || (yield* do_swap_page$still_cached(k, f, s))) {
    if (!fresh && kind === 'write' && k.kernel.reuse_drains_pagevec && (yield* k.page[f]!.lru.is(0)))
      yield* lru_add_drain(k);
    if (k.kernel.rule_swapin_ptl) yield* mm.ptl.lock();
    if (!k.kernel.rule_swapin_pte_same || (yield* mm.pte[v]!.is(orig_pte))) {
      yield* do_swap_page$map(k, mm, v, orig_pte, kind, f, fresh);
      if (claimed) yield* put_swap_page(k, s);
      return;
    }
    if (k.kernel.rule_swapin_ptl) yield* mm.ptl.unlock();
  }
  yield* unlock_page(k, f);
  yield* put_page(k, f);
  if (claimed) yield* put_swap_page(k, s);
}

/**
 * `schedule_timeout_uninterruptible(1)` before the fault is taken again: any number of ticks comes to the same as waiting until
 * the fault would find something else.
 */
function bypass_may_retry(k: Machine, mm: Mm, v: number, orig_pte: number): Condition {
  const s = pte_pfn(orig_pte);
  const map = k.swap.map[s]!.field(SWAP_MAP.has_cache);
  return k.conditions.any(equals(map, 0), differs(k.swap.cache[s]!, 0), differs(mm.pte[v]!, orig_pte));
}

/** Is the locked page still the swap cache page of slot `s`? */
function* do_swap_page$still_cached(k: Machine, f: number, s: number): Steps<boolean> {
  const wanted = PAGE.swapcache.mask | PAGE.private.put(0, s);
  return (yield* k.page[f]!.flags.loadMasked(PAGE.swapcache.mask | PAGE.private.mask)) === wanted;
}

/** SWP_SYNCHRONOUS_IO and one user: the page is read past the swap cache; nobody else can find it. */
function* do_swap_page$bypass(k: Machine, s: number): Steps<number> {
  const f = yield* alloc_page(k);
  yield* lock_page(k, f);
  yield* lru_cache_add(k, f);
  yield* swap_readpage(k, f, s);
  yield* unlock_page(k, f);
  cover('the swap cache was bypassed');
  return f;
}

/** The second half [page lock, PTL; drops both]: decides about exclusivity and maps the page. */
function* do_swap_page$map(
  k: Machine,
  mm: Mm,
  v: number,
  orig_pte: number,
  kind: FaultKind,
  f: number,
  fresh: boolean,
): Steps<void> {
  cover('do_swap_page mapped a page');
  let pte: number;
  if (k.kernel.swapin_reuse === 'reuse_swap_page')
    pte = yield* do_swap_page$by_reuse_swap_page(k, mm, v, orig_pte, kind, f);
  else pte = yield* do_swap_page$by_refcount(k, mm, v, orig_pte, kind, f, fresh);
  yield* unlock_page(k, f);
  if (kind === 'write' && !pte_write(pte)) {
    if (k.kernel.rule_swapin_ptl) return yield* do_wp_page(k, mm, v, pte, kind);
    return;
  }
  if (k.kernel.rule_swapin_ptl) yield* mm.ptl.unlock();
}

/** Up to v5.17: decide, set the PTE, add the rmap, and only then give the swap entry back. Returns the PTE. */
function* do_swap_page$by_reuse_swap_page(
  k: Machine,
  mm: Mm,
  v: number,
  orig_pte: number,
  kind: FaultKind,
  f: number,
): Steps<number> {
  const s = pte_pfn(orig_pte);
  let pte = mk_pte(f);
  if (kind === 'write' && (yield* reuse_swap_page(k, f))) pte = pte_mkwrite(pte_mkdirty(pte));
  yield* mm.pte[v]!.store(pte);
  // The PTE names the page before mapcount, and no longer the slot before swap_map, say so: the thread owes both.
  hold_ref(f, -1);
  hold_map(k, f, -1);
  hold_slot(k, s, 1);
  yield* page_add_anon_rmap(k, f, v, false);
  yield* swap_free(k, s);
  if (k.options.swap_full) yield* try_to_free_swap(k, f);
  return pte;
}

/** From v5.18: give the entry back, free the swap cache if that helps, decide, add the rmap, set the PTE. Returns the PTE. */
function* do_swap_page$by_refcount(
  k: Machine,
  mm: Mm,
  v: number,
  orig_pte: number,
  kind: FaultKind,
  f: number,
  fresh: boolean,
): Steps<number> {
  const page = k.page[f]!;
  const s = pte_pfn(orig_pte);
  const write = kind === 'write';
  if (k.kernel.anon_exclusive)
    assert(
      (yield* page.flags.loadMasked(PAGE.anon.mask | PAGE.anon_exclusive.mask)) !==
        (PAGE.anon.mask | PAGE.anon_exclusive.mask),
      'I4: do_swap_page found a PG_anon_exclusive page through a swap PTE (BUG_ON)',
    );
  const exclusive = yield* do_swap_page$exclusive(k, orig_pte, f, fresh);
  // The PTE still names the slot: the thread owes the count until it sets the PTE.
  yield* swap_free(k, s);
  if (yield* should_try_to_free_swap(k, f, write)) yield* try_to_free_swap(k, f);
  let pte = mk_pte(f);
  let rmap_exclusive = false;
  if (k.kernel.swapin_reuse === 'any_fault' || write) {
    const reusable = exclusive || (yield* page.refcount.is(1));
    if (reusable) {
      rmap_exclusive = k.kernel.anon_exclusive;
      if (write) pte = pte_mkwrite(pte_mkdirty(pte));
      else if (k.kernel.swapin_read_writable) pte = pte_mkwrite(pte);
    }
  }
  // A fresh page is added with page_add_anon_rmap as well; RMAP_EXCLUSIVE makes the difference.
  yield* page_add_anon_rmap(k, f, v, rmap_exclusive);
  if (k.kernel.anon_exclusive)
    assert(!pte_write(pte) || rmap_exclusive, 'I1: do_swap_page maps a shared page writable');
  yield* mm.pte[v]!.store(pte);
  hold_ref(f, -1);
  hold_map(k, f, -1);
  hold_slot(k, s, 1);
  return pte;
}

/** Step 14: is the page certainly exclusive? */
function* do_swap_page$exclusive(k: Machine, orig_pte: number, f: number, fresh: boolean): Steps<boolean> {
  if (fresh) return k.kernel.swapin_fresh_exclusive || !k.kernel.anon_exclusive;
  const exclusive =
    k.kernel.swapin_reads_exclusive && k.kernel.swp_exclusive_arch && pte_swp_exclusive(orig_pte);
  if (!exclusive || k.kernel.swapin_writeback_test === 'never') return exclusive;
  const drops = k.swap.stable_writes === (k.kernel.swapin_writeback_test === 'stable');
  return !(drops && (yield* k.page[f]!.writeback.is(1)));
}

/** `should_try_to_free_swap`: swap is nearly full, or a write fault holds the only reference beside the swap cache's. */
function* should_try_to_free_swap(k: Machine, f: number, write: boolean): Steps<boolean> {
  const page = k.page[f]!;
  if (!(yield* page.swapcache.is(1))) return false;
  return k.options.swap_full || (write && (yield* page.refcount.is(2)));
}
