/** mm/rmap.c and include/linux/rmap.h: mapping and unmapping anonymous pages. */
import { assert, cover, fence } from '../core/control.ts';
import type { Steps } from '../core/operations.ts';
import { hold_map, hold_ref, hold_slot } from './accounts.ts';
import { PAGE, page_private, type Machine, type Mm } from './machine.ts';
import { page_maybe_dma_pinned, put_page } from './page_alloc.ts';
import {
  PTE,
  pte_dirty,
  pte_pfn,
  pte_present,
  pte_special,
  pte_mkuffd_wp,
  pte_swp_mkexclusive,
  pte_uffd_wp,
  pte_write,
  swp_entry_to_pte,
} from './pgtable.ts';
import { swap_duplicate } from './swapfile.ts';
import { anon_vma_of } from './vma.ts';

/** Does a present PTE map frame `f`? */
function maps(pte: number, f: number): boolean {
  return pte_present(pte) && !pte_special(pte) && pte_pfn(pte) === f;
}

/** `page_add_new_anon_rmap` [PTL]: the first mapping of a page nobody else has seen; exclusive where the flag exists. */
export function* page_add_new_anon_rmap(k: Machine, mm: Mm, f: number, v: number): Steps<void> {
  const page = k.page[f]!;
  yield* page.mapcount.store(1);
  hold_map(k, f, 1);
  const set = PAGE.anon.mask | PAGE.uptodate.mask | (k.kernel.anon_exclusive ? PAGE.anon_exclusive.mask : 0);
  const anon_vma = yield* anon_vma_of(k, mm, v);
  yield* page.flags.update(k.index_mask, set | place(anon_vma, v));
}

/** `page->mapping` and `page->index`. */
function place(anon_vma: number, v: number): number {
  return PAGE.anon_vma.put(PAGE.index.put(0, v), anon_vma);
}

/** `page_add_anon_rmap` [PTL, page lock]: one mapping more; `exclusive` is RMAP_EXCLUSIVE. */
export function* page_add_anon_rmap(
  k: Machine,
  mm: Mm,
  f: number,
  v: number,
  exclusive: boolean,
): Steps<void> {
  const page = k.page[f]!;
  const before = yield* page.mapcount.fetchAdd(1);
  hold_map(k, f, 1);
  // A page that is anonymous already keeps its place: it may be a KSM page, or be shared with a relation's VMA.
  const keeps = k.vmas && (yield* page.flags.field(PAGE.anon).is(1));
  const anon_vma = yield* anon_vma_of(k, mm, v);
  const flags = yield* page.flags.fetchUpdate(
    keeps ? 0 : k.index_mask,
    PAGE.anon.mask | (keeps ? 0 : place(anon_vma, v)) | (exclusive ? PAGE.anon_exclusive.mask : 0),
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

/** `reuse_ksm_page` [PTL, page lock], up to v5.8: a KSM page with one user becomes an ordinary page of that user again. */
export function* reuse_ksm_page(k: Machine, mm: Mm, f: number, v: number): Steps<void> {
  const anon_vma = yield* anon_vma_of(k, mm, v);
  yield* k.page[f]!.flags.update(k.index_mask | PAGE.ksm.mask, place(anon_vma, v));
}

/**
 * `page_try_share_anon_rmap` [PTL, PTE cleared]: clears PG_anon_exclusive unless the page may be pinned. GUP-fast tests in the
 * opposite order (pin, then PTE), hence the barriers of v6.1.
 */
export function* page_try_share_anon_rmap(k: Machine, f: number): Steps<boolean> {
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
  if (!maps(yield* pte.loadMasked(PTE.present.mask | PTE.special.mask | k.pfn_mask), f)) return true;
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
  if (k.vmas && (yield* page.flags.field(PAGE.lazyfree).is(1)))
    return yield* try_to_unmap_one$lazyfree(k, mm, f, v, old);
  const s = page_private(yield* page.flags.loadMasked(k.private_mask));
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
  if (pte_uffd_wp(old)) swp_pte = pte_mkuffd_wp(swp_pte);
  yield* pte.store(swp_pte);
  hold_slot(k, s, -1);
  cover('try_to_unmap installed a swap PTE');
  yield* page_remove_rmap(k, f);
  yield* put_page(k, f);
  yield* mm.ptl.unlock();
  return true;
}

/**
 * A MADV_FREE page [PTL, PTE cleared; drops it]: discarded if nothing has been stored to it since and, from v5.18, nobody else has
 * a reference. Else the PTE gets its old value back.
 */
function* try_to_unmap_one$lazyfree(k: Machine, mm: Mm, f: number, v: number, old: number): Steps<boolean> {
  const page = k.page[f]!;
  const { lazyfree_discard } = k.features;
  const dirty = yield* page.dirty.is(1);
  const mapped = yield* page.mapcount.load();
  const unreferenced = lazyfree_discard === 'clean' || (yield* page.refcount.is(1 + mapped));
  if (!dirty && unreferenced) {
    yield* page_remove_rmap(k, f);
    yield* put_page(k, f);
    yield* mm.ptl.unlock();
    cover('reclaim discarded a lazily freed page');
    return true;
  }
  if (dirty || lazyfree_discard !== 'unreferenced-else-kept') yield* page.flags.field(PAGE.lazyfree).store(0);
  yield* mm.pte[v]!.store(old);
  hold_ref(f, -1);
  hold_map(k, f, -1);
  yield* mm.ptl.unlock();
  return false;
}

/** `try_to_unmap` [page lock]: walks all address spaces that may map the page; true if none does afterwards. */
export function* try_to_unmap(k: Machine, f: number): Steps<boolean> {
  const page = k.page[f]!;
  if (k.vmas && (yield* page.flags.field(PAGE.ksm).is(1))) return yield* try_to_unmap$ksm(k, f);
  const v = PAGE.index.of(yield* page.flags.loadMasked(PAGE.index.mask));
  yield* k.anon_vma.downRead();
  for (let m = 0; m < k.mm.length; m++) {
    if (!(yield* try_to_unmap_one(k, k.mm[m]!, f, v))) break;
  }
  yield* k.anon_vma.upRead();
  return yield* page.mapcount.is(0);
}

/** `rmap_walk_ksm`: a KSM page may be mapped anywhere. Stops at the first mapping that must stay. */
function* try_to_unmap$ksm(k: Machine, f: number): Steps<boolean> {
  yield* k.anon_vma.downRead();
  let unmaps = true;
  for (let m = 0; unmaps && m < k.mm.length; m++)
    for (let v = 0; unmaps && v < k.mm[m]!.pte.length; v++)
      unmaps = yield* try_to_unmap_one(k, k.mm[m]!, f, v);
  yield* k.anon_vma.upRead();
  return yield* k.page[f]!.mapcount.is(0);
}
