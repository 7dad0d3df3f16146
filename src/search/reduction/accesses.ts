/** Which bits of its word an operation reads and writes, whatever it finds there. */
import { Kind } from '../../core/operations.ts';

/** Bits on which the operation's result, its being enabled, or the bits it writes depend. */
export function readMask(kind: number, x: number, z: number): number {
  switch (kind) {
    case Kind.LOAD:
    case Kind.TEST:
    case Kind.XOR:
    case Kind.LOCK:
    case Kind.TRYLOCK:
    case Kind.UNLOCK:
    case Kind.UNTIL:
    case Kind.UNTIL_NOT:
      return x;
    case Kind.EXCHANGE:
      return z;
    case Kind.ADD:
    case Kind.FETCH_ADD:
    case Kind.ADD_TEST:
    case Kind.ADD_UNLESS:
    case Kind.FETCH_XOR:
    case Kind.COMPARE_EXCHANGE:
    case Kind.TRY_COMPARE_EXCHANGE:
      return -1;
    default:
      return 0;
  }
}

/**
 * Bits that the operation writes when it finds `old`: those it stores to, changed or not. One that fails (a trylock of a lock that is
 * held, a compare-exchange of another value) writes none.
 */
export function writtenMask(kind: number, old: number, x: number, y: number): number {
  switch (kind) {
    case Kind.STORE:
    case Kind.EXCHANGE:
      return ~x | y;
    case Kind.ADD:
    case Kind.FETCH_ADD:
    case Kind.ADD_TEST:
      return -1;
    case Kind.ADD_UNLESS:
      return old === y ? 0 : -1;
    case Kind.XOR:
    case Kind.FETCH_XOR:
      return x;
    case Kind.COMPARE_EXCHANGE:
    case Kind.TRY_COMPARE_EXCHANGE:
      return old === x ? -1 : 0;
    case Kind.LOCK:
      return y;
    case Kind.TRYLOCK:
      return (old & x) === 0 ? y : 0;
    case Kind.UNLOCK:
      return (old & x) === y ? x : 0;
    default:
      return 0;
  }
}

/** As {@link writtenMask} where it is not known what the operation finds. */
export function mayWriteMask(kind: number, x: number, y: number): number {
  switch (kind) {
    case Kind.ADD_UNLESS:
    case Kind.COMPARE_EXCHANGE:
    case Kind.TRY_COMPARE_EXCHANGE:
      return -1;
    case Kind.TRYLOCK:
      return y;
    case Kind.UNLOCK:
      return x;
    default:
      return writtenMask(kind, 0, x, y);
  }
}
