import { formatBits, type BitField } from './bits.ts';
import { currentContext, type CallStack } from './context.ts';
import { ModelError } from './errors.ts';
import { Kind, Order, type KindCode, type OrderCode, type Steps } from './operations.ts';

/**
 * Called by whatever is about to yield an operation: does it happen in the same step as the one before it? An operation that
 * always rides (a ghost update) does not open an atomic block: the block's first real operation is still a step of its own.
 * Also captures the call stack when the engine asks for it.
 */
export function ridesNow(always = false): boolean {
  const context = currentContext();
  if (context.capture) context.callStack = captureStack();
  if (always) return true;
  if (context.atomicDepth === 0) return false;
  if (context.atomicStarted) return true;
  context.atomicStarted = true;
  return false;
}

function captureStack(): CallStack {
  const holder: CallStack = {};
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 64;
  Error.captureStackTrace(holder, ridesNow);
  Error.stackTraceLimit = stackTraceLimit;
  return holder;
}

/** What a word says about itself in traces. */
export interface WordOptions {
  /** Value at the start of the program; default 0. */
  readonly init?: number;
  /** Bit fields, for `formatBits` in traces. */
  readonly fields?: readonly BitField[];
  /** Own spelling of a value in traces; wins over `fields`. */
  readonly format?: (value: number) => string;
  /** A ghost word: not part of the modelled machine; its operations ride on the step before them. */
  readonly ghost?: boolean;
}

/**
 * A word or a part of a word that can be read and written: the bits of `mask`, handed about shifted down by `shift`.
 * Every generator method is one operation, that is one switch point, unless it stands inside `atomic` or the word is a ghost.
 */
export class Field {
  readonly index: number;
  readonly name: string;
  readonly mask: number;
  readonly shift: number;
  protected readonly ghost: boolean;

  constructor(index: number, name: string, mask: number, shift: number, ghost: boolean) {
    this.index = index;
    this.name = name;
    this.mask = mask;
    this.shift = shift;
    this.ghost = ghost;
  }

  protected operation(kind: KindCode, x: number, y: number, z: number, order: OrderCode) {
    return { kind, word: this.index, x, y, z, order, rides: ridesNow(this.ghost) };
  }

  protected place(value: number): number {
    const placed = (value << this.shift) & this.mask;
    if (placed >> this.shift !== value && placed >>> this.shift !== value)
      throw new ModelError(`${this.name}: the value ${value} does not fit`);
    return placed;
  }

  /** Reads; returns the field's value. */
  *load(order: OrderCode = Order.ONCE): Steps<number> {
    const bits = yield this.operation(Kind.LOAD, this.mask, 0, 0, order);
    return this.mask === -1 ? bits : (bits & this.mask) >>> this.shift;
  }

  /** Reads only whether the field equals `value`: fewer automaton nodes than `load`. */
  *is(value: number, order: OrderCode = Order.ONCE): Steps<boolean> {
    return (yield this.operation(Kind.TEST, this.mask, this.place(value), 0, order)) === 1;
  }

  /** Writes the field and leaves the rest of the word alone (for a bit: `set_bit` / `clear_bit`). */
  *store(value: number, order: OrderCode = Order.ONCE): Steps<void> {
    yield this.operation(Kind.STORE, ~this.mask, this.place(value), 0, order);
  }

  /** Writes and returns the field's previous value (`xchg`, `test_and_set_bit`). */
  *exchange(value: number): Steps<number> {
    const bits = yield this.operation(Kind.EXCHANGE, ~this.mask, this.place(value), this.mask, Order.FULL);
    return this.mask === -1 ? bits : (bits & this.mask) >>> this.shift;
  }

  /** Waits until the field equals `value`. */
  *untilIs(value: number): Steps<void> {
    yield this.operation(Kind.UNTIL, this.mask, this.place(value), 0, Order.ACQUIRE);
  }

  /** Waits until the field differs from `value`. */
  *untilNot(value: number): Steps<void> {
    yield this.operation(Kind.UNTIL_NOT, this.mask, this.place(value), 0, Order.ACQUIRE);
  }

  /** `spin_lock` / `lock_page` on this field: waits until it is 0, then holds it for `owner` (non-zero). See locks.ts. */
  *lockFor(owner: number): Steps<void> {
    yield this.operation(Kind.LOCK, this.mask, this.place(owner), 0, Order.ACQUIRE);
  }

  /** As {@link lockFor} without waiting; true if the lock was free. */
  *trylockFor(owner: number): Steps<boolean> {
    return (yield this.operation(Kind.TRYLOCK, this.mask, this.place(owner), 0, Order.ACQUIRE)) === 1;
  }

  /** Clears the field if it holds `owner`; false (and nothing changed) if it does not. */
  *unlockFor(owner: number): Steps<boolean> {
    return (yield this.operation(Kind.UNLOCK, this.mask, this.place(owner), 0, Order.RELEASE)) === 1;
  }
}

/** A whole int32 word of the program's memory. Made by {@link Layout.word}, immutable. */
export class Word extends Field {
  readonly options: WordOptions;

  constructor(index: number, name: string, options: WordOptions) {
    super(index, name, -1, 0, options.ghost === true);
    this.options = options;
  }

  /** One bit field of this word as a handle of its own, named `word.field`. */
  field(bits: BitField): Field {
    return new Field(this.index, `${this.name}.${bits.name}`, bits.mask, bits.shift, this.ghost);
  }

  /** Reads only the bits of `mask`, in place: fewer automaton nodes than `load`. */
  *loadMasked(mask: number, order: OrderCode = Order.ONCE): Steps<number> {
    return yield this.operation(Kind.LOAD, mask, 0, 0, order);
  }

  /** new = (old & ~clear) | set, in one operation without a result. */
  *update(clear: number, set: number): Steps<void> {
    yield this.operation(Kind.STORE, ~(clear | set), set, 0, Order.FULL);
  }

  /** As {@link update}; returns the previous bits of `mask`, in place. */
  *fetchUpdate(clear: number, set: number, mask = -1): Steps<number> {
    return yield this.operation(Kind.EXCHANGE, ~(clear | set), set, mask, Order.FULL);
  }

  /** `atomic_add`: no result. */
  *add(delta: number): Steps<void> {
    yield this.operation(Kind.ADD, delta, 0, 0, Order.FULL);
  }

  /** `atomic_fetch_add`: returns the previous value. */
  *fetchAdd(delta: number): Steps<number> {
    return yield this.operation(Kind.FETCH_ADD, delta, 0, 0, Order.FULL);
  }

  /** Adds and says whether the result is `expected` (`atomic_dec_and_test` is `addAndTest(-1, 0)`). */
  *addAndTest(delta: number, expected: number): Steps<boolean> {
    return (yield this.operation(Kind.ADD_TEST, delta, expected, 0, Order.FULL)) === 1;
  }

  /** Adds unless the value is `unless`; true if it added (`get_page_unless_zero` is `addUnless(1, 0)`). */
  *addUnless(delta: number, unless: number): Steps<boolean> {
    return (yield this.operation(Kind.ADD_UNLESS, delta, unless, 0, Order.FULL)) === 1;
  }

  /** Waits until the bits of `excluded` are 0, then sets `bit` (a reader of a rw-semaphore). See locks.ts. */
  *lockSharedFor(excluded: number, bit: number): Steps<void> {
    yield this.operation(Kind.LOCK, excluded, bit, 0, Order.ACQUIRE);
  }

  /** Clears `bit`; false (and nothing changed) if it was not set. */
  *unlockSharedFor(bit: number): Steps<boolean> {
    return (yield this.operation(Kind.UNLOCK, bit, bit, 0, Order.RELEASE)) === 1;
  }

  /** Flips the bits of `mask`. */
  *xor(mask: number): Steps<void> {
    yield this.operation(Kind.XOR, mask, 0, 0, Order.FULL);
  }

  /** Flips the bits of `mask`; returns the previous value. */
  *fetchXor(mask: number): Steps<number> {
    return yield this.operation(Kind.FETCH_XOR, mask, 0, 0, Order.FULL);
  }

  /** Sets the bits of `bits`; returns the previous value. */
  *fetchOr(bits: number): Steps<number> {
    return yield* this.fetchUpdate(0, bits);
  }

  /** Keeps only the bits of `bits`; returns the previous value. */
  *fetchAnd(bits: number): Steps<number> {
    return yield* this.fetchUpdate(~bits, 0);
  }

  /** `cmpxchg`: writes `desired` if the value is `expected`; returns the previous value. */
  *compareExchange(expected: number, desired: number): Steps<number> {
    return yield this.operation(Kind.COMPARE_EXCHANGE, expected, desired, 0, Order.FULL);
  }

  /** `try_cmpxchg`: writes `desired` if the value is `expected`; true if it was. */
  *tryCompareExchange(expected: number, desired: number): Steps<boolean> {
    return (yield this.operation(Kind.TRY_COMPARE_EXCHANGE, expected, desired, 0, Order.FULL)) === 1;
  }
}

/**
 * The program's memory: a flat array of int32 words, each with a name that is unique in the program. Built once per program
 * instance, then only read.
 */
export class Layout {
  private readonly list: Word[] = [];
  private readonly byName = new Map<string, Word>();

  /** Adds one word. Throws a ModelError if the name is taken. */
  word(name: string, options: WordOptions = {}): Word {
    if (this.byName.has(name)) throw new ModelError(`layout: two words are named ${name}`);
    const made = new Word(this.list.length, name, options);
    this.list.push(made);
    this.byName.set(name, made);
    return made;
  }

  /** Adds `count` words named by `name(i)`. */
  array(
    count: number,
    name: (i: number) => string,
    options: (i: number) => WordOptions = () => ({}),
  ): Word[] {
    return Array.from({ length: count }, (_, i) => this.word(name(i), options(i)));
  }

  /** All words in order of index. */
  get words(): readonly Word[] {
    return this.list;
  }

  /** The word called `name`, if there is one. */
  find(name: string): Word | undefined {
    return this.byName.get(name);
  }

  /** A fresh array of initial values, one int32 for each word; the caller owns it. */
  initial(): Int32Array {
    return Int32Array.from(this.list, (word) => word.options.init ?? 0);
  }

  /** The value as a reader of traces wants to see it. */
  format(index: number, value: number): string {
    const options = this.list[index]?.options;
    if (options?.format !== undefined) return options.format(value);
    if (options?.fields !== undefined) return formatBits(options.fields, value);
    return String(value);
  }
}
