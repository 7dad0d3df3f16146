import { Kind, newValue, resultOf } from '../core/operations.ts';
import type { Automata } from './automata.ts';
import { HAS_RESULT, N_FLAGS, N_KIND, N_WORD, N_X, N_Y, N_Z, NODE } from './tables.ts';
import { wordHigh, wordLow } from './zobrist.ts';

/** int32s of an entry, and what they are: the question (node, value before, choice) … */
export const MEMO_ENTRY = 8;
export const M_NODE = 0;
export const M_OLD = 1;
export const M_CHOICE = 2;
/** … and the answer: value after, next node, difference of the state's key made by the word. */
export const M_VALUE = 3;
export const M_NEXT = 4;
export const M_LOW = 5;
export const M_HIGH = 6;

/** 4,096 entries, 128 KiB: fits the second-level cache and answers nearly always. */
const LOG_ENTRIES = 12;
const SHIFT = 32 - LOG_ENTRIES;

/**
 * What operations came to, by node and value of the word: a direct-mapped table. Saves the search the switch over the kinds, the
 * walk along the edges and the hashing.
 */
export class OperationMemo {
  readonly table = new Int32Array(MEMO_ENTRY << LOG_ENTRIES).fill(-1);
  private readonly automata: Automata;

  constructor(automata: Automata) {
    this.automata = automata;
  }

  /** Where the entry of this question begins; whether it is there must be looked at. */
  slot(node: number, old: number, choice: number): number {
    const mixed = Math.imul(Math.imul(node + (choice << 20), 0x9e3779b1) ^ old, 0x85ebca6b);
    return (mixed >>> SHIFT) * MEMO_ENTRY;
  }

  /** Fills the entry at `slot`: does the operation of `node` on a word that is `old`. May extend the automata. */
  work(slot: number, node: number, old: number, choice: number): void {
    const { automata, table } = this;
    const { nodes } = automata;
    const base = node * NODE;
    const kind = nodes[base + N_KIND]!;
    const word = nodes[base + N_WORD]!;
    const x = nodes[base + N_X]!;
    const y = nodes[base + N_Y]!;
    let result = 0;
    if ((nodes[base + N_FLAGS]! & HAS_RESULT) !== 0)
      result = kind === Kind.CHOOSE ? choice : resultOf(kind, old, x, y, nodes[base + N_Z]!);
    const value = newValue(kind, old, x, y);
    table[slot + M_NEXT] = automata.extend(node, result);
    table[slot + M_NODE] = node;
    table[slot + M_OLD] = old;
    table[slot + M_CHOICE] = choice;
    table[slot + M_VALUE] = value;
    table[slot + M_LOW] = wordLow(word, old) ^ wordLow(word, value);
    table[slot + M_HIGH] = wordHigh(word, old) ^ wordHigh(word, value);
  }
}
