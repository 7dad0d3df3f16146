/** mm/vmscan.c: reclaim of anonymous pages. */
import { atomic, assert, cover, fail, note, observe } from '../core/control.ts';
import type { Steps } from '../core/operations.ts';
import { hold_ref } from './accounts.ts';
import { PAGE, page_private, type Machine } from './machine.ts';
import {
  free_page,
  get_page_unless_zero,
  lru_add_drain,
  page_maybe_dma_pinned,
  put_page,
  trylock_page,
  unlock_page,
} from './page_alloc.ts';
import { swap_writepage } from './page_io.ts';
import { try_to_unmap } from './rmap.ts';
import { __delete_from_swap_cache, put_swap_page } from './swapfile.ts';
import { add_to_swap } from './swap_state.ts';

function* isolate_lru_page$locked(k: Machine, f: number): Steps<boolean> {
  const page = k.page[f]!;
  if (!(yield* page.lru.is(1))) return false;
  // A page whose last reference has just gone is still on the list: it is being freed.
  if (!(yield* get_page_unless_zero(k, f))) return false;
  yield* page.lru.store(0);
  return true;
}

function* putback_lru_page(k: Machine, f: number): Steps<void> {
  yield* k.page[f]!.lru.store(1);
}

/** `isolate_lru_pages` [lru_lock: one step]: takes the page off the LRU list with a reference; false if it is not on it. */
export function* isolate_lru_page(k: Machine, f: number): Steps<boolean> {
  return yield* atomic(isolate_lru_page$locked(k, f));
}

/** `shrink_inactive_list` for one frame: isolate, shrink, put back what could not be freed. */
export function* shrink_inactive_list(k: Machine, f: number): Steps<void> {
  yield* lru_add_drain(k);
  if (!(yield* isolate_lru_page(k, f))) return;
  if (yield* shrink_page_list(k, f)) return;
  yield* putback_lru_page(k, f);
  yield* put_page(k, f);
}

/** `shrink_page_list` for one isolated page: true if the page has been freed. */
function* shrink_page_list(k: Machine, f: number): Steps<boolean> {
  const locked = k.kernel.rule_reclaim_page_lock;
  if (locked && !(yield* trylock_page(k, f))) return false;
  const done = yield* shrink_page_list$locked(k, f);
  if (done === 'freed') return true;
  if (done === 'keep_locked' && locked) yield* unlock_page(k, f);
  return false;
}

/** keep_locked: the page lock is still held; keep: it is not; freed: the page is gone, lock and all. */
function* shrink_page_list$locked(k: Machine, f: number): Steps<'freed' | 'keep' | 'keep_locked'> {
  const page = k.page[f]!;
  if (yield* page.writeback.is(1)) return 'keep_locked';
  if (k.vmas && (yield* page.flags.field(PAGE.lazyfree).is(1))) return yield* shrink_page_list$lazyfree(k, f);
  const kind = yield* page.flags.loadMasked(PAGE.swapcache.mask | PAGE.anon.mask);
  if ((kind & PAGE.swapcache.mask) === 0) {
    // A page that was read past the swap cache is on the LRU list before it is mapped: not anonymous yet.
    if ((kind & PAGE.anon.mask) === 0) return 'keep_locked';
    if (k.kernel.reclaim_skips_pinned && (yield* page_maybe_dma_pinned(k, f))) return 'keep_locked';
    if (!(yield* add_to_swap(k, f))) return 'keep_locked';
  }
  if (!(yield* page.mapcount.is(0))) {
    cover('reclaim unmaps a page');
    if (!(yield* try_to_unmap(k, f))) return 'keep_locked';
  }
  if (k.kernel.reclaim_rechecks_pinned && (yield* page_maybe_dma_pinned(k, f))) return 'keep_locked';
  if (yield* page.dirty.is(1)) {
    const written = yield* pageout(k, f);
    if (written !== 'clean') return written;
  }
  return (yield* __remove_mapping(k, f)) ? 'freed' : 'keep_locked';
}

/** A MADV_FREE page [page lock]: freed without a write, if it could be unmapped everywhere. */
function* shrink_page_list$lazyfree(k: Machine, f: number): Steps<'freed' | 'keep_locked'> {
  const page = k.page[f]!;
  if (!(yield* page.mapcount.is(0)) && !(yield* try_to_unmap(k, f))) return 'keep_locked';
  if (!(yield* page.refcount.tryCompareExchange(1, 0))) return 'keep_locked';
  hold_ref(f, -1);
  if (yield* page.dirty.is(1)) {
    yield* page.refcount.store(1);
    hold_ref(f, 1);
    return 'keep_locked';
  }
  if (k.kernel.rule_reclaim_page_lock) yield* unlock_page(k, f);
  yield* free_page(k, f);
  return 'freed';
}

/**
 * `pageout` [page lock]: writes the page if isolation and swap cache hold the only references; otherwise the page stays as it is,
 * unmapped, in the swap cache, dirty. 'clean' means written, locked again and ready to be freed.
 */
function* pageout(k: Machine, f: number): Steps<'clean' | 'keep' | 'keep_locked'> {
  const page = k.page[f]!;
  const locked = k.kernel.rule_reclaim_page_lock;
  if (k.kernel.rule_pageout_refcount && !(yield* page.refcount.is(2))) {
    note(`pageout: page[${f}] has other references, it stays in the swap cache`);
    return 'keep_locked';
  }
  yield* page.dirty.store(0);
  const written = yield* swap_writepage(k, f);
  if (written === 'freed_swap') return 'keep';
  // The write may be over already: then take the lock again and look what happened meanwhile.
  if ((yield* page.flags.loadMasked(PAGE.writeback.mask | PAGE.dirty.mask)) !== 0) return 'keep';
  if (locked && !(yield* trylock_page(k, f))) return 'keep';
  const flags = yield* page.flags.loadMasked(PAGE.dirty.mask | PAGE.writeback.mask | PAGE.swapcache.mask);
  if (flags !== PAGE.swapcache.mask) return 'keep_locked';
  return 'clean';
}

/**
 * `__remove_mapping` [page lock]: freezes the references (2 -> 0) and only then looks at dirty: whoever dirties a page does so
 * before dropping its reference. Frees the page.
 */
function* __remove_mapping(k: Machine, f: number): Steps<boolean> {
  const page = k.page[f]!;
  const s = page_private(yield* page.flags.loadMasked(k.private_mask));
  yield* k.swap.i_pages.lock();
  if (!(yield* page.refcount.tryCompareExchange(2, 0))) {
    yield* k.swap.i_pages.unlock();
    return false;
  }
  hold_ref(f, -2);
  if (yield* page.dirty.is(1)) {
    yield* page.refcount.store(2);
    hold_ref(f, 2);
    yield* k.swap.i_pages.unlock();
    return false;
  }
  yield* __delete_from_swap_cache(k, f, s);
  yield* observe(__remove_mapping$compare(k, f, s));
  yield* k.swap.i_pages.unlock();
  yield* put_swap_page(k, s);
  if (k.kernel.rule_reclaim_page_lock) yield* unlock_page(k, f);
  yield* free_page(k, f);
  cover('reclaim freed a page');
  return true;
}

/** The oracle's look: a clean page that leaves the swap cache must be what the device holds. Costs no step of its own. */
function* __remove_mapping$compare(k: Machine, f: number, s: number): Steps<void> {
  assert((yield* k.page[f]!.mapcount.load()) === 0, 'reclaim frees a page that is mapped');
  if (!k.oracle) return;
  for (let slot = 0; slot < k.slots; slot++) {
    const kept = yield* k.page[f]!.data[slot]!.load();
    if (!(yield* k.swap.data[s]![slot]!.is(kept)))
      fail('corrupted-swap', `page[${f}] is freed as clean, but swap[${s}] does not hold its byte ${slot}`);
  }
}
