import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Automata } from '../../src/search/automata.ts';
import {
  countPreemptions,
  fewestPreemptions,
  MOVE_THREAD_SHIFT,
  type Layers,
} from '../../src/search/preemptions.ts';
import { unchecked } from '../programs/counters.ts';

const THREADS = 3;

interface Edge {
  readonly from: number;
  readonly to: number;
  readonly thread: number;
  readonly choice: number;
}

/** Layered graphs of up to five layers of up to four states, each state reached from the layer before it. */
const graphs = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 }).chain((sizes) => {
  const layers = [1, ...sizes];
  const states = layers.reduce((sum, size) => sum + size, 0);
  const edges = layers.slice(1).flatMap((size, l) => {
    const start = layers.slice(0, l + 1).reduce((sum, s) => sum + s, 0);
    const before = start - layers[l]!;
    return Array.from({ length: size }, (_, i) =>
      fc.array(
        fc.record({
          from: fc.integer({ min: before, max: start - 1 }),
          to: fc.constant(start + i),
          thread: fc.nat(THREADS - 1),
          choice: fc.nat(1),
        }),
        { minLength: 1, maxLength: 3 },
      ),
    );
  });
  const last = layers.at(-1)!;
  return fc.record({
    states: fc.constant(states),
    edges: fc.tuple(...edges).map((lists) => lists.flat()),
    enabled: fc.array(fc.nat(2 ** THREADS - 1), { minLength: states, maxLength: states }),
    targets: fc.subarray(
      Array.from({ length: last }, (_, i) => states - last + i),
      { minLength: 1 },
    ),
  });
});

function byMove(a: Edge, b: Edge): number {
  return a.from - b.from || a.thread - b.thread || a.choice - b.choice || a.to - b.to;
}

test('fewest preemptions over all paths, then the first in thread order', () => {
  fc.assert(
    fc.property(graphs, ({ states, edges, enabled, targets }) => {
      // As a search finds them: by state, thread, choice; one successor for each move.
      const unique = [...edges]
        .sort(byMove)
        .filter(
          (e, i, all) =>
            i === 0 ||
            e.from !== all[i - 1]!.from ||
            e.thread !== all[i - 1]!.thread ||
            e.choice !== all[i - 1]!.choice,
        );
      const paths: { moves: number[]; cost: number }[] = [];
      const extend = (state: number, last: number, moves: number[], cost: number): void => {
        if (targets.includes(state)) paths.push({ moves, cost });
        for (const edge of unique) {
          if (edge.from !== state) continue;
          const preempts = last >= 0 && last !== edge.thread && ((enabled[state]! >> last) & 1) === 1 ? 1 : 0;
          extend(
            edge.to,
            edge.thread,
            [...moves, (edge.thread << MOVE_THREAD_SHIFT) | edge.choice],
            cost + preempts,
          );
        }
      };
      extend(0, -1, [], 0);
      fc.pre(paths.length > 0);
      const least = Math.min(...paths.map(({ cost }) => cost));
      const [best] = paths
        .filter(({ cost }) => cost === least)
        .map(({ moves }) => moves)
        .sort((a, b) => {
          const differs = a.findIndex((move, i) => move !== b[i]);
          return differs < 0 ? 0 : a[differs]! - b[differs]!;
        });
      const layers: Layers = {
        edges: Int32Array.from(
          unique.flatMap(({ from, to, thread, choice }) => [
            from,
            to,
            (thread << MOVE_THREAD_SHIFT) | choice,
          ]),
        ),
        edgeCount: unique.length,
        enabled: Int32Array.from(enabled),
        states,
        threads: THREADS,
      };
      const path = fewestPreemptions(layers, targets);
      expect(path.preemptions).toBe(least);
      expect(path.moves).toEqual(best);
    }),
    { seed: 3, numRuns: 1000 },
  );
});

test('a target that is the initial state needs no move', () => {
  const layers = {
    edges: new Int32Array(0),
    edgeCount: 0,
    enabled: Int32Array.from([3]),
    states: 1,
    threads: 2,
  };
  expect(fewestPreemptions(layers, [0])).toEqual({ state: 0, moves: [], preemptions: 0 });
});

test('counting: leaving a thread that could have gone on, not one that has ended', () => {
  const automata = new Automata(unchecked(2));
  const count = (...threads: number[]) =>
    countPreemptions(
      automata,
      threads.map((thread) => ({ thread, choice: 0 })),
    );
  expect(count(0, 0, 1, 1)).toBe(0);
  expect(count(0, 1, 1, 0)).toBe(1);
  expect(count(0, 1, 0, 1)).toBe(2);
});
