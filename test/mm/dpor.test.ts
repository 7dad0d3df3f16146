/** Scenarios small enough for stateless search: one schedule of each trace says what all states say. */
import { describe, expect, test } from 'vitest';
import { build, explore } from './model.ts';

describe('dpor and the exhaustive search agree', () => {
  test.each<[string, string, number | null]>([
    ['read-pin-shared', 'v6.18', 85],
    ['pin-then-fork', 'v5.18', 7747],
    ['get-then-fork', 'v5.18', null],
    ['get-then-fork', 'v6.18', null],
    ['read-pin-shared', 'v5.18', null],
    ['read-get-shared', 'v6.18', null],
  ])('%s on %s', async (scenario, kernel, executions) => {
    const dpor = await explore(build(scenario, kernel).program, { strategy: { name: 'dpor' } });
    const exhaustive = await explore(build(scenario, kernel).program);
    expect(dpor.verdict).toBe(exhaustive.verdict);
    expect(dpor.violation).toEqual(exhaustive.violation);
    expect(dpor.dpor).toMatchObject({ asleep: 0, cut: 0, blocked: 0 });
    if (executions !== null) expect(dpor.dpor!.complete).toBe(executions);
    else expect(dpor.violation).not.toBeNull();
  });
});
