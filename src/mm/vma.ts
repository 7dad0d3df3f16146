/**
 * include/linux/mm.h, mm/rmap.c: what a fault asks of the VMA. In a machine without VMAs every page is mapped and writable, and
 * asking costs no step.
 */
import { atomic } from '../core/control.ts';
import type { Steps } from '../core/operations.ts';
import { VMA, type Machine, type Mm } from './machine.ts';
import { pte_mkwrite } from './pgtable.ts';

/** The VMA of page `v` as its fields say [mmap_lock]; 0 if nothing is mapped there. */
export function* vma_lookup(k: Machine, mm: Mm, v: number): Steps<number> {
  if (!k.vmas) return VMA.mapped.mask | VMA.write.mask;
  return yield* mm.vma[v]!.load();
}

/** VM_WRITE. */
export function* vm_write(k: Machine, mm: Mm, v: number): Steps<boolean> {
  if (!k.vmas) return true;
  return yield* mm.vma[v]!.field(VMA.write).is(1);
}

/** `userfaultfd_wp`: somebody wants to hear of writes to write-protected pages. */
export function* userfaultfd_wp(k: Machine, mm: Mm, v: number): Steps<boolean> {
  if (!k.vmas) return false;
  return yield* mm.vma[v]!.field(VMA.uffd_wp).is(1);
}

/** `maybe_mkwrite`: writable if the VMA is. */
export function* maybe_mkwrite(k: Machine, mm: Mm, v: number, pte: number): Steps<number> {
  return (yield* vm_write(k, mm, v)) ? pte_mkwrite(pte) : pte;
}

/** `anon_vma_prepare`: the first page of a VMA makes its anon_vma tree. */
export function* anon_vma_prepare(k: Machine, mm: Mm, v: number): Steps<void> {
  if (k.vmas) yield* atomic(anon_vma_prepare$locked(k, mm, v));
}

function* anon_vma_prepare$locked(k: Machine, mm: Mm, v: number): Steps<void> {
  const anon_vma = mm.vma[v]!.field(VMA.anon_vma);
  if (!(yield* anon_vma.is(0))) return;
  const made = yield* k.next_anon_vma!.load();
  yield* k.next_anon_vma!.store((made % (VMA.anon_vma.mask >> VMA.anon_vma.shift)) + 1);
  yield* anon_vma.store(made);
}

/** The anon_vma tree of page `v`; 0 if it has none yet. */
export function* anon_vma_of(k: Machine, mm: Mm, v: number): Steps<number> {
  if (!k.vmas) return 0;
  return yield* mm.vma[v]!.field(VMA.anon_vma).load();
}
