/** mm/rmap.c and include/linux/rmap.h: mapping and unmapping anonymous pages. */
import { assert, cover, fence } from '../core/control.ts';
import type { Steps } from '../core/operations.ts';
import { hold_map, hold_ref, hold_slot } from './accounts.ts';
import { PAGE, type Machine, type Mm } from './machine.ts';
import { page_maybe_dma_pinned, put_page } from './page_alloc.ts';
import {
  PTE,
  pte_dirty,
  pte_pfn,
  pte_present,
  pte_special,
  pte_swp_mkexclusive,
  pte_write,
  swp_entry_to_pte,
} from './pgtable.ts';
import { swap_duplicate } from './swapfile.ts';

/** Does a present PTE map frame `f`? */
function maps(pte: number, f: number): boolean {
  return pte_present(pte) && !pte_special(pte) && pte_pfn(pte) === f;
}

/** `page_add_new_anon_rmap` [PTL]: the first mapping of a page nobody else has seen; exclusive where the flag exists. */
export function* page_add_new_anon_rmap(k: Machine, f: number, v: number): Steps<void> {
  const page = k.page[f]!;
  yield* page.mapcount.store(1);
  hold_map(k, f, 1);
  const set = PAGE.anon.mask | PAGE.uptodate.mask | (k.kernel.anon_exclusive ? PAGE.anon_exclusive.mask : 0);
  yield* page.flags.update(PAGE.index.mask, set | PAGE.index.put(0, v));
}

/** `page_add_anon_rmap` [PTL, page lock]: one mapping more; `exclusive` is RMAP_EXCLUSIVE. */
export function* page_add_anon_rmap(k: Machine, f: number, v: number, exclusive: boolean): Steps<void> {
  const page = k.page[f]!;
  const before = yield* page.mapcount.fetchAdd(1);
  hold_map(k, f, 1);
  const flags = yield* page.flags.fetchUpdate(
    PAGE.index.mask,
    PAGE.anon.mask | PAGE.index.put(0, v) | (exclusive ? PAGE.anon_exclusive.mask : 0),
    PAGE.anon_exclusive.mask,
  );
  if (!k.kernel.anon_exclusive) return;
  assert(before === 0 || !exclusive, 'I2: page_add_anon_rmap: an exclusive mapping must be the only one');
  assert(before === 0 || flags === 0, 'I2: page_add_anon_rmap: a second mapping of a PG_anon_exclusive page');
}

/** `page_remove_rmap` [PTL]. */
export function* page_remove_rmap(k: Machine, f: number): Steps<void> {
  yield* k.page[f]!.mapcount.add(-1);
  hold_map(k, f, -1);
}

/** `page_move_anon_rmap` [PTL, page lock]: the page belongs to this process alone from now on. */
export function* page_move_anon_rmap(k: Machine, f: number): Steps<void> {
  if (k.kernel.anon_exclusive) yield* k.page[f]!.anon_exclusive.store(1);
}

/**
 * `page_try_share_anon_rmap` [PTL, PTE cleared]: clears PG_anon_exclusive unless the page may be pinned. GUP-fast tests in the
 * opposite order (pin, then PTE), hence the barriers of v6.1.
 */
function* page_try_share_anon_rmap(k: Machine, f: number): Steps<boolean> {
  yield* fence();
  if (k.kernel.unmap_refuses_pinned && (yield* page_maybe_dma_pinned(k, f))) return false;
  yield* k.page[f]!.anon_exclusive.store(0);
  yield* fence();
  return true;
}

/**
 * `try_to_unmap_one` [page lock, anon_vma]: replaces the PTE of `mm` that maps frame `f` by a swap PTE. False if the page must
 * stay mapped (it may be pinned); then the PTE has exactly its old value again.
 */
export function* try_to_unmap_one(k: Machine, mm: Mm, f: number, v: number): Steps<boolean> {
  const page = k.page[f]!;
  const pte = mm.pte[v]!;
  // page_vma_mapped_walk looks without the lock first: a PTE that is none for a moment is missed, as in the kernel.
  if (!maps(yield* pte.loadMasked(PTE.present.mask | PTE.special.mask | PTE.pfn.mask), f)) return true;
  yield* mm.ptl.lock();
  const found = yield* pte.load();
  if (!maps(found, f)) {
    yield* mm.ptl.unlock();
    return true;
  }
  const anon_exclusive = k.kernel.anon_exclusive && (yield* page.anon_exclusive.is(1));
  const old = yield* pte.exchange(0);
  hold_ref(f, 1);
  hold_map(k, f, 1);
  if (k.kernel.anon_exclusive)
    assert(!pte_write(old) || anon_exclusive, 'I1: a writable PTE maps a page that is not exclusive');
  if (pte_dirty(old)) yield* page.dirty.store(1);
  const s = PAGE.private.of(yield* page.flags.loadMasked(PAGE.private.mask));
  yield* swap_duplicate(k, s);
  if (anon_exclusive && !(yield* page_try_share_anon_rmap(k, f))) {
    yield* k.swap.map[s]!.add(-1);
    hold_slot(k, s, -1);
    yield* pte.store(old);
    hold_ref(f, -1);
    hold_map(k, f, -1);
    yield* mm.ptl.unlock();
    return false;
  }
  let swp_pte = swp_entry_to_pte(s);
  if (anon_exclusive && k.kernel.unmap_sets_exclusive && k.kernel.swp_exclusive_arch)
    swp_pte = pte_swp_mkexclusive(swp_pte);
  yield* pte.store(swp_pte);
  hold_slot(k, s, -1);
  cover('try_to_unmap installed a swap PTE');
  yield* page_remove_rmap(k, f);
  yield* put_page(k, f);
  yield* mm.ptl.unlock();
  return true;
}

/** `try_to_unmap` [page lock]: walks all address spaces that may map the page; true if none does afterwards. */
export function* try_to_unmap(k: Machine, f: number): Steps<boolean> {
  const page = k.page[f]!;
  const v = PAGE.index.of(yield* page.flags.loadMasked(PAGE.index.mask));
  yield* k.anon_vma.downRead();
  for (let m = 0; m < k.mm.length; m++) {
    if (!(yield* try_to_unmap_one(k, k.mm[m]!, f, v))) break;
  }
  yield* k.anon_vma.upRead();
  return yield* page.mapcount.is(0);
}
