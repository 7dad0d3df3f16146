import { describe, expect, test } from 'vitest';
import { lineOf, Own } from '../../src/cpus/shared-memory.ts';
import type { Cpus as CpusClass } from '../../src/cpus/cpus.ts';
import {
  compiled,
  ControlledCpus,
  CpuFailure,
  enumerate,
  Interrupted,
  ModelError,
  Race,
  stress,
} from './compiled.ts';

/** Nothing may take longer to be named than this. */
const SOON_MS = 1_500;

async function failing(build: string, file = 'faults') {
  const cpus = await ControlledCpus.start(compiled(`test/programs/cpus/${file}.js`, build));
  const started = performance.now();
  try {
    await cpus.reset();
    await cpus.run(1, 1, 0);
    await cpus.run(0, 1, 0);
    await cpus.run(0, 1, 0);
    return expect.fail('nothing was thrown');
  } catch (error) {
    expect(performance.now() - started).toBeLessThan(SOON_MS);
    return error;
  } finally {
    await cpus.stop();
  }
}

test('a worker thread that ends in the middle of a step', async () => {
  const error = await failing('dies');
  expect(error).toBeInstanceOf(CpuFailure);
  expect(String(error)).toMatch(/CPU bad \(worker thread \d+\) died.*exit code 7/);
});

test('a worker thread that is killed between two turns', async () => {
  const cpus = await ControlledCpus.start(compiled('test/programs/cpus/simple.js', 'lostUpdate'));
  try {
    await cpus.reset();
    await cpus.cpus.workers[1]!.terminate();
    await expect(cpus.run(1, 1, 0)).rejects.toThrow(/CPU cpu1 \(worker thread \d+\) died/);
  } finally {
    await cpus.stop();
  }
});

test('a thread that throws', async () => {
  const error = await failing('throws');
  expect(error).toBeInstanceOf(ModelError);
  expect(String(error)).toMatch(/thread bad threw after.*boom/s);
});

test('a thread that runs without coming to an operation', async () => {
  const error = await failing('hangs');
  expect(error).toBeInstanceOf(CpuFailure);
  expect(String(error)).toMatch(/CPU bad .*gives no answer/);
});

test('a signal interrupts', async () => {
  const controller = new AbortController();
  const cpus = await ControlledCpus.start(compiled('test/programs/cpus/simple.js', 'lostUpdate'), {
    signal: controller.signal,
  });
  try {
    const turns = (async () => {
      for (;;) {
        await cpus.reset();
        await cpus.run(0, 2, 0);
      }
    })();
    setTimeout(() => controller.abort(), 50);
    await expect(turns).rejects.toThrow(Interrupted);
  } finally {
    await cpus.stop();
  }
});

test('a word written behind everybody’s back is noticed after the next turn', async () => {
  const cpus = await ControlledCpus.start(compiled('test/programs/cpus/simple.js', 'lostUpdate'));
  try {
    await cpus.reset();
    Atomics.store(cpus.cpus.words, 0, 5);
    await expect(cpus.run(0, 1, 0)).rejects.toThrow(
      'counter is 5, expected 0: somebody wrote it out of turn',
    );
  } finally {
    await cpus.stop();
  }
});

describe('enumerated', () => {
  async function enumerated(build: string) {
    const cpus = await ControlledCpus.start(compiled('test/programs/cpus/faults.js', build));
    try {
      return await enumerate(cpus);
    } finally {
      await cpus.stop();
    }
  }

  test('a thread that remembers its last run is leftover state', async () => {
    await expect(enumerated('remembers')).rejects.toThrow(/leftover state: cpu0, step \d+/);
  });

  test('a thread that throws where no schedule comes, because a rule breaks first, has not thrown', async () => {
    const { violations, exhausted, executions } = await enumerated('overruns');
    expect(violations.map(({ kind, message }) => `${kind}: ${message}`)).toEqual([
      'assertion: word is 1, not 0',
    ]);
    expect({ exhausted, ...executions }).toEqual({ exhausted: true, complete: 2, blocked: 0, cut: 0 });
  });

  test('a thread that throws where schedules come has', async () => {
    await expect(enumerated('throws')).rejects.toThrow(/thread bad threw after.*boom/s);
  });
});

describe('free-running', () => {
  test.each(['dies', 'throws', 'hangs'])('a thread that %s', async (build) => {
    const started = performance.now();
    const error: unknown = await stress(compiled('test/programs/cpus/faults.js', build), {
      durationMs: 60_000,
    }).catch((thrown: unknown) => thrown);
    expect(performance.now() - started).toBeLessThan(3 * SOON_MS);
    expect(error).toBeInstanceOf(build === 'throws' ? ModelError : CpuFailure);
    expect(String(error)).toMatch(
      { dies: /CPU bad.*died/, throws: /boom/, hangs: /CPU bad .*gives no answer/ }[build]!,
    );
  });

  test('a deadlock is a violation that says who waits for whom', async () => {
    const { iterations, violations, kinds, first } = await stress(
      compiled('test/programs/cpus/simple.js', 'crossedLocks'),
      { durationMs: 60_000, maxIterations: 3 },
    );
    expect({ iterations, violations, kinds }).toEqual({
      iterations: 3,
      violations: 3,
      kinds: { deadlock: 3 },
    });
    expect(first!.violation.message).toBe(
      'deadlock: cpu0 waits at lock b (held by cpu1); cpu1 waits at lock a (held by cpu0)',
    );
    expect(first!.steps).toHaveLength(6);
  });

  test('a lost wake-up is named', async () => {
    const race = await Race.start(
      compiled('test/programs/cpus/simple.js', 'waitsForever'),
      { seed: 1, jitter: 0 },
      {},
    );
    try {
      const { words, control } = (race as unknown as { cpus: CpusClass }).cpus;
      // Before the watch looks for the first time, and without the notification that the wait relies on.
      setTimeout(() => {
        while (Atomics.load(control, lineOf(0) + Own.SLEEPS) === 0);
        Atomics.store(words, 0, 1);
      });
      const error: unknown = await race.iterate().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ModelError);
      expect(String(error)).toMatch(/a wake-up was lost: cpu0 .* sleeps at until never/);
    } finally {
      await race.stop();
    }
  });

  test('a daemon that sleeps half done after all others have ended is no deadlock, and ends the iteration', async () => {
    const { iterations, violations, cut } = await stress(
      compiled('test/programs/cpus/simple.js', 'halfDone'),
      { durationMs: 60_000, maxIterations: 3 },
    );
    expect({ iterations, violations, cut }).toEqual({ iterations: 3, violations: 0, cut: 0 });
  });

  test('waiting for ever alone is a deadlock', async () => {
    const { kinds } = await stress(compiled('test/programs/cpus/simple.js', 'waitsForever'), {
      durationMs: 60_000,
      maxIterations: 1,
    });
    expect(kinds).toEqual({ deadlock: 1 });
  });
});
