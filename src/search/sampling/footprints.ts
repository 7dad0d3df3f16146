import { isReadOnly, Kind } from '../../core/operations.ts';
import { grown } from '../growable.ts';
import type { PackedState } from '../packed-state.ts';
import { N_KIND, N_WORD, N_X, NODE } from '../tables.ts';

/**
 * Which words the step that begins at an automaton node reads and writes, as bit sets. The first operation is known beforehand;
 * what rides on it is known once such a step has been taken, and added.
 */
export class Footprints {
  private readonly state: PackedState;
  /** int32s of one bit set; a node has two, words read and words written, after one int32 that says if they were begun. */
  private readonly width: number;
  private readonly size: number;
  private sets: Int32Array<ArrayBuffer>;

  constructor(state: PackedState) {
    this.state = state;
    this.width = (state.words.length + 31) >>> 5;
    this.size = 1 + 2 * this.width;
    this.sets = new Int32Array(this.size * 1024);
  }

  /** The step just taken began at node `from`: its words are added. */
  learn(from: number): void {
    const { ridden, riddenNode } = this.state;
    const at = this.at(from);
    for (let i = 0; i < ridden; i++) this.include(at, riddenNode[i]!);
  }

  /** Do the steps that begin at these two nodes race: does one write what the other touches? */
  race(one: number, other: number): boolean {
    const a = this.at(one) + 1;
    const b = this.at(other) + 1;
    const { sets, width } = this;
    for (let i = 0; i < width; i++) {
      const [readA, readB] = [sets[a + i]!, sets[b + i]!];
      const [writtenA, writtenB] = [sets[a + width + i]!, sets[b + width + i]!];
      if (((writtenA & (readB | writtenB)) | (readA & writtenB)) !== 0) return true;
    }
    return false;
  }

  /** Where the sets of `node` are; begun with its first operation if they were not. */
  private at(node: number): number {
    const at = node * this.size;
    this.sets = grown(this.sets, at + this.size);
    if (this.sets[at] === 0) {
      this.sets[at] = 1;
      this.include(at, node);
    }
    return at;
  }

  private include(at: number, node: number): void {
    const { automata } = this.state;
    const base = node * NODE;
    const kind = automata.nodes[base + N_KIND]!;
    if (kind === Kind.UNTIL_CONDITION) {
      const words = automata.program.conditions.wordsOf(automata.nodes[base + N_X]!);
      for (let i = 0; i < words.length; i++) this.set(at + 1, words[i]!);
    } else if (kind < Kind.CHOOSE)
      this.set(at + 1 + (isReadOnly(kind) ? 0 : this.width), automata.nodes[base + N_WORD]!);
  }

  private set(at: number, word: number): void {
    const i = at + (word >>> 5);
    this.sets[i] = this.sets[i]! | (1 << (word & 31));
  }
}
