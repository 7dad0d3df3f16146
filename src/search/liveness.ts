import { grown } from './growable.ts';
import { FINISHES, SEEN_FINISHES, type VisitedSet } from './visited.ts';

/**
 * States that left the depth-first stack before it was known whether a run from them can end, with their successors. Usually
 * few: a state whose first explored run ended is settled at once.
 */
export class Unsettled {
  /** For each state: low, high, number of successors, then their keys. */
  private list: Int32Array<ArrayBuffer> = new Int32Array(1 << 12);
  private length = 0;
  private start = 0;

  get bytes(): number {
    return this.list.byteLength;
  }

  /** Opens the entry of the state with this key. */
  begin(low: number, high: number): void {
    this.start = this.length;
    this.list = grown(this.list, this.length + 3);
    this.list[this.length++] = low;
    this.list[this.length++] = high & ~FINISHES;
    this.list[this.length++] = 0;
  }

  /** Adds a successor to the open entry. */
  add(low: number, high: number): void {
    this.list = grown(this.list, this.length + 2);
    this.list[this.length++] = low;
    this.list[this.length++] = high & ~FINISHES;
    this.list[this.start + 2] = this.list[this.start + 2]! + 1;
  }

  /** Keeps the open entry. */
  end(): void {
    this.start = this.length;
  }

  /** Drops the open entry. */
  cancel(): void {
    this.length = this.start;
  }

  /**
   * Propagates "finishes" backwards among the listed states until nothing changes, and returns the keys (low, high pairs) of
   * those that cannot finish. All listed states and successors are in `visited`. Linear in the list for each round; the list
   * is in postorder, so few rounds are needed.
   */
  settle(visited: VisitedSet): Int32Array {
    const { list, length } = this;
    for (let changed = true; changed; ) {
      changed = false;
      for (let at = 0; at < length; ) {
        const low = list[at]!;
        const high = list[at + 1]!;
        const successors = list[at + 2]!;
        const end = at + 3 + 2 * successors;
        if (visited.insert(low, high) !== SEEN_FINISHES) {
          const { slot } = visited;
          for (let s = at + 3; s < end; s += 2)
            if (visited.insert(list[s]!, list[s + 1]!) === SEEN_FINISHES) {
              visited.setFinishes(low, high, slot);
              changed = true;
              break;
            }
        }
        at = end;
      }
    }
    const stuck: number[] = [];
    for (let at = 0; at < length; at += 3 + 2 * list[at + 2]!)
      if (visited.insert(list[at]!, list[at + 1]!) !== SEEN_FINISHES) stuck.push(list[at]!, list[at + 1]!);
    return Int32Array.from(stuck);
  }
}
