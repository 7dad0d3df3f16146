/** mm/page_io.c and the swap device: writeback. */
import { atomic, cover, rest } from '../core/control.ts';
import type { Steps } from '../core/operations.ts';
import { page_private, type Machine } from './machine.ts';
import { unlock_page } from './page_alloc.ts';
import { try_to_free_swap } from './swapfile.ts';
import { Tokens } from './tokens.ts';

/**
 * `swap_writepage` [page lock, dropped]: 'freed_swap' if no PTE needs the slot any more; 'submitted' if the device writes on its
 * own from now on; 'written' if this thread wrote it or waited for the device. Up to v6.1 (rw_page) a synchronous device writes
 * before the page is unlocked, so that nobody sees the writeback; later it unlocks first.
 */
export function* swap_writepage(k: Machine, f: number): Steps<'freed_swap' | 'submitted' | 'written'> {
  const page = k.page[f]!;
  const locked = k.kernel.rule_reclaim_page_lock;
  if (yield* try_to_free_swap(k, f)) {
    if (locked) yield* unlock_page(k, f);
    return 'freed_swap';
  }
  if (k.features.swap_zeromap && !k.oracle && (yield* is_folio_zero_filled(k, f))) {
    yield* swap_device$write(k, f);
    if (locked) yield* unlock_page(k, f);
    return 'written';
  }
  yield* page.writeback.store(1);
  if (k.swap.synchronous_io) {
    if (locked && !k.kernel.zram_rw_page) yield* unlock_page(k, f);
    yield* swap_device$write(k, f);
    yield* page.writeback.store(0);
    if (locked && k.kernel.zram_rw_page) yield* unlock_page(k, f);
    return 'written';
  }
  if (locked) yield* unlock_page(k, f);
  yield* k.swap.queue.update(0, 1 << f);
  cover('writeback was submitted');
  return 'submitted';
}

/** A page of zeroes: from v6.12 a bit in a map is all that is written, at once and with the page locked. */
function* is_folio_zero_filled(k: Machine, f: number): Steps<boolean> {
  for (let slot = 0; slot < k.slots; slot++)
    if (!(yield* k.page[f]!.data[slot]!.is(Tokens.ZERO))) return false;
  return true;
}

/** The device reads the page and fills the slot, word by word. */
function* swap_device$write(k: Machine, f: number): Steps<void> {
  const s = page_private(yield* k.page[f]!.flags.loadMasked(k.private_mask));
  for (let slot = 0; slot < k.slots; slot++) {
    const value = yield* k.page[f]!.data[slot]!.load();
    yield* k.swap.data[s]![slot]!.store(value);
  }
}

function* swap_device$next(k: Machine): Steps<number> {
  yield* k.swap.queue.untilNot(0);
  const queue = yield* k.swap.queue.load();
  const f = 31 - Math.clz32(queue & -queue);
  yield* k.swap.queue.store(queue & ~(1 << f));
  return f;
}

/** The swap device: an agent that takes queued pages, writes them and ends their writeback (`end_swap_bio_write`). Endless. */
export function* swap_device(k: Machine): Steps<void> {
  for (;;) {
    rest();
    const f = yield* atomic(swap_device$next(k));
    yield* swap_device$write(k, f);
    yield* k.page[f]!.writeback.store(0);
  }
}
