/**
 * Steps whose order matters although none of them touches what another writes: because a rule looks at several words at once, or a
 * wait does. A class is a set of bits of words; steps that change any of them are dependent on each other.
 *
 * - The words that one property of `always` watches (and the ghost accounts, which every property may read). All executions of a
 *   trace then show that property the same sequence of values, so they break it alike. The words of different properties need no
 *   order: of two rules broken by independent steps either is broken first in some order, and both are told.
 * - The bits that one waiting operation waits for. What makes it wait is then one chain of steps, and a step in the chain disables
 *   it or not whatever the order of all others; without that no pair of steps would be to blame for a wait that two steps cause
 *   together, and its race would be missed.
 *
 * Waits are met as the automata grow. A new one makes the dependence relation finer, and what was explored before worthless:
 * {@link learn} tells, and the search begins again. There are at most as many beginnings as waiting operations in the source, and
 * the first execution meets most of them.
 */
import { Kind } from '../../core/operations.ts';
import type { Program } from '../../core/program.ts';
import type { Automata } from '../automata.ts';
import { N_KIND, N_WORD, N_X, NODE } from '../tables.ts';

export class OrderClasses {
  /** Classes of properties come first, in the order of `program.always`. */
  count: number;
  /** By word: the classes that have bits of it, each followed by the mask of those bits. */
  readonly ofWord: number[][];
  private readonly automata: Automata;
  private readonly waits: (readonly (readonly [word: number, mask: number])[])[] = [];
  private readonly read: Int32Array[] = [];
  private nodes = 0;

  constructor(automata: Automata) {
    const { always, layout }: Program = automata.program;
    this.automata = automata;
    this.ofWord = layout.words.map(() => []);
    this.count = always.length;
    for (const [c, { watches }] of always.entries())
      for (const { index } of watches) this.ofWord[index]!.push(c, -1);
    this.learn();
  }

  /** Looks at nodes that are new; true if one waits for bits that were no class. Cheap when there is no new node. */
  learn(): boolean {
    const { automata } = this;
    let grew = false;
    for (; this.nodes < automata.nodeCount; this.nodes++) {
      const base = this.nodes * NODE;
      const kind = automata.nodes[base + N_KIND]!;
      const x = automata.nodes[base + N_X]!;
      if (kind === Kind.UNTIL_CONDITION) grew = this.addWait(this.bitsOf(x)) || grew;
      else if (kind === Kind.LOCK || kind === Kind.UNTIL || kind === Kind.UNTIL_NOT)
        grew = this.addWait([[automata.nodes[base + N_WORD]!, x]]) || grew;
    }
    return grew;
  }

  /** The words that a condition reads, each followed by the mask of the bits it looks at. */
  bitsRead(condition: number): Int32Array {
    return (this.read[condition] ??= Int32Array.from(this.bitsOf(condition).flat()));
  }

  private bitsOf(condition: number): [word: number, mask: number][] {
    const bits = new Map<number, number>();
    for (const { word, mask } of this.automata.program.conditions.alternativesOf(condition).flat())
      bits.set(word, (bits.get(word) ?? 0) | mask);
    return [...bits];
  }

  private addWait(bits: readonly (readonly [word: number, mask: number])[]): boolean {
    // The changes of one bit are in order anyway.
    if (bits.length === 1 && (bits[0]![1] & (bits[0]![1] - 1)) === 0) return false;
    const known = this.waits.some((wait) =>
      bits.every(([word, mask]) => wait.some(([w, m]) => w === word && (mask & ~m) === 0)),
    );
    if (known) return false;
    this.waits.push(bits);
    for (const [word, mask] of bits) this.ofWord[word]!.push(this.count, mask);
    this.count++;
    return true;
  }
}
