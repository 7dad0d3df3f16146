/**
 * Which ways steps have gone: a step is a head and its riders, and what each of them observed. The automaton alone does not tell,
 * since riders are shared between heads: the product of all their edges is much more than what ever happens.
 */
import { Kind, newValue, resultOf } from '../core/operations.ts';
import type { PackedState } from './packed-state.ts';
import { HAS_RESULT, N_FLAGS, N_KIND, N_WORD, N_X, N_Y, N_Z, NODE, RIDES } from './tables.ts';

/** The ways on from one operation of a step: for each result observed, the ways on from the next operation of the step. */
export interface Ways {
  readonly results: number[];
  readonly next: Ways[];
}

export class StepPaths {
  private readonly byHead: (Ways | undefined)[] = [];

  /** The ways that steps from `head` have gone; undefined if it has never been executed. */
  of(head: number): Ways | undefined {
    return this.byHead[head];
  }

  /**
   * Notes the step of `thread` that `state` has just reverted, and takes it again: the words change as they did, so that the state
   * can revert it once more. About as dear as the step itself.
   */
  note(state: PackedState, thread: number, choice: number): void {
    const { automata, words } = state;
    const table = automata.nodes;
    let node = state.nodes[thread]!;
    let ways = (this.byHead[node] ??= { results: [], next: [] });
    do {
      const base = node * NODE;
      const kind = table[base + N_KIND]!;
      const word = table[base + N_WORD]!;
      const x = table[base + N_X]!;
      const y = table[base + N_Y]!;
      const old = words[word]!;
      words[word] = newValue(kind, old, x, y);
      let result = 0;
      if ((table[base + N_FLAGS]! & HAS_RESULT) !== 0)
        result = kind === Kind.CHOOSE ? choice : resultOf(kind, old, x, y, table[base + N_Z]!);
      ways = follow(ways, result);
      node = automata.next(node, result);
    } while ((table[node * NODE + N_FLAGS]! & RIDES) !== 0);
  }
}

function follow({ results, next }: Ways, result: number): Ways {
  const known = next[results.indexOf(result)];
  if (known !== undefined) return known;
  const made: Ways = { results: [], next: [] };
  results.push(result);
  next.push(made);
  return made;
}
