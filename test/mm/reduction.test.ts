/**
 * Partial-order reduction on the scenarios: the same rules broken, the same deadlocks and ends, the same verdict; and how much is
 * left out.
 */
import { createRequire } from 'node:module';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type * as decisionsModule from '../tools/decisions.ts';
import type * as outcomesModule from '../tools/outcomes.ts';
import { Automata, build, ReducedSearch, replayDecisions, run, SCENARIOS, SMALL } from './model.ts';

const load = createRequire(import.meta.url);
const { everything, reduced } = load('../../dist/test/tools/outcomes.js') as typeof outcomesModule;
const { decideTwice } = load('../../dist/test/tools/decisions.js') as typeof decisionsModule;

/** Parameters that make a scenario small. */
function smallest(scenario: string): Readonly<Record<string, string>> {
  const names = new Set(SCENARIOS.find(({ name }) => name === scenario)!.parameters.map(({ name }) => name));
  return {
    ...SMALL,
    ...(names.has('backend') && scenario !== 'swap-stable-writes' ? { backend: 'zram' } : {}),
    ...(names.has('access') ? { access: 'store' } : {}),
  };
}

const names = SCENARIOS.map(({ name }) => name);
/** Tens of thousands of states even so: compared with brute force on one kernel, or by verdict only. */
const LARGE = new Set([
  'swapout-vs-odirect',
  'get-swapout-store',
  'get-swapout-load',
  'pin-swapout',
  'swap-fork',
]);
const small = names.filter((name) => !LARGE.has(name));

const kinds = (messages: ReadonlySet<string>) =>
  [...new Set([...messages].map((message) => message.split(':')[0]!))].toSorted();
const words = (states: ReadonlySet<string>) => [...states].map((state) => state.split(' ')[0]!).toSorted();

describe.each(['v5.7', 'v5.18', 'v6.18'])('all outcomes on %s', (kernel) => {
  test.each(kernel === 'v5.7' ? ['swapout-vs-odirect', ...small] : small)('%s', (scenario) => {
    const set = smallest(scenario);
    const full = everything(new Automata(build(scenario, kernel, { set }).program), 60_000)!;
    expect(full).not.toBeNull();
    const less = reduced(build(scenario, kernel, { set }).program);
    expect(kinds(less.violations)).toEqual(kinds(full.violations));
    expect(words(less.deadlocks)).toEqual(words(full.deadlocks));
    expect(words(less.ends)).toEqual(words(full.ends));
    expect(less.states).toBeLessThan(full.states);
    if (full.violations.size > 0) return;
    expect(less.stuck).toBe(full.stuck);
    expect([...less.covered].toSorted()).toEqual([...full.covered].toSorted());
  });
});

/** The verdict of the reduced search alone, without a look at the first states before it. */
function reducedVerdict(scenario: string, kernel: string): string {
  const automata = new Automata(build(scenario, kernel, { set: smallest(scenario) }).program);
  const search = new ReducedSearch(automata);
  let status = search.run(1 << 16);
  while (status === 'running') status = search.run(1 << 16);
  if (status === 'complete') return search.stuck.length > 0 ? 'stuck' : 'proved';
  expect(replayDecisions(automata, search.path()).violation.kind).toBe(search.violation);
  return 'violation';
}

describe.each(['v5.4', 'v5.9', 'v5.11', 'v5.18', 'v5.19', 'v6.18'])('the verdict on %s', (kernel) => {
  // The proof of swap-fork takes half a million states and most of a minute.
  const most = names.filter((name) => name !== 'swap-fork');
  const tried = ['v5.11', 'v5.19'].includes(kernel) ? most : small;
  test.each(tried)(
    '%s',
    async (scenario) => {
      const { verdict } = await run(scenario, kernel, { set: smallest(scenario) });
      expect(reducedVerdict(scenario, kernel)).toBe(verdict);
    },
    60_000,
  );
});

test('explore says the same with reduction: the seed scenario at its smallest', async () => {
  const full = await run('swapout-vs-odirect', 'v5.19', { set: SMALL });
  const less = await run('swapout-vs-odirect', 'v5.19', { set: SMALL }, { reduction: true });
  expect(less).toMatchObject({ verdict: 'proved', states: 16_894, endStates: 19, reduction: { passes: 2 } });
  expect(full).toMatchObject({ verdict: 'proved', states: 141_548 });
  expect(less.neverReached).toEqual(full.neverReached);
  expect(less.coverage).toEqual(full.coverage);
}, 60_000);

test.each([
  ['swapout-vs-odirect', 'v5.19'],
  ['swap-stable-writes', 'v6.18'],
  ['pin-vs-fork', 'v5.7'],
])('who may move alone is a function of the state: %s on %s', (scenario, kernel) => {
  const walk = fc.array(fc.nat(1 << 20), { minLength: 150, maxLength: 150 });
  const walks = fc.sample(walk, { numRuns: 8, seed: 3 });
  const { program } = build(scenario, kernel, { set: SMALL });
  const { alone, different } = decideTwice(program, walks);
  expect(different).toEqual([]);
  expect(alone).toBeGreaterThan(40);
});
