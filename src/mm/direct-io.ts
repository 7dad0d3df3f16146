/** fs/direct-io.c, block/bio.c: O_DIRECT, and the device that moves the data (semantics.md 3.18). */
import { atomic, cover, observe } from '../core/control.ts';
import type { Steps } from '../core/operations.ts';
import { check_nothing_held } from './accounts.ts';
import { get_user_pages_fast, hold_user_page, put_user_page, type GupFlags } from './gup.ts';
import { $ideal_begin, $ideal_complete, $ideal_load } from './ideal.ts';
import type { Machine, Request } from './machine.ts';
import { $stable_page_check } from './mmu.ts';
import { lock_page, unlock_page } from './page_alloc.ts';
import { Tokens } from './tokens.ts';

function flagsOf(k: Machine, r: number): GupFlags {
  const { direction, pin } = k.requestTargets[r]!;
  return { write: direction === 'read', pin, request: r };
}

/** `set_page_dirty_lock`. */
function* set_page_dirty_lock(k: Machine, f: number): Steps<void> {
  yield* lock_page(k, f);
  yield* k.page[f]!.dirty.store(1);
  yield* unlock_page(k, f);
}

/** `bio.page` naming the zero page. */
const ZERO_BIO = 15;

/**
 * The submission half of request `r`: takes the reference and hands the page to the device. `direction` 'read' lets the device
 * write into memory (FOLL_WRITE). Returns the frame (ZERO_PAGE for the zero page).
 */
function* direct_io$submit(k: Machine, r: number): Steps<number> {
  const target = k.requestTargets[r]!;
  if (target.direction === 'read') yield* $ideal_begin(k, r);
  const f = yield* get_user_pages_fast(k, k.mm[target.mm]!, target.page, flagsOf(k, r));
  if (target.direction === 'read' && target.asynchronous) yield* set_page_dirty_lock(k, f);
  yield* k.request[r]!.bio.store(f < 0 ? ZERO_BIO : f + 1);
  // With the page goes the reference, which the completion of an asynchronous request drops.
  if (target.asynchronous) hold_user_page(k, f, target.pin, -1);
  return f;
}

/** A blocking O_DIRECT read or write: submit, wait, dirty, drop the reference, return to the caller. */
export function* direct_io(k: Machine, r: number): Steps<void> {
  const f = yield* direct_io$submit(k, r);
  yield* k.request[r]!.complete.untilIs(1);
  const reads = k.requestTargets[r]!.direction === 'read';
  if (reads) yield* set_page_dirty_lock(k, f);
  yield* put_user_page(k, f, flagsOf(k, r));
  if (reads) yield* $ideal_complete(k, r);
}

/** Asynchronous direct I/O: returns once the device has the page; the device's completion drops the reference. */
export function* io_submit(k: Machine, r: number): Steps<void> {
  yield* direct_io$submit(k, r);
}

/** Waits for the completion of request `r`; from here on the data must be there. */
export function* io_getevents(k: Machine, r: number): Steps<void> {
  yield* k.request[r]!.complete.untilIs(1);
  if (k.requestTargets[r]!.direction === 'read') yield* $ideal_complete(k, r);
}

/** One DMA access: into the frame (read) or out of it (write). The device knows the frame only, no page table, no lock. */
function* dma_engine$move(k: Machine, r: number, bio: number): Steps<void> {
  const { direction, mm, page, slot, token } = k.requestTargets[r]!;
  if (direction === 'read') {
    yield* k.page[bio - 1]!.data[slot]!.store(token);
    yield* observe($stable_page_check(k, bio - 1, 'the device'));
    return;
  }
  const value = bio === ZERO_BIO ? Tokens.ZERO : yield* k.page[bio - 1]!.data[slot]!.load();
  if (k.options.strict)
    yield* $ideal_load(k, k.mm[mm]!, page, slot, value, 'the device, through its reference,');
}

function* dma_engine$take(request: Request): Steps<number> {
  yield* request.bio.untilNot(0);
  return yield* request.bio.exchange(0);
}

/** The DMA engine for request `r`: waits for the page, moves the data whenever it likes, completes. Ends then. */
export function* dma_engine(k: Machine, r: number): Steps<void> {
  const { after, asynchronous, direction, pin } = k.requestTargets[r]!;
  const request = k.request[r]!;
  const bio = yield* atomic(dma_engine$take(request));
  const f = bio === ZERO_BIO ? -1 : bio - 1;
  if (asynchronous) hold_user_page(k, f, pin, 1);
  if (after >= 0) yield* k.done[after]!.untilIs(1);
  yield* atomic(dma_engine$move(k, r, bio));
  cover('the device moved the data');
  yield* request.complete.store(1);
  if (!asynchronous) return check_nothing_held(k);
  // The caller may know already. bio_check_pages_dirty: a page found clean is dirtied from a workqueue before the reference goes.
  if (direction === 'read' && (yield* k.page[f]!.dirty.is(0))) yield* set_page_dirty_lock(k, f);
  yield* put_user_page(k, f, flagsOf(k, r));
  check_nothing_held(k);
}
