import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KeyIndex } from '../../src/search/key-index.ts';
import { Unsettled } from '../../src/search/liveness.ts';
import { NEW, SEEN, SEEN_FINISHES, VisitedSet } from '../../src/search/visited.ts';
import {
  collisionProbability,
  nodeHigh,
  nodeLow,
  wordHigh,
  wordLow,
  wordTables,
} from '../../src/search/zobrist.ts';

const int32 = fc.integer({ min: -0x80000000, max: 0x7fffffff });
// Few different low halves: long probe sequences and wrap-around at the end of the table.
const crowded = fc.tuple(fc.oneof(int32, fc.constantFrom(0, 1, 15, -1)), int32);

describe('the visited set', () => {
  test('answers as a set of 63-bit keys does, through growth, and keeps its flags', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(crowded, fc.boolean()), { maxLength: 300 }), (inserts) => {
        const visited = new VisitedSet(4);
        const known = new Map<string, boolean>();
        for (const [[low, high], finishes] of inserts) {
          // A low half of 0 is taken for 1, so that an empty slot is told apart.
          const key = `${low === 0 ? 1 : low},${high & ~1}`;
          const before = known.get(key);
          expect(visited.insert(low, high)).toBe(before === undefined ? NEW : before ? SEEN_FINISHES : SEEN);
          known.set(key, before ?? false);
          if (finishes) {
            visited.setFinishes(low, high, visited.slot);
            known.set(key, true);
          }
          expect(visited.size).toBe(known.size);
        }
        for (const [key, finishes] of known) {
          const [low, high] = key.split(',').map(Number) as [number, number];
          expect(visited.insert(low, high)).toBe(finishes ? SEEN_FINISHES : SEEN);
        }
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  test('a slot remembered from before the table grew still finds its state', () => {
    const visited = new VisitedSet(4);
    const slots: number[] = [];
    for (let i = 0; i < 1000; i++) {
      expect(visited.insert(i * 16, i * 2)).toBe(NEW);
      slots.push(visited.slot);
    }
    slots.forEach((slot, i) => i % 3 === 0 && visited.setFinishes(i * 16, i * 2, slot));
    for (let i = 0; i < 1000; i++)
      expect(visited.insert(i * 16, i * 2)).toBe(i % 3 === 0 ? SEEN_FINISHES : SEEN);
    expect(visited.size).toBe(1000);
  });

  test('takes 8 bytes a slot, at most three quarters of them full', () => {
    const visited = new VisitedSet(10);
    expect(visited.bytes).toBe(8 * 1024);
    for (let i = 1; i <= 768; i++) visited.insert(i, i * 2);
    expect(visited.bytes).toBe(8 * 1024);
    visited.insert(769, 0);
    expect(visited.bytes).toBe(8 * 2048);
  });
});

test('the key index numbers keys in order of first sight, through growth', () => {
  const index = new KeyIndex();
  for (let i = 0; i < 20_000; i++) expect(index.insert(i * 64, i * 2)).toBe(i);
  for (let i = 0; i < 20_000; i++) expect(index.find(i * 64, i * 2 + 1)).toBe(i);
  expect(index.find(1, 2)).toBe(-1);
  expect(index.insert(64, 2)).toBe(1);
  expect(index.size).toBe(20_000);
});

describe('keys', () => {
  test('two million states of seven words with eight values each: no two share a key, halves collide as chance says', () => {
    const count = 8 ** 7;
    const keys = new Float64Array(count);
    const lows = new Int32Array(count);
    const highs = new Int32Array(count);
    for (let s = 0; s < count; s++) {
      let low = 0;
      let high = 0;
      for (let w = 0, rest = s; w < 7; w++, rest >>= 3) {
        low ^= wordLow(w, rest & 7);
        high ^= wordHigh(w, rest & 7);
      }
      lows[s] = low;
      highs[s] = high & ~1;
      // 53 bits fit a double exactly: all of the low half, 21 of the high one.
      keys[s] = (low >>> 0) * 2 ** 21 + (high >>> 11);
    }
    const repeats = (sorted: Int32Array | Float64Array) => {
      let n = 0;
      for (let i = 1; i < sorted.length; i++) if (sorted[i] === sorted[i - 1]) n++;
      return n;
    };
    expect(repeats(keys.sort())).toBe(0);
    // Expected: n^2 / 2 / 2^32 = 512 and n^2 / 2 / 2^31 = 1024; with a wide spread, since a collision in two words comes with
    // every value of the others.
    expect(repeats(lows.sort())).toBeLessThan(4 * 512);
    expect(repeats(highs.sort())).toBeLessThan(4 * 1024);
  });

  test('pairs of threads at all pairs of nodes, and words that trade values, have different keys', () => {
    const seen = new Set<string>();
    for (let a = 0; a < 300; a++)
      for (let b = 300; b < 600; b++)
        seen.add(`${nodeLow(a) ^ nodeLow(b)},${(nodeHigh(a) ^ nodeHigh(b)) & ~1}`);
    for (let a = -100; a < 100; a++)
      for (let b = -100; b < 100; b++)
        seen.add(`${wordLow(0, a) ^ wordLow(1, b)},${(wordHigh(0, a) ^ wordHigh(1, b)) & ~1}`);
    expect(seen.size).toBe(300 * 300 + 200 * 200);
  });

  test('a word at one value and a thread at one node are not another pair with the numbers traded', () => {
    const lows = new Set<number>();
    const highs = new Set<number>();
    for (let word = 0; word < 3; word++)
      for (let value = 0; value < 150; value++)
        for (let node = 0; node < 150; node++) {
          lows.add(wordLow(word, value) ^ nodeLow(node));
          highs.add((wordHigh(word, value) ^ nodeHigh(node)) & ~1);
        }
    // Of 67,500 pairs chance lets about one collide in a half.
    expect(lows.size).toBeGreaterThan(67_490);
    expect(highs.size).toBeGreaterThan(67_490);
  });

  test('the low bits, which choose the slot, are evenly spread over states with small values', () => {
    const buckets = new Int32Array(256);
    for (let a = 0; a < 256; a++)
      for (let b = 0; b < 256; b++) buckets[(wordLow(3, a) ^ wordLow(4, b)) & 255]!++;
    // 65,536 in 256 buckets of 256 on average, standard deviation 16.
    expect(Math.max(...buckets)).toBeLessThan(256 + 6 * 16);
    expect(Math.min(...buckets)).toBeGreaterThan(256 - 6 * 16);
  });

  test('the tables hold the same numbers', () => {
    const { low, high } = wordTables(3);
    for (const [word, value] of [
      [0, 0],
      [1, 7],
      [2, 255],
    ] as const) {
      expect(low[word * 256 + value]).toBe(wordLow(word, value));
      expect(high[word * 256 + value]).toBe(wordHigh(word, value));
    }
  });

  test('the collision bound is the birthday bound for 63 bits', () => {
    expect(collisionProbability(1)).toBe(0);
    expect(collisionProbability(2)).toBe(2 ** -63);
    expect(collisionProbability(1e9)).toBeCloseTo(0.0542, 4);
    expect(collisionProbability(1e12)).toBe(1);
  });
});

describe('settling which states can finish', () => {
  /** Any graph: successors of each state, and which of them finish at once. */
  const graphs = fc.integer({ min: 1, max: 40 }).chain((n) =>
    fc.record({
      edges: fc.array(fc.array(fc.nat(n - 1), { maxLength: 3 }), { minLength: n, maxLength: n }),
      settled: fc.array(
        fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
        {
          minLength: n,
          maxLength: n,
        },
      ),
    }),
  );
  const low = (s: number) => wordLow(0, s);
  const high = (s: number) => wordHigh(0, s);

  test('exactly the states from which no settled state can be reached are stuck, in the order listed', () => {
    fc.assert(
      fc.property(graphs, ({ edges, settled }) => {
        const visited = new VisitedSet(4);
        const unsettled = new Unsettled();
        const n = edges.length;
        for (let s = 0; s < n; s++) {
          visited.insert(low(s), high(s));
          if (settled[s]) visited.setFinishes(low(s), high(s), visited.slot);
        }
        for (let s = 0; s < n; s++) {
          if (settled[s]) continue;
          unsettled.begin(low(s), high(s));
          unsettled.add(low(n + s), high(n + s));
          unsettled.cancel();
          unsettled.begin(low(s), high(s));
          for (const to of edges[s]!) unsettled.add(low(to), high(to));
          unsettled.end();
        }
        const finishes = [...settled];
        for (let round = 0; round < n; round++)
          for (let s = 0; s < n; s++) if (edges[s]!.some((to) => finishes[to])) finishes[s] = true;
        const expected = finishes.flatMap((yes, s) => (yes ? [] : [low(s), high(s) & ~1]));
        expect([...unsettled.settle(visited)]).toEqual(expected);
      }),
      { seed: 2, numRuns: 500 },
    );
  });

  test('a chain of 200,000 states listed in the worst order is settled in linear time', () => {
    const n = 200_000;
    const visited = new VisitedSet(4);
    const unsettled = new Unsettled();
    for (let s = 0; s <= n; s++) visited.insert(low(s), high(s));
    visited.setFinishes(low(n), high(n), visited.slot);
    for (let s = 0; s < n; s++) {
      unsettled.begin(low(s), high(s));
      unsettled.add(low(s + 1), high(s + 1));
      unsettled.end();
    }
    expect(unsettled.settle(visited)).toHaveLength(0);
  }, 10_000);
});
