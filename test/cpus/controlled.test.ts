import { expect, test } from 'vitest';
import type { ControlledCpus as ControlledClass } from '../../src/cpus/controlled.ts';
import { lineOf, Own, Turn } from '../../src/cpus/shared-memory.ts';
import {
  build,
  compiled,
  ControlledCpus,
  CpuFailure,
  ModelError,
  replayOnCpus,
  explore,
} from './compiled.ts';

const free = (name: string, request: unknown = null) => compiled('test/programs/cpus/free.js', name, request);
const strange = (name: string, request: unknown = null) =>
  compiled('test/programs/cpus/strange.js', name, request);

async function withCpus(
  source: ReturnType<typeof free>,
  use: (cpus: ControlledClass) => Promise<void>,
): Promise<void> {
  const cpus: ControlledClass = await ControlledCpus.start(source, { patienceMs: 300 });
  try {
    await cpus.reset();
    await use(cpus);
  } finally {
    await cpus.stop();
  }
}

test('a word that the turn does not touch, written behind its back, is noticed after the turn', async () => {
  await withCpus(free('halfWay'), async (cpus) => {
    await cpus.run(1, 1, 0);
    // begun, a, b: the device works on a from now on.
    Atomics.store(cpus.cpus.words, 2, 7);
    const error: unknown = await cpus.run(1, 1, 0).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ModelError);
    expect(String(error)).toContain('in a turn of device b is 7, expected 0: somebody wrote it out of turn');
  });
});

test('what was written before a reset is no concern after it', async () => {
  await withCpus(free('halfWay'), async (cpus) => {
    Atomics.store(cpus.cpus.words, 2, 7);
    await cpus.reset();
    expect(await cpus.run(1, 3, 0)).toHaveLength(3);
    expect([...cpus.cpus.words]).toEqual([1, 2, 0]);
  });
});

test('a CPU that has not answered gets no second turn', async () => {
  await withCpus(strange('hangsInside'), async ({ cpus }) => {
    cpus.post(0, Turn.RUN, 1, 0);
    expect(() => cpus.post(0, Turn.RUN, 1, 0)).toThrow(CpuFailure);
    expect(() => cpus.post(0, Turn.RESET)).toThrow(
      /CPU bad \(worker thread \d+\) has not answered its last turn/,
    );
    expect(Atomics.load(cpus.control, lineOf(0) + Own.TURN)).toBe(Turn.RUN);
    // The others are none the worse for it.
    cpus.post(1, Turn.RUN, 2, 0);
    await cpus.answer(1);
    expect(cpus.logOf(1).steps).toHaveLength(2);
    await expect(cpus.answer(0)).rejects.toThrow(/gives no answer/);
  });
});

test('threads that wait for each other show the recorded deadlock, though a daemon at rest goes on and on', async () => {
  const source = strange('deadlockBesideDaemon');
  const { violation } = await explore(build(source));
  expect(violation).toMatchObject({ kind: 'deadlock' });
  const message = 'deadlock: cpu0 waits at until told[1] (0); cpu1 waits at until told[0] (0)';
  const recording = { model: '', steps: violation!.schedule.steps, violation: violation!.schedule.violation };
  expect((await replayOnCpus(source, recording, { model: '' })).violation).toEqual({
    kind: 'deadlock',
    message,
  });
  // Of a schedule that claims nothing it is not claimed: the daemon might free them.
  const silent = { ...recording, violation: null };
  expect((await replayOnCpus(source, silent, { model: '' })).violation).toBeNull();
});
