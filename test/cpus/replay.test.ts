import { readFileSync } from 'node:fs';
import { isMainThread, threadId } from 'node:worker_threads';
import { expect, test } from 'vitest';
import type { Schedule } from '../../src/core/schedule.ts';
import { SAVED_SCHEDULES } from '../tools/saved-schedules.ts';
import {
  build,
  buildProgram,
  compiled,
  Divergence,
  explore,
  linux,
  ModelError,
  parseSchedule,
  replay,
  replayOnCpus,
} from './compiled.ts';

function saved(name: string) {
  const file = `schedules/${name}.json`;
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  const schedule = parseSchedule(text, file);
  const { program: scenario, kernel, apply, revert, parameters: set } = schedule;
  return { schedule, request: { scenario, kernel, apply, revert, set } };
}

test.each(SAVED_SCHEDULES)(
  '$file on worker threads: what the search replays, step by step',
  async ({ file }) => {
    const { schedule, request } = saved(file);
    const { program } = buildProgram(request);
    const searched = replay(program, schedule);
    const { steps, violation, cpus } = await replayOnCpus(linux(request), schedule, {
      model: searched.model,
    });
    expect(steps).toEqual(searched.steps);
    expect(violation?.kind).toBe(schedule.violation?.kind);
    if (violation?.kind !== 'deadlock') expect(violation).toEqual(searched.violation);
    expect(cpus.map(({ thread }) => thread)).toEqual(program.threads.map(({ name }) => name));
    expect(cpus.reduce((sum, { steps: own }) => sum + own, 0)).toBe(schedule.steps.length);
  },
);

test('each thread of the program is a thread of its own, by what it says itself', async () => {
  const { schedule, request } = saved('swapout-vs-odirect');
  const { cpus } = await replayOnCpus(linux(request), schedule, { model: schedule.model });
  expect(cpus).toHaveLength(6);
  const workers = cpus.filter(({ steps }) => steps > 0).map(({ worker }) => worker);
  expect(workers.length).toBeGreaterThanOrEqual(4);
  expect(new Set(cpus.map(({ worker }) => worker)).size).toBe(6);
  expect(workers).not.toContain(isMainThread ? threadId : 0);
  expect(Math.min(...workers)).toBeGreaterThan(0);
});

/** The shortest schedule in which the toy program `name` loses. */
async function lost(name: string): Promise<{ schedule: Schedule; source: ReturnType<typeof compiled> }> {
  const source = compiled('test/programs/cpus/simple.js', name);
  const { violation } = await explore(build(source));
  return { schedule: violation!.schedule, source };
}

test('a deadlock: nobody can move, and it is said who waits for whom', async () => {
  const { schedule, source } = await lost('crossedLocks');
  const { violation } = await replayOnCpus(source, schedule, { model: '' });
  expect(violation).toEqual({
    kind: 'deadlock',
    message: 'deadlock: cpu0 waits at lock b (held by cpu1); cpu1 waits at lock a (held by cpu0)',
  });
});

test('a livelock shows as nothing: that no schedule ends it is the search’s finding', async () => {
  const { schedule, source } = await lost('handOver');
  expect(schedule.violation?.kind).toBe('livelock');
  expect((await replayOnCpus(source, schedule, { model: '' })).violation).toBeNull();
});

test('a value that differs, a thread that cannot move, a thread that is not there: the first is told', async () => {
  const { schedule, source } = await lost('lostUpdate');
  const change = (edit: (copy: { steps: { thread: string; accesses: { before: number }[] }[] }) => void) => {
    const copy = structuredClone(schedule) as never;
    edit(copy);
    return replayOnCpus(source, copy, { model: 'now' }).catch((error: unknown) => error);
  };
  const value = await change(({ steps }) => steps[1]!.accesses[0]!.before++);
  expect(value).toBeInstanceOf(Divergence);
  expect((value as InstanceType<typeof Divergence>).details).toMatchObject({ step: 2, model: 'now' });
  expect(String(value)).toMatch(/expected .*counter 1.*found .*counter 0/);
  expect(String(await change(({ steps }) => (steps[1]!.thread = 'cpu7')))).toContain('no such thread');
  const locked = await lost('crossedLocks');
  const steps = locked.schedule.steps.concat({ ...locked.schedule.steps[0]!, thread: 'cpu1' });
  const blocked = await replayOnCpus(locked.source, { ...locked.schedule, steps }, { model: '' }).catch(
    String,
  );
  expect(blocked).toContain('cpu1 cannot move: it waits at lock a (held by cpu0)');
});

test('a source that is no program is a ModelError', async () => {
  const recording = { model: '', steps: [], violation: null };
  const nothing = compiled('test/programs/cpus/simple.js', 'nothing');
  await expect(replayOnCpus(nothing, recording, { model: '' })).rejects.toThrow(ModelError);
  const absent = compiled('test/programs/cpus/simple.js', 'absent');
  await expect(replayOnCpus(absent, recording, { model: '' })).rejects.toThrow(
    'expected an exported function',
  );
});
