/**
 * The address space as it ought to be (design.md 5, semantics.md 6.3): each process's memory is a private array of byte-slots;
 * fork copies it; a CPU store and a completed device read update it. All updates are ghost operations: they ride on the step
 * they belong to and cost none of their own.
 *
 * From the start of a device read until its completion its slot may read what it read before or what the device writes, nothing
 * else. A fork after the reference was taken legally detaches a FOLL_GET reference: then either value stays right, unless the
 * machine is `strict`. A child forked meanwhile may see either, too.
 */
import { bitFields } from '../core/bits.ts';
import { check, fail, note } from '../core/control.ts';
import type { Steps } from '../core/operations.ts';
import { type Machine, type Mm } from './machine.ts';

/** `Request.state`: how far the request is, and which children have inherited its slot in flight (a bit for each mm). */
export const REQUEST_STATE = bitFields({ stage: 2, inherited: 4 });

/** Values of the stage: not in flight; begun; reference taken; detached by fork. */
export const IDLE = 0;
export const BEGUN = 1;
export const REFERENCED = 2;
export const DETACHED = 3;

/** Name of the check that a meaningful search must have made. */
export const LOAD_CHECK = 'a load returns what the ideal address space holds';

/** A CPU of `mm` has stored `token`. */
export function* $ideal_store(k: Machine, mm: Mm, v: number, slot: number, token: number): Steps<void> {
  if (!k.oracle) return;
  yield* k.ideal[mm.id]![v]![slot]!.store(token);
  yield* k.stored.update(0, 1 << token);
}

/** Does request `r`, in this state, allow `mm` to read `value` at this byte, whatever the ideal address space holds? */
export function request_allows(
  k: Machine,
  r: number,
  state: number,
  mm: number,
  v: number,
  slot: number,
  value: number,
): boolean {
  const target = k.requestTargets[r]!;
  if (target.direction !== 'read' || target.page !== v || target.slot !== slot || target.token !== value)
    return false;
  if (target.mm === mm && REQUEST_STATE.stage.of(state) !== IDLE) return true;
  return ((REQUEST_STATE.inherited.of(state) >> mm) & 1) === 1;
}

/** A CPU of `mm`, or a device through a reference of `mm`, has loaded `value`. */
export function* $ideal_load(
  k: Machine,
  mm: Mm,
  v: number,
  slot: number,
  value: number,
  who: string,
): Steps<void> {
  if (!k.oracle) return;
  const expected = yield* k.ideal[mm.id]![v]![slot]!.load();
  check(LOAD_CHECK);
  if (expected === value) return;
  for (let r = 0; r < k.request.length; r++) {
    const state = yield* k.request[r]!.state.load();
    if (request_allows(k, r, state, mm.id, v, slot, value)) return;
  }
  const inherited = yield* k.inherited[mm.id]!.load();
  const mismatch = describe_mismatch(k, inherited, mm.id, v, slot, value, expected);
  fail(mismatch.kind, `${who} ${mismatch.message}`);
}

/**
 * How a wrong value is called: a leak if another process wrote it and this one did not inherit it, else a lost write.
 *
 * @param inherited tokens that had been stored when `mm` was forked, a bit for each
 */
export function describe_mismatch(
  k: Machine,
  inherited: number,
  mm: number,
  v: number,
  slot: number,
  value: number,
  expected: number,
): { readonly kind: 'leak' | 'lost-write'; readonly message: string } {
  const owner = k.tokens.ownerOf(value);
  const leak = owner >= 0 && owner !== mm && ((inherited >> value) & 1) === 0;
  return {
    kind: leak ? 'leak' : 'lost-write',
    message: `reads ${k.tokens.nameOf(value)} at byte ${slot} of page ${v} of mm[${mm}], which ought to be ${k.tokens.nameOf(expected)}`,
  };
}

/** Fork shares page `v` [both PTLs]: the child's memory is the parent's from here on, and GET references are detached. */
export function* $ideal_fork_page(k: Machine, parent: Mm, child: Mm, v: number): Steps<void> {
  if (!k.oracle) return;
  for (let slot = 0; slot < k.slots; slot++) yield* $ideal_fork_slot(k, parent, child, v, slot);
  if (k.options.strict) return;
  for (let r = 0; r < k.request.length; r++) {
    const target = k.requestTargets[r]!;
    if (target.mm !== parent.id || target.page !== v || target.pin) continue;
    const stage = k.request[r]!.state.field(REQUEST_STATE.stage);
    if (yield* stage.is(REFERENCED)) yield* stage.store(DETACHED);
  }
}

/** Fork copies one slot of page `v` for the child. */
export function* $ideal_fork_slot(k: Machine, parent: Mm, child: Mm, v: number, slot: number): Steps<void> {
  if (!k.oracle) return;
  const value = yield* k.ideal[parent.id]![v]![slot]!.load();
  yield* k.ideal[child.id]![v]![slot]!.store(value);
  const stored = yield* k.stored.load();
  yield* k.inherited[child.id]!.store(stored);
  for (let r = 0; r < k.request.length; r++) {
    const target = k.requestTargets[r]!;
    if (target.mm !== parent.id || target.page !== v || target.slot !== slot) continue;
    const { state } = k.request[r]!;
    if ((yield* state.field(REQUEST_STATE.stage).load()) >= REFERENCED)
      yield* state.update(0, REQUEST_STATE.inherited.put(0, 1 << child.id));
  }
}

/** A device read begins: until it completes its slot may read the old value or the device's. */
export function* $ideal_begin(k: Machine, r: number): Steps<void> {
  if (!k.oracle) return;
  const target = k.requestTargets[r]!;
  yield* k.request[r]!.state.field(REQUEST_STATE.stage).store(BEGUN);
  note(`read() begins: until it returns, byte ${target.slot} of page ${target.page} may read old or new`);
}

/** GUP has the reference for good. */
export function* $ideal_referenced(k: Machine, r: number): Steps<void> {
  if (!k.oracle) return;
  if (k.requestTargets[r]!.direction === 'read')
    yield* k.request[r]!.state.field(REQUEST_STATE.stage).store(REFERENCED);
}

/** The caller has been told that the device read is complete. */
export function* $ideal_complete(k: Machine, r: number): Steps<void> {
  if (!k.oracle) return;
  const { mm, page, slot, token } = k.requestTargets[r]!;
  const stage = k.request[r]!.state.field(REQUEST_STATE.stage);
  if (yield* stage.is(DETACHED)) return;
  yield* stage.store(IDLE);
  yield* k.ideal[mm]![page]![slot]!.store(token);
}
