/** mm/ksm.c: ksmd merges identical pages of those who asked for it (semantics.md 3.17). */
import { cover } from '../core/control.ts';
import type { Steps } from '../core/operations.ts';
import { hold_map, hold_ref } from './accounts.ts';
import { __ksm_enter } from './ksm_enter.ts';
import type { Advised } from './madvise.ts';
import { PAGE, VMA, type Machine, type Mm } from './machine.ts';
import { handle_mm_fault } from './memory.ts';
import { get_page, put_page, trylock_page, unlock_page } from './page_alloc.ts';
import {
  mk_pte,
  pte_dirty,
  pte_mkclean,
  pte_pfn,
  pte_present,
  pte_special,
  pte_write,
  pte_wrprotect,
} from './pgtable.ts';
import { page_add_anon_rmap, page_remove_rmap, page_try_share_anon_rmap } from './rmap.ts';
import { try_to_free_swap } from './swapfile.ts';

/** MADV_MERGEABLE, MADV_UNMERGEABLE: the latter gives every merged page back its own copy. */
export function* ksm_madvise(k: Machine, mm: Mm, v: number, merge: boolean): Steps<Advised> {
  yield* mm.mmap_lock.downWrite();
  const vma = yield* mm.vma[v]!.load();
  if (vma !== 0 && merge) {
    yield* __ksm_enter(k, mm);
    yield* mm.vma[v]!.field(VMA.mergeable).store(1);
  } else if (VMA.mergeable.of(vma) === 1) {
    yield* break_ksm(k, mm, v);
    yield* mm.vma[v]!.field(VMA.mergeable).store(0);
  }
  yield* mm.mmap_lock.upWrite();
  return vma === 0 ? 'ENOMEM' : 'ok';
}

/** `break_ksm` [mmap_lock]: if a KSM page is mapped, takes the fault that copies it. */
function* break_ksm(k: Machine, mm: Mm, v: number): Steps<void> {
  const pte = yield* mm.pte[v]!.load();
  if (!pte_present(pte) || pte_special(pte)) return;
  if (yield* k.page[pte_pfn(pte)]!.flags.field(PAGE.ksm).is(0)) return;
  yield* handle_mm_fault(k, mm, v, k.features.break_ksm_unshares ? 'unshare' : 'write');
}

/** A page in the unstable tree: compared with later ones, but nobody keeps it from changing. */
interface RmapItem {
  readonly m: number;
  readonly v: number;
}

/** ksmd: so many full scans of all address spaces that asked for it, in the order in which they did. */
export function* ksmd(k: Machine, scans: number): Steps<void> {
  for (let scan = 0; scan < scans; scan++) {
    const unstable: RmapItem[] = [];
    const last = yield* k.next_ksm_slot!.load();
    for (let place = 1; place < last; place++)
      for (let m = 0; m < k.mm.length; m++) {
        if (!(yield* k.mm[m]!.ksm_slot!.is(place))) continue;
        for (let v = 0; v < k.mm[m]!.vma.length; v++) yield* ksm_do_scan$one(k, { m, v }, unstable);
      }
  }
}

/** One address: its page, if a mergeable one is there, is held by a reference while it is compared. */
function* ksm_do_scan$one(k: Machine, item: RmapItem, unstable: RmapItem[]): Steps<void> {
  const mm = k.mm[item.m]!;
  const f = yield* get_mergeable_page(k, item);
  if (f < 0) {
    yield* mm.oldchecksum[item.v]!.store(0);
    return;
  }
  yield* cmp_and_merge_page(k, item, f, unstable);
  yield* put_page(k, f);
}

/** `get_mergeable_page` [mmap_lock read]: the anonymous page mapped there, with a reference; -1 if there is none. */
function* get_mergeable_page(k: Machine, { m, v }: RmapItem): Steps<number> {
  const mm = k.mm[m]!;
  yield* mm.mmap_lock.downRead();
  let f = -1;
  if (yield* mm.vma[v]!.field(VMA.mergeable).is(1)) {
    yield* mm.ptl.lock();
    const pte = yield* mm.pte[v]!.load();
    if (pte_present(pte) && !pte_special(pte)) {
      f = pte_pfn(pte);
      yield* get_page(k, f);
    }
    yield* mm.ptl.unlock();
  }
  yield* mm.mmap_lock.upRead();
  return f;
}

/** Merges with a KSM page of the same contents, else with an ordinary one that has not changed since the last scan either. */
function* cmp_and_merge_page(k: Machine, item: RmapItem, f: number, unstable: RmapItem[]): Steps<void> {
  if (yield* k.page[f]!.flags.field(PAGE.ksm).is(1)) return;
  const oldchecksum = k.mm[item.m]!.oldchecksum[item.v]!;
  const checksum = yield* calc_checksum(k, f);
  if (!(yield* oldchecksum.is(checksum))) {
    yield* oldchecksum.store(checksum);
    return;
  }
  const kpage = yield* stable_tree_search(k, f);
  if (kpage >= 0) {
    yield* try_to_merge_with_ksm_page(k, item, f, kpage);
    yield* put_page(k, kpage);
    return;
  }
  for (let i = 0; i < unstable.length; i++) {
    const g = yield* get_mergeable_page(k, unstable[i]!);
    if (g < 0) continue;
    const same = yield* pages_identical(k, f, g);
    // A forked page is not merged with itself.
    if (same && f !== g) yield* try_to_merge_two_pages(k, item, f, unstable[i]!, g);
    yield* put_page(k, g);
    if (!same) continue;
    if (f !== g) unstable.splice(i, 1);
    return;
  }
  unstable.push(item);
}

/** A KSM page with the contents of `f`, with a reference; -1 if there is none. */
function* stable_tree_search(k: Machine, f: number): Steps<number> {
  for (let g = 0; g < k.page.length; g++) {
    if (g === f || (yield* k.page[g]!.flags.field(PAGE.ksm).is(0))) continue;
    if (yield* k.page[g]!.refcount.is(0)) continue;
    yield* get_page(k, g);
    if (yield* pages_identical(k, f, g)) return g;
    yield* put_page(k, g);
  }
  return -1;
}

/** The page that is scanned becomes the KSM page, and the earlier one gives way to it; if that fails the first step is undone. */
function* try_to_merge_two_pages(
  k: Machine,
  item: RmapItem,
  f: number,
  tree: RmapItem,
  g: number,
): Steps<void> {
  if (!(yield* try_to_merge_with_ksm_page(k, item, f, NO_PAGE))) return;
  if (yield* try_to_merge_with_ksm_page(k, tree, g, f)) return;
  const mm = k.mm[item.m]!;
  yield* mm.mmap_lock.downRead();
  yield* break_ksm(k, mm, item.v);
  yield* mm.mmap_lock.upRead();
}

const NO_PAGE = -1;

/**
 * `try_to_merge_with_ksm_page`: page `f` of `item` gives way to `kpage`, or, if that is NO_PAGE, becomes a KSM page itself. False
 * if somebody uses it.
 */
function* try_to_merge_with_ksm_page(k: Machine, item: RmapItem, f: number, kpage: number): Steps<boolean> {
  const mm = k.mm[item.m]!;
  yield* mm.mmap_lock.downRead();
  let merged = false;
  if (yield* trylock_page(k, f)) {
    const pte = yield* write_protect_page(k, mm, item.v, f);
    if (pte !== 0 && kpage === NO_PAGE) {
      // Reclaim must write it, even if no PTE is dirty.
      yield* k.page[f]!.flags.update(0, PAGE.ksm.mask | PAGE.dirty.mask);
      merged = true;
    } else if (pte !== 0 && (yield* pages_identical(k, f, kpage))) {
      merged = yield* replace_page(k, mm, item.v, f, kpage, pte);
    }
    yield* unlock_page(k, f);
  }
  yield* mm.mmap_lock.upRead();
  return merged;
}

/** `write_protect_page` [page lock]: the PTE, now read-only and clean; 0 if the page has users beside its mappings. */
function* write_protect_page(k: Machine, mm: Mm, v: number, f: number): Steps<number> {
  const page = k.page[f]!;
  const word = mm.pte[v]!;
  yield* mm.ptl.lock();
  let pte = yield* word.load();
  if (!pte_present(pte) || pte_special(pte) || pte_pfn(pte) !== f) {
    yield* mm.ptl.unlock();
    return 0;
  }
  const exclusive = k.kernel.anon_exclusive && (yield* page.anon_exclusive.is(1));
  if (pte_write(pte) || pte_dirty(pte) || exclusive) {
    // No O_DIRECT or the like may be going on: cleared, then counted.
    yield* word.store(0);
    hold_ref(f, 1);
    hold_map(k, f, 1);
    const mappings = yield* page.mapcount.load();
    const swapped = yield* page.swapcache.is(1);
    const unused = yield* page.refcount.is(mappings + 1 + (swapped ? 1 : 0));
    if (!unused || (exclusive && !(yield* page_try_share_anon_rmap(k, f)))) {
      yield* word.store(pte);
      hold_ref(f, -1);
      hold_map(k, f, -1);
      yield* mm.ptl.unlock();
      return 0;
    }
    if (pte_dirty(pte)) yield* page.dirty.store(1);
    pte = pte_mkclean(pte_wrprotect(pte));
    yield* word.store(pte);
    hold_ref(f, -1);
    hold_map(k, f, -1);
  }
  yield* mm.ptl.unlock();
  return pte;
}

/** `replace_page` [page lock]: the PTE `orig_pte` maps `kpage` instead of `f`. */
function* replace_page(
  k: Machine,
  mm: Mm,
  v: number,
  f: number,
  kpage: number,
  orig_pte: number,
): Steps<boolean> {
  yield* mm.ptl.lock();
  if (!(yield* mm.pte[v]!.is(orig_pte))) {
    yield* mm.ptl.unlock();
    return false;
  }
  yield* get_page(k, kpage);
  yield* page_add_anon_rmap(k, mm, kpage, v, false);
  yield* mm.pte[v]!.store(mk_pte(kpage));
  hold_ref(kpage, -1);
  hold_map(k, kpage, -1);
  hold_ref(f, 1);
  hold_map(k, f, 1);
  yield* page_remove_rmap(k, f);
  if (yield* k.page[f]!.mapcount.is(0)) yield* try_to_free_swap(k, f);
  yield* put_page(k, f);
  yield* mm.ptl.unlock();
  cover('ksmd merged a page');
  return true;
}

/** `calc_checksum`: never 0, which stands for none. */
function* calc_checksum(k: Machine, f: number): Steps<number> {
  let sum = 0x811c9dc5;
  for (let slot = 0; slot < k.slots; slot++) {
    const value = yield* k.page[f]!.data[slot]!.load();
    sum = Math.imul(sum ^ value, 0x01000193);
  }
  return sum | 1;
}

function* pages_identical(k: Machine, f: number, g: number): Steps<boolean> {
  for (let slot = 0; slot < k.slots; slot++) {
    const value = yield* k.page[f]!.data[slot]!.load();
    if (!(yield* k.page[g]!.data[slot]!.is(value))) return false;
  }
  return true;
}
