import { describe, expect, test } from 'vitest';
import type { Access, Schedule, Step } from '../../src/core/schedule.ts';
import { Divergence } from '../../src/core/divergence.ts';
import { explore } from '../../src/search/explore.ts';
import { replay } from '../../src/search/replay.ts';
import { TOYS } from '../programs/cli/toys.ts';

function program(scenario: string) {
  return TOYS.build({ scenario, kernel: 'v2', apply: [], revert: [], set: {} }).program;
}

async function recorded(scenario: string): Promise<Schedule> {
  return (await explore(program(scenario))).violation!.schedule;
}

/** The schedule with one access of one step (from 0) changed. */
function changed(schedule: Schedule, step: number, access: number, change: Partial<Access>): Schedule {
  const steps = schedule.steps.map(({ thread, accesses }, i): Step => {
    const [first = accesses[0], ...rest] = accesses.map((each, k) =>
      i === step && k === access ? { ...each, ...change } : each,
    );
    return { thread, accesses: [first, ...rest] };
  });
  return { ...schedule, steps };
}

function divergence(scenario: string, schedule: Schedule) {
  try {
    replay(program(scenario), schedule);
  } catch (error) {
    if (error instanceof Divergence) return error.details;
    throw error;
  }
  return null;
}

test.each(['counter', 'pager', 'abba', 'poll'])('%s: replaying finds what was recorded', async (scenario) => {
  const schedule = await recorded(scenario);
  const replayed = replay(program(scenario), schedule);
  expect(replayed.violation).toEqual(schedule.violation);
  expect(replayed.model).toBe(schedule.model);
  expect(replayed.steps.map(({ thread, accesses }) => ({ thread, accesses }))).toEqual(schedule.steps);
});

test('preemptions are where the thread before could have gone on', async () => {
  const { violation } = await explore(program('pager'));
  const replayed = replay(program('pager'), violation!.schedule);
  expect(replayed.steps.filter(({ preempts }) => preempts)).toHaveLength(violation!.preemptions);
});

test('operands are those of the operation, also of the ones that ride', async () => {
  const replayed = replay(program('pager'), await recorded('pager'));
  for (const { accesses, operands } of replayed.steps) expect(operands).toHaveLength(accesses.length);
  const store = replayed.steps.find(({ accesses }) => accesses.length === 3)!;
  // update(0, write | dirty), then two stores of 2.
  expect(store.operands.map(({ x, y }) => [x, y])).toEqual([
    [~6, 6],
    [0, 2],
    [0, 2],
  ]);
});

describe('every recorded value is compared', async () => {
  const schedule = await recorded('pager');
  const last = schedule.steps.length - 1;
  test.each<[string, Partial<Access>]>([
    ['operation', { operation: 'add' }],
    ['word', { word: 'page[0].flags' }],
    ['before', { before: 99 }],
    ['after', { after: 99 }],
    ['result', { result: 99 }],
  ])('%s', (_, change) => {
    expect(divergence('pager', changed(schedule, last, 0, change))?.step).toBe(last + 1);
    expect(divergence('pager', changed(schedule, last, 1, change))?.step).toBe(last + 1);
  });

  test('but not positions and notes', () => {
    const position = { function: 'other', callers: [], source: 'other.ts:1' };
    expect(divergence('pager', changed(schedule, last, 0, { position, notes: ['other'] }))).toBeNull();
  });

  test('an answer that choose cannot give', () => {
    const at = schedule.steps.findIndex(({ accesses }) => accesses[0].operation === 'choose');
    expect(divergence('pager', changed(schedule, at, 0, { result: 2 }))).toMatchObject({
      step: at + 1,
      found: 'choose(2), which answers 0 to 1',
    });
  });

  test('fewer and more accesses than recorded', () => {
    const step = schedule.steps[last]!;
    const cut = { ...step, accesses: [step.accesses[0]] as const };
    expect(
      divergence('pager', { ...schedule, steps: [...schedule.steps.slice(0, last), cut] })?.expected,
    ).toContain('to end here');
    const more = {
      ...step,
      accesses: [...step.accesses, step.accesses[0]] as unknown as typeof step.accesses,
    };
    expect(
      divergence('pager', { ...schedule, steps: [...schedule.steps.slice(0, last), more] })?.found,
    ).toContain('ended here');
  });
});

test('a schedule that is cut short shows no violation', async () => {
  const schedule = await recorded('pager');
  expect(replay(program('pager'), { ...schedule, steps: schedule.steps.slice(0, -1) }).violation).toBeNull();
});

test('a livelock is searched for again: one step earlier it is none', async () => {
  const schedule = await recorded('poll');
  expect(replay(program('poll'), { ...schedule, steps: schedule.steps.slice(0, -1) }).violation).toBeNull();
});
