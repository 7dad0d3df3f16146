/** mm/swap_state.c: the swap cache. */
import { assert, until } from '../core/control.ts';
import { differs, equals } from '../core/conditions.ts';
import type { Steps } from '../core/operations.ts';
import { hold_cache, hold_ref } from './accounts.ts';
import { PAGE, put_page_private, SWAP_MAP, type Machine } from './machine.ts';
import {
  alloc_page,
  get_page_unless_zero,
  lock_page,
  lru_cache_add,
  put_page,
  unlock_page,
} from './page_alloc.ts';
import { get_swap_page, swapcache_prepare } from './swapfile.ts';

/** `lookup_swap_cache`: the page of slot `s` with a reference taken, or -1. Lockless: look, take the reference, look again. */
export function* lookup_swap_cache(k: Machine, s: number): Steps<number> {
  for (;;) {
    const f = (yield* k.swap.cache[s]!.load()) - 1;
    if (f < 0) return -1;
    if (!(yield* get_page_unless_zero(k, f))) continue;
    if (yield* k.swap.cache[s]!.is(f + 1)) return f;
    yield* put_page(k, f);
  }
}

/** `add_to_swap_cache` [page lock]: the thread's hold on SWAP_HAS_CACHE passes to the cache, which takes a reference. */
export function* add_to_swap_cache(k: Machine, f: number, s: number): Steps<void> {
  const page = k.page[f]!;
  yield* page.refcount.add(1);
  hold_ref(f, 1);
  yield* k.swap.i_pages.lock();
  const before = yield* page.flags.fetchUpdate(
    k.private_mask,
    put_page_private(PAGE.swapcache.mask, s),
    PAGE.swapcache.mask,
  );
  assert(before === 0, 'I12: a page enters the swap cache only while not in it');
  hold_ref(f, -1);
  yield* k.swap.cache[s]!.store(f + 1);
  hold_cache(k, s, -1);
  yield* k.swap.i_pages.unlock();
}

/** `add_to_swap` [page lock]: a slot and a place in the swap cache for an anonymous page; false if swap is full. */
export function* add_to_swap(k: Machine, f: number): Steps<boolean> {
  const s = yield* get_swap_page(k);
  if (s < 0) return false;
  yield* add_to_swap_cache(k, f, s);
  // The page must be written even if its PTEs are clean: the slot holds nothing yet.
  yield* k.page[f]!.dirty.store(1);
  return true;
}

/** `swap_readpage`: fills the locked page from slot `s`, word by word, and marks it uptodate. */
export function* swap_readpage(k: Machine, f: number, s: number): Steps<void> {
  for (let slot = 0; slot < k.slots; slot++) {
    const value = yield* k.swap.data[s]![slot]!.load();
    yield* k.page[f]!.data[slot]!.store(value);
  }
  yield* k.page[f]!.uptodate.store(1);
}

/**
 * `read_swap_cache_async`: the swap cache page of slot `s` with a reference, read from the device if need be; -1 if the slot is
 * no longer in use. The reading thread stands in for the read completion: the page is locked until its contents are there.
 */
export function* read_swap_cache_async(k: Machine, s: number): Steps<number> {
  for (;;) {
    const cached = yield* lookup_swap_cache(k, s);
    if (cached >= 0) return cached;
    const f = yield* alloc_page(k);
    const claim = yield* swapcache_prepare(k, s);
    if (claim === 'claimed') {
      yield* lock_page(k, f);
      yield* add_to_swap_cache(k, f, s);
      yield* lru_cache_add(k, f);
      yield* swap_readpage(k, f, s);
      yield* unlock_page(k, f);
      return f;
    }
    yield* put_page(k, f);
    if (claim === 'free') return -1;
    // Another thread has the slot and is about to insert its page, or about to let go: wait instead of polling every tick.
    const map = k.swap.map[s]!.field(SWAP_MAP.has_cache);
    yield* until(k.conditions.any(equals(map, 0), differs(k.swap.cache[s]!, 0)));
  }
}
