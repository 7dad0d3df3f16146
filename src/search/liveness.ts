import { grown } from './growable.ts';
import { KeyIndex } from './key-index.ts';
import { FINISHES, SEEN_FINISHES, type StateSet } from './visited.ts';

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

  /** Everything listed, for {@link adopt}; a view of what is in use. */
  get entries(): Int32Array<ArrayBuffer> {
    return this.list.subarray(0, this.length);
  }

  /** Takes over the {@link entries} of another list, in place of its own. */
  adopt(entries: Int32Array<ArrayBuffer>): void {
    this.list = entries;
    this.length = entries.length;
    this.start = this.length;
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

  /** Adds the entries of another list, which names other states. */
  absorb(entries: Int32Array): void {
    this.list = grown(this.list, this.length + entries.length);
    this.list.set(entries, this.length);
    this.length += entries.length;
  }

  /**
   * Propagates "finishes" backwards among the listed states and returns the keys (low, high pairs) of those that cannot
   * finish, in the order listed. Each listed state's successors must be in `visited`, and either be listed too or be known
   * there to finish or not. Linear in the list: a reverse graph and a work list, about 16 bytes a state and 4 an edge.
   */
  settle(visited: StateSet): Int32Array {
    const { list, length } = this;
    const index = new KeyIndex();
    const starts: number[] = [];
    for (let at = 0; at < length; at += 3 + 2 * list[at + 2]!) {
      index.insert(list[at]!, list[at + 1]!);
      starts.push(at);
    }
    // Reverse edges among listed states: those into state s are predecessors[offsets[s] … offsets[s + 1]].
    const count = index.size;
    const finishes = new Uint8Array(count);
    const work: number[] = [];
    const offsets = new Int32Array(count + 1);
    const eachSuccessor = (s: number, call: (to: number) => void) => {
      const at = starts[s]!;
      const end = at + 3 + 2 * list[at + 2]!;
      for (let e = at + 3; e < end; e += 2) {
        const to = index.find(list[e]!, list[e + 1]!);
        if (to >= 0) call(to);
        else if (visited.find(list[e]!, list[e + 1]!) === SEEN_FINISHES && finishes[s] === 0) {
          finishes[s] = 1;
          work.push(s);
        }
      }
    };
    for (let s = 0; s < count; s++) eachSuccessor(s, (to) => (offsets[to] = offsets[to]! + 1));
    for (let s = 0, sum = 0; s <= count; s++) {
      sum += offsets[s]!;
      offsets[s] = sum;
    }
    const predecessors = new Int32Array(offsets[count]!);
    for (let s = 0; s < count; s++)
      eachSuccessor(s, (to) => {
        offsets[to] = offsets[to]! - 1;
        predecessors[offsets[to]] = s;
      });
    for (let s = work.pop(); s !== undefined; s = work.pop())
      for (let p = offsets[s]!; p < offsets[s + 1]!; p++) {
        const from = predecessors[p]!;
        if (finishes[from] === 1) continue;
        finishes[from] = 1;
        work.push(from);
      }
    const stuck: number[] = [];
    for (let s = 0; s < count; s++)
      if (finishes[s] === 0) stuck.push(list[starts[s]!]!, list[starts[s]! + 1]!);
    return Int32Array.from(stuck);
  }
}
