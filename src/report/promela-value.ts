/**
 * The value of one word in the middle of a step, as Promela: either known, or an expression over the word's value before the step.
 * Every operation acts on one word with constant operands, so no expression reads another word.
 */
import { isReadOnly, Kind, newValue, type KindCode } from '../core/operations.ts';

/** One operation of a step and what it observed. */
export interface Observed {
  readonly kind: KindCode;
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly result: number;
}

/** A word's value; `known` where it does not depend on the state. */
export interface Value {
  readonly text: string;
  readonly known: number | null;
  /** May it differ from the value before the step? */
  readonly changed: boolean;
}

/** The value that the variable `name` has before the step. */
export function before(name: string): Value {
  return { text: name, known: null, changed: false };
}

/** A Promela literal. The least int32 has none: its digits alone do not fit. */
export function literal(value: number): string {
  return value === -(2 ** 31) ? '(-2147483647 - 1)' : String(value);
}

/** `(value & mask) == expected`, or `!=`. */
export function masked(text: string, mask: number, expected: number, equal = true): string {
  const bits = mask === -1 ? text : `(${text} & ${literal(mask)})`;
  return `${bits} ${equal ? '==' : '!='} ${literal(expected)}`;
}

/**
 * What must be true of `value` for the operation to be enabled and to observe its result; null: nothing. UNTIL_CONDITION reads
 * several words and is not decided here.
 */
export function requirement(value: Value, { kind, x, y, z, result }: Observed): string | null {
  // What is known was observed in this step, so what follows from it has come about as well.
  if (value.known !== null) return null;
  const { text } = value;
  switch (kind) {
    case Kind.LOAD:
      return x === 0 ? null : masked(text, x, result);
    case Kind.EXCHANGE:
      return z === 0 ? null : masked(text, z, result);
    case Kind.FETCH_ADD:
    case Kind.FETCH_XOR:
    case Kind.COMPARE_EXCHANGE:
      return masked(text, -1, result);
    case Kind.ADD_TEST:
      return masked(text, -1, (y - x) | 0, result === 1);
    case Kind.ADD_UNLESS:
      return masked(text, -1, y, result === 0);
    case Kind.TRY_COMPARE_EXCHANGE:
      return masked(text, -1, x, result === 1);
    case Kind.TEST:
    case Kind.UNLOCK:
      return masked(text, x, y, result === 1);
    case Kind.TRYLOCK:
      return masked(text, x, 0, result === 1);
    case Kind.LOCK:
      return masked(text, x, 0);
    case Kind.UNTIL:
      return masked(text, x, y);
    case Kind.UNTIL_NOT:
      return masked(text, x, y, false);
    default:
      return null;
  }
}

/** The word's value after the operation. */
export function after(value: Value, operation: Observed): Value {
  const { kind, x, y } = operation;
  const { changed } = value;
  const old = value.known ?? pinned(operation);
  if (old !== null) {
    const known = newValue(kind, old, x, y);
    return { text: literal(known), known, changed: changed || known !== old };
  }
  if (isReadOnly(kind)) return value;
  // Overwritten as a whole.
  if ((kind === Kind.STORE || kind === Kind.EXCHANGE) && x === 0)
    return { text: literal(y), known: y, changed: true };
  const text = updated(value.text, operation);
  return text === value.text ? value : { text, known: null, changed: true };
}

/** The value that the word must have had for the operation to observe its result; null: more than one. */
function pinned({ kind, x, y, z, result }: Observed): number | null {
  switch (kind) {
    case Kind.LOAD:
      return x === -1 ? result : null;
    case Kind.EXCHANGE:
      return z === -1 ? result : null;
    case Kind.FETCH_ADD:
    case Kind.FETCH_XOR:
    case Kind.COMPARE_EXCHANGE:
      return result;
    case Kind.ADD_TEST:
      return result === 1 ? (y - x) | 0 : null;
    case Kind.ADD_UNLESS:
      return result === 0 ? y : null;
    case Kind.TRY_COMPARE_EXCHANGE:
      return result === 1 ? x : null;
    case Kind.TEST:
    case Kind.UNLOCK:
      return result === 1 && x === -1 ? y : null;
    case Kind.TRYLOCK:
      return result === 1 && x === -1 ? 0 : null;
    case Kind.LOCK:
      return x === -1 ? 0 : null;
    case Kind.UNTIL:
      return x === -1 ? y : null;
    default:
      return null;
  }
}

function updated(old: string, { kind, x, y, result }: Observed): string {
  switch (kind) {
    case Kind.STORE:
    case Kind.EXCHANGE:
      return or(and(old, x), y);
    case Kind.ADD:
    case Kind.FETCH_ADD:
    case Kind.ADD_TEST:
      return plus(old, x);
    case Kind.ADD_UNLESS:
      return result === 1 ? plus(old, x) : old;
    case Kind.XOR:
    case Kind.FETCH_XOR:
      return x === 0 ? old : `(${old} ^ ${literal(x)})`;
    case Kind.LOCK:
      return or(old, y);
    case Kind.TRYLOCK:
      return result === 1 ? or(old, y) : old;
    case Kind.UNLOCK:
      return result === 1 ? and(old, ~x) : old;
    default:
      return old;
  }
}

function and(text: string, mask: number): string {
  return mask === -1 ? text : `(${text} & ${literal(mask)})`;
}

function or(text: string, bits: number): string {
  return bits === 0 ? text : `(${text} | ${literal(bits)})`;
}

function plus(text: string, addend: number): string {
  return addend === 0 ? text : `(${text} + ${literal(addend)})`;
}
