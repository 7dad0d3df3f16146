import { describe, expect, test } from 'vitest';
import { Kind } from '../../src/core/operations.ts';
import type { Step } from '../../src/core/schedule.ts';
import type { Cpus } from '../../src/cpus/cpus.ts';
import { Judge } from '../../src/cpus/judge.ts';
import type { Outcome, Race as RaceClass } from '../../src/cpus/race.ts';
import { Abort } from '../../src/cpus/free-cpu.ts';
import { Global } from '../../src/cpus/shared-memory.ts';
import { passesBy } from '../programs/cpus/free.ts';
import { compiled, Race, stress } from './compiled.ts';
import { InProcess } from './in-process.ts';

const free = (name: string, request: unknown = null) => compiled('test/programs/cpus/free.js', name, request);
const simple = (name: string) => compiled('test/programs/cpus/simple.js', name);
const LONG = { durationMs: 60_000 };

/** Races for as many iterations, and shows each one to `see`. */
async function raced(
  source: ReturnType<typeof free>,
  iterations: number,
  see: (outcome: Outcome, cpus: Cpus) => void,
  setup: { seed?: number; jitter?: number } = {},
): Promise<void> {
  const race: RaceClass = await Race.start(source, { seed: 1, jitter: 0, ...setup }, {});
  try {
    const { cpus } = race as unknown as { cpus: Cpus };
    for (let i = 0; i < iterations; i++) see(await race.iterate(), cpus);
  } finally {
    await race.stop();
  }
}

describe('atomic blocks', () => {
  test.each([0, 400])(
    'that say so happen at once, from the first iteration on (jitter %i)',
    async (jitter) => {
      const { iterations, unordered, violations, covered } = await stress(free('pairs', 40), {
        ...LONG,
        jitter,
        maxIterations: 300,
      });
      expect({ iterations, unordered, violations }).toEqual({ iterations: 300, unordered: 0, violations: 0 });
      expect(covered).toContain('both words or neither');
    },
  );

  test.each(['lock', 'until', 'untilNot', 'condition'])(
    'whose first operation is %s wait for what it waits for',
    async (head) => {
      const comes = await stress(free('waitingBlock', { head, comes: true }), {
        ...LONG,
        maxIterations: 100,
      });
      expect(comes).toMatchObject({ iterations: 100, violations: 0, unordered: 0, cut: 0 });
      // Nothing moves any more: nobody looks again and again, which would keep the clock going for ever.
      const never = await stress(free('waitingBlock', { head, comes: false }), { ...LONG, maxIterations: 3 });
      expect(never).toMatchObject({ iterations: 3, kinds: { deadlock: 3 } });
    },
    15_000,
  );
});

test('an iteration that no order explains counts as such, and not as checked', async () => {
  const maxIterations = 400;
  const { iterations, unordered } = await stress(free('riders', 40), { ...LONG, jitter: 0, maxIterations });
  expect(unordered).toBeGreaterThan(0);
  expect(iterations).toBe(maxIterations - unordered);
});

test('every answer of choose comes up, of a step of its own and at the head of a block', async () => {
  const { covered, iterations } = await stress(free('answers'), { ...LONG, maxIterations: 200 });
  expect(iterations).toBe(200);
  expect([...covered].sort()).toEqual(
    ['atomic', 'simple'].flatMap((how) => [0, 1, 2].map((i) => `${how} ${i}`)),
  );
});

test('two CPUs do not draw the same', async () => {
  const told: string[] = [];
  await raced(free('twoAnswers'), 20, (outcome) => {
    if (outcome.what === 'violation') told.push(outcome.violation.message);
  });
  const equal = told.filter((message) => /(\b\d+),\1$/.test(message));
  expect({ told: told.length, equal }).toEqual({ told: 20, equal: [] });
});

test('jitter holds the CPUs up', async () => {
  /** Milliseconds of the fastest iteration: what else the machine does only makes the others slower. */
  async function fastest(iterations: number, jitter: number): Promise<number> {
    let least = Infinity;
    let last = -Infinity;
    const see = (): void => {
      least = Math.min(least, performance.now() - last);
      last = performance.now();
    };
    await raced(free('halfWay'), iterations, see, { jitter });
    return least;
  }
  expect((await fastest(8, 2_000_000)) / (await fastest(40, 0))).toBeGreaterThan(10);
});

describe('daemons', () => {
  test('that are half-way when the others end go on to where they rest', async () => {
    const { kinds, first, iterations } = await stress(free('halfWay'), { ...LONG, maxIterations: 200 });
    expect({ iterations, kinds }).toEqual({ iterations: 200, kinds: { assertion: 200 } });
    expect(first!.violation.message).toBe('the words are 30,30');
  });

  test('do not rest at the gate, which they may have closed', async () => {
    const result = await stress(free('restsAtGate'), { ...LONG, jitter: 0, maxIterations: 400 });
    expect(result).toMatchObject({ iterations: 400, kinds: { assertion: 400 }, cut: 0 });
    expect(result.first!.violation.message).toBe('the words are 300');
  });

  test('alone end at once', async () => {
    const seen = new Set<string>();
    await raced(free('onlyDaemon'), 50, ({ what, operations }) => seen.add(`${what} ${operations}`));
    expect([...seen]).toEqual(['passed 2']);
  });
});

describe('endless threads', () => {
  test.each([
    ['endless', false],
    ['neverRests', null],
  ])('run out of log, which is neither a violation nor a pass: %s', async (name, request) => {
    const result = await stress(free(name, request), { ...LONG, jitter: 0, maxIterations: 3 });
    expect(result).toMatchObject({ iterations: 3, cut: 3, violations: 0, unordered: 0 });
  });

  test('are stopped by a violation long before that', async () => {
    const operations: number[] = [];
    await raced(free('endless', true), 15, (outcome) => {
      if (outcome.what !== 'violation') expect.fail(outcome.what);
      expect(outcome.violation.message).toBe('the other goes on');
      operations.push(outcome.operations);
    });
    expect(Math.min(...operations)).toBeLessThan(5_000);
  });
});

test('who has slept begins its step anew: it did not begin before the lock was free', async () => {
  const COUNT = 500;
  let anew = 0;
  await raced(free('longHeld', COUNT), 20, ({ what }, cpus) => {
    expect(what).toBe('passed');
    const [holder, taker] = [cpus.logOf(0).steps, cpus.logOf(1).steps];
    const lock = taker.find(({ operations }) => operations[0].kind === Kind.LOCK)!;
    if (lock.start > holder.at(-1)!.start) anew++;
    expect(lock.end).toBeGreaterThan(holder.at(-1)!.start);
  });
  // Nearly always; once in a while it comes so late that it need not sleep.
  expect(anew).toBeGreaterThan(12);
});

test('of stores that nobody has read, the last in the order told is the last that was', async () => {
  await raced(free('lastStores', 100), 200, (outcome, cpus) => {
    if (outcome.what !== 'violation') expect.fail(outcome.what);
    expect(outcome.violation.message).toBe(`the words are ${cpus.words.join()}`);
  });
});

test('words that are not as any order of the steps leaves them make the iteration say nothing', async () => {
  const race: RaceClass = await Race.start(simple('atomicUpdate'), { seed: 1, jitter: 0 }, {});
  try {
    const { cpus } = race as unknown as { cpus: Cpus };
    const logOf = cpus.logOf.bind(cpus);
    // The logs are read when all have finished; nobody's step has written this.
    cpus.logOf = (cpu) => {
      Atomics.store(cpus.words, 0, 5);
      return logOf(cpu);
    };
    expect(await race.iterate()).toEqual({ what: 'unordered', operations: 2 });
    cpus.logOf = logOf;
    expect(await race.iterate()).toEqual({ what: 'passed', operations: 2 });
  } finally {
    await race.stop();
  }
});

describe('a hit', () => {
  /** Requires that the steps break a rule, exactly with the last of them. */
  async function requireShort(steps: readonly Step[], message: string): Promise<void> {
    const program = passesBy();
    const executor = new InProcess(program);
    const judge = new Judge(program, await executor.reset(), (thread) => executor.failureOf(thread));
    for (const { thread, accesses } of steps) {
      expect(judge.violation()).toBeNull();
      const index = program.threads.findIndex(({ name }) => name === thread);
      for (const step of await executor.run(index, 1, accesses[0].result)) judge.apply(step);
    }
    expect(judge.violation()?.message).toBe(message);
  }

  test('has the steps up to the violation and none after it', async () => {
    const hits: { steps: readonly Step[]; message: string }[] = [];
    await raced(free('passesBy'), 100, (outcome) => {
      if (outcome.what !== 'violation') expect.fail(outcome.what);
      hits.push({ steps: outcome.steps(), message: outcome.violation.message });
    });
    for (const { steps, message } of hits) await requireShort(steps, message);
    expect(hits).toHaveLength(100);
  });

  test('is told with the number of its iteration', async () => {
    const source = free('rare', 12);
    const setup = { seed: 5, jitter: 0 };
    const seen: string[] = [];
    await raced(source, 60, ({ what }) => seen.push(what), setup);
    const hits = seen.filter((what) => what === 'violation').length;
    const iteration = seen.indexOf('violation') + 1;
    // One thread, one seed: the same again. Otherwise this would tell nothing.
    expect(iteration).toBeGreaterThan(2);
    expect(hits).toBeGreaterThan(1);
    const { first, violations } = await stress(source, { ...LONG, ...setup, maxIterations: 60 });
    expect({ iteration: first!.iteration, violations }).toEqual({ iteration, violations: hits });
  });
});

describe('between two iterations', () => {
  test('those who gave up in their sleep are no longer counted', async () => {
    await raced(simple('crossedLocks'), 4, ({ what }, { control }) => {
      expect(what).toBe('violation');
      expect(control[Global.WAITERS]).toBe(2);
    });
  });

  test('whatever an aborted iteration has left in the control words is cleared', async () => {
    await raced(simple('atomicUpdate'), 10, ({ what }, { control }) => {
      expect(what).toBe('passed');
      control[Global.ABORT] = Abort.NOW;
      control[Global.GATE] = 1 << 30;
      control[Global.ARRIVED] = 2;
      control[Global.FINISHED] = 2;
      control[Global.WAITERS] = 3;
    });
  });
});
