/** Each hunk of the seed patch left out of v5.19, and what the whole patch does for the race it was written for. */
import { describe, expect, test } from 'vitest';
import { Automata, build, outcome, outcomeOf, run, shortestCounterexample, SMALL } from './model.ts';

describe('v5.19 without one hunk (semantics.md 4)', () => {
  test.each([
    // The architecture has no bit: as before the patch.
    ['H1', 'get-swapout-load', {}, 'lost-write'],
    ['H1', 'get-swapout-store', {}, 'lost-write'],
    // Both heirs of the entry believe that they are alone.
    ['H3', 'swap-fork', {}, 'assertion'],
    ['H3-parent', 'swap-fork', {}, 'assertion'],
    ['H3-child', 'swap-fork', {}, 'assertion'],
    // The bit is there, and do_swap_page does not look.
    ['H4', 'get-swapout-load', {}, 'lost-write'],
    ['H4a', 'get-swapout-load', {}, 'lost-write'],
    ['H4a', 'get-swapout-store', {}, 'lost-write'],
    // A fresh page is taken for shared: at worst a needless copy, for nobody can have a reference to it.
    ['H4b', 'get-swapout-load', {}, 'proved'],
    ['H4b', 'swapin-race', { backend: 'zram' }, 'proved'],
    ['H4b', 'swapin-race', { backend: 'file' }, 'proved'],
    // A page changes under writeback to a device that needs it stable; references are not concerned.
    ['H4c', 'swap-stable-writes', {}, 'unstable-writeback'],
    ['H4c', 'swap-stable-writes', { access: 'store' }, 'unstable-writeback'],
    ['H4c', 'swap-stable-writes', { ...SMALL, backend: 'file' }, 'proved'],
    ['H4c', 'get-swapout-load', {}, 'proved'],
    // The bit is never set.
    ['H5', 'get-swapout-load', {}, 'lost-write'],
    ['H5', 'get-swapout-store', {}, 'lost-write'],
    ['H5', 'swapout-vs-odirect', { reclaim: '1' }, 'lost-write'],
    ['H5', 'swapout-vs-odirect', { access: 'store' }, 'lost-write'],
    // What is not modelled (swapoff, KSM) is no reason.
    ['H2', 'get-swapout-load', {}, 'proved'],
    ['H6', 'get-swapout-load', {}, 'proved'],
  ])('%s: %s %o ends as %s', async (hunk, scenario, set, expected) => {
    expect(await outcomeOf(scenario, 'v5.19', { revert: [`seed#${hunk}`], set })).toBe(expected);
  });

  test.each([
    ['get-swapout-load', {}],
    ['get-swapout-store', {}],
    ['swap-stable-writes', SMALL],
    ['swap-stable-writes', { ...SMALL, access: 'store' }],
  ])('and with all of them: %s %o is proved', async (scenario, set) => {
    expect(await outcomeOf(scenario, 'v5.19', { set })).toBe('proved');
  });

  test('the whole patch reverted is the kernel before it, to the last state', async () => {
    const reverted = await run('get-swapout-load', 'v5.19', { revert: ['seed'] });
    const before = await run('get-swapout-load', 'v5.19-part2');
    expect([outcome(reverted), reverted.states, reverted.violation?.schedule.steps]).toEqual([
      outcome(before),
      before.states,
      before.violation?.schedule.steps,
    ]);
  });
});

const ACCESS = ['load-store', 'store'];
const BACKENDS = ['file', 'stable', 'zram'];
const KERNELS_BEFORE = ['v5.18', 'v5.19-part2'];

/** All variants here are small ones (one pass of kswapd, no pagevecs): several have millions of states even so. */
describe.each(KERNELS_BEFORE)('swapout-vs-odirect on %s loses the data', (kernel) => {
  const variants = ACCESS.flatMap((access) =>
    BACKENDS.flatMap((backend) => ['false', 'true'].map((fork) => ({ access, backend, fork }))),
  );

  test.each(variants)('access $access, backend $backend, fork $fork', async (set) => {
    expect(await outcomeOf('swapout-vs-odirect', kernel, { set: { ...SMALL, ...set } })).toBe('lost-write');
  });

  // Breadth-first at once: the depth-first search needs 20 s before it meets the loss.
  const seconds = ACCESS.flatMap((access) =>
    ['load', 'store'].map((second_thread) => ({ access, second_thread })),
  );

  test.each(seconds)('access $access, second thread $second_thread', async (set) => {
    const { program } = build('swapout-vs-odirect', kernel, { set: { ...SMALL, ...set } });
    const found = await shortestCounterexample(new Automata(program), { maxStates: 10_000_000 });
    expect(found?.violation.kind).toBe('lost-write');
  });
});

describe('swapout-vs-odirect on v5.19 is proved', () => {
  test.each(
    ACCESS.flatMap((access) => [
      { access, backend: 'file' },
      { access, backend: 'stable' },
      { access, second_thread: 'load' },
      { access, second_thread: 'store' },
      { access, fork: 'true' },
    ]),
  )('%o', async (set) => {
    expect(await outcomeOf('swapout-vs-odirect', 'v5.19', { set: { ...SMALL, ...set } })).toBe('proved');
  });

  // The race of swap cache bypass (T8) loses data as well, until v6.8; see traces.test.ts.
  test.each(ACCESS)('access %s, backend zram, with 13ddaf26be32', async (access) => {
    expect(
      await outcomeOf('swapout-vs-odirect', 'v5.19', {
        apply: ['13ddaf26be32'],
        set: { ...SMALL, reclaim: '2', access, backend: 'zram' },
      }),
    ).toBe('proved');
  });

  test('and any number of passes of kswapd', async () => {
    expect(
      await outcomeOf('swapout-vs-odirect', 'v5.19', { set: { access: 'store', pagevec: 'false' } }),
    ).toBe('proved');
  });
});
