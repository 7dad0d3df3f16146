/** kernel/fork.c dup_mmap and mm/memory.c copy_page_range: fork. */
import { assert, cover, note, observe } from '../core/control.ts';
import type { Steps } from '../core/operations.ts';
import { hold_map, hold_ref, hold_slot } from './accounts.ts';
import { $ideal_fork_page, $ideal_fork_slot } from './ideal.ts';
import { VMA, type Machine, type Mm } from './machine.ts';
import { __ksm_enter } from './ksm_enter.ts';
import { alloc_page, get_page, lru_cache_add, page_maybe_dma_pinned, put_page } from './page_alloc.ts';
import {
  PTE,
  is_swap_pte,
  mk_pte,
  pte_mkdirty,
  pte_clear_uffd_wp,
  pte_pfn,
  pte_special,
  pte_swp_clear_exclusive,
  pte_swp_exclusive,
  pte_write,
  pte_wrprotect,
} from './pgtable.ts';
import { page_add_new_anon_rmap } from './rmap.ts';
import { swap_duplicate } from './swapfile.ts';
import { anon_vma_of, maybe_mkwrite } from './vma.ts';

/** No page has been set aside for an early copy. */
const NONE = -1;

/**
 * `dup_mmap`: gives `child`, an empty address space, the parent's pages. mmap_lock of both is held for writing, write_protect_seq
 * is odd around the copy (v5.11). Without a TLB the flush at the end has nothing to do.
 */
export function* dup_mmap(k: Machine, parent: Mm, child: Mm): Steps<void> {
  yield* parent.mmap_lock.downWrite();
  yield* child.mmap_lock.downWrite();
  // anon_vma_fork puts the child's VMA into the tree that rmap walks search.
  yield* k.anon_vma.downWrite();
  yield* k.anon_vma.upWrite();
  if (k.vmas) yield* dup_vmas(k, parent, child);
  yield* copy_page_range(k, parent, child);
  yield* child.mmap_lock.upWrite();
  yield* parent.mmap_lock.upWrite();
  cover('fork copied an address space');
}

/** The VMAs of the child: userfaultfd is not inherited, ksmd scans the child if it scans the parent (`ksm_fork`). */
function* dup_vmas(k: Machine, parent: Mm, child: Mm): Steps<void> {
  for (let v = 0; v < parent.vma.length; v++) {
    const vma = yield* parent.vma[v]!.load();
    yield* child.vma[v]!.store(vma & ~VMA.uffd_wp.mask);
  }
  if (!(yield* parent.ksm_slot!.is(0))) yield* __ksm_enter(k, child);
}

/** `copy_page_range`, `copy_pte_range`: PTE by PTE under both PTLs, the child's outside. */
function* copy_page_range(k: Machine, parent: Mm, child: Mm): Steps<void> {
  if (k.kernel.write_protect_seq) yield* parent.write_protect_seq.writeBegin();
  let prealloc = NONE;
  for (let v = 0; v < parent.pte.length;) {
    yield* child.ptl.lock();
    yield* parent.ptl.lock();
    let needs_page = false;
    while (v < parent.pte.length) {
      const copied = yield* copy_pte_range$one(k, parent, child, v, prealloc);
      if (copied === 'needs_page') {
        needs_page = true;
        break;
      }
      if (copied === 'used_page') prealloc = NONE;
      v++;
    }
    yield* parent.ptl.unlock();
    yield* child.ptl.unlock();
    // Both PTLs have been dropped: the PTE may be anything when it is looked at again.
    if (needs_page) prealloc = yield* alloc_page(k);
  }
  if (prealloc !== NONE) yield* put_page(k, prealloc);
  if (k.kernel.write_protect_seq) yield* parent.write_protect_seq.writeEnd();
}

type Copied = 'copied' | 'used_page' | 'needs_page';

function* copy_pte_range$one(k: Machine, parent: Mm, child: Mm, v: number, prealloc: number): Steps<Copied> {
  if (!(yield* vma_needs_copy(k, parent, v))) return 'copied';
  const pte = yield* parent.pte[v]!.load();
  if (pte === 0) {
    yield* $ideal_fork_page(k, parent, child, v);
    return 'copied';
  }
  if (is_swap_pte(pte)) {
    yield* copy_nonpresent_pte(k, parent, child, v, pte);
    return 'copied';
  }
  if (pte_special(pte)) {
    yield* child.pte[v]!.store(pte_clear_uffd_wp(pte));
    yield* $ideal_fork_page(k, parent, child, v);
    return 'copied';
  }
  return yield* copy_present_pte(k, parent, child, v, pte, prealloc);
}

/** Not where a fault of the child finds the same without it: no page has ever been put there. */
function* vma_needs_copy(k: Machine, parent: Mm, v: number): Steps<boolean> {
  return !k.vmas || (yield* anon_vma_of(k, parent, v)) !== 0;
}

/** `copy_nonpresent_pte` for a swap entry [both PTLs]: one user more; from v5.19 nobody is exclusive any more. */
function* copy_nonpresent_pte(k: Machine, parent: Mm, child: Mm, v: number, pte: number): Steps<void> {
  const s = pte_pfn(pte);
  yield* swap_duplicate(k, s);
  const cleared = pte_swp_clear_exclusive(pte);
  if (k.kernel.fork_clears_parent && pte_swp_exclusive(pte)) yield* parent.pte[v]!.store(cleared);
  yield* child.pte[v]!.store(pte_clear_uffd_wp(k.kernel.fork_clears_child ? cleared : pte));
  hold_slot(k, s, -1);
  cover('fork copied a swap PTE');
  yield* $ideal_fork_page(k, parent, child, v);
}

/** `copy_present_pte` [both PTLs]: shares the page read-only, or copies it at once if it may be pinned. */
function* copy_present_pte(
  k: Machine,
  parent: Mm,
  child: Mm,
  v: number,
  pte: number,
  prealloc: number,
): Steps<Copied> {
  const f = pte_pfn(pte);
  const page = k.page[f]!;
  const protects_first = !k.kernel.fork_early_copy;
  if (k.kernel.anon_exclusive) {
    // page_try_dup_anon_rmap: the reference first, then the flag.
    yield* get_page(k, f);
    if (yield* page.anon_exclusive.is(1)) {
      if (yield* page_needs_cow_for_dma(k, parent, f)) {
        yield* put_page(k, f);
        return yield* copy_present_page(k, parent, child, v, f, prealloc);
      }
      yield* page.anon_exclusive.store(0);
    }
  } else {
    if (yield* page_needs_cow_for_dma(k, parent, f))
      return yield* copy_present_page(k, parent, child, v, f, prealloc);
    // copy_one_pte, up to v5.8, write-protects first.
    if (protects_first && pte_write(pte)) yield* ptep_set_wrprotect(parent, v);
    yield* get_page(k, f);
  }
  yield* page.mapcount.add(1);
  hold_map(k, f, 1);
  if (!protects_first && pte_write(pte)) yield* ptep_set_wrprotect(parent, v);
  if (k.kernel.anon_exclusive)
    assert(yield* page.anon_exclusive.is(0), 'I5: fork shares a PG_anon_exclusive page');
  yield* child.pte[v]!.store(pte_wrprotect(pte_clear_uffd_wp(pte)));
  hold_ref(f, -1);
  hold_map(k, f, -1);
  yield* $ideal_fork_page(k, parent, child, v);
  return 'copied';
}

/** `ptep_set_wrprotect`: clears the write bit only; the hardware may have set dirty since the PTE was read. */
function* ptep_set_wrprotect(mm: Mm, v: number): Steps<void> {
  yield* mm.pte[v]!.field(PTE.write).store(0);
}

/** `page_needs_cow_for_dma`: has this mm ever pinned, and may this page be pinned now? */
function* page_needs_cow_for_dma(k: Machine, parent: Mm, f: number): Steps<boolean> {
  if (!k.kernel.fork_early_copy) return false;
  if (k.kernel.write_protect_seq)
    assert(
      (yield* observe(parent.write_protect_seq.read())) % 2 === 1,
      'I8: page_needs_cow_for_dma outside write_protect_seq',
    );
  if (yield* parent.has_pinned.is(0)) return false;
  return yield* page_maybe_dma_pinned(k, f);
}

/** `copy_present_page` [both PTLs]: the child gets a copy now, the parent's PTE stays as it is. */
function* copy_present_page(
  k: Machine,
  parent: Mm,
  child: Mm,
  v: number,
  f: number,
  prealloc: number,
): Steps<Copied> {
  if (prealloc === NONE) return 'needs_page';
  note(`page[${f}] may be pinned: copied to page[${prealloc}] for the child`);
  for (let slot = 0; slot < k.slots; slot++) {
    const value = yield* k.page[f]!.data[slot]!.load();
    yield* $ideal_fork_slot(k, parent, child, v, slot);
    yield* k.page[prealloc]!.data[slot]!.store(value);
  }
  yield* page_add_new_anon_rmap(k, child, prealloc, v);
  yield* lru_cache_add(k, prealloc);
  const copied = yield* maybe_mkwrite(k, child, v, pte_mkdirty(mk_pte(prealloc)));
  yield* child.pte[v]!.store(copied);
  hold_ref(prealloc, -1);
  hold_map(k, prealloc, -1);
  cover('fork copied a pinned page');
  return 'used_page';
}
