/** mm/page_alloc.c, mm/swap.c: page frames come and go; references. */
import { atomic, currentThread, fail } from '../core/control.ts';
import type { Steps } from '../core/operations.ts';
import { hold_ref } from './accounts.ts';
import { GUP_PIN_COUNTING_BIAS, PAGE, type Machine } from './machine.ts';
import { Tokens } from './tokens.ts';

function* alloc_page$take(k: Machine): Steps<number> {
  yield* k.free.untilNot(0);
  const free = yield* k.free.load();
  const f = 31 - Math.clz32(free & -free);
  yield* k.free.store(free & ~(1 << f));
  yield* k.page[f]!.refcount.store(1);
  hold_ref(f, 1);
  return f;
}

/**
 * `alloc_page`: a frame with one reference, contents undefined. Waits while none is free (a program with too few frames
 * deadlocks and says so). A freed frame is handed out again at once.
 */
export function* alloc_page(k: Machine): Steps<number> {
  return yield* atomic(alloc_page$take(k));
}

/** `alloc_zeroed_user_highpage_movable`. */
export function* alloc_zeroed_page(k: Machine): Steps<number> {
  const f = yield* alloc_page(k);
  yield* atomic(clear_page(k, f));
  return f;
}

function* clear_page(k: Machine, f: number): Steps<void> {
  for (let slot = 0; slot < k.slots; slot++) yield* k.page[f]!.data[slot]!.store(Tokens.ZERO);
}

/** `get_page`: one more reference, which the thread now holds. */
export function* get_page(k: Machine, f: number): Steps<void> {
  yield* k.page[f]!.refcount.add(1);
  hold_ref(f, 1);
}

/** `get_page_unless_zero`. */
export function* get_page_unless_zero(k: Machine, f: number): Steps<boolean> {
  if (!(yield* k.page[f]!.refcount.addUnless(1, 0))) return false;
  hold_ref(f, 1);
  return true;
}

/** `put_page`: drops a reference the thread holds; the last one frees the page. */
export function* put_page(k: Machine, f: number): Steps<void> {
  yield* put_page$refs(k, f, 1);
}

/** Drops `count` references at once (`page_ref_sub_and_test`): 1024 for a pin. */
export function* put_page$refs(k: Machine, f: number, count: number): Steps<void> {
  const last = yield* k.page[f]!.refcount.addAndTest(-count, 0);
  hold_ref(f, -count);
  if (last) yield* free_page(k, f);
}

/** `__put_page`, `free_unref_page`: the frame, without references, becomes free. */
export function* free_page(k: Machine, f: number): Steps<void> {
  yield* atomic(free_page$release(k, f));
}

function* free_page$release(k: Machine, f: number): Steps<void> {
  yield* k.page[f]!.flags.store(0);
  for (let slot = 0; slot < k.slots; slot++) yield* k.page[f]!.data[slot]!.store(Tokens.FREED);
  if (((yield* k.free.fetchOr(1 << f)) & (1 << f)) !== 0) fail('double-free', `page[${f}] was freed twice`);
}

/** `page_maybe_dma_pinned`. */
export function* page_maybe_dma_pinned(k: Machine, f: number): Steps<boolean> {
  return (yield* k.page[f]!.refcount.load()) >= GUP_PIN_COUNTING_BIAS;
}

/** `lock_page`: may sleep. */
export function* lock_page(k: Machine, f: number): Steps<void> {
  yield* k.page[f]!.lock.lock();
}

export function* trylock_page(k: Machine, f: number): Steps<boolean> {
  return yield* k.page[f]!.lock.trylock();
}

export function* unlock_page(k: Machine, f: number): Steps<void> {
  yield* k.page[f]!.lock.unlock();
}

/**
 * `lru_cache_add`: the page goes to this CPU's pagevec, which holds a reference, and from there to the LRU list when the pagevec is
 * drained: at once or at any later time (see `lru_drain`). Without pagevecs in the machine it is on the list at once.
 */
export function* lru_cache_add(k: Machine, f: number): Steps<void> {
  if (k.options.pagevec) yield* atomic(lru_cache_add$pagevec(k, f, currentThread() + 1));
  else yield* k.page[f]!.lru.store(1);
}

function* lru_cache_add$pagevec(k: Machine, f: number, cpu: number): Steps<void> {
  yield* k.page[f]!.refcount.add(1);
  yield* k.page[f]!.flags.field(PAGE.pagevec).store(cpu);
}

/** `lru_add_drain`: the pages in this CPU's pagevec go to the LRU list; other CPUs' pagevecs stay as they are. */
export function* lru_add_drain(k: Machine): Steps<void> {
  if (k.options.pagevec) yield* atomic(pagevec_lru_move(k, currentThread() + 1));
}

/** `lru_add_drain_all`, as one step. */
export function* lru_add_drain_all(k: Machine): Steps<void> {
  yield* pagevec_lru_move(k, ALL_CPUS);
}

const ALL_CPUS = 0;

function* pagevec_lru_move(k: Machine, cpu: number): Steps<void> {
  for (let f = 0; f < k.page.length; f++) {
    const page = k.page[f]!;
    const waits = yield* page.flags.field(PAGE.pagevec).load();
    if (waits === 0 || (cpu !== ALL_CPUS && waits !== cpu)) continue;
    yield* page.flags.update(PAGE.pagevec.mask, PAGE.lru.mask);
    if (yield* page.refcount.addAndTest(-1, 0)) yield* free_page$release(k, f);
  }
}
