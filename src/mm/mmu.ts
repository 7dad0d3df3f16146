/** User loads and stores through the MMU (semantics.md 3.1). No TLB yet: every access walks the page table. */
import { atomic, fail, observe } from '../core/control.ts';
import type { Steps } from '../core/operations.ts';
import { $ideal_load, $ideal_store } from './ideal.ts';
import type { Machine, Mm } from './machine.ts';
import { handle_mm_fault, type FaultKind } from './memory.ts';
import { PTE, pte_dirty, pte_pfn, pte_present, pte_special, pte_write } from './pgtable.ts';
import { Tokens } from './tokens.ts';

const FAULTED = -1;

/** A load instruction of a CPU of `mm`; returns the token it reads, which is checked against the ideal address space. */
export function* user_load(k: Machine, mm: Mm, v: number, slot: number): Steps<void> {
  while ((yield* atomic(mmu_load(k, mm, v, slot))) === FAULTED) yield* do_user_addr_fault(k, mm, v, 'read');
}

/** A store instruction of a CPU of `mm`. */
export function* user_store(k: Machine, mm: Mm, v: number, slot: number, token: number): Steps<void> {
  while (!(yield* atomic(mmu_store(k, mm, v, slot, token)))) yield* do_user_addr_fault(k, mm, v, 'write');
}

/** `do_user_addr_fault`: takes mmap_lock for reading around handle_mm_fault. */
export function* do_user_addr_fault(k: Machine, mm: Mm, v: number, kind: FaultKind): Steps<void> {
  yield* mm.mmap_lock.downRead();
  yield* handle_mm_fault(k, mm, v, kind);
  yield* mm.mmap_lock.upRead();
}

/** What the hardware does in one step: walk and load. */
function* mmu_load(k: Machine, mm: Mm, v: number, slot: number): Steps<number> {
  const pte = yield* mm.pte[v]!.loadMasked(PTE.present.mask | PTE.special.mask | PTE.pfn.mask);
  if (!pte_present(pte)) return FAULTED;
  const value = pte_special(pte) ? Tokens.ZERO : yield* k.page[pte_pfn(pte)]!.data[slot]!.load();
  yield* $ideal_load(k, mm, v, slot, value, 'a load');
  return 0;
}

/** What the hardware does in one step: walk, set the dirty bit, store. */
function* mmu_store(k: Machine, mm: Mm, v: number, slot: number, token: number): Steps<boolean> {
  const pte = yield* mm.pte[v]!.load();
  if (!pte_present(pte) || !pte_write(pte)) return false;
  if (!pte_dirty(pte)) yield* mm.pte[v]!.update(0, PTE.dirty.mask);
  const f = pte_pfn(pte);
  yield* k.page[f]!.data[slot]!.store(token);
  yield* $ideal_store(k, mm, v, slot, token);
  yield* observe($stable_page_check(k, f, 'a store'));
  return true;
}

/** I15: while a stable-writes device writes a page out, nobody may change it. Reads only; part of the step that stored. */
export function* $stable_page_check(k: Machine, f: number, who: string): Steps<void> {
  if (!k.swap.stable_writes) return;
  if (yield* k.page[f]!.writeback.is(1))
    fail(
      'unstable-writeback',
      `I15: ${who} changes page[${f}] while the device, which needs stable pages, writes it out`,
    );
}
