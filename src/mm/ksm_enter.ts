/** mm/ksm.c: an address space enters and leaves ksmd's list. */
import { atomic } from '../core/control.ts';
import type { Steps } from '../core/operations.ts';
import type { Machine, Mm } from './machine.ts';

/** `__ksm_enter`: ksmd will scan `mm`, after those it scans already. */
export function* __ksm_enter(k: Machine, mm: Mm): Steps<void> {
  yield* atomic(__ksm_enter$locked(k, mm));
}

function* __ksm_enter$locked(k: Machine, mm: Mm): Steps<void> {
  if (!(yield* mm.ksm_slot!.is(0))) return;
  const place = yield* k.next_ksm_slot!.fetchAdd(1);
  yield* mm.ksm_slot!.store(place);
}

/** `ksm_exit`. */
export function* ksm_exit(mm: Mm): Steps<void> {
  yield* mm.ksm_slot!.store(0);
}
