import { grown } from './growable.ts';
import { NEW, VisitedSet } from './visited.ts';

/** int32s of an entry: key of the pair it leads to, pair it comes from, move, steps up to and with the move. */
const ENTRY = 5;

/** Moves put off, in the order in which they were found: by ascending steps. Of those into one pair only the first is kept. */
export class WaitingMoves {
  private entries: Int32Array<ArrayBuffer> = new Int32Array(ENTRY << 8);
  private first = 0;
  private end = 0;
  private readonly targets = new VisitedSet();

  get length(): number {
    return (this.end - this.first) / ENTRY;
  }

  get bytes(): number {
    return this.entries.byteLength + this.targets.bytes;
  }

  /** Of the first entry: the key it leads to, where it comes from, its move, its steps. */
  get low(): number {
    return this.entries[this.first]!;
  }

  get high(): number {
    return this.entries[this.first + 1]!;
  }

  get from(): number {
    return this.entries[this.first + 2]!;
  }

  get move(): number {
    return this.entries[this.first + 3]!;
  }

  get depth(): number {
    return this.entries[this.first + 4]!;
  }

  /** Adds an entry at the end; `depth` must not be less than that of the last one. */
  add(from: number, move: number, low: number, high: number, depth: number): void {
    if (this.targets.insert(low, high) !== NEW) return;
    this.entries = grown(this.entries, this.end + ENTRY);
    const { entries, end } = this;
    entries[end] = low;
    entries[end + 1] = high;
    entries[end + 2] = from;
    entries[end + 3] = move;
    entries[end + 4] = depth;
    this.end += ENTRY;
  }

  /** Drops the first entry. */
  drop(): void {
    this.first += ENTRY;
  }

  /** Does `test` hold for the key of any entry? */
  some(test: (low: number, high: number) => boolean): boolean {
    for (let at = this.first; at < this.end; at += ENTRY)
      if (test(this.entries[at]!, this.entries[at + 1]!)) return true;
    return false;
  }
}
