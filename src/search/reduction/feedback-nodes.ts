/**
 * A feedback set of each thread's automaton: nodes such that every cycle of the automaton goes through one of them. Here the targets of
 * the back edges of a depth-first search. A step from such a node is never taken alone; see ample.ts for what that buys.
 */
import { Kind } from '../../core/operations.ts';
import { N_FLAGS, N_KIND, NODE, RIDES } from '../tables.ts';
import type { Transfers } from './transfers.ts';

/** 1 for each node of the snapshot that is in the feedback set; only nodes at which steps begin are. */
export function feedbackNodes(transfers: Transfers, roots: Int32Array): Uint8Array {
  const marked = new Uint8Array(transfers.nodeCount);
  const UNSEEN = 0;
  const OPEN = 1;
  const CLOSED = 2;
  const colour = new Uint8Array(transfers.nodeCount);
  for (const root of roots) {
    if (colour[root] !== UNSEEN) continue;
    colour[root] = OPEN;
    const path = [{ node: root, next: stepsFrom(transfers, root) }];
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const to = top.next.pop();
      if (to === undefined) {
        colour[top.node] = CLOSED;
        path.pop();
      } else if (colour[to] === OPEN) marked[to] = 1;
      else if (colour[to] === UNSEEN) {
        colour[to] = OPEN;
        path.push({ node: to, next: stepsFrom(transfers, to) });
      }
    }
  }
  return marked;
}

/** Where one step from `head` may lead: along all riding operations, whether they can follow one another or not. */
function stepsFrom(transfers: Transfers, head: number): number[] {
  const { nodes } = transfers;
  const heads = new Set<number>();
  const seen = new Set<number>();
  const open = [head];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (nodes[node * NODE + N_KIND]! >= Kind.DONE) continue;
    for (const to of transfers.successorsOf(node)) {
      if ((nodes[to * NODE + N_FLAGS]! & RIDES) === 0) heads.add(to);
      else if (!seen.has(to)) {
        seen.add(to);
        open.push(to);
      }
    }
  }
  return [...heads];
}
