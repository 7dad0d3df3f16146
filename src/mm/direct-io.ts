/** fs/direct-io.c, block/bio.c: O_DIRECT, and the device that moves the data (semantics.md 3.18). */
import { atomic, cover, fail, observe, rest } from '../core/control.ts';
import type { Steps } from '../core/operations.ts';
import { get_user_pages_fast, put_user_page, type GupFlags } from './gup.ts';
import { $ideal_begin, $ideal_complete, $ideal_load } from './ideal.ts';
import type { Machine, Mm, RequestTarget } from './machine.ts';
import { $stable_page_check } from './mmu.ts';
import { lock_page, unlock_page } from './page_alloc.ts';
import { Tokens } from './tokens.ts';

function mmOf(k: Machine, target: RequestTarget): Mm {
  return k.mm[target.mm]!;
}

function flagsOf(target: RequestTarget): GupFlags {
  return { write: target.direction === 'read', pin: target.pin };
}

/** `set_page_dirty_lock`. */
function* set_page_dirty_lock(k: Machine, f: number): Steps<void> {
  yield* lock_page(k, f);
  yield* k.page[f]!.dirty.store(1);
  yield* unlock_page(k, f);
}

/**
 * The submission half of request `r`: takes the reference and hands the page to the device. `direction` 'read' lets the device
 * write into memory (FOLL_WRITE). Returns the frame (ZERO_PAGE for the zero page).
 */
export function* direct_io$submit(k: Machine, r: number): Steps<number> {
  const target = k.requestTargets[r]!;
  const request = k.request[r]!;
  const mm = mmOf(k, target);
  if (target.direction === 'read') yield* $ideal_begin(k, request, mm, target.page, target.slot);
  const f = yield* get_user_pages_fast(k, mm, target.page, flagsOf(target));
  if (target.direction === 'read' && target.asynchronous) yield* set_page_dirty_lock(k, f);
  yield* request.bio.store(f < 0 ? ZERO_BIO : f + 1);
  return f;
}

/** `bio.page` naming the zero page. */
const ZERO_BIO = 15;

/** A blocking O_DIRECT read or write: submit, wait, dirty, drop the reference, return to the caller. */
export function* direct_io(k: Machine, r: number): Steps<void> {
  const target = k.requestTargets[r]!;
  const request = k.request[r]!;
  const f = yield* direct_io$submit(k, r);
  yield* request.complete.untilIs(1);
  if (target.direction === 'read') yield* set_page_dirty_lock(k, f);
  yield* put_user_page(k, f, flagsOf(target));
  if (target.direction === 'read')
    yield* $ideal_complete(k, request, mmOf(k, target), target.page, target.slot, target.token);
}

/** Asynchronous direct I/O: returns once the device has the page; the device's completion drops the reference. */
export function* io_submit(k: Machine, r: number): Steps<void> {
  yield* direct_io$submit(k, r);
}

/** Waits for the completion of request `r` (`io_getevents`); from here on the data must be there. */
export function* io_getevents(k: Machine, r: number): Steps<void> {
  const target = k.requestTargets[r]!;
  const request = k.request[r]!;
  yield* request.complete.untilIs(1);
  if (target.direction === 'read')
    yield* $ideal_complete(k, request, mmOf(k, target), target.page, target.slot, target.token);
}

/** One DMA access: into the frame (read) or out of it (write). The device knows the frame only, no page table, no lock. */
function* dma_engine$move(k: Machine, r: number, bio: number): Steps<void> {
  const target = k.requestTargets[r]!;
  if (target.direction === 'read') {
    yield* k.page[bio - 1]!.data[target.slot]!.store(target.token);
    yield* observe($stable_page_check(k, bio - 1, 'the device'));
    return;
  }
  const value = bio === ZERO_BIO ? Tokens.ZERO : yield* k.page[bio - 1]!.data[target.slot]!.load();
  if (k.options.strict)
    yield* $ideal_load(
      k,
      mmOf(k, target),
      target.page,
      target.slot,
      value,
      'the device, through its reference,',
    );
  if (value === Tokens.FREED) fail('use-after-free', `the device reads page[${bio - 1}], which is free`);
}

/** The DMA engine for request `r`: waits for the page, moves the data whenever it likes, completes. Ends then. */
export function* dma_engine(k: Machine, r: number): Steps<void> {
  const target = k.requestTargets[r]!;
  const request = k.request[r]!;
  rest();
  yield* request.bio.untilNot(0);
  const bio = yield* request.bio.load();
  if (target.after >= 0) yield* k.done[target.after]!.untilIs(1);
  yield* atomic(dma_engine$move(k, r, bio));
  cover('the device moved the data');
  if (!target.asynchronous) {
    yield* request.complete.store(1);
    return;
  }
  // bio_check_pages_dirty: a page found clean is dirtied from a workqueue before the reference goes.
  const f = bio === ZERO_BIO ? -1 : bio - 1;
  if (target.direction === 'read' && (yield* k.page[f]!.dirty.is(0))) yield* set_page_dirty_lock(k, f);
  yield* put_user_page(k, f, flagsOf(target));
  yield* request.complete.store(1);
}
