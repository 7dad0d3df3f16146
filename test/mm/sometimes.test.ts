/** What a scenario is about must come up on every kernel that it applies to, or a pass there would be vacuous. */
import { describe, expect, test } from 'vitest';
import type { Program } from '../../src/core/program.ts';
import { Automata, BoundedSearch, build, coverageOf, explore, SMALL } from './model.ts';

/** Which of `program.sometimes` schedules with one preemption come to, rules aside. */
function seen(program: Program): string[] {
  const automata = new Automata({ ...program, always: [], atEnd: [] });
  const search = new BoundedSearch(automata, 1);
  const names = (program.sometimes ?? []).map(({ name }) => name);
  while (search.run(1 << 12) === 'running') if (names.every((name) => automata.covered.has(name))) break;
  return names.filter((name) => automata.covered.has(name));
}

const KERNELS = [
  'v5.4',
  'v5.8',
  'v5.10',
  'v5.17',
  'v5.18',
  'v5.19-part2',
  'v5.19-as-posted',
  'v5.19',
  'v6.1',
];

describe.each(KERNELS)('%s', (kernel) => {
  test.each([
    ['swapout-vs-odirect', {}, 'a page is swapped out while the device has it'],
    ['swapout-vs-odirect', { backend: 'zram' }, 'a page is swapped out while the device has it'],
    ['swap-stable-writes', {}, 'a page is mapped while the swap device writes it out'],
    ['swap-stable-writes', { backend: 'file' }, 'a page is mapped while the swap device writes it out'],
    ['swap-fork', {}, 'two processes have the page in one swap slot'],
  ] as const)('%s %j', (scenario, set, name) => {
    expect(seen(build(scenario, kernel, { set }).program)).toEqual([name]);
  });
});

test('kernels whose direct I/O pins do not swap the page out then, and are not asked to', () => {
  for (const kernel of ['v6.8', 'v6.12', 'v6.18'])
    expect(build('swapout-vs-odirect', kernel).program.sometimes).toEqual([]);
});

test('a synchronous device has no page under writeback that anyone could map', () => {
  expect(build('swap-stable-writes', 'v5.19', { set: { backend: 'zram' } }).program.sometimes).toEqual([]);
});

test('without a device that keeps the page the seed scenario is vacuous, however much else it reaches', async () => {
  const { program } = build('swapout-vs-odirect', 'v5.19', { set: SMALL });
  const threads = program.threads.filter(({ name }) => name !== 'reader' && name !== 'dma');
  const verdict = await explore({ ...program, threads, mustReach: [] });
  expect(verdict).toMatchObject({
    verdict: 'vacuous',
    neverReached: ['a page is swapped out while the device has it'],
  });
});

test('what a proof of a small scenario has not come to', async () => {
  const { program } = build('swapin-race', 'v5.19', { set: SMALL });
  const { verdict, coverage } = await explore(program);
  expect(verdict).toBe('proved');
  const { operations, neverDone, neverEntered } = coverage!;
  // Nobody reclaims here, no device writes, nobody forks, and there is neither userfaultfd nor KSM.
  const idle = [
    'agents',
    'direct-io',
    'gup',
    'handle_userfault',
    'ksm_copy',
    'ksm_enter',
    'memory_fork',
    'page_io',
    'vmscan',
  ];
  expect(coverage!.unused).toEqual(idle.map((file) => `src/mm/${file}.ts`));
  expect(neverDone).toEqual([]);
  expect(operations!.reached).toBeLessThan(operations!.all);
  expect(neverEntered.find(({ file }) => file === 'src/mm/memory_swap.ts')?.functions).toContain(
    'do_swap_page$by_reuse_swap_page',
  );
  // Every place told exists once, in a function that is not told as never entered.
  const absent = new Set(neverEntered.flatMap(({ functions }) => functions));
  for (const place of coverage!.neverReached) expect(absent).not.toContain(place.function);
  expect(coverageOf(new Automata(program)).operations!.reached).toBeLessThan(operations!.reached);
});
