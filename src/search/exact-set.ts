import { moveField, type StateCodes } from './state-codes.ts';
import { NEW, VisitedSet } from './visited.ts';

/** Two different states have the same key; see {@link ExactSet}. */
export class KeyCollision extends Error {
  constructor(states: number) {
    super(`two of the first ${states} states share a key`);
    this.name = 'KeyCollision';
  }
}

/**
 * A visited set that keeps, beside each key, the state itself as a code (see state-codes.ts), and compares it whenever a key is met
 * again: what has the same key is the same state, for certain. Should two states ever share a key, it throws a {@link KeyCollision}.
 * 8 bytes a slot and 4 for each 32 bits of code, at most three quarters of the slots in use.
 */
export class ExactSet extends VisitedSet {
  private readonly codes: StateCodes;
  /** int32s of a code, and the codes by slot. */
  private lanes = 0;
  private stored = new Int32Array(0);

  /** @param codes whose `code` is that of the state in question whenever {@link insert} is called */
  constructor(codes: StateCodes) {
    super();
    this.codes = codes;
    codes.onWiden = (field, lane, shift, width) => this.moveFields(field, lane, shift, width);
    this.restore(this.table.length / 2, codes.places.lanes, (from) => from);
  }

  override get bytes(): number {
    return super.bytes + this.stored.byteLength;
  }

  override insert(low: number, high: number): number {
    const seen = super.insert(low, high);
    const { lanes, stored } = this;
    const { code } = this.codes;
    const first = this.slot * lanes;
    if (seen === NEW) for (let i = 0; i < lanes; i++) stored[first + i] = code[i]!;
    else for (let i = 0; i < lanes; i++) if (stored[first + i] !== code[i]) throw new KeyCollision(this.size);
    return seen;
  }

  protected override grow(low: number, high: number): void {
    const before = this.table;
    super.grow(low, high);
    this.restore(this.table.length / 2, this.lanes, (from) =>
      before[2 * from] === 0 ? -1 : this.slotOf(before[2 * from]!, before[2 * from + 1]!, before[2 * from]!),
    );
  }

  /** Makes room for `slots` codes of `lanes` int32s; the code in slot i goes to slot `to(i)`, if that is not negative. */
  private restore(slots: number, lanes: number, to: (from: number) => number): void {
    const { stored } = this;
    const before = this.lanes;
    this.stored = new Int32Array(slots * lanes);
    this.lanes = lanes;
    for (let from = 0; from * before < stored.length && before > 0; from++) {
      const slot = to(from);
      if (slot < 0) continue;
      for (let i = 0; i < before; i++) this.stored[slot * lanes + i] = stored[from * before + i]!;
    }
  }

  private moveFields(field: number, lane: number, shift: number, width: number): void {
    const { places } = this.codes;
    if (places.lanes > this.lanes) this.restore(this.table.length / 2, places.lanes, (from) => from);
    const { stored, lanes } = this;
    // A place that was free is zero in all codes, and so is a field that had no place.
    for (let first = 0; first < stored.length && width > 0; first += lanes)
      moveField(stored, first, lane, shift, width, places, field);
  }
}
