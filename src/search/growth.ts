import type { Position } from '../core/schedule.ts';
import { describe } from '../core/positions.ts';

/** Thrown when the automata grow past their limit: an unfolded loop, or a counter that never stops. */
export class AutomataLimitError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'AutomataLimitError';
  }
}

/**
 * Names the loop that grows: the positions that stand most often among `newest`, the latest nodes of `thread`.
 * `unfolded` says why histories could not be folded, if that is known.
 */
export function describeGrowth(
  thread: string,
  maxNodes: number,
  newest: readonly Position[],
  unfolded: ReadonlySet<string>,
): string {
  const counts = new Map<string, number>();
  for (const position of newest) {
    const at = describe(position);
    counts.set(at, (counts.get(at) ?? 0) + 1);
  }
  const top = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 3);
  return [
    `the local automata passed ${maxNodes} nodes: a loop of thread ${thread} has unbounded history`,
    ...top.map(([at, n]) => `  grows at ${at} (${n} of the newest ${newest.length} nodes looked at)`),
    ...[...unfolded].slice(0, 3).map((why) => `  not folded: ${why}`),
    '  fold the loop (instrument the module, or declare fold() at its head), or drop the counter that makes each turn differ',
  ].join('\n');
}
