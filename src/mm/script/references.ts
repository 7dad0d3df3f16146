/** The references that a script holds across operations, and direct I/O, which holds one for the length of its operation. */
import type { Steps } from '../../core/operations.ts';
import { EFAULT } from '../gup.ts';
import type { Machine, Mm } from '../machine.ts';
import {
  get_user_buffer,
  put_user_buffer,
  read_user_buffer,
  write_user_buffer,
  type BufferKind,
} from '../user-buffers.ts';
import type { Held } from './observe.ts';

interface Pin extends Held {
  readonly kind: BufferKind;
  readonly slot: number;
  /** What the device took at the start of a direct write. */
  readonly sampled: number;
}

/** What an operation answers: `ok` or the name of an errno, and the byte it read. */
export interface Answer {
  readonly r: string;
  readonly v?: number;
}

export const OK: Answer = { r: 'ok' };

/** The references of one script. `complete` runs a generator to its end. */
export class References {
  private readonly pins = new Map<string, Pin>();
  private readonly machine: Machine;
  private readonly complete: <T>(body: Steps<T>) => T;

  constructor(machine: Machine, complete: <T>(body: Steps<T>) => T) {
    this.machine = machine;
    this.complete = complete;
  }

  /** In the order in which they are shown: by kind (v, u, d) and number. */
  shown(): readonly Held[] {
    return [...this.pins.values()].toSorted((a, b) => order(a.key) - order(b.key));
  }

  /** Takes a reference called `key` to page `v` of `mm`. */
  take(key: string, kind: BufferKind, mm: Mm, v: number, slot: number): Answer {
    if (this.pins.has(key)) return { r: 'EEXIST' };
    const frame = this.complete(get_user_buffer(this.machine, mm, v, kind));
    if (frame === EFAULT) return { r: 'EFAULT' };
    const sampled = this.complete(read_user_buffer(this.machine, frame, slot));
    this.pins.set(key, { key, kind, frame, slot, sampled });
    return OK;
  }

  /** Reads through it. */
  read(key: string, slot: number): Answer {
    const pin = this.pins.get(key);
    if (pin === undefined) return { r: 'EBADF' };
    return { r: 'ok', v: this.complete(read_user_buffer(this.machine, pin.frame, slot)) };
  }

  /** Writes through it. */
  write(key: string, slot: number, value: number): Answer {
    const pin = this.pins.get(key);
    if (pin === undefined) return { r: 'EBADF' };
    this.complete(write_user_buffer(this.machine, pin.frame, slot, value));
    return OK;
  }

  drop(key: string): Answer {
    const pin = this.pins.get(key);
    if (pin === undefined) return { r: 'EBADF' };
    this.complete(put_user_buffer(this.machine, pin.frame, pin.kind));
    this.pins.delete(key);
    return OK;
  }

  /** The device answers with `value`, or tells what it took. */
  dmaend(key: string, value: number): Answer {
    const pin = this.pins.get(key);
    if (pin === undefined) return { r: 'EBADF' };
    if (pin.kind === 'dio-read') this.complete(write_user_buffer(this.machine, pin.frame, pin.slot, value));
    this.drop(key);
    return pin.kind === 'dio-read' ? OK : { r: 'ok', v: pin.sampled };
  }

  /** A whole O_DIRECT read into memory. */
  directRead(mm: Mm, v: number, slot: number, value: number): Answer {
    const k = this.machine;
    const frame = this.complete(get_user_buffer(k, mm, v, 'dio-read'));
    if (frame === EFAULT) return { r: 'EFAULT' };
    this.complete(write_user_buffer(k, frame, slot, value));
    this.complete(put_user_buffer(k, frame, 'dio-read'));
    return OK;
  }

  /** A whole O_DIRECT write from memory. */
  directWrite(mm: Mm, v: number, slot: number): Answer {
    const k = this.machine;
    const frame = this.complete(get_user_buffer(k, mm, v, 'dio-write'));
    if (frame === EFAULT) return { r: 'EFAULT' };
    const value = this.complete(read_user_buffer(k, frame, slot));
    this.complete(put_user_buffer(k, frame, 'dio-write'));
    return { r: 'ok', v: value };
  }
}

function order(key: string): number {
  return 'vud'.indexOf(key[0]!) * 1000 + Number(key.slice(1));
}
