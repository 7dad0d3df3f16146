/** mm/swapfile.c: swap slots, their counts, and leaving the swap cache. */
import { atomic, assert, fail } from '../core/control.ts';
import type { Steps } from '../core/operations.ts';
import { hold_cache, hold_ref, hold_slot } from './accounts.ts';
import { PAGE, page_private, SWAP_MAP, type Machine } from './machine.ts';
import { get_page_unless_zero, put_page, trylock_page, unlock_page } from './page_alloc.ts';
import { Tokens } from './tokens.ts';

function* get_swap_page$scan(k: Machine): Steps<number> {
  for (let s = 0; s < k.swap.map.length; s++) {
    if ((yield* k.swap.map[s]!.load()) !== 0) continue;
    yield* k.swap.map[s]!.store(SWAP_MAP.has_cache.mask);
    hold_cache(k, s, 1);
    return s;
  }
  return -1;
}

/** `get_swap_page`: takes the lowest free slot with SWAP_HAS_CACHE [cluster lock: one step]; -1 if swap is full. */
export function* get_swap_page(k: Machine): Steps<number> {
  return yield* atomic(get_swap_page$scan(k));
}

function* swap_slot_free_notify(k: Machine, s: number): Steps<void> {
  for (let slot = 0; slot < k.slots; slot++) yield* k.swap.data[s]![slot]!.store(Tokens.FREED);
}

function* put_swap_page$locked(k: Machine, s: number): Steps<void> {
  const before = yield* k.swap.map[s]!.fetchUpdate(SWAP_MAP.has_cache.mask, 0);
  if (SWAP_MAP.has_cache.of(before) === 0) fail('double-free', `swap[${s}]: SWAP_HAS_CACHE dropped twice`);
  hold_cache(k, s, -1);
  if (SWAP_MAP.count.of(before) === 0) yield* swap_slot_free_notify(k, s);
}

/** `put_swap_page` / `swapcache_free`: drops SWAP_HAS_CACHE, which the thread holds; frees the slot if no PTE names it. */
export function* put_swap_page(k: Machine, s: number): Steps<void> {
  yield* atomic(put_swap_page$locked(k, s));
}

function* swap_free$locked(k: Machine, s: number): Steps<void> {
  const before = yield* k.swap.map[s]!.fetchAdd(-1);
  if (SWAP_MAP.count.of(before) === 0) fail('double-free', `swap_free: swap[${s}] has no users left`);
  hold_slot(k, s, -1);
  if (before === 1) yield* swap_slot_free_notify(k, s);
}

/** `swap_free`: one swap PTE less; the slot, if free now, may be handed out again at once and forgets its contents. */
export function* swap_free(k: Machine, s: number): Steps<void> {
  yield* atomic(swap_free$locked(k, s));
}

/** `swap_duplicate`: one swap PTE more, which the thread is about to install. */
export function* swap_duplicate(k: Machine, s: number): Steps<void> {
  yield* k.swap.map[s]!.add(1);
  hold_slot(k, s, 1);
}

function* swapcache_prepare$locked(k: Machine, s: number): Steps<'claimed' | 'taken' | 'free'> {
  const map = yield* k.swap.map[s]!.load();
  if (SWAP_MAP.count.of(map) === 0) return 'free';
  if (SWAP_MAP.has_cache.of(map) !== 0) return 'taken';
  yield* k.swap.map[s]!.update(0, SWAP_MAP.has_cache.mask);
  hold_cache(k, s, 1);
  return 'claimed';
}

/** `swapcache_prepare`: sets SWAP_HAS_CACHE if the slot is in use and nobody has it [cluster lock: one step]. */
export function* swapcache_prepare(k: Machine, s: number): Steps<'claimed' | 'taken' | 'free'> {
  return yield* atomic(swapcache_prepare$locked(k, s));
}

/** `__swap_count`: lockless. */
export function* swap_count(k: Machine, s: number): Steps<number> {
  return yield* k.swap.map[s]!.field(SWAP_MAP.count).load();
}

/** `delete_from_swap_cache` [page lock]: takes i_pages, drops the cache's reference and SWAP_HAS_CACHE. */
export function* delete_from_swap_cache(k: Machine, f: number, s: number): Steps<void> {
  yield* k.swap.i_pages.lock();
  yield* __delete_from_swap_cache(k, f, s);
  yield* k.swap.i_pages.unlock();
  yield* put_swap_page(k, s);
  yield* k.page[f]!.refcount.add(-1);
  hold_ref(f, -1);
}

/** `__delete_from_swap_cache` [page lock, i_pages]: the thread takes over the cache's reference and SWAP_HAS_CACHE. */
export function* __delete_from_swap_cache(k: Machine, f: number, s: number): Steps<void> {
  yield* k.swap.cache[s]!.store(0);
  hold_cache(k, s, 1);
  const flags = yield* k.page[f]!.flags.fetchUpdate(
    PAGE.swapcache.mask | k.private_mask,
    0,
    PAGE.swapcache.mask | PAGE.writeback.mask,
  );
  assert(
    flags === PAGE.swapcache.mask,
    'I11: a page leaves the swap cache only while in it and not under writeback',
  );
  hold_ref(f, 1);
}

/** `try_to_free_swap` [page lock]: leaves the swap cache if no swap PTE names the slot and no writeback runs; sets dirty. */
export function* try_to_free_swap(k: Machine, f: number): Steps<boolean> {
  const flags = yield* k.page[f]!.flags.loadMasked(
    PAGE.swapcache.mask | PAGE.writeback.mask | k.private_mask,
  );
  if ((flags & PAGE.swapcache.mask) === 0 || (flags & PAGE.writeback.mask) !== 0) return false;
  const s = page_private(flags);
  if (!(yield* k.swap.map[s]!.field(SWAP_MAP.count).is(0))) return false;
  yield* delete_from_swap_cache(k, f, s);
  yield* k.page[f]!.dirty.store(1);
  return true;
}

/**
 * `reuse_swap_page` [page lock], up to v5.17: is the page mapped (and named by swap PTEs) only once? References do not count.
 * A page that is only swap-cached leaves the cache, except under writeback, where a stable-writes device forbids the reuse.
 */
export function* reuse_swap_page(k: Machine, f: number): Steps<boolean> {
  const page = k.page[f]!;
  if (k.vmas && (yield* page.flags.field(PAGE.ksm).is(1))) return false;
  let count = yield* page.mapcount.load();
  const flags = yield* page.flags.loadMasked(PAGE.swapcache.mask | k.private_mask);
  const s = page_private(flags);
  const cached = (flags & PAGE.swapcache.mask) !== 0;
  if (count <= 1 && cached) {
    count += yield* swap_count(k, s);
    if (count === 1) {
      if (yield* page.writeback.is(0)) {
        yield* delete_from_swap_cache(k, f, s);
        yield* page.dirty.store(1);
      } else if (k.swap.stable_writes) return false;
    }
  }
  return count <= 1;
}

/** `free_swap_cache`: a page that nothing maps any more need not stay in the swap cache. */
export function* free_swap_cache(k: Machine, f: number): Steps<void> {
  const page = k.page[f]!;
  if ((yield* page.flags.loadMasked(PAGE.swapcache.mask)) === 0) return;
  if (!(yield* page.mapcount.is(0))) return;
  if (!(yield* trylock_page(k, f))) return;
  yield* try_to_free_swap(k, f);
  yield* unlock_page(k, f);
}

/** `free_swap_and_cache` [PTL, the PTE cleared]: one swap PTE less; the swap cache follows if it has the only use and no mapping. */
export function* free_swap_and_cache(k: Machine, s: number): Steps<void> {
  yield* swap_free(k, s);
  const f = (yield* k.swap.cache[s]!.load()) - 1;
  if (f < 0 || !(yield* k.swap.map[s]!.field(SWAP_MAP.count).is(0))) return;
  if (!(yield* get_page_unless_zero(k, f))) return;
  yield* free_swap_cache(k, f);
  yield* put_page(k, f);
}
