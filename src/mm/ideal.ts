/**
 * The address space as it ought to be (design.md 5, semantics.md 6.3): each process's memory is a private array of byte-slots;
 * fork copies it; a CPU store and a completed device read update it. All updates are ghost operations: they ride on the step
 * they belong to and cost none of their own.
 *
 * From the start of a device read until its completion the slot may read anything (Tokens.ANY). A fork in between legally
 * detaches a FOLL_GET reference: the slot then stays ANY, unless the machine is `strict`.
 */
import { check, fail, note } from '../core/control.ts';
import type { Steps } from '../core/operations.ts';
import { SLOTS, type Machine, type Mm, type Request } from './machine.ts';
import { Tokens } from './tokens.ts';

/** Values of `Request.state`. */
export const IDLE = 0;
export const IN_FLIGHT = 1;
export const DETACHED = 2;

/** Name of the check that a meaningful search must have made. */
export const LOAD_CHECK = 'a load returns what the ideal address space holds';

/** A CPU of `mm` has stored `token`. */
export function* $ideal_store(k: Machine, mm: Mm, v: number, slot: number, token: number): Steps<void> {
  yield* k.ideal[mm.id]![v]![slot]!.store(token);
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
  const expected = yield* k.ideal[mm.id]![v]![slot]!.load();
  check(LOAD_CHECK);
  if (expected === Tokens.ANY || expected === value) return;
  const mismatch = describe_mismatch(k, mm.id, v, slot, value, expected);
  fail(mismatch.kind, `${who} ${mismatch.message}`);
}

/** How a wrong value is called: another process's write is a leak, anything else a lost write. */
export function describe_mismatch(
  k: Machine,
  mm: number,
  v: number,
  slot: number,
  value: number,
  expected: number,
): { readonly kind: 'leak' | 'lost-write'; readonly message: string } {
  const owner = k.tokens.ownerOf(value);
  const kind =
    owner >= 0 && owner !== mm && value !== expected && !is_inherited(k, value) ? 'leak' : 'lost-write';
  return {
    kind,
    message: `reads ${k.tokens.nameOf(value)} at byte ${slot} of page ${v} of mm[${mm}], which ought to be ${k.tokens.nameOf(expected)}`,
  };
}

/** Initial contents belong to mm[0], and rightly to its children. */
function is_inherited(k: Machine, value: number): boolean {
  return k.tokens.nameOf(value).startsWith('init');
}

/** Fork shares page `v` [both PTLs]: the child's memory is the parent's from here on, and GET references are detached. */
export function* $ideal_fork_page(k: Machine, parent: Mm, child: Mm, v: number): Steps<void> {
  for (let slot = 0; slot < SLOTS; slot++) yield* $ideal_fork_slot(k, parent, child, v, slot);
  if (k.options.strict) return;
  for (let r = 0; r < k.request.length; r++) {
    const target = k.requestTargets[r]!;
    if (target.mm !== parent.id || target.page !== v || target.pin) continue;
    if (yield* k.request[r]!.state.is(IN_FLIGHT)) yield* k.request[r]!.state.store(DETACHED);
  }
}

/** Fork copies one slot of page `v` for the child. */
export function* $ideal_fork_slot(k: Machine, parent: Mm, child: Mm, v: number, slot: number): Steps<void> {
  const value = yield* k.ideal[parent.id]![v]![slot]!.load();
  yield* k.ideal[child.id]![v]![slot]!.store(value);
}

/** A device read into the slot begins: until it completes the slot may read anything. */
export function* $ideal_begin(k: Machine, request: Request, mm: Mm, v: number, slot: number): Steps<void> {
  yield* request.state.store(IN_FLIGHT);
  yield* k.ideal[mm.id]![v]![slot]!.store(Tokens.ANY);
  note(`read() begins: until it returns, byte ${slot} of page ${v} may read anything`);
}

/** The caller has been told that the device read is complete. */
export function* $ideal_complete(
  k: Machine,
  request: Request,
  mm: Mm,
  v: number,
  slot: number,
  token: number,
): Steps<void> {
  const reliable = yield* request.state.is(IN_FLIGHT);
  yield* request.state.store(IDLE);
  if (reliable) yield* k.ideal[mm.id]![v]![slot]!.store(token);
}
