/** mm/userfaultfd.c: write protection by userfaultfd, and the monitor that resolves faults (semantics.md 3.13). */
import { rest, until } from '../core/control.ts';
import { differs } from '../core/conditions.ts';
import type { Steps } from '../core/operations.ts';
import { VMA, type Machine, type Mm } from './machine.ts';
import { change_pte_range } from './mprotect.ts';

/**
 * `mwriteprotect_range` of one page, registered with UFFDIO_REGISTER first if it is not yet [mmap_lock read]. 'EINVAL' before v5.7,
 * which has no write protection; 'ENOENT' if nothing is mapped there.
 */
export function* mwriteprotect_range(
  k: Machine,
  mm: Mm,
  v: number,
  enable_wp: boolean,
): Steps<'ok' | 'EINVAL' | 'ENOENT'> {
  if (!k.features.uffd_wp) return 'EINVAL';
  yield* mm.mmap_lock.downWrite();
  const mapped = yield* mm.vma[v]!.field(VMA.mapped).is(1);
  if (mapped) yield* mm.vma[v]!.field(VMA.uffd_wp).store(1);
  yield* mm.mmap_lock.upWrite();
  if (!mapped) return 'ENOENT';
  yield* mm.mmap_lock.downRead();
  yield* change_pte_range(k, mm, v, {
    what: enable_wp ? 'uffd_wp' : 'uffd_wp_resolve',
    try_change_writable: !enable_wp && k.features.uffd_unprotect_upgrades_write,
  });
  yield* mm.mmap_lock.upRead();
  return 'ok';
}

/** The monitor: un-protects the page of every write fault it is told of, and wakes the fault. Endless. */
export function* userfaultfd_monitor(k: Machine): Steps<void> {
  const told = k.conditions.any(...k.mm.map((mm) => differs(mm.userfault!, 0)));
  for (;;) {
    rest();
    yield* until(told);
    for (let m = 0; m < k.mm.length; m++) {
      const mm = k.mm[m]!;
      const waiting = yield* mm.userfault!.load();
      if (waiting === 0) continue;
      yield* mwriteprotect_range(k, mm, waiting - 1, false);
      yield* mm.userfault!.store(0);
    }
  }
}
