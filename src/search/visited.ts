/**
 * The set of visited states: open addressing over one plain Int32Array, two int32s a state (its 63-bit key and one flag), grown
 * by doubling at three quarters full. 8 bytes a slot, 10.7–21.3 bytes a state.
 *
 * Bit 0 of the high half is the flag FINISHES: a run from this state is known to end. It is not part of the key.
 */
export const FINISHES = 1;

/** Stands for a low half of zero. */
const ZERO = 1;

/** Results of {@link VisitedSet.insert}. */
export const NEW = 0;
export const SEEN = 1;
/** Seen before and known to finish. */
export const SEEN_FINISHES = 3;

/** A set of visited states as a search uses it. */
export interface StateSet {
  /** Number of states in the set. */
  readonly size: number;
  /** Slot of the state last inserted or found. */
  readonly slot: number;
  /** Bytes held. */
  readonly bytes: number;
  touch(lows: Int32Array, count: number): void;
  insert(low: number, high: number): number;
  find(low: number, high: number): number;
  setFinishes(low: number, high: number, slot: number): void;
}

export class VisitedSet implements StateSet {
  /** Number of states in the set. */
  size = 0;
  /** Slot of the state last inserted or found; valid until the next insert. */
  slot = 0;
  /** Keeps {@link touch} from being optimised away. */
  protected touched = 0;
  protected table: Int32Array<ArrayBuffer>;
  private mask: number;
  private limit: number;

  /** @param logCapacity log2 of the initial number of slots, 4 … 29 */
  constructor(logCapacity = 12) {
    const capacity = 2 ** logCapacity;
    this.table = new Int32Array(2 * capacity);
    this.mask = capacity - 1;
    this.limit = Math.floor(capacity * 0.75);
  }

  /** Bytes held. */
  get bytes(): number {
    return this.table.byteLength;
  }

  /** Reads the slots where the first `count` of these keys would stand, so that they are in the cache when they are looked for. */
  touch(lows: Int32Array, count: number): void {
    const { table, mask } = this;
    let any = 0;
    for (let i = 0; i < count; i++) any |= table[2 * (lows[i]! & mask)]!;
    this.touched = any;
  }

  /** Adds the state with this key; returns NEW, SEEN or SEEN_FINISHES. One or two cache lines. */
  insert(low: number, high: number): number {
    const key = high & ~FINISHES;
    // An empty slot is told by its low half alone.
    if (low === 0) low = ZERO;
    const { table, mask } = this;
    let i = low & mask;
    let l = table[2 * i]!;
    while (l !== 0) {
      if (l === low) {
        const h = table[2 * i + 1]!;
        if ((h & ~FINISHES) === key) {
          this.slot = i;
          return SEEN | ((h & FINISHES) << 1);
        }
      }
      i = (i + 1) & mask;
      l = table[2 * i]!;
    }
    table[2 * i] = low;
    table[2 * i + 1] = key;
    this.slot = i;
    if (++this.size > this.limit) this.grow(low, high);
    return NEW;
  }

  /** As {@link insert}, but adds nothing: NEW says that the state is not there. */
  find(low: number, high: number): number {
    const i = this.slotOf(low, high, low);
    if (i < 0) return NEW;
    return SEEN | ((this.table[2 * i + 1]! & FINISHES) << 1);
  }

  /** How many further states fit without growing. */
  get room(): number {
    return this.limit - this.size;
  }

  /** Bytes of the table that {@link reserve} would make, beside those held until it is made; 0 if none is needed. */
  bytesToGrow(count: number): number {
    let bytes = 0;
    for (let { limit } = this; this.size + count > limit; limit *= 2) bytes = 2 * (bytes || this.bytes);
    return bytes;
  }

  /** Grows now, so that `count` further states fit without growing. Throws a RangeError if there is no memory for it. */
  reserve(count: number): void {
    while (this.size + count > this.limit) this.grow(0, 0);
  }

  /** The slots as they lie in memory, two int32s each; of the set, and changed by it. For {@link adopt}. */
  get slots(): Int32Array<ArrayBuffer> {
    return this.table;
  }

  /** Takes over the {@link slots} of another set that held `size` states. Throws a RangeError if they cannot be those. */
  adopt(slots: Int32Array<ArrayBuffer>, size: number): void {
    const capacity = slots.length / 2;
    const limit = Math.floor(capacity * 0.75);
    if (capacity < 16 || !Number.isInteger(Math.log2(capacity)) || size > limit)
      throw new RangeError(`${size} states do not fit in ${slots.length} int32s`);
    this.table = slots;
    this.mask = capacity - 1;
    this.limit = limit;
    this.size = size;
  }

  /** Sets FINISHES for a state that is in the set; `slot` is where it probably is. */
  setFinishes(low: number, high: number, slot: number): void {
    const i = this.slotOf(low, high, slot);
    this.table[2 * i + 1] = (high & ~FINISHES) | FINISHES;
  }

  /** The slot of this key, tried at `first` before all others; -1 if it is not there. */
  protected slotOf(low: number, high: number, first: number): number {
    const key = high & ~FINISHES;
    if (low === 0) low = ZERO;
    const { table, mask } = this;
    let i = first & mask;
    if (table[2 * i] === low && (table[2 * i + 1]! & ~FINISHES) === key) return i;
    i = low & mask;
    for (let l = table[2 * i]!; l !== 0; l = table[2 * i]!) {
      if (l === low && (table[2 * i + 1]! & ~FINISHES) === key) return i;
      i = (i + 1) & mask;
    }
    return -1;
  }

  /** Doubles the table; the state inserted last, which has this key, is looked up again for its slot. */
  protected grow(low: number, high: number): void {
    const old = this.table;
    const capacity = (this.mask + 1) * 2;
    const table = new Int32Array(2 * capacity);
    const mask = capacity - 1;
    for (let j = 0; j < old.length; j += 2) {
      const l = old[j]!;
      if (l === 0) continue;
      let i = l & mask;
      while (table[2 * i] !== 0) i = (i + 1) & mask;
      table[2 * i] = l;
      table[2 * i + 1] = old[j + 1]!;
    }
    this.table = table;
    this.mask = mask;
    this.limit = Math.floor(capacity * 0.75);
    this.slot = this.slotOf(low, high, low);
  }
}
