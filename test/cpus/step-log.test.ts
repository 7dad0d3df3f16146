import { describe, expect, test } from 'vitest';
import { Kind } from '../../src/core/operations.ts';
import { LOG_INTS, MAX_OPERATIONS, readLog, StepLog } from '../../src/cpus/step-log.ts';
import { Jitter, Random, seedOf } from '../../src/cpus/jitter.ts';

const HEADER = 9;
const OPERATION = 8;
const same = (_: number, x: number) => x;

function made(accounts: number, ints = LOG_INTS) {
  const buffer = new SharedArrayBuffer(ints * 4);
  return { log: new StepLog(buffer, accounts), ints: new Int32Array(buffer) };
}

function writeStep(log: StepLog, operations: number, held: number[] = []): void {
  log.begin();
  for (let i = 0; i < operations; i++) log.operation(Kind.ADD, 3, i, -2, 7, 10 * i, 11 * i, 5);
  log.end(4, 20, 21, Int32Array.from(held), Kind.UNTIL, 6, -1, 9, true);
}

describe('StepLog', () => {
  test('where a run begins, held accounts included, and every number of a step come back', () => {
    const { log, ints } = made(2);
    log.stand(4, Int32Array.of(3, -1), Kind.LOCK, 1, -1, 2, false);
    writeStep(log, 2, [0, 5]);
    expect(log.length).toBe(2 * (HEADER + 2) + 2 * OPERATION);
    const { start, steps } = readLog(ints, log.length, 8, 2, same);
    expect(start).toEqual({ kind: Kind.LOCK, word: 1, x: -1, y: 2, resting: false, held: [3, -1] });
    const operation = { kind: Kind.ADD, word: 3, y: -2, z: 7, result: 5 };
    expect(steps).toEqual([
      {
        thread: 8,
        worker: 4,
        start: 20,
        end: 21,
        operations: [
          { ...operation, x: 0, before: 0, after: 0 },
          { ...operation, x: 1, before: 10, after: 11 },
        ],
        next: { kind: Kind.UNTIL, word: 6, x: -1, y: 9, resting: true, held: [0, 5] },
      },
    ]);
  });

  test('operands of conditions are translated, in operations and in what comes next', () => {
    const { log, ints } = made(0);
    log.begin();
    log.operation(Kind.UNTIL_CONDITION, 0, 5, 0, 0, 0, 0, 0);
    log.end(1, 0, 1, new Int32Array(0), Kind.UNTIL_CONDITION, 0, 6, 0, false);
    const { steps } = readLog(ints, log.length, 0, 0, (kind, x) =>
      kind === Kind.UNTIL_CONDITION ? x + 100 : x,
    );
    expect([steps[0]!.operations[0].x, steps[0]!.next.x]).toEqual([105, 106]);
  });

  test('where it says that it has room, the longest step fits, and it does not always say so', () => {
    const { log, ints } = made(3);
    const held = [0, 0, 0];
    let steps = 0;
    for (; log.roomy && steps < 100; steps++) writeStep(log, 1_000, held);
    expect(log.roomy).toBe(false);
    expect(steps).toBeGreaterThan(10);
    expect(log.length).toBeLessThan(LOG_INTS);
    log.length -= HEADER + 3 + 1_000 * OPERATION;
    expect(log.roomy).toBe(true);
    writeStep(log, MAX_OPERATIONS, held);
    expect(log.length).toBeLessThanOrEqual(ints.length);
    expect(log.roomy).toBe(false);
    log.clear();
    expect(log.roomy).toBe(true);
  });

  test('one operation more than a step may have is an error', () => {
    const { log } = made(0);
    log.begin();
    for (let i = 0; i < MAX_OPERATIONS; i++) log.operation(Kind.LOAD, 0, -1, 0, 0, 0, 0, 0);
    expect(() => log.operation(Kind.LOAD, 0, -1, 0, 0, 0, 0, 0)).toThrow('an atomic block without an end');
  });

  test('a step that was begun and not ended is forgotten, one that was ended is not', () => {
    const { log, ints } = made(0);
    writeStep(log, 1);
    const { length } = log;
    log.cancel();
    expect(log.length).toBe(length);
    log.begin();
    log.operation(Kind.ADD, 0, 1, 0, 0, 0, 1, 0);
    log.cancel();
    expect(log.length).toBe(length);
    expect(readLog(ints, log.length, 0, 0, same).steps).toHaveLength(1);
  });

  test('a record without operations anywhere but at the beginning is a torn log', () => {
    const { log, ints } = made(0);
    writeStep(log, 1);
    const { length } = log;
    log.stand(1, new Int32Array(0), Kind.LOAD, 0, 0, 0, false);
    expect(() => readLog(ints, log.length, 2, 0, same)).toThrow(`thread 2 is torn at ${length}`);
    expect(readLog(ints, length, 2, 0, same).start).toBeNull();
  });
});

describe('Random', () => {
  test('the CPUs of one run and the runs of one CPU draw different numbers', () => {
    const draws = (seed: number, cpu: number) => {
      const random = new Random(seedOf(seed, cpu));
      return Array.from({ length: 4 }, () => random.below(1 << 30)).join();
    };
    const all = new Set<string>();
    for (let seed = 1; seed <= 50; seed++)
      for (let cpu = 0; cpu < 24; cpu++) {
        expect(seedOf(seed, cpu)).not.toBe(0);
        all.add(draws(seed, cpu));
      }
    expect(all.size).toBe(50 * 24);
  });

  test.each([1, 2, 3, 7, 400])('below(%i) draws each number about equally often', (n) => {
    const random = new Random(seedOf(3, 1));
    const counts = Array.from({ length: n }, () => 0);
    const drawn = 1_000 * n;
    for (let i = 0; i < drawn; i++) counts[random.below(n)]!++;
    expect(Math.min(...counts)).toBeGreaterThan(800);
    expect(Math.max(...counts)).toBeLessThan(1_200);
  });
});

describe('Jitter', () => {
  /** Answers with `script`, and remembers what it was asked. */
  class Scripted extends Random {
    readonly asked: number[] = [];
    private readonly script: number[];
    constructor(script: number[]) {
      super(1);
      this.script = script;
    }
    override below(n: number): number {
      this.asked.push(n);
      return this.script.shift() ?? 0;
    }
  }

  function passed(most: number, script: number[]): { asked: number[]; ms: number } {
    const random = new Scripted(script);
    const jitter = new Jitter(random, most);
    const started = performance.now();
    jitter.pass();
    return { asked: random.asked, ms: performance.now() - started };
  }

  test('holds up at one switch point in eight, three times in four for as many loads as it draws', () => {
    expect(passed(400, [1]).asked).toEqual([8]);
    expect(passed(400, [0, 1, 399]).asked).toEqual([8, 4, 400]);
    expect(passed(2e7, [0, 1, 1e7]).ms).toBeGreaterThan(5);
  });

  test('gives the processor away the fourth time', () => {
    const { asked, ms } = passed(400, [0, 0]);
    expect(asked).toEqual([8, 4]);
    expect(ms).toBeGreaterThan(0.015);
  });

  test('draws nothing when it is switched off', () => {
    expect(passed(0, [0, 1, 5]).asked).toEqual([]);
  });
});
