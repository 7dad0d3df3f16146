import type { CheckResult } from '../search/dpor/check.ts';

/**
 * The document `lostwrite/check@1`. A count that the algorithm does not make is null. `executions.blocked` are those with a failed
 * assumption; those that a sleep set ended are apart.
 */
export function checkJson(result: CheckResult): object {
  const { program, algorithm, executions, traces, states, transitions, finalStates, verdict, seconds } =
    result;
  return {
    schema: 'lostwrite/check@1',
    program,
    algorithm,
    executions: {
      complete: executions?.complete ?? null,
      blocked: executions?.blocked ?? null,
      duplicate: executions?.duplicate ?? null,
      deadlocked: executions?.deadlocked ?? null,
      sleepSetBlocked: executions?.sleepSetBlocked ?? null,
    },
    states,
    transitions,
    finalStates,
    verdict,
    seconds,
    violation: result.violation,
    traces,
    endStates: result.endStates,
    outcomes: result.outcomes,
    limit: result.limit,
  };
}
