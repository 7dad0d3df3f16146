/** mm/gup.c: references to user pages. */
import { cover, fence } from '../core/control.ts';
import type { Steps } from '../core/operations.ts';
import { hold_pin, hold_ref } from './accounts.ts';
import { handle_userfault } from './handle_userfault.ts';
import { GUP_PIN_COUNTING_BIAS, PAGE, VMA, type Machine, type Mm } from './machine.ts';
import { handle_mm_fault, type FaultKind } from './memory.ts';
import { $ideal_referenced } from './ideal.ts';
import { get_page_unless_zero, put_page$refs } from './page_alloc.ts';
import { pte_dirty, pte_pfn, pte_present, pte_special, pte_write } from './pgtable.ts';
import { vm_write, vma_lookup } from './vma.ts';

/** The zero page as GUP hands it out: no frame of its own. */
export const ZERO_PAGE = -1;

/** No page: the VMA does not allow the access. */
export const EFAULT = -3;

/** FOLL_WRITE, and FOLL_GET or FOLL_PIN. */
export interface GupFlags {
  readonly write: boolean;
  readonly pin: boolean;
  /** The direct I/O request it is for; the oracle wants to know when the reference is taken for good. */
  readonly request: number;
}

function refsOf(flags: GupFlags): number {
  return flags.pin ? GUP_PIN_COUNTING_BIAS : 1;
}

/**
 * `get_user_pages_fast` / `pin_user_pages_fast` of one page: lockless if it can, else under mmap_lock. Returns the frame (or
 * {@link ZERO_PAGE}), whose reference the thread now holds; {@link EFAULT} where the VMA does not allow the access.
 */
export function* get_user_pages_fast(k: Machine, mm: Mm, v: number, flags: GupFlags): Steps<number> {
  const write = flags.write || k.kernel.gup_forces_write;
  const effective = write === flags.write ? flags : { ...flags, write };
  // has_pinned is set before the walk and never cleared; fork looks at it first.
  if (flags.pin) yield* mm.has_pinned.store(1);
  let f = yield* gup_pte_range(k, mm, v, effective);
  if (f === NEEDS_SLOW) f = yield* __get_user_pages(k, mm, v, effective, flags.write);
  if (f >= 0 && flags.pin) hold_pin(k, f, 1);
  cover('GUP took a reference');
  return f;
}

/** The fast walk gave up. */
const NEEDS_SLOW = -2;

/** `lockless_pages_from_mm`, `gup_pte_range` [nothing; interrupts off]. FOLL_GET gets no seqcount protection. */
function* gup_pte_range(k: Machine, mm: Mm, v: number, flags: GupFlags): Steps<number> {
  const guarded = flags.pin && k.kernel.write_protect_seq;
  let sequence = 0;
  if (guarded) {
    sequence = yield* mm.write_protect_seq.read();
    if ((sequence & 1) !== 0) return NEEDS_SLOW;
  }
  const pte = yield* mm.pte[v]!.load();
  if (!pte_present(pte) || pte_special(pte) || (flags.write && !pte_write(pte))) return NEEDS_SLOW;
  const f = pte_pfn(pte);
  const refs = refsOf(flags);
  if (!(yield* get_page_unless_zero(k, f))) return NEEDS_SLOW;
  if (flags.pin) {
    yield* k.page[f]!.refcount.add(refs - 1);
    hold_ref(f, refs - 1);
  }
  yield* fence();
  if (k.kernel.rule_gup_fast_recheck && !(yield* mm.pte[v]!.is(pte))) {
    yield* put_page$refs(k, f, refs);
    return NEEDS_SLOW;
  }
  if (!pte_write(pte) && (yield* gup_must_unshare(k, f, flags))) {
    yield* put_page$refs(k, f, refs);
    return NEEDS_SLOW;
  }
  if (guarded && (yield* mm.write_protect_seq.retry(sequence))) {
    yield* put_page$refs(k, f, refs);
    return NEEDS_SLOW;
  }
  yield* $ideal_referenced(k, flags.request);
  return f;
}

/** `gup_must_unshare`: a read pin of a page that may be shared needs a private page first. */
function* gup_must_unshare(k: Machine, f: number, flags: GupFlags): Steps<boolean> {
  if (!k.kernel.gup_unshare || !k.kernel.anon_exclusive || !flags.pin || flags.write) return false;
  const shared = yield* k.page[f]!.flags.loadMasked(PAGE.anon.mask | PAGE.anon_exclusive.mask);
  return shared === PAGE.anon.mask;
}

/**
 * `__get_user_pages` [mmap_lock read]: looks, faults and looks again until the PTE allows the access. `writes` is what the caller
 * asked for: v5.8 makes every request a write, and lets it pass on a read-only VMA once the page has been copied (FOLL_COW).
 */
function* __get_user_pages(k: Machine, mm: Mm, v: number, flags: GupFlags, writes: boolean): Steps<number> {
  yield* mm.mmap_lock.downRead();
  if (k.vmas && !(yield* check_vma_flags(k, mm, v, writes))) {
    yield* mm.mmap_lock.upRead();
    return EFAULT;
  }
  for (;;) {
    const found = yield* follow_page_pte(k, mm, v, flags);
    if (typeof found === 'number') {
      yield* mm.mmap_lock.upRead();
      return found;
    }
    if ((yield* handle_mm_fault(k, mm, v, found)) === 'done') continue;
    yield* mm.mmap_lock.upRead();
    yield* handle_userfault(mm, v);
    yield* mm.mmap_lock.downRead();
  }
}

/** `faultin_page_range` [no mmap_lock]: FOLL_TOUCH without a reference, for MADV_POPULATE_*. */
export function* get_user_pages_touch(k: Machine, mm: Mm, v: number, write: boolean): Steps<void> {
  const flags = { write, pin: false, request: -1 };
  const f = yield* __get_user_pages(k, mm, v, flags, write);
  yield* put_user_page(k, f, flags);
}

/** `check_vma_flags`: is the page mapped, and writable if it is to be written? */
export function* check_vma_flags(k: Machine, mm: Mm, v: number, write: boolean): Steps<boolean> {
  const vma = yield* vma_lookup(k, mm, v);
  return vma !== 0 && (!write || VMA.write.of(vma) === 1);
}

/** `can_follow_write_pte`: with FOLL_COW a dirty PTE of a read-only VMA will do. */
function* can_follow_write_pte(k: Machine, mm: Mm, v: number, pte: number): Steps<boolean> {
  if (pte_write(pte)) return true;
  if (!k.vmas || !k.kernel.gup_forces_write || !pte_dirty(pte)) return false;
  return !(yield* vm_write(k, mm, v)) && (yield* k.page[pte_pfn(pte)]!.mapcount.is(1));
}

/** `follow_page_pte`: the frame with its reference taken, or the fault that is needed. */
function* follow_page_pte(k: Machine, mm: Mm, v: number, flags: GupFlags): Steps<number | FaultKind> {
  yield* mm.ptl.lock();
  const pte = yield* mm.pte[v]!.load();
  const fault: FaultKind = flags.write ? 'write' : 'read';
  if (!pte_present(pte) || (flags.write && !(yield* can_follow_write_pte(k, mm, v, pte)))) {
    yield* mm.ptl.unlock();
    return fault;
  }
  if (pte_special(pte)) {
    yield* mm.ptl.unlock();
    return ZERO_PAGE;
  }
  const f = pte_pfn(pte);
  if (!pte_write(pte) && (yield* gup_must_unshare(k, f, flags))) {
    yield* mm.ptl.unlock();
    return 'unshare';
  }
  const refs = refsOf(flags);
  yield* k.page[f]!.refcount.add(refs);
  hold_ref(f, refs);
  yield* $ideal_referenced(k, flags.request);
  // FOLL_TOUCH: a clean page that is about to be written counts as dirty.
  if (flags.write && !pte_dirty(pte) && (yield* k.page[f]!.dirty.is(0))) yield* k.page[f]!.dirty.store(1);
  yield* mm.ptl.unlock();
  return f;
}

/** Ghost: the thread holds the references of one user page more (`sign` 1) or less (-1). */
export function hold_user_page(k: Machine, f: number, pin: boolean, sign: 1 | -1): void {
  if (f < 0) return;
  hold_ref(f, sign * (pin ? GUP_PIN_COUNTING_BIAS : 1));
  if (pin) hold_pin(k, f, sign);
}

/** `unpin_user_page` / `put_page` of a page that {@link get_user_pages_fast} handed out. */
export function* put_user_page(k: Machine, f: number, flags: GupFlags): Steps<void> {
  if (f < 0) return;
  if (flags.pin) hold_pin(k, f, -1);
  yield* put_page$refs(k, f, refsOf(flags));
}
