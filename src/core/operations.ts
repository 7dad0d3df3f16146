/**
 * What each operation does to memory. Every engine (search, replay, worker threads) goes through this one file, so that a
 * schedule means the same thing everywhere.
 *
 * An operation acts on one int32 word `old` with operands `x`, `y` and a result mask `z`. It may be disabled (a lock that is
 * held, a condition that does not hold yet): then the thread waits, it never spins.
 */

/** Kinds of operation; the numbers are stored in the automaton tables and never in files. */
export const Kind = {
  /** result = old & x */
  LOAD: 0,
  /** new = (old & x) | y; also fetch-and-and / fetch-and-or whose result nobody reads */
  STORE: 1,
  /** new = (old & x) | y; result = old & z: exchange, fetch-and-or, fetch-and-and, test-and-set, test-and-clear */
  EXCHANGE: 2,
  /** new = old + x */
  ADD: 3,
  /** new = old + x; result = old */
  FETCH_ADD: 4,
  /** new = old + x; result = (new === y): `atomic_dec_and_test`, `page_ref_add_return() == y` */
  ADD_TEST: 5,
  /** old === y ? result = 0 : new = old + x, result = 1: `atomic_add_unless`, `get_page_unless_zero` */
  ADD_UNLESS: 6,
  /** new = old ^ x */
  XOR: 7,
  /** new = old ^ x; result = old */
  FETCH_XOR: 8,
  /** old === x ? new = y; result = old */
  COMPARE_EXCHANGE: 9,
  /** old === x ? new = y, result = 1 : result = 0 */
  TRY_COMPARE_EXCHANGE: 10,
  /** result = ((old & x) === y) */
  TEST: 11,
  /** waits until (old & x) === 0; new = old | y */
  LOCK: 12,
  /** (old & x) === 0 ? new = old | y, result = 1 : result = 0 */
  TRYLOCK: 13,
  /** (old & x) === y ? new = old & ~x, result = 1 : result = 0 (the caller is not the owner) */
  UNLOCK: 14,
  /** waits until (old & x) === y */
  UNTIL: 15,
  /** waits until (old & x) !== y */
  UNTIL_NOT: 16,
  /** waits until condition number x of the program holds (see conditions.ts); reads several words in one step */
  UNTIL_CONDITION: 17,
  /** branches: result is any of 0 … x-1 */
  CHOOSE: 18,
  /** orders memory accesses; no effect under sequential consistency */
  FENCE: 19,
  /** the thread has ended */
  DONE: 20,
  /** the thread found a violation */
  FAIL: 21,
} as const;

/** One of {@link Kind}. */
export type KindCode = (typeof Kind)[keyof typeof Kind];

/** Spelling of each kind in traces and schedule files, indexed by {@link Kind}. */
export const KIND_NAMES: readonly string[] = [
  'load',
  'store',
  'exchange',
  'add',
  'fetch_add',
  'add_test',
  'add_unless',
  'xor',
  'fetch_xor',
  'cmpxchg',
  'try_cmpxchg',
  'test',
  'lock',
  'trylock',
  'unlock',
  'until',
  'until_not',
  'until_condition',
  'choose',
  'fence',
  'done',
  'fail',
];

/** How strongly an access is ordered; kept with the operation for race checks and weak memory models. */
export const Order = { PLAIN: 0, ONCE: 1, ACQUIRE: 2, RELEASE: 3, FULL: 4 } as const;
export type OrderCode = (typeof Order)[keyof typeof Order];

/**
 * What a program's generator yields: one shared access. The engine answers with the result (0 for kinds without one).
 * Owned by the yielding generator; engines copy what they need.
 */
export interface Operation {
  readonly kind: KindCode;
  /** Index of the word in the program's layout; 0 where the kind reads no word. */
  readonly word: number;
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly order: OrderCode;
  /** True for an operation that happens in the same step as the one before it (inside `atomic`, or a ghost update). */
  readonly rides: boolean;
}

/** A program thread or a part of one: yields operations, is handed their results, returns T. */
export type Steps<T> = Generator<Operation, T, number>;

/** True if the operation never changes the word. */
export function isReadOnly(kind: number): boolean {
  return kind === Kind.LOAD || kind === Kind.TEST || kind >= Kind.UNTIL;
}

/** True if the operation acts on a word; `choose` and `fence` act on none. */
export function actsOnWord(kind: number): boolean {
  return kind !== Kind.CHOOSE && kind !== Kind.FENCE;
}

/** True if the operation can be disabled or branches: it may only be the first of an atomic block. */
export function mayWait(kind: number): boolean {
  return kind === Kind.LOCK || (kind >= Kind.UNTIL && kind <= Kind.CHOOSE);
}

/** True if the generator learns something from the operation (otherwise the automaton node has one successor). */
export function hasResult(kind: number): boolean {
  switch (kind) {
    case Kind.STORE:
    case Kind.ADD:
    case Kind.XOR:
    case Kind.LOCK:
    case Kind.UNTIL:
    case Kind.UNTIL_NOT:
    case Kind.UNTIL_CONDITION:
    case Kind.FENCE:
      return false;
    default:
      return true;
  }
}

/**
 * Can the operation happen now? UNTIL_CONDITION is decided by `conditions.ts`; everything not named here always can.
 * DONE and FAIL never can.
 */
export function isEnabled(kind: number, old: number, x: number, y: number): boolean {
  switch (kind) {
    case Kind.LOCK:
      return (old & x) === 0;
    case Kind.UNTIL:
      return (old & x) === y;
    case Kind.UNTIL_NOT:
      return (old & x) !== y;
    case Kind.DONE:
    case Kind.FAIL:
      return false;
    default:
      return true;
  }
}

/** The word's value after the operation; int32, wraps around like the hardware. */
export function newValue(kind: number, old: number, x: number, y: number): number {
  switch (kind) {
    case Kind.STORE:
    case Kind.EXCHANGE:
      return (old & x) | y;
    case Kind.ADD:
    case Kind.FETCH_ADD:
    case Kind.ADD_TEST:
      return (old + x) | 0;
    case Kind.ADD_UNLESS:
      return old === y ? old : (old + x) | 0;
    case Kind.XOR:
    case Kind.FETCH_XOR:
      return old ^ x;
    case Kind.COMPARE_EXCHANGE:
    case Kind.TRY_COMPARE_EXCHANGE:
      return old === x ? y : old;
    case Kind.LOCK:
      return old | y;
    case Kind.TRYLOCK:
      return (old & x) === 0 ? old | y : old;
    case Kind.UNLOCK:
      return (old & x) === y ? old & ~x : old;
    default:
      return old;
  }
}

/** What the thread is handed: 0 for kinds without a result. CHOOSE is the engine's business and answers 0 here. */
export function resultOf(kind: number, old: number, x: number, y: number, z: number): number {
  switch (kind) {
    case Kind.LOAD:
      return old & x;
    case Kind.EXCHANGE:
      return old & z;
    case Kind.FETCH_ADD:
    case Kind.FETCH_XOR:
    case Kind.COMPARE_EXCHANGE:
      return old;
    case Kind.ADD_TEST:
      return ((old + x) | 0) === y ? 1 : 0;
    case Kind.ADD_UNLESS:
      return old === y ? 0 : 1;
    case Kind.TRY_COMPARE_EXCHANGE:
      return old === x ? 1 : 0;
    case Kind.TEST:
    case Kind.UNLOCK:
      return (old & x) === y ? 1 : 0;
    case Kind.TRYLOCK:
      return (old & x) === 0 ? 1 : 0;
    default:
      return 0;
  }
}
