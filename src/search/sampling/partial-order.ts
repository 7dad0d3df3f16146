import { isReadOnly, Kind } from '../../core/operations.ts';
import type { PackedState } from '../packed-state.ts';
import { N_KIND, N_WORD, N_X, NODE } from '../tables.ts';
import { wordHigh, wordLow } from '../zobrist.ts';

/**
 * A key for the partial order of a run (its Mazurkiewicz trace): equal for schedules that differ only in the order of steps of
 * which none writes what the other touches. Each operation has a number made from its thread's operation before it and from
 * those it depends on, on its word: the last write, and for a write the reads since. The key is the sum over all steps.
 */
export class PartialOrder {
  low = 0;
  high = 0;
  private readonly state: PackedState;
  /** The number of each thread's last step; of the last write of each word; the sum of those of its reads since. Two halves each. */
  private readonly thread: Int32Array;
  private readonly write: Int32Array;
  private readonly reads: Int32Array;
  private stepLow = 0;
  private stepHigh = 0;

  constructor(state: PackedState) {
    this.state = state;
    this.thread = new Int32Array(2 * state.nodes.length);
    this.write = new Int32Array(2 * state.words.length);
    this.reads = new Int32Array(2 * state.words.length);
  }

  /** A new run. */
  begin(): void {
    this.low = 0;
    this.high = 0;
    this.thread.fill(0);
    this.write.fill(0);
    this.reads.fill(0);
  }

  /** The step just taken by `thread` began at node `from` with this answer of `choose`. */
  moved(thread: number, from: number, choice: number): void {
    const { ridden, riddenNode } = this.state;
    this.stepLow = wordLow(thread, this.thread[2 * thread]! + choice);
    this.stepHigh = wordHigh(thread, this.thread[2 * thread + 1]! + choice);
    this.gather(from);
    for (let i = 0; i < ridden; i++) this.gather(riddenNode[i]!);
    this.spread(from);
    for (let i = 0; i < ridden; i++) this.spread(riddenNode[i]!);
    this.thread[2 * thread] = this.stepLow;
    this.thread[2 * thread + 1] = this.stepHigh;
    this.low = (this.low + this.stepLow) | 0;
    this.high = (this.high + this.stepHigh) | 0;
  }

  /** Mixes what the operation at `node` depends on into the step's number. */
  private gather(node: number): void {
    const { automata } = this.state;
    const base = node * NODE;
    const kind = automata.nodes[base + N_KIND]!;
    if (kind === Kind.UNTIL_CONDITION) {
      const words = automata.program.conditions.wordsOf(automata.nodes[base + N_X]!);
      for (let i = 0; i < words.length; i++) this.depend(words[i]!, false);
    } else if (kind < Kind.CHOOSE) this.depend(automata.nodes[base + N_WORD]!, !isReadOnly(kind));
  }

  private depend(word: number, writes: boolean): void {
    const { write, reads } = this;
    const [w, x] = [2 * word, 2 * word + 1];
    this.stepLow = wordLow(this.stepLow, writes ? write[w]! + reads[w]! : write[w]!);
    this.stepHigh = wordHigh(this.stepHigh, writes ? write[x]! + reads[x]! : write[x]!);
  }

  /** Later operations depend on the one at `node`. */
  private spread(node: number): void {
    const { automata } = this.state;
    const base = node * NODE;
    const kind = automata.nodes[base + N_KIND]!;
    if (kind === Kind.UNTIL_CONDITION) {
      const words = automata.program.conditions.wordsOf(automata.nodes[base + N_X]!);
      for (let i = 0; i < words.length; i++) this.touch(words[i]!, false);
    } else if (kind < Kind.CHOOSE) this.touch(automata.nodes[base + N_WORD]!, !isReadOnly(kind));
  }

  private touch(word: number, writes: boolean): void {
    const { write, reads } = this;
    const [w, x] = [2 * word, 2 * word + 1];
    if (writes) {
      write[w] = this.stepLow;
      write[x] = this.stepHigh;
      reads[w] = 0;
      reads[x] = 0;
    } else {
      reads[w] = reads[w]! + this.stepLow;
      reads[x] = reads[x]! + this.stepHigh;
    }
  }
}
