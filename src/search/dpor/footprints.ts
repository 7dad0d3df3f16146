/**
 * Footprints of whole steps: which bits of which words decided what the step did, and which of those it changed. Each distinct
 * footprint has a number; which of them are dependent is computed once and kept in a table.
 *
 * Two steps are dependent if one changes bits that the other observes. If they are not, each does the same before and after the other
 * and both orders lead to one state (Mazurkiewicz). This is relative to the values: a failed compare-exchange, a trylock that
 * fails, a store of what was there only observe.
 */
import { grown } from '../growable.ts';

/** int32s of an entry: key (a word, or something beyond the words), observed bits, changed bits. */
const ENTRY = 3;
/** Beyond this many footprints dependence is computed each time. */
const MOST_TABLED = 4096;
const DEPENDENT = 2;
const INDEPENDENT = 1;

export class Footprints {
  /** Distinct footprints so far. */
  size = 0;
  /** The footprint being made: {@link begin}, then {@link add} each key once, then {@link end}. */
  private draft = new Int32Array(ENTRY * 16);
  private length = 0;
  /** By number: where its entries begin in `entries`; one more for the end of the last. */
  private starts = new Int32Array(256);
  private entries = new Int32Array(1024);
  /** Open addressing: number + 1, or 0. */
  private slots = new Int32Array(512);
  private side = 64;
  private table = new Uint8Array(64 * 64);

  begin(): void {
    this.length = 0;
  }

  /** Adds an entry; each key at most once. Changed bits must be among the observed ones. */
  add(key: number, observed: number, changed: number): void {
    const at = this.length;
    this.draft = grown(this.draft, at + ENTRY);
    this.draft[at] = key;
    this.draft[at + 1] = observed;
    this.draft[at + 2] = changed;
    this.length = at + ENTRY;
  }

  /** The number of the footprint just made. */
  end(): number {
    const { draft, length, slots } = this;
    let hash = length;
    for (let i = 0; i < length; i++) hash = Math.imul(hash ^ draft[i]!, 0x85ebca6b) ^ (hash >>> 13);
    const mask = slots.length - 1;
    let slot = (hash ^ (hash >>> 16)) & mask;
    for (; slots[slot] !== 0; slot = (slot + 1) & mask)
      if (this.isDraft(slots[slot]! - 1)) return slots[slot]! - 1;
    return this.insert(slot);
  }

  /** May swapping two neighbouring steps with these footprints make a difference? */
  dependent(a: number, b: number): boolean {
    if (a >= MOST_TABLED || b >= MOST_TABLED) return this.meet(a, b);
    const at = a * this.side + b;
    const known = this.table[at]!;
    if (known !== 0) return known === DEPENDENT;
    const met = this.meet(a, b);
    this.table[at] = met ? DEPENDENT : INDEPENDENT;
    return met;
  }

  private isDraft(number: number): boolean {
    const { draft, length, entries } = this;
    const start = this.starts[number]!;
    if (this.starts[number + 1]! - start !== length) return false;
    for (let i = 0; i < length; i++) if (entries[start + i] !== draft[i]) return false;
    return true;
  }

  private insert(slot: number): number {
    const number = this.size++;
    const start = this.starts[number]!;
    this.entries = grown(this.entries, start + this.length);
    this.entries.set(this.draft.subarray(0, this.length), start);
    this.starts = grown(this.starts, number + 2);
    this.starts[number + 1] = start + this.length;
    this.slots[slot] = number + 1;
    if (2 * this.size > this.slots.length) this.rehash();
    if (this.size > this.side && this.side < MOST_TABLED) {
      this.side *= 2;
      this.table = new Uint8Array(this.side * this.side);
    }
    return number;
  }

  private rehash(): void {
    const old = this.slots.filter((slot) => slot !== 0);
    this.slots = new Int32Array(2 * this.slots.length);
    const mask = this.slots.length - 1;
    for (const kept of old) {
      const start = this.starts[kept - 1]!;
      const end = this.starts[kept]!;
      let hash = end - start;
      for (let i = start; i < end; i++) hash = Math.imul(hash ^ this.entries[i]!, 0x85ebca6b) ^ (hash >>> 13);
      let slot = (hash ^ (hash >>> 16)) & mask;
      while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
      this.slots[slot] = kept;
    }
  }

  private meet(a: number, b: number): boolean {
    const { starts, entries } = this;
    for (let i = starts[a]!; i < starts[a + 1]!; i += ENTRY)
      for (let j = starts[b]!; j < starts[b + 1]!; j += ENTRY)
        if (
          entries[i] === entries[j] &&
          ((entries[i + 1]! & entries[j + 2]!) | (entries[i + 2]! & entries[j + 1]!)) !== 0
        )
          return true;
    return false;
  }
}
