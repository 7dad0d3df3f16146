/** Partial-order reduction on the scenarios: the same rules broken, the same deadlocks and ends; and how much is left out. */
import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import type * as outcomesModule from '../tools/outcomes.ts';
import { Automata, build, run, SCENARIOS, SMALL } from './model.ts';

const load = createRequire(import.meta.url);
const { everything, reduced } = load('../../dist/test/tools/outcomes.js') as typeof outcomesModule;

/** Larger state graphs are left to the benchmark. */
const LARGEST = 25_000;
const KERNELS_TRIED = ['v5.7', 'v5.11', 'v5.18', 'v5.19'];

const kinds = (messages: ReadonlySet<string>) =>
  [...new Set([...messages].map((message) => message.split(':')[0]!))].toSorted();
const words = (states: ReadonlySet<string>) => [...states].map((state) => state.split(' ')[0]!).toSorted();

describe.each(KERNELS_TRIED)('%s', (kernel) => {
  test.each(SCENARIOS.map(({ name }) => name))('%s', (scenario) => {
    const { program } = build(scenario, kernel, { set: SMALL });
    const full = everything(new Automata(program), LARGEST);
    if (full === null) return;
    const less = reduced(build(scenario, kernel, { set: SMALL }).program);
    expect(kinds(less.violations)).toEqual(kinds(full.violations));
    expect(words(less.deadlocks)).toEqual(words(full.deadlocks));
    expect(words(less.ends)).toEqual(words(full.ends));
    expect(less.states).toBeLessThan(full.states);
    if (full.violations.size > 0) return;
    expect(less.stuck).toBe(full.stuck);
    expect([...less.covered].toSorted()).toEqual([...full.covered].toSorted());
  });
});

test('the seed scenario at its smallest: nine times fewer states', async () => {
  const less = await run('swapout-vs-odirect', 'v5.19', { set: SMALL }, { reduction: true });
  expect(less).toMatchObject({ verdict: 'proved', states: 15_595, endStates: 19, reduction: { passes: 2 } });
}, 60_000);
