/** mm/memory.c: do_swap_page. */
import { differs, equals, type Condition } from '../core/conditions.ts';
import { assert, cover, until } from '../core/control.ts';
import type { Steps } from '../core/operations.ts';
import { hold_map, hold_ref, hold_slot } from './accounts.ts';
import { PAGE, put_page_private, SWAP_MAP, type Machine, type Mm } from './machine.ts';
import { ksm_might_need_to_copy } from './ksm_copy.ts';
import type { FaultKind, FaultResult } from './memory.ts';
import { do_wp_page } from './memory_wp.ts';
import { alloc_page, lock_page, lru_add_drain, lru_cache_add, put_page, unlock_page } from './page_alloc.ts';
import {
  mk_pte,
  pte_dirty,
  pte_mkdirty,
  pte_mkuffd_wp,
  pte_pfn,
  pte_swp_exclusive,
  pte_uffd_wp,
  pte_write,
} from './pgtable.ts';
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
import { maybe_mkwrite, userfaultfd_wp } from './vma.ts';

/**
 * `do_swap_page` [mmap_lock read]: a fault on the swap PTE `orig_pte`, seen without a lock. Returns when the fault is resolved or
 * must be looked at again. A thread that waits for the page lock keeps mmap_lock: dropping it and starting over, as the kernel
 * may, allows nothing that starting later does not.
 */
export function* do_swap_page(
  k: Machine,
  mm: Mm,
  v: number,
  orig_pte: number,
  kind: FaultKind,
): Steps<FaultResult> {
  const s = pte_pfn(orig_pte);
  let f = yield* lookup_swap_cache(k, s);
  let fresh = false;
  let claimed = false;
  if (k.vmas && f < 0) yield* k.fault_major!.store(1);
  if (f < 0 && k.swap.synchronous_io && (yield* swap_count(k, s)) === 1) {
    if (k.kernel.bypass_claims_slot) {
      if ((yield* swapcache_prepare(k, s)) !== 'claimed') {
        yield* until(bypass_may_retry(k, mm, v, orig_pte));
        return 'done';
      }
      claimed = true;
    }
    f = yield* do_swap_page$bypass(k, s);
    fresh = true;
  } else if (f < 0) {
    f = yield* read_swap_cache_async(k, s);
    if (f < 0) return 'done';
  }
  yield* lock_page(k, f);
  if (fresh || (yield* do_swap_page$still_cached(k, f, s))) {
    if (k.vmas && (yield* ksm_might_need_to_copy(k, mm, v, f)))
      return yield* do_swap_page$copy(k, mm, v, orig_pte, kind, f);
    if (!fresh && kind === 'write' && k.kernel.reuse_drains_pagevec && (yield* k.page[f]!.lru.is(0)))
      yield* lru_add_drain(k);
    if (k.kernel.rule_swapin_ptl) yield* mm.ptl.lock();
    if (!k.kernel.rule_swapin_pte_same || (yield* mm.pte[v]!.is(orig_pte))) {
      const result = yield* do_swap_page$map(k, mm, v, orig_pte, kind, f, fresh);
      if (claimed) yield* put_swap_page(k, s);
      return result;
    }
    if (k.kernel.rule_swapin_ptl) yield* mm.ptl.unlock();
  }
  yield* unlock_page(k, f);
  yield* put_page(k, f);
  if (claimed) yield* put_swap_page(k, s);
  return 'done';
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
  const wanted = put_page_private(PAGE.swapcache.mask, s);
  return (yield* k.page[f]!.flags.loadMasked(PAGE.swapcache.mask | k.private_mask)) === wanted;
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
): Steps<FaultResult> {
  cover('do_swap_page mapped a page');
  let pte: number;
  if (k.kernel.swapin_reuse === 'reuse_swap_page')
    pte = yield* do_swap_page$by_reuse_swap_page(k, mm, v, orig_pte, kind, f);
  else pte = yield* do_swap_page$by_refcount(k, mm, v, orig_pte, kind, f, fresh);
  yield* unlock_page(k, f);
  // A write that was granted and then write-protected for userfaultfd comes back as a fault of its own.
  const granted = pte_write(pte) || (pte_uffd_wp(pte) && pte_dirty(pte));
  if (kind === 'write' && !granted) {
    if (k.kernel.rule_swapin_ptl) return yield* do_wp_page(k, mm, v, pte, kind);
    return 'done';
  }
  if (k.kernel.rule_swapin_ptl) yield* mm.ptl.unlock();
  return 'done';
}

/**
 * `ksm_might_need_to_copy` said yes: the swap cache page `cached` [its lock, dropped] belongs to another place, and this process
 * gets a copy, which nobody else knows.
 */
function* do_swap_page$copy(
  k: Machine,
  mm: Mm,
  v: number,
  orig_pte: number,
  kind: FaultKind,
  cached: number,
): Steps<FaultResult> {
  const f = yield* alloc_page(k);
  yield* lock_page(k, f);
  for (let slot = 0; slot < k.slots; slot++) {
    const value = yield* k.page[cached]!.data[slot]!.load();
    yield* k.page[f]!.data[slot]!.store(value);
  }
  yield* k.page[f]!.flags.update(0, PAGE.uptodate.mask | PAGE.dirty.mask);
  yield* lru_cache_add(k, f);
  yield* mm.ptl.lock();
  let result: FaultResult = 'done';
  if (yield* mm.pte[v]!.is(orig_pte)) {
    result = yield* do_swap_page$map(k, mm, v, orig_pte, kind, f, true);
  } else {
    yield* mm.ptl.unlock();
    yield* unlock_page(k, f);
    yield* put_page(k, f);
  }
  yield* unlock_page(k, cached);
  yield* put_page(k, cached);
  return result;
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
  if (kind === 'write' && (yield* reuse_swap_page(k, f)))
    pte = yield* maybe_mkwrite(k, mm, v, pte_mkdirty(pte));
  if (pte_uffd_wp(orig_pte)) pte = pte_mkuffd_wp(pte);
  yield* mm.pte[v]!.store(pte);
  // The PTE names the page before mapcount, and no longer the slot before swap_map, say so: the thread owes both.
  hold_ref(f, -1);
  hold_map(k, f, -1);
  hold_slot(k, s, 1);
  yield* page_add_anon_rmap(k, mm, f, v, false);
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
  const ksm = k.vmas && (yield* page.flags.field(PAGE.ksm).is(1));
  if (!ksm && (k.kernel.swapin_reuse === 'any_fault' || write)) {
    const reusable = exclusive || (yield* page.refcount.is(1));
    if (reusable) {
      rmap_exclusive = k.kernel.anon_exclusive;
      pte = yield* do_swap_page$writable(k, mm, v, orig_pte, pte, write);
    }
  }
  if (pte_uffd_wp(orig_pte)) pte = pte_mkuffd_wp(pte);
  // A fresh page is added with page_add_anon_rmap as well; RMAP_EXCLUSIVE makes the difference.
  yield* page_add_anon_rmap(k, mm, f, v, rmap_exclusive);
  if (k.kernel.anon_exclusive)
    assert(!pte_write(pte) || rmap_exclusive, 'I1: do_swap_page maps a shared page writable');
  yield* mm.pte[v]!.store(pte);
  hold_ref(f, -1);
  hold_map(k, f, -1);
  hold_slot(k, s, 1);
  return pte;
}

/** Step 17: how an exclusive page is mapped. From v6.12 a read fault may map it writable, unless userfaultfd watches it. */
function* do_swap_page$writable(
  k: Machine,
  mm: Mm,
  v: number,
  orig_pte: number,
  pte: number,
  write: boolean,
): Steps<number> {
  if (k.kernel.swapin_read_writable) {
    if (pte_uffd_wp(orig_pte) && (yield* userfaultfd_wp(k, mm, v))) return pte;
    return yield* maybe_mkwrite(k, mm, v, write ? pte_mkdirty(pte) : pte);
  }
  return write ? yield* maybe_mkwrite(k, mm, v, pte_mkdirty(pte)) : pte;
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
  if (k.vmas && (yield* page.flags.field(PAGE.ksm).is(1))) return k.options.swap_full;
  return k.options.swap_full || (write && (yield* page.refcount.is(2)));
}
