/** mm/ksm.c: a page that is swapped in where it does not belong. */
import type { Steps } from '../core/operations.ts';
import { PAGE, type Machine, type Mm } from './machine.ts';
import { anon_vma_of } from './vma.ts';

/**
 * `ksm_might_need_to_copy` [page lock]: a page that was a KSM page when it was swapped out comes back as an ordinary one; its first
 * user makes it a page of that user's VMA and index, and no other VMA may map it. False for a page that still is a KSM page.
 */
export function* ksm_might_need_to_copy(k: Machine, mm: Mm, v: number, f: number): Steps<boolean> {
  const flags = yield* k.page[f]!.flags.load();
  if (PAGE.ksm.of(flags) !== 0 || PAGE.anon.of(flags) === 0) return false;
  if (PAGE.index.of(flags) !== v) return true;
  const anon_vma = yield* anon_vma_of(k, mm, v);
  return PAGE.anon_vma.of(flags) !== anon_vma;
}
