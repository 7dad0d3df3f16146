/** User loads and stores through the MMU (semantics.md 3.1). No TLB yet: every access walks the page table. */
import { atomic, fail, observe } from '../core/control.ts';
import type { Steps } from '../core/operations.ts';
import { $ideal_load, $ideal_store } from './ideal.ts';
import { VMA, type Machine, type Mm } from './machine.ts';
import { handle_mm_fault, type FaultKind } from './memory.ts';
import { PTE, pte_dirty, pte_pfn, pte_present, pte_special, pte_write } from './pgtable.ts';
import { FIRST_BYTE, Tokens } from './tokens.ts';
import { handle_userfault } from './handle_userfault.ts';
import { vma_lookup } from './vma.ts';

const FAULTED = -1;

/** What {@link user_load} returns where nothing is mapped. */
export const SIGSEGV = -1;

/**
 * A load instruction of a CPU of `mm`; returns the token it reads, which is checked against the ideal address space, or
 * {@link SIGSEGV}.
 */
export function* user_load(k: Machine, mm: Mm, v: number, slot: number): Steps<number> {
  for (;;) {
    const value = yield* atomic(mmu_load(k, mm, v, slot));
    if (value !== FAULTED) return value;
    if (!(yield* do_user_addr_fault(k, mm, v, 'read'))) return SIGSEGV;
  }
}

/** A store instruction of a CPU of `mm`; false where that is not allowed (SIGSEGV). */
export function* user_store(k: Machine, mm: Mm, v: number, slot: number, token: number): Steps<boolean> {
  while (!(yield* atomic(mmu_store(k, mm, v, slot, token)))) {
    if (!(yield* do_user_addr_fault(k, mm, v, 'write'))) return false;
  }
  return true;
}

/** `do_user_addr_fault`: takes mmap_lock for reading around handle_mm_fault. False if the access is not allowed (SIGSEGV). */
export function* do_user_addr_fault(k: Machine, mm: Mm, v: number, kind: FaultKind): Steps<boolean> {
  if (k.vmas) return yield* do_user_addr_fault$counted(k, mm, v, kind);
  yield* mm.mmap_lock.downRead();
  yield* handle_mm_fault(k, mm, v, kind);
  yield* mm.mmap_lock.upRead();
  return true;
}

/** With VMAs: looks whether the access is allowed, counts the fault, and waits for userfaultfd where the fault has to. */
function* do_user_addr_fault$counted(k: Machine, mm: Mm, v: number, kind: FaultKind): Steps<boolean> {
  yield* k.fault_major!.store(0);
  for (let retried = false; ; retried = true) {
    yield* mm.mmap_lock.downRead();
    const vma = yield* vma_lookup(k, mm, v);
    if (vma === 0 || (kind === 'write' && VMA.write.of(vma) === 0)) {
      yield* mm.mmap_lock.upRead();
      return false;
    }
    const result = yield* handle_mm_fault(k, mm, v, kind);
    yield* mm.mmap_lock.upRead();
    if (result === 'userfault') {
      yield* handle_userfault(mm, v);
      continue;
    }
    // mm_account_fault: a fault counts once, when it is over.
    const major = (yield* k.fault_major!.is(1)) || (retried && k.features.retried_fault_is_major);
    yield* (major ? k.maj_flt! : k.min_flt!).add(1);
    return true;
  }
}

/** What the hardware does in one step: walk and load. */
function* mmu_load(k: Machine, mm: Mm, v: number, slot: number): Steps<number> {
  const pte = yield* mm.pte[v]!.loadMasked(PTE.present.mask | PTE.special.mask | k.pfn_mask);
  if (!pte_present(pte)) return FAULTED;
  const value = pte_special(pte) ? Tokens.ZERO : yield* k.page[pte_pfn(pte)]!.data[slot]!.load();
  yield* $ideal_load(k, mm, v, slot, value, 'a load');
  return value;
}

/** What the hardware does in one step: walk, set the dirty bit, store. */
function* mmu_store(k: Machine, mm: Mm, v: number, slot: number, token: number): Steps<boolean> {
  const pte = yield* mm.pte[v]!.load();
  if (!pte_present(pte) || !pte_write(pte)) return false;
  if (!pte_dirty(pte)) yield* mm.pte[v]!.update(0, PTE.dirty.mask);
  const f = pte_pfn(pte);
  yield* $put_byte(k, f, slot, token);
  yield* $ideal_store(k, mm, v, slot, token);
  yield* observe($stable_page_check(k, f, 'a store'));
  return true;
}

/** The CPU's byte goes into the slot: with the oracle it is all there is, in scripts the first of 512. */
function* $put_byte(k: Machine, f: number, slot: number, token: number): Steps<void> {
  const word = k.page[f]!.data[slot]!;
  if (k.oracle) yield* word.store(token);
  else yield* word.update(FIRST_BYTE, token);
}

/** I15: while a stable-writes device writes a page out, nobody may change it. Reads only; part of the step that stored. */
export function* $stable_page_check(k: Machine, f: number, who: string): Steps<void> {
  if (!k.oracle) return;
  if (!k.swap.stable_writes) return;
  if (yield* k.page[f]!.writeback.is(1))
    fail(
      'unstable-writeback',
      `I15: ${who} changes page[${f}] while the device, which needs stable pages, writes it out`,
    );
}
