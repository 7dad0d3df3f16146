/** All algorithms against the walk over every schedule, on random programs. */
import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { check } from '../../../src/search/dpor/check.ts';
import { randomNeutral } from './random-neutral.ts';

/** More schedules are not worth the wait. */
const BUDGET_MS = 150;

test.prop([randomNeutral], { numRuns: Number(process.env['RUNS'] ?? 300) })(
  'naive, source, optimal and stateful agree',
  async (program) => {
    const naive = await check(program, 'naive', { budgetMs: BUDGET_MS });
    fc.pre(naive.limit === null);
    const { traces, finalStates, outcomes } = naive;
    const { complete, blocked, deadlocked } = traces!;
    const source = await check(program, 'source');
    expect(source).toMatchObject({ traces, finalStates, outcomes, executions: { duplicate: 0 } });
    const optimal = await check(program, 'optimal');
    const executions = { complete, blocked, deadlocked, duplicate: 0, sleepSetBlocked: 0 };
    expect(optimal).toMatchObject({ traces, finalStates, outcomes, executions });
    const stateful = await check(program, 'stateful');
    expect(stateful).toMatchObject({ finalStates, outcomes, violation: naive.violation });
    const { endStates } = stateful;
    expect([endStates!.complete > 0, endStates!.blocked > 0, endStates!.deadlocked > 0]).toEqual([
      complete > 0,
      blocked > 0,
      deadlocked > 0,
    ]);
  },
);
