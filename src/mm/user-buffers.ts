/**
 * What holds references to user pages across system calls: pipes (fs/splice.c), registered buffers (io_uring/rsrc.c), and direct
 * I/O whose device answers when it is told to. Contents are bytes (see tokens.ts), one slot at a time.
 */
import type { Steps } from '../core/operations.ts';
import { get_user_pages_fast, put_user_page, type GupFlags } from './gup.ts';
import type { Machine, Mm } from './machine.ts';
import { lock_page, unlock_page } from './page_alloc.ts';
import { filled, FIRST_BYTE, Tokens } from './tokens.ts';

/** What a reference is for, which says how it is taken. */
export type BufferKind = 'vmsplice' | 'io_uring' | 'dio-read' | 'dio-write';

const WRITES: Readonly<Record<BufferKind, boolean>> = {
  vmsplice: false,
  io_uring: true,
  'dio-read': true,
  'dio-write': false,
};

/** vmsplice: FOLL_GET, to read. io_uring: FOLL_PIN and FOLL_LONGTERM, to write. Direct I/O: as this kernel does it. */
export function gupFlags(k: Machine, kind: BufferKind): GupFlags {
  const pin = kind === 'io_uring' || (kind !== 'vmsplice' && k.kernel.odirect_pin);
  return { write: WRITES[kind], pin, request: -1 };
}

/** Takes the reference: the frame, ZERO_PAGE or EFAULT. A direct read dirties the page before the device gets it. */
export function* get_user_buffer(k: Machine, mm: Mm, v: number, kind: BufferKind): Steps<number> {
  const f = yield* get_user_pages_fast(k, mm, v, gupFlags(k, kind));
  if (f >= 0 && kind === 'dio-read') yield* set_page_dirty_lock(k, f);
  return f;
}

/** Drops it. A direct read dirties the page again if it has been cleaned meanwhile (`bio_check_pages_dirty`). */
export function* put_user_buffer(k: Machine, f: number, kind: BufferKind): Steps<void> {
  if (f >= 0 && kind === 'dio-read' && (yield* k.page[f]!.dirty.is(0))) yield* set_page_dirty_lock(k, f);
  yield* put_user_page(k, f, gupFlags(k, kind));
}

function* set_page_dirty_lock(k: Machine, f: number): Steps<void> {
  yield* lock_page(k, f);
  yield* k.page[f]!.dirty.store(1);
  yield* unlock_page(k, f);
}

/** The first byte of a slot, read through the reference. */
export function* read_user_buffer(k: Machine, f: number, slot: number): Steps<number> {
  return f < 0 ? Tokens.ZERO : (yield* k.page[f]!.data[slot]!.load()) & FIRST_BYTE;
}

/** All 512 bytes of a slot, written through the reference. */
export function* write_user_buffer(k: Machine, f: number, slot: number, value: number): Steps<void> {
  if (f >= 0) yield* k.page[f]!.data[slot]!.store(filled(value));
}
