/** fs/userfaultfd.c: a fault that waits for the monitor. */
import type { Steps } from '../core/operations.ts';
import type { Mm } from './machine.ts';

/** `handle_userfault` [mmap_lock dropped]: tells the monitor which page it is and waits until it has been dealt with. */
export function* handle_userfault(mm: Mm, v: number): Steps<void> {
  yield* mm.userfault!.lockFor(v + 1);
  yield* mm.userfault!.untilIs(0);
}
