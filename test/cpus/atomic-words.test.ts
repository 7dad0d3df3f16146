import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import * as fc from 'fast-check';
import { describe, expect, test, vi, type MockInstance } from 'vitest';
import { Conditions, equals } from '../../src/core/conditions.ts';
import { isEnabled, Kind, KIND_NAMES, newValue, resultOf } from '../../src/core/operations.ts';
import { Layout } from '../../src/core/words.ts';
import { AtomicWords } from '../../src/cpus/atomic-words.ts';

const ACTING = Object.values(Kind).filter(
  (kind) => kind < Kind.UNTIL_CONDITION || kind === Kind.DONE || kind === Kind.FAIL,
);
/** Values that meet each other often enough for every comparison to come out both ways. */
const int32 = fc.oneof(
  fc.constantFrom(0, 1, -1, 2, 0x7fffffff, -0x80000000),
  fc.integer({ min: -0x80000000, max: 0x7fffffff }),
);

describe.each(ACTING.map((kind) => [KIND_NAMES[kind]!, kind] as const))('%s', (_, kind) => {
  test('does to the word, and says, what core/operations.ts does', () => {
    const property = fc.property(int32, int32, int32, int32, fc.nat(3), (old, x, y, z, relation) => {
      // One in four is compared with what is there, one in four stores to a part of the word.
      const [first, second] = [
        relation === 1 ? old : x,
        relation === 1 ? old & x : relation === 2 ? old : relation === 3 ? y & ~x : y,
      ];
      const shared = new Int32Array(new SharedArrayBuffer(12)).fill(77);
      shared[1] = old;
      const words = new AtomicWords(shared, new Conditions());
      const enabled = words.perform(kind, 1, first, second, z, 9);
      expect(enabled).toBe(isEnabled(kind, old, first, second));
      expect([...shared]).toEqual([77, enabled ? newValue(kind, old, first, second) : old, 77]);
      if (!enabled) return;
      expect(words.result).toBe(resultOf(kind, old, first, second, z));
      expect(words.before).toBe(kind === Kind.STORE && first === 0 ? 0 : old);
    });
    fc.assert(property, { numRuns: 1_000, seed: kind + 1 });
  });

  test('happens before or after what another CPU stores as soon as it has looked', () => {
    const property = fc.property(int32, int32, int32, int32, int32, fc.nat(2), (old, x, y, z, other, r) => {
      const [first, second] = [r === 1 ? old : x, r === 1 ? old & x : r === 2 ? y & ~x : y];
      const shared = new Int32Array(new SharedArrayBuffer(4)).fill(old);
      const words = new AtomicWords(shared, new Conditions());
      const seen = { enabled: false, looked: false };
      const load = vi.spyOn(Atomics, 'load') as unknown as MockInstance<() => number>;
      load.mockImplementation(() => {
        const value = shared[0]!;
        if (!seen.looked) shared[0] = other;
        seen.looked = true;
        return value;
      });
      try {
        seen.enabled = words.perform(kind, 0, first, second, z, 0);
      } finally {
        load.mockRestore();
      }
      const after = (value: number) => (seen.enabled ? newValue(kind, value, first, second) : value);
      const { before } = words;
      if (!seen.looked) expect(shared[0]).toBe(after(old));
      else if (before === other) expect(shared[0]).toBe(after(other));
      else expect([before, after(old), shared[0]]).toEqual([old, old, other]);
    });
    fc.assert(property, { numRuns: 200, seed: kind + 1 });
  });
});

test('choose answers what it is told, a fence nothing, and neither touches a word', () => {
  const shared = new Int32Array(new SharedArrayBuffer(4)).fill(5);
  const words = new AtomicWords(shared, new Conditions());
  expect(words.perform(Kind.CHOOSE, 0, 4, 0, 0, 3)).toBe(true);
  expect(words.result).toBe(3);
  expect(words.perform(Kind.FENCE, 0, 0, 0, 0, 2)).toBe(true);
  expect({ result: words.result, before: words.before, word: shared[0] }).toEqual({
    result: 0,
    before: 0,
    word: 5,
  });
});

test('a condition over several words is looked up in the words', () => {
  const layout = new Layout();
  const conditions = new Conditions();
  const [a, b] = layout.array(2, (i) => `w${i}`);
  const { id } = conditions.all(equals(a!, 1), equals(b!, 2));
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const words = new AtomicWords(shared, conditions);
  for (const values of [
    [0, 2],
    [1, 0],
    [1, 2],
  ] as const) {
    shared.set(values);
    expect(words.perform(Kind.UNTIL_CONDITION, 0, id, 0, 0, 0)).toBe(values.join() === '1,2');
  }
  expect([...shared]).toEqual([1, 2]);
});

const WORKERS = 3;
const ROUNDS = 100_000;
const BATCH = 10_000;
const DIST = new URL('../../dist/src/', import.meta.url).href;

/** One of several threads that do `rounds` operations each on one word, all at the same time; posts what it has to complain of. */
const HAMMER = `
const { parentPort, workerData } = require('node:worker_threads');
(async () => {
  const { AtomicWords } = await import(workerData.dist + 'cpus/atomic-words.js');
  const { Conditions } = await import(workerData.dist + 'core/conditions.js');
  const { Kind } = await import(workerData.dist + 'core/operations.js');
  const { me, rounds, kind, buffer } = workerData;
  const shared = new Int32Array(buffer);
  const hands = new AtomicWords(shared, new Conditions());
  const act = (name, x, y = 0, z = 0, word = 0) => {
    hands.perform(Kind[name], word, x, y, z, 0);
    return hands.result;
  };
  const bit = 1 << me, field = 0xff << (8 * me);
  let stored = 0, faults = 0;
  const expect = (right) => { if (!right) faults++; };
  const round = {
    ADD: () => act('ADD', 1),
    FETCH_ADD: () => act('FETCH_ADD', 1),
    ADD_TEST: () => act('ADD_TEST', 1, -1),
    ADD_UNLESS: () => act('ADD_UNLESS', 1, -1),
    XOR: () => { act('XOR', bit); expect(act('LOAD', bit) === ((stored ^= bit))); },
    FETCH_XOR: () => { expect((act('FETCH_XOR', bit) & bit) === stored); stored ^= bit; },
    EXCHANGE: (i) => {
      const next = i % 2 === 0 ? bit : 0;
      expect(act('EXCHANGE', ~bit, next, bit) === stored);
      stored = next;
    },
    STORE: (i) => {
      const next = (1 + (i % 250)) << (8 * me);
      expect(act('LOAD', field) === stored);
      act('STORE', ~field, next);
      stored = next;
    },
    COMPARE_EXCHANGE: () => {
      for (let old = act('LOAD', -1); ;) {
        const found = act('COMPARE_EXCHANGE', old, old + 1);
        if (found === old) return;
        old = found;
      }
    },
    TRY_COMPARE_EXCHANGE: () => {
      for (;;) {
        const old = act('LOAD', -1);
        if (act('TRY_COMPARE_EXCHANGE', old, old + 1) === 1) return;
      }
    },
    LOCK: () => {
      while (act('TRYLOCK', -1, me + 1, 0, 1) === 0);
      act('STORE', 0, act('LOAD', -1) + 1);
      expect(act('UNLOCK', -1, me + 1, 0, 1) === 1);
    },
  }[kind];
  // All begin each batch together: on a busy machine one might else be through before the next has begun.
  for (let i = 0; i < rounds; i++) {
    if (i % workerData.batch === 0) {
      const all = (i / workerData.batch + 1) * workerData.workers;
      if (Atomics.add(shared, 2, 1) + 1 === all) Atomics.notify(shared, 2);
      for (let seen; (seen = Atomics.load(shared, 2)) < all;) Atomics.wait(shared, 2, seen);
    }
    round(i);
  }
  parentPort.postMessage(faults);
})();
`;

async function hammer(kind: string): Promise<{ faults: number; word: number }> {
  const buffer = new SharedArrayBuffer(12);
  const workers = Array.from({ length: WORKERS }, (_, me) => {
    const workerData = { kind, me, buffer, rounds: ROUNDS, batch: BATCH, workers: WORKERS, dist: DIST };
    return new Worker(HAMMER, { eval: true, workerData });
  });
  try {
    const told = await Promise.all(workers.map((worker) => once(worker, 'message')));
    const faults = told.reduce((sum, [count]) => sum + (count as number), 0);
    return { faults, word: new Int32Array(buffer)[0]! };
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

describe(`${WORKERS} threads, ${ROUNDS} times each on one word: nothing is lost`, () => {
  test.each([
    'ADD',
    'FETCH_ADD',
    'ADD_TEST',
    'ADD_UNLESS',
    'COMPARE_EXCHANGE',
    'TRY_COMPARE_EXCHANGE',
    'LOCK',
  ])('%s counts every round', async (kind) => {
    expect(await hammer(kind)).toEqual({ faults: 0, word: WORKERS * ROUNDS });
  });

  test.each(['XOR', 'FETCH_XOR', 'EXCHANGE'])('%s of a bit of one’s own', async (kind) => {
    expect(await hammer(kind)).toEqual({ faults: 0, word: 0 });
  });

  test('STORE to a part of one’s own', async () => {
    const last = 1 + ((ROUNDS - 1) % 250);
    expect(await hammer('STORE')).toEqual({ faults: 0, word: last | (last << 8) | (last << 16) });
  });
});
