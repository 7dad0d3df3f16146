/** The layered graph of shortest paths that a breadth-first search has found. */
export interface Layers {
  /** from, to, move for each edge between neighbouring layers, in order of discovery (ascending `from`). */
  edges: Int32Array<ArrayBuffer>;
  edgeCount: number;
  /** For each state a bit mask of the threads that can move. */
  enabled: Int32Array<ArrayBuffer>;
  /** First state number of each layer. */
  readonly starts: number[];
}

/** The path chosen: moves from state 0 to `state`. */
export interface Path {
  readonly state: number;
  readonly moves: readonly number[];
  readonly preemptions: number;
}

interface Arrival {
  readonly preemptions: number;
  /** Index of the arrival this one continues, and the move made. -1 at the start. */
  readonly previous: number;
  readonly move: number;
  readonly state: number;
  readonly last: number;
}

/**
 * Of all shortest paths from state 0 to any of `targets`, one with the fewest preemptions: a step of another thread than the
 * last although the last could have gone on. The thread of a move is `move >> 16`. Among equals the first in edge order wins.
 */
export function fewestPreemptions(layers: Layers, targets: readonly number[], states: number): Path {
  const { edges, edgeCount } = layers;
  const wanted = new Uint8Array(states);
  for (const target of targets) wanted[target] = 1;
  for (let e = edgeCount - 1; e >= 0; e--) if (wanted[edges[3 * e + 1]!] === 1) wanted[edges[3 * e]!] = 1;

  const arrivals: Arrival[] = [{ preemptions: 0, previous: -1, move: 0, state: 0, last: -1 }];
  const at = new Map<number, Map<number, number>>([[0, new Map([[-1, 0]])]]);
  for (let e = 0; e < edgeCount; e++) {
    const from = edges[3 * e]!;
    const to = edges[3 * e + 1]!;
    if (wanted[to] === 0) continue;
    const move = edges[3 * e + 2]!;
    const thread = move >> 16;
    const enabled = layers.enabled[from]!;
    for (const [last, arrival] of at.get(from) ?? []) {
      const cost = last >= 0 && last !== thread && ((enabled >> last) & 1) === 1 ? 1 : 0;
      const preemptions = arrivals[arrival]!.preemptions + cost;
      let here = at.get(to);
      if (here === undefined) at.set(to, (here = new Map()));
      const known = here.get(thread);
      if (known !== undefined && arrivals[known]!.preemptions <= preemptions) continue;
      here.set(thread, arrivals.length);
      arrivals.push({ preemptions, previous: arrival, move, state: to, last: thread });
    }
  }

  let best = -1;
  for (const target of targets)
    for (const arrival of at.get(target)?.values() ?? [])
      if (best < 0 || arrivals[arrival]!.preemptions < arrivals[best]!.preemptions) best = arrival;
  const chosen = arrivals[best]!;
  const moves: number[] = [];
  for (let a = best; arrivals[a]!.previous >= 0; a = arrivals[a]!.previous) moves.push(arrivals[a]!.move);
  return { state: chosen.state, moves: moves.toReversed(), preemptions: chosen.preemptions };
}
