/** mm/memory.c: page faults. */
import { assert, cover } from '../core/control.ts';
import type { Steps } from '../core/operations.ts';
import { hold_map, hold_ref } from './accounts.ts';
import type { Machine, Mm } from './machine.ts';
import { alloc_zeroed_page, lru_cache_add, put_page } from './page_alloc.ts';
import { do_swap_page } from './memory_swap.ts';
import { do_wp_page } from './memory_wp.ts';
import {
  is_swap_pte,
  mk_pte,
  pte_mkdirty,
  pte_mkwrite,
  pte_present,
  pte_write,
  ZERO_PTE,
} from './pgtable.ts';
import { page_add_new_anon_rmap } from './rmap.ts';
import { anon_vma_prepare } from './vma.ts';

/** FAULT_FLAG_*: what the access wants. `unshare` (v5.19) wants an exclusive page, read-only. */
export type FaultKind = 'read' | 'write' | 'unshare';

/** `userfault`: the fault waits for whoever registered with userfaultfd (VM_FAULT_RETRY). */
export type FaultResult = 'done' | 'userfault';

/**
 * `handle_mm_fault`, `handle_pte_fault` [mmap_lock read]: resolves one fault as far as it goes; the access is then tried again.
 * The first look at the PTE takes no lock, so every path compares it again under the PTL.
 */
export function* handle_mm_fault(k: Machine, mm: Mm, v: number, kind: FaultKind): Steps<FaultResult> {
  const orig_pte = yield* mm.pte[v]!.load();
  if (orig_pte === 0) return yield* do_anonymous_page(k, mm, v, kind);
  if (is_swap_pte(orig_pte)) return yield* do_swap_page(k, mm, v, orig_pte, kind);
  assert(pte_present(orig_pte), 'a PTE is none, present or swap');
  yield* mm.ptl.lock();
  if (!(yield* mm.pte[v]!.is(orig_pte))) {
    yield* mm.ptl.unlock();
    return 'done';
  }
  if (kind !== 'read' && !pte_write(orig_pte)) return yield* do_wp_page(k, mm, v, orig_pte, kind);
  // Nothing left to do: another thread has resolved it. A write fault marks the PTE dirty.
  if (kind === 'write') yield* mm.pte[v]!.store(pte_mkdirty(orig_pte));
  yield* mm.ptl.unlock();
  return 'done';
}

/** `do_anonymous_page`: the zero page for a read, a fresh exclusive page for a write. */
function* do_anonymous_page(k: Machine, mm: Mm, v: number, kind: FaultKind): Steps<FaultResult> {
  const pte = mm.pte[v]!;
  if (kind !== 'write') {
    yield* mm.ptl.lock();
    if (yield* pte.is(0)) yield* pte.store(ZERO_PTE);
    yield* mm.ptl.unlock();
    return 'done';
  }
  yield* anon_vma_prepare(k, mm, v);
  const f = yield* alloc_zeroed_page(k);
  yield* mm.ptl.lock();
  if (!(yield* pte.is(0))) {
    yield* mm.ptl.unlock();
    yield* put_page(k, f);
    return 'done';
  }
  yield* page_add_new_anon_rmap(k, mm, f, v);
  yield* lru_cache_add(k, f);
  yield* pte.store(pte_mkwrite(pte_mkdirty(mk_pte(f))));
  hold_ref(f, -1);
  hold_map(k, f, -1);
  cover('do_anonymous_page mapped a fresh page');
  yield* mm.ptl.unlock();
  return 'done';
}
