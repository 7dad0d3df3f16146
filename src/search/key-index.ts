/** Numbers states 0, 1, 2, … in order of first sight, by their 63-bit keys. 12 bytes a slot. */
export class KeyIndex {
  /** Number of states seen. */
  size = 0;
  private table = new Int32Array(3 * 4096);
  private mask = 4095;

  /** The number of the state with this key; a new one gets the next number. */
  insert(low: number, high: number): number {
    const { table, mask } = this;
    const key = high | 1; // never 0, so that an empty slot is told apart; bit 0 is not part of the key
    let i = low & mask;
    while (table[3 * i + 1] !== 0) {
      if (table[3 * i] === low && table[3 * i + 1] === key) return table[3 * i + 2]!;
      i = (i + 1) & mask;
    }
    table[3 * i] = low;
    table[3 * i + 1] = key;
    table[3 * i + 2] = this.size;
    const number = this.size++;
    if (this.size * 4 > (mask + 1) * 3) this.grow();
    return number;
  }

  /** The number of the state with this key, or -1. */
  find(low: number, high: number): number {
    const { table, mask } = this;
    const key = high | 1;
    let i = low & mask;
    while (table[3 * i + 1] !== 0) {
      if (table[3 * i] === low && table[3 * i + 1] === key) return table[3 * i + 2]!;
      i = (i + 1) & mask;
    }
    return -1;
  }

  /** Writes the key (low, high) of a state chosen at random to `keys[at]` and `keys[at + 1]`; bit 0 of high is not part of it. */
  pick(random: { below(n: number): number }, keys: Int32Array, at: number): void {
    const { table, mask } = this;
    for (;;) {
      const i = random.below(mask + 1);
      if (table[3 * i + 1] === 0) continue;
      keys[at] = table[3 * i]!;
      keys[at + 1] = table[3 * i + 1]!;
      return;
    }
  }

  /** How many further states fit without growing. */
  get room(): number {
    return Math.floor((this.mask + 1) * 0.75) - this.size;
  }

  /** Bytes held. */
  get bytes(): number {
    return this.table.byteLength;
  }

  private grow(): void {
    const old = this.table;
    this.mask = this.mask * 2 + 1;
    this.table = new Int32Array(3 * (this.mask + 1));
    for (let j = 0; j < old.length; j += 3) {
      if (old[j + 1] === 0) continue;
      let i = old[j]! & this.mask;
      while (this.table[3 * i + 1] !== 0) i = (i + 1) & this.mask;
      this.table[3 * i] = old[j]!;
      this.table[3 * i + 1] = old[j + 1]!;
      this.table[3 * i + 2] = old[j + 2]!;
    }
  }
}
