/** A pass that has not seen what it is about is no proof. */
import { describe, expect, test } from 'vitest';
import { build, explore, SCENARIOS, SMALL } from './model.ts';

const UNMAPPED = 'try_to_unmap installed a swap PTE';

test('a scenario whose reclaim never runs: vacuous, and says what it has not reached', async () => {
  const { program } = build('swapout-vs-odirect', 'v5.19', { set: { ...SMALL, access: 'store' } });
  const threads = program.threads.filter(({ name }) => name !== 'kswapd');
  expect(threads.length).toBe(program.threads.length - 1);
  const verdict = await explore({ ...program, threads });
  expect(verdict.verdict).toBe('vacuous');
  expect(verdict.neverReached).toContain(UNMAPPED);
});

test('a pinned page is never unmapped once the kernel refuses: the scenario must look for something else', async () => {
  const { program } = build('pin-swapout', 'v6.12', { set: SMALL });
  expect(program.mustReach).toContain(UNMAPPED);
  // Here the page is unmapped before it is pinned, so the row is no empty promise.
  expect((await explore(program)).verdict).toBe('proved');
});

test('without reclaim nothing is read past the swap cache', async () => {
  const { program } = build('swapcache-bypass', 'v6.8', { set: SMALL });
  const verdict = await explore({
    ...program,
    threads: program.threads.filter(({ name }) => name !== 'kswapd'),
  });
  expect(verdict).toMatchObject({ verdict: 'vacuous', neverReached: ['the swap cache was bypassed'] });
});

test('a program with an end that is never reached does not pass either', async () => {
  const { program } = build('get-then-fork', 'v5.19', {});
  const verdict = await explore({
    ...program,
    always: [],
    atEnd: [],
    mustReach: ['something that is not there'],
  });
  expect(verdict).toMatchObject({ verdict: 'vacuous', neverReached: ['something that is not there'] });
});

describe('every scenario says what it must reach', () => {
  test.each(SCENARIOS.map((scenario) => scenario.name))('%s', (scenario) => {
    expect(build(scenario, 'v5.19').program.mustReach.length).toBeGreaterThan(0);
  });
});
