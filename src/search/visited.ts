/**
 * The set of visited states: open addressing over one plain Int32Array, two int32s a state (its 63-bit key and one flag), grown
 * by doubling at three quarters full. 8 bytes a slot, 10.7–21.3 bytes a state.
 *
 * Bit 0 of the high half is the flag FINISHES: a run from this state is known to end. It is not part of the key.
 */
export const FINISHES = 1;

/** Results of {@link VisitedSet.insert}. */
export const NEW = 0;
export const SEEN = 1;
/** Seen before and known to finish. */
export const SEEN_FINISHES = 3;

export class VisitedSet {
  /** Number of states in the set. */
  size = 0;
  /** Slot of the state last inserted or found; valid until the next insert. */
  slot = 0;
  /** Keeps {@link touch} from being optimised away. */
  protected touched = 0;
  private table: Int32Array<ArrayBuffer>;
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
    let key = high & ~FINISHES;
    if ((low | key) === 0) key = 2;
    const { table, mask } = this;
    let i = low & mask;
    for (;;) {
      const l = table[2 * i]!;
      const h = table[2 * i + 1]!;
      if (l === low && (h & ~FINISHES) === key) {
        this.slot = i;
        return SEEN | ((h & FINISHES) << 1);
      }
      if ((l | h) === 0) break;
      i = (i + 1) & mask;
    }
    table[2 * i] = low;
    table[2 * i + 1] = key;
    this.slot = i;
    if (++this.size > this.limit) this.grow(low, high);
    return NEW;
  }

  /** Sets FINISHES for a state that is in the set; `slot` is where it probably is. */
  setFinishes(low: number, high: number, slot: number): void {
    let key = high & ~FINISHES;
    if ((low | key) === 0) key = 2;
    const { table, mask } = this;
    let i = slot & mask;
    if (table[2 * i] !== low || (table[2 * i + 1]! & ~FINISHES) !== key) {
      i = low & mask;
      while (table[2 * i] !== low || (table[2 * i + 1]! & ~FINISHES) !== key) i = (i + 1) & mask;
    }
    table[2 * i + 1] = key | FINISHES;
  }

  private grow(low: number, high: number): void {
    const old = this.table;
    const capacity = (this.mask + 1) * 2;
    const table = new Int32Array(2 * capacity);
    const mask = capacity - 1;
    for (let j = 0; j < old.length; j += 2) {
      const l = old[j]!;
      const h = old[j + 1]!;
      if ((l | h) === 0) continue;
      let i = l & mask;
      while ((table[2 * i]! | table[2 * i + 1]!) !== 0) i = (i + 1) & mask;
      table[2 * i] = l;
      table[2 * i + 1] = h;
    }
    this.table = table;
    this.mask = mask;
    this.limit = Math.floor(capacity * 0.75);
    this.insert(low, high);
  }
}
