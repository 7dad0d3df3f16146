import { describe, expect, test } from 'vitest';
import { check } from '../../../src/search/dpor/check.ts';
import { expectedPrograms } from './programs.ts';

const programs = expectedPrograms();

/** Schedules that are walked one by one. */
const FEW = 20_000n;

describe.each(programs)('%s', (_, program, expected) => {
  const { complete, blocked, deadlocked, violating, finalStates, outcomes } = expected;
  const found = { finalStates, outcomes };
  const traces = { complete, blocked, deadlocked, violating };

  test('optimal executes every trace once and nothing else', async () => {
    const result = await check(program, 'optimal');
    const executions = { complete, blocked, deadlocked, duplicate: 0, sleepSetBlocked: 0 };
    expect(result).toMatchObject({ executions, traces, ...found });
  });

  test('source executes every trace once', async () => {
    const result = await check(program, 'source');
    const executions = { complete, blocked, deadlocked, duplicate: 0 };
    expect(result).toMatchObject({ executions, traces, ...found });
  });

  test('stateful finds every state', async () => {
    const { states, transitions } = expected;
    const result = await check(program, 'stateful');
    expect(result).toMatchObject({ states, transitions, ...found });
    expect(result.violation).toBe(violating > 0 ? 'assertion' : deadlocked > 0 ? 'deadlock' : null);
  });

  test.runIf(BigInt(expected.interleavings) <= FEW)('naive walks every schedule', async () => {
    const result = await check(program, 'naive');
    expect(result).toMatchObject({ traces, ...found });
    const executions = result.executions!;
    expect(executions.complete + executions.blocked + executions.deadlocked).toBe(
      Number(expected.interleavings),
    );
    expect(executions.duplicate).toBe(Number(expected.interleavings) - complete - blocked - deadlocked);
  });
});
