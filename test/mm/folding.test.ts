/** Folding histories saves states and changes nothing else: verdict, kind and shortest schedule are the same without it. */
import { describe, expect, test } from 'vitest';
import { build, explore, outcome, run, TABLE_ROWS } from './model.ts';

const ROWS = ['f', 'h', 'i', 'l', 'm', 'o', 'p', 'r-get', 'r-pin'].map((row) => TABLE_ROWS[row]!.name);

const CASES = [
  ...ROWS.flatMap((scenario) => ['v5.10', 'v5.19', 'v6.12'].map((kernel) => ({ scenario, kernel, set: {} }))),
  // On later kernels, and on zram, its retries never end without folding.
  ...['v5.4', 'v5.10'].map((kernel) => ({ scenario: 'swapin-race', kernel, set: { backend: 'file' } })),
];

describe('folding off', () => {
  test.each(CASES)('$scenario on $kernel', async ({ scenario, kernel, set }) => {
    const folded = await run(scenario, kernel, { set });
    const unfolded = await run(scenario, kernel, { set }, { fold: false });
    expect(outcome(unfolded)).toBe(outcome(folded));
    expect(unfolded.violation?.message).toBe(folded.violation?.message);
    expect(unfolded.violation?.schedule.steps.length).toBe(folded.violation?.schedule.steps.length);
    expect(unfolded.violation?.preemptions).toBe(folded.violation?.preemptions);
    expect(unfolded.neverReached).toEqual(folded.neverReached);
    expect(unfolded.states).toBeGreaterThanOrEqual(folded.states);
  });

  test('a retry loop that would never end is named', async () => {
    const { program } = build('swapin-race', 'v5.19');
    const { verdict, limit } = await explore(program, { fold: false, maxNodes: 20_000 });
    expect(verdict).toBe('truncated');
    expect(limit?.which).toBe('automata');
    expect(limit?.message).toMatch(/a loop of thread user[12] has unbounded history\n {2}grows at /);
  });
});
