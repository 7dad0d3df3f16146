import type { Automata } from './automata.ts';
import type { Decision } from './decision.ts';
import { Stepper } from './stepper.ts';

/** The layered graph of shortest paths that a breadth-first search has found. */
export interface Layers {
  /** from, to, move for each edge between neighbouring layers, in order of discovery (ascending `from`). */
  edges: Int32Array<ArrayBuffer>;
  edgeCount: number;
  /** For each state a bit mask of the threads that can move. */
  enabled: Int32Array<ArrayBuffer>;
  /** How many states there are. */
  states: number;
  readonly threads: number;
}

/** A move is the thread from bit 16 up and the answer of `choose` below. */
export const MOVE_THREAD_SHIFT = 16;

/** The path chosen: moves from state 0 to `state`. */
export interface Path {
  readonly state: number;
  readonly moves: readonly number[];
  readonly preemptions: number;
}

const UNREACHED = 0x7fffffff;

/**
 * Of all shortest paths from state 0 to any of `targets`, the one with the fewest preemptions (a step of another thread than
 * the last although the last could have gone on), and of those the first in the order of threads, then of choices: a function
 * of the graph alone.
 *
 * A dynamic programme from the targets back: the least number of preemptions still to come for each (state, thread that moved
 * last), only for states from which a target can be reached. 4 bytes for each of those pairs and 4 a state.
 */
export function fewestPreemptions(layers: Layers, targets: readonly number[]): Path {
  const { edges, edgeCount, enabled, threads } = layers;
  // rank: 0 for states that lead to no target, else 1, 2, …
  const rank = new Int32Array(layers.states);
  let ranked = 0;
  for (const target of targets) rank[target] = ++ranked;
  for (let e = edgeCount - 1; e >= 0; e--) {
    const from = edges[3 * e]!;
    if (rank[edges[3 * e + 1]!] !== 0 && rank[from] === 0) rank[from] = ++ranked;
  }

  const toCome = new Int32Array((ranked + 1) * threads).fill(UNREACHED);
  toCome.fill(0, threads, (targets.length + 1) * threads);
  for (let e = edgeCount - 1; e >= 0; e--) {
    const from = edges[3 * e]!;
    const to = edges[3 * e + 1]!;
    if (rank[to] === 0) continue;
    const thread = edges[3 * e + 2]! >> MOVE_THREAD_SHIFT;
    const after = toCome[rank[to]! * threads + thread]!;
    for (let last = 0; last < threads; last++) {
      const here = after + costOf(enabled[from]!, last, thread);
      const at = rank[from]! * threads + last;
      if (here < toCome[at]!) toCome[at] = here;
    }
  }
  return walk(layers, rank, toCome, targets);
}

/** What it costs to let `thread` move after `last` (-1: nobody yet) where the threads of the mask `enabled` can. */
function costOf(enabled: number, last: number, thread: number): number {
  return last >= 0 && last !== thread && ((enabled >> last) & 1) === 1 ? 1 : 0;
}

function walk(layers: Layers, rank: Int32Array, toCome: Int32Array, targets: readonly number[]): Path {
  const { edges, edgeCount, enabled, threads } = layers;
  const wanted = new Set(targets);
  const moves: number[] = [];
  let state = 0;
  let last = -1;
  let preemptions = 0;
  for (let e = 0; !wanted.has(state);) {
    while (edges[3 * e] !== state) e++;
    let least = UNREACHED;
    let best = -1;
    for (; e < edgeCount && edges[3 * e] === state; e++) {
      const to = edges[3 * e + 1]!;
      if (rank[to] === 0) continue;
      const thread = edges[3 * e + 2]! >> MOVE_THREAD_SHIFT;
      const here = toCome[rank[to]! * threads + thread]! + costOf(enabled[state]!, last, thread);
      if (here < least) [least, best] = [here, e];
    }
    const move = edges[3 * best + 2]!;
    preemptions += costOf(enabled[state]!, last, move >> MOVE_THREAD_SHIFT);
    moves.push(move);
    state = edges[3 * best + 1]!;
    last = move >> MOVE_THREAD_SHIFT;
  }
  return { state, moves, preemptions };
}

/** How often `decisions` leave a thread that could have gone on. */
export function countPreemptions(automata: Automata, decisions: readonly Decision[]): number {
  const stepper = new Stepper(automata);
  let count = 0;
  let last = -1;
  for (const { thread, choice } of decisions) {
    if (last >= 0 && last !== thread && stepper.choices(last) > 0) count++;
    stepper.step(thread, choice);
    last = thread;
  }
  return count;
}
