/** The shared visited set: its model explored, the real one beside the model, and the real one under real contention. */
import { Worker } from 'node:worker_threads';
import * as fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { Steps } from '../../../src/core/operations.ts';
import type { Program } from '../../../src/core/program.ts';
import { explore } from '../../../src/search/explore.ts';
import { allocateControl, Control, Stop, Stopped, Word } from '../../../src/search/parallel/control.ts';
import { allocateTable, SharedVisitedSet } from '../../../src/search/parallel/shared-visited.ts';
import { VisitedSet } from '../../../src/search/visited.ts';
import type { HammerResult, HammerSetup } from '../../programs/parallel/hammer.ts';
import * as model from '../../programs/parallel/visited-set.ts';

/** Three that begin at slot 1, two of which share their high half; and two others. */
const [a, b, c, d] = [
  { low: 1, high: 2 },
  { low: 5, high: 2 },
  { low: 1, high: 4 },
  { low: 2, high: 2 },
] as const;
const slots = 4;
const SEEN = ['seen', 'waits for a low half'];
const crossing = [
  [a, b],
  [b, a],
  [c, a],
];

describe('the model: no state lost, none twice, no flag lost, nobody waits for ever', () => {
  test.each<readonly [string, Program, number]>([
    ['2 threads, one state', model.inserting({ slots, keys: [[a], [a]], mustReach: SEEN }), 32],
    ['3 threads, 3 states', model.inserting({ slots, keys: crossing, mustReach: SEEN }), 6_575],
    [
      'and 2 say that theirs finish',
      model.inserting({
        slots,
        keys: crossing,
        finishing: [0, 1],
        mustReach: [...SEEN, 'seen to finish'],
      }),
      19_021,
    ],
    [
      'plain loads may be late',
      model.inserting({ slots, keys: crossing, finishing: [0], stale: true, mustReach: SEEN }),
      100_365,
    ],
    [
      'growth: 2 threads, 2 states each',
      model.growing({
        keys: [
          [a, b],
          [c, d],
        ],
        batch: 2,
      }),
      14_177,
    ],
    [
      'growth: 2 threads that cross',
      model.growing({
        keys: [
          [a, b, d],
          [c, d, a],
        ],
        batch: 2,
      }),
      32_049,
    ],
  ])('%s', async (_, program, states) => {
    const verdict = await explore(program);
    expect([verdict.verdict, verdict.violation?.message, verdict.states]).toEqual([
      'proved',
      undefined,
      states,
    ]);
  });

  const inserting = (faults: model.VisitedFaults) =>
    model.inserting({ slots, keys: crossing, finishing: [0, 1], faults });
  const growing = (faults: model.VisitedFaults) =>
    model.growing({
      keys: [
        [a, b, d],
        [c, d, a],
      ],
      batch: 2,
      faults,
    });
  test.each<readonly [string, Program, string]>([
    ['a slot is claimed by a store', inserting({ storesToClaim: true }), 'only what was said to finish is'],
    ['the low half comes first', inserting({ publishesFirst: true }), 'only what was said to finish is'],
    ['nobody waits for a low half', inserting({ passesBy: true }), '5:2 was new 2 times'],
    ['the high half is written again', inserting({ writesHighAgain: true }), '5:2 has lost its flag'],
    ['a table grows alone', growing({ meetsNobody: true }), 'no more than three quarters are used'],
    ['work goes on before all is moved', growing({ leavesEarly: true }), '2:2 was new 2 times'],
    ['grants outlive a meeting', growing({ keepsCredit: true }), 'no more than three quarters are used'],
    ['an idle one does not come', growing({ staysAway: true }), 'deadlock'],
    ['two move the same slots', growing({ migratesTwice: true }), '1:2 stands there 2 times'],
  ])('the search finds what is put in: %s', async (_, program, message) => {
    const { violation } = await explore(program);
    expect(violation?.message).toContain(message);
  });
});

/** One table, alone, as the model sees it: no accesses but those of the caller. */
class Alone implements model.TableMachine {
  readonly slots: number;
  readonly table: Int32Array;

  constructor(table: Int32Array) {
    this.table = table;
    this.slots = table.length / 2;
  }

  *loadHigh(slot: number): Steps<number> {
    return this.table[2 * slot + 1]!;
  }

  *loadLow(slot: number): Steps<number> {
    return this.table[2 * slot]!;
  }

  *claim(slot: number, high: number): Steps<number> {
    const found = this.table[2 * slot + 1]!;
    if (found === 0) this.table[2 * slot + 1] = high;
    return found;
  }

  *publish(slot: number, low: number): Steps<void> {
    this.table[2 * slot] = low;
  }

  *awaitLow(slot: number): Steps<number> {
    throw new Error(`slot ${slot} is not being written`);
  }

  *storeHigh(slot: number, high: number): Steps<void> {
    this.table[2 * slot + 1] = high;
  }
}

function run<T>(steps: Steps<T>): T {
  const { done, value } = steps.next(0);
  if (done !== true) throw new Error('expected no operation');
  return value;
}

function oneSearcher(logCapacity: number, maxStates?: number) {
  const control = new Control(allocateControl(1));
  control.words[Word.LOG_CAPACITY] = logCapacity;
  const tables = [allocateTable(logCapacity)];
  const exchange = { send: (table: SharedArrayBuffer) => tables.push(table), receive: () => tables.at(-1)! };
  const visited = new SharedVisitedSet({
    table: tables[0]!,
    control,
    searcher: 0,
    exchange,
    ...(maxStates === undefined ? {} : { maxStates }),
  });
  return { visited, tables, control };
}

const keys = fc.array(
  fc.record({
    low: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: -(2 ** 31), max: -1 })),
    high: fc.integer({ min: 1, max: 4 }).map((high) => 2 * high),
    finishes: fc.boolean(),
  }),
  { maxLength: 12 },
);

test('the real set alone does what the model does, slot for slot', () => {
  fc.assert(
    fc.property(keys, (list) => {
      const { visited, tables } = oneSearcher(4);
      const alone = new Alone(new Int32Array(32));
      for (const key of list) {
        expect(visited.insert(key.low, key.high)).toBe(run(model.insert(alone, key)));
        if (!key.finishes) continue;
        visited.setFinishes(key.low, key.high, visited.slot);
        run(model.setFinishes(alone, key));
      }
      expect(new Int32Array(tables[0]!)).toEqual(alone.table);
    }),
    { numRuns: 500, seed: 5190 },
  );
});

test('alone it does what the private set does, over several sizes', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer(), fc.integer({ min: 0, max: 3 }), fc.boolean()), { maxLength: 300 }),
      (list) => {
        const { visited } = oneSearcher(4);
        const plain = new VisitedSet(4);
        for (const [low, high, finishes] of list) {
          // 0 and its neighbour are the one key that the private set moves.
          const key = high * 2 + 2;
          expect(visited.insert(low || 7, key)).toBe(plain.insert(low || 7, key));
          if (!finishes) continue;
          visited.setFinishes(low || 7, key, visited.slot);
          plain.setFinishes(low || 7, key, plain.slot);
        }
        expect([visited.size, visited.bytes]).toEqual([plain.size, plain.bytes]);
      },
    ),
    { numRuns: 200, seed: 5190 },
  );
});

test('keys with halves of 0 are keys', () => {
  const { visited } = oneSearcher(4);
  expect([visited.insert(0, 0), visited.insert(0, 0), visited.insert(0, 8), visited.insert(9, 0)]).toEqual([
    0, 1, 0, 0,
  ]);
  visited.setFinishes(0, 0, 3);
  expect([visited.insert(0, 1), visited.insert(0, 8)]).toEqual([3, 1]);
});

test('what was granted and not used is given back at a meeting', () => {
  const { visited, control } = oneSearcher(12);
  for (let i = 1; i <= 5; i++) {
    visited.insert(i, 2);
    expect(control.words[Word.GRANTED]).toBeGreaterThanOrEqual(i);
    control.callMeeting();
    visited.meetIfAsked();
    expect(control.words[Word.GRANTED]).toBe(i);
  }
});

test('not one state more than allowed', () => {
  const { visited, control } = oneSearcher(4, 20);
  for (let i = 1; i <= 20; i++) visited.insert(i, 2);
  expect(visited.insert(7, 2)).toBe(1);
  expect(() => visited.insert(99, 2)).toThrow(Stopped);
  expect([visited.size, control.stopped]).toEqual([20, Stop.STATES]);
});

describe('between the look and the claim comes another', () => {
  const claim = Atomics.compareExchange;
  const look = Atomics.load;
  afterEach(() => {
    Object.assign(Atomics, { compareExchange: claim, load: look });
  });

  /** Two searchers on one table; `meanwhile` is done by the second when the first is about to claim a slot. */
  function overtaken(meanwhile: (second: SharedVisitedSet) => number) {
    const control = new Control(allocateControl(1));
    const table = allocateTable(4);
    const exchange = { send: () => undefined, receive: () => table };
    const [first, second] = [0, 0].map(
      (searcher) => new SharedVisitedSet({ table, control, searcher, exchange }),
    ) as [SharedVisitedSet, SharedVisitedSet];
    // Both have credit now: what is left to claim are slots.
    first.insert(101, 2);
    second.insert(102, 2);
    let said = -1;
    Object.assign(Atomics, {
      compareExchange: (array: Int32Array, index: number, expected: number, value: number) => {
        Object.assign(Atomics, { compareExchange: claim });
        said = meanwhile(second);
        return claim(array, index, expected, value);
      },
    });
    return { first, second, table: new Int32Array(table), other: () => said };
  }

  test('with the same state: it alone is told that the state is new', () => {
    const { first, second, other } = overtaken((set) => set.insert(1, 2));
    expect([first.insert(1, 2), other()]).toEqual([1, 0]);
    expect([first.size, second.size]).toEqual([1, 2]);
  });

  test('with another state for the same slot: both are new', () => {
    const { first, table, other } = overtaken((set) => set.insert(17, 2));
    expect([first.insert(1, 2), other()]).toEqual([0, 0]);
    expect([...table.subarray(2, 6)]).toEqual([17, 2, 1, 2]);
    expect([first.insert(17, 2), first.insert(1, 2)]).toEqual([1, 1]);
  });

  test('and has claimed but not published: the low half is waited for', () => {
    const { first, table } = overtaken(() => 0);
    table[2 * 3 + 1] = 2;
    let looks = 0;
    Object.assign(Atomics, {
      load: (array: Int32Array, index: number) => {
        if (++looks === 3) table[2 * 3] = 3;
        return look(array, index);
      },
    });
    expect(first.insert(3, 2)).toBe(1);
    expect(looks).toBe(3);
  });
});

test('4 worker threads insert the same states while the set grows from 16 slots', async () => {
  const searchers = 4;
  const count = 1 << 17;
  const control = allocateControl(searchers);
  new Int32Array(control.words)[Word.LOG_CAPACITY] = 4;
  const table = allocateTable(4);
  const results = await Promise.all(
    Array.from({ length: searchers }, (_, searcher) => {
      const setup: HammerSetup = { control, table, channel: 'hammer', searcher, keys: count };
      const url = new URL('../../../dist/test/programs/parallel/hammer.js', import.meta.url);
      const worker = new Worker(url, { workerData: setup });
      return new Promise<HammerResult>((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
      });
    }),
  );
  expect(results.reduce((sum, { added }) => sum + added, 0)).toBe(count);
  for (const { finishing, bytes } of results) {
    expect(finishing).toBe(Math.ceil(count / 3));
    expect(bytes).toBe(8 * 2 ** 18);
  }
});
