/** Which bits of its word an operation depends on and which it may change: what happens to the others is none of its business. */
import { Kind } from '../../core/operations.ts';

/** From the lowest bit of `x` upwards: where adding `x` can carry to. */
function carried(x: number): number {
  return -(x & -x);
}

/** The bits that decide what the operation does and answers, as a mask; those it writes are among them. */
export function observedBits(kind: number, x: number, y: number, z: number): number {
  switch (kind) {
    case Kind.LOAD:
    case Kind.TEST:
    case Kind.XOR:
    case Kind.UNLOCK:
    case Kind.UNTIL:
    case Kind.UNTIL_NOT:
      return x;
    case Kind.STORE:
      return ~x | y;
    case Kind.EXCHANGE:
      return ~x | y | z;
    case Kind.ADD:
      return carried(x);
    case Kind.LOCK:
    case Kind.TRYLOCK:
      return x | y;
    case Kind.UNTIL_CONDITION:
    case Kind.CHOOSE:
    case Kind.FENCE:
      return 0;
    default:
      return -1;
  }
}

/** The bits that the operation may change. */
export function writableBits(kind: number, x: number, y: number): number {
  switch (kind) {
    case Kind.STORE:
    case Kind.EXCHANGE:
      return ~x | y;
    case Kind.ADD:
    case Kind.FETCH_ADD:
    case Kind.ADD_TEST:
    case Kind.ADD_UNLESS:
      return carried(x);
    case Kind.XOR:
    case Kind.FETCH_XOR:
    case Kind.UNLOCK:
      return x;
    case Kind.COMPARE_EXCHANGE:
    case Kind.TRY_COMPARE_EXCHANGE:
      return x ^ y;
    case Kind.LOCK:
    case Kind.TRYLOCK:
      return y;
    default:
      return 0;
  }
}
