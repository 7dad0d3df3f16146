/** The canonical traces of semantics.md section 8: each is found by search, in kernel terms, and goes with its fix. */
import { describe, expect, test } from 'vitest';
import {
  build,
  eventsOf,
  explore,
  firstMissing,
  outcome,
  outcomeOf,
  run,
  SMALL,
  type Event,
  type Expected,
  type Variant,
} from './model.ts';
import type { Verdict } from '../../src/search/verdict.ts';

interface Found {
  readonly verdict: Verdict;
  readonly events: readonly Event[];
}

/** A scenario explored, with the trace of its violation in kernel terms. */
async function find(scenario: string, kernel: string, variant: Variant = {}): Promise<Found> {
  const verdict = await run(scenario, kernel, variant);
  const schedule = verdict.violation?.schedule;
  return {
    verdict,
    events: schedule === undefined ? [] : eventsOf(build(scenario, kernel, variant), schedule),
  };
}

/**
 * Steps of the shortest counterexample, and states of the breadth-first search that found it (proofs: of the search). They change
 * with every change of the model that matters, and only then: a new number needs a reason.
 */
const GOLDEN: Readonly<Record<string, readonly [steps: number, states: number]>> = {
  'T1 get-swapout-load v5.19-part2': [87, 126_184],
  'T1 get-swapout-load v5.19': [0, 158_372],
  'T3 swapout-vs-odirect v5.10': [83, 124_718],
  'T3 swapout-vs-odirect v5.10 store': [0, 118_695],
  'T4 swap-stable-writes v5.19-as-posted': [63, 5_255],
  'T5 swap-fork v5.19 without H3': [42, 4_018],
  'T8 swapcache-bypass v6.1': [120, 174_209],
  'T9 get-then-fork v6.18': [64, 482],
  'T10 pin-vs-fork v5.10': [51, 2_596],
  'T12 pin-swapout v5.11': [88, 150_529],
  'T12 pin-swapout v5.18': [86, 149_472],
};

function figures(verdict: Verdict): readonly [number, number] {
  return [verdict.violation?.schedule.steps.length ?? 0, verdict.states];
}

/** Reclaim unmaps page 0, finds the reference, and leaves it unmapped in the swap cache. */
function unmapped(entry: string): Expected[] {
  return [
    { thread: 'kswapd', in: 'add_to_swap', word: 'page[0].flags', after: /swapcache/ },
    { thread: 'kswapd', in: 'try_to_unmap_one', word: 'mm[0].pte[0]', after: entry },
    { thread: 'kswapd', in: 'pageout', word: 'page[0].refcount' },
    { thread: 'kswapd', in: 'unlock_page', word: 'page[0].lock', after: 'free' },
  ];
}

/** The user's store is answered with a copy, and what the device writes lands on the page that is left behind. */
const COPIED_AWAY: readonly Expected[] = [
  { thread: 'user', in: 'wp_page_copy', word: 'page[1].data[0]', after: 'init(0,0)' },
  { thread: 'user', in: 'wp_page_copy', word: 'mm[0].pte[0]', before: 'none', after: 'page[1] write dirty' },
  { thread: 'dma', word: 'page[0].data[0]', after: 'DMA0' },
];

const SWAPPED_IN_SHARED: Expected = {
  thread: 'user',
  in: 'do_swap_page',
  word: 'mm[0].pte[0]',
  before: 'swap[0]',
  after: 'page[0] read-only',
};

describe('T1: a device read is lost when its page is swapped out and in again', () => {
  test('v5.19-part2: unmapped without remembering, mapped read-only, copied, the data lands on the old page', async () => {
    const { verdict, events } = await find('get-swapout-load', 'v5.19-part2');
    expect(outcome(verdict)).toBe('lost-write');
    expect(
      firstMissing(events, [
        { thread: 'reader', in: 'gup_pte_range', word: 'page[0].refcount', after: '2' },
        {
          thread: 'kswapd',
          in: 'try_to_unmap_one',
          word: 'page[0].flags',
          before: /anon_exclusive/,
          after: /^(?!.*anon_exclusive)/,
        },
        { thread: 'kswapd', in: 'try_to_unmap_one', word: 'mm[0].pte[0]', after: 'swap[0]' },
        { thread: 'kswapd', in: 'pageout', word: 'page[0].refcount', before: '3' },
        SWAPPED_IN_SHARED,
        ...COPIED_AWAY,
      ]),
    ).toBeNull();
    expect(events.some((event) => event.after.includes('swap[0] exclusive'))).toBe(false);
    expect(figures(verdict)).toEqual(GOLDEN['T1 get-swapout-load v5.19-part2']);
  });

  test('v5.19: gone', async () => {
    const { verdict } = await find('get-swapout-load', 'v5.19');
    expect(outcome(verdict)).toBe('proved');
    expect(figures(verdict)).toEqual(GOLDEN['T1 get-swapout-load v5.19']);
  });

  test('v5.19 on an architecture without the bit: the very same trace as before the patch', async () => {
    const [without, before] = [
      await find('get-swapout-load', 'v5.19', { revert: ['seed#H1'] }),
      await find('get-swapout-load', 'v5.19-part2'),
    ];
    expect(outcome(without.verdict)).toBe('lost-write');
    expect(without.events).toEqual(before.events);
  });

  test('v5.19-part2 with the patch applied: gone', async () => {
    expect(await outcomeOf('get-swapout-load', 'v5.19-part2', { apply: ['seed'] })).toBe('proved');
  });
});

describe('T3: v5.10 loses the data when the page is loaded before it is stored to', () => {
  test('load, then store: lost', async () => {
    const { verdict, events } = await find('swapout-vs-odirect', 'v5.10', { set: { reclaim: '1' } });
    expect(outcome(verdict)).toBe('lost-write');
    expect(firstMissing(events, [...unmapped('swap[0]'), ...COPIED_AWAY])).toBeNull();
    // The page is mapped read-only again without any look at who else refers to it.
    expect(
      events.some((event) => event.path.includes('do_swap_page') && event.after === 'page[0] read-only'),
    ).toBe(true);
    expect(figures(verdict)).toEqual(GOLDEN['T3 swapout-vs-odirect v5.10']);
  });

  test('store: reuse_swap_page saves it', async () => {
    const { verdict } = await find('swapout-vs-odirect', 'v5.10', { set: { access: 'store', reclaim: '1' } });
    expect(outcome(verdict)).toBe('proved');
    expect(figures(verdict)).toEqual(GOLDEN['T3 swapout-vs-odirect v5.10 store']);
  });

  test('store, with two passes of kswapd: the same', async () => {
    expect(
      await outcomeOf('swapout-vs-odirect', 'v5.10', {
        set: { access: 'store', reclaim: '2', pagevec: 'false' },
      }),
    ).toBe('proved');
  });

  test('and v5.18, where reuse_swap_page is gone, loses a store as well', async () => {
    expect(await outcomeOf('swapout-vs-odirect', 'v5.18', { set: { access: 'store', reclaim: '1' } })).toBe(
      'lost-write',
    );
  });
});

describe('T4: the patch as first posted lets a page change under writeback', () => {
  test('v5.19-as-posted: mapped writable although the device, which needs stable pages, writes it out', async () => {
    const { verdict, events } = await find('swap-stable-writes', 'v5.19-as-posted');
    expect(outcome(verdict)).toBe('unstable-writeback');
    expect(
      firstMissing(events, [
        { thread: 'kswapd', in: 'try_to_unmap_one', word: 'mm[0].pte[0]', after: 'swap[0] exclusive' },
        {
          thread: 'kswapd',
          in: 'pageout',
          word: 'page[0].flags',
          before: /^(?!.*writeback)/,
          after: /writeback/,
        },
        { thread: 'kswapd', in: 'swap_writepage', word: 'page[0].lock', after: 'free' },
        {
          thread: 'user',
          in: 'do_swap_page',
          word: 'mm[0].pte[0]',
          before: 'swap[0] exclusive',
          after: 'page[0] write dirty',
        },
        { thread: 'user', word: 'page[0].data[1]', after: 'user#1' },
      ]),
    ).toBeNull();
    // Nobody has ended the writeback in between.
    expect(events.some((event) => /writeback/.test(event.before) && !/writeback/.test(event.after))).toBe(
      false,
    );
    expect(figures(verdict)).toEqual(GOLDEN['T4 swap-stable-writes v5.19-as-posted']);
  });

  test.each<[string, string, Variant]>([
    ['v5.19, where the test is the right way round', 'v5.19', {}],
    ['v5.18, which counts references', 'v5.18', {}],
    [
      'as posted, on a device that needs no stable pages: one copy too many, no harm',
      'v5.19-as-posted',
      { set: { backend: 'file' } },
    ],
    [
      'as posted, on zram, which writes in the reclaiming thread',
      'v5.19-as-posted',
      { set: { backend: 'zram' } },
    ],
    ['v6.8 on zram, which now writes asynchronously', 'v6.8', { set: { backend: 'zram' } }],
  ])('gone: %s', async (_, kernel, { set = {} }) => {
    expect(await outcomeOf('swap-stable-writes', kernel, { set: { ...set, reclaim: '1' } })).toBe('proved');
  });

  test('v5.19 with the test left out: back', async () => {
    expect(await outcomeOf('swap-stable-writes', 'v5.19', { revert: ['seed#H4c'] })).toBe(
      'unstable-writeback',
    );
  });
});

describe('T5: fork must clear the bit (H3)', () => {
  test.each<[string, string, readonly Expected[]]>([
    [
      'seed#H3',
      'mm[0].pte[0]',
      [{ word: 'mm[1].pte[0]', in: 'copy_nonpresent_pte', after: 'swap[0] exclusive' }],
    ],
    ['seed#H3-parent', 'mm[0].pte[0]', []],
    [
      'seed#H3-child',
      'mm[1].pte[0]',
      [{ word: 'mm[1].pte[0]', in: 'copy_nonpresent_pte', after: 'swap[0] exclusive' }],
    ],
  ])('v5.19 without %s: two entries share a slot that %s calls exclusive (I6)', async (hunk, word, steps) => {
    const { verdict, events } = await find('swap-fork', 'v5.19', { revert: [hunk] });
    expect(outcome(verdict)).toBe('assertion');
    expect(verdict.violation?.message).toContain('I6');
    if (hunk !== 'seed#H3') expect(verdict.violation?.message).toContain(`${word} is exclusive`);
    expect(
      firstMissing(events, [
        { thread: 'kswapd', in: 'try_to_unmap_one', word: 'mm[0].pte[0]', after: 'swap[0] exclusive' },
        { thread: 'parent', in: 'swap_duplicate', word: 'swap_map[0]', after: /count=2/ },
        ...steps,
      ]),
    ).toBeNull();
    if (hunk === 'seed#H3') expect(figures(verdict)).toEqual(GOLDEN['T5 swap-fork v5.19 without H3']);
  });

  /** I6 is ours and fires at fork; the kernel notices only when the second of the two faults. */
  test.each(['seed#H3', 'seed#H3-parent', 'seed#H3-child'])(
    'v5.19 without %s: the kernel itself notices with BUG_ON or VM_BUG_ON (I4, I2)',
    async (hunk) => {
      const variant = { revert: [hunk], set: { pagevec: 'false' } };
      const built = build('swap-fork', 'v5.19', variant);
      const always = built.program.always.filter((property) => !property.name.startsWith('I6'));
      expect(always.length).toBe(built.program.always.length - 1);
      const verdict = await explore({ ...built.program, always });
      expect(outcome(verdict)).toBe('assertion');
      expect(verdict.violation?.message).toMatch(/^I[24]: (do_swap_page|page_add_anon_rmap)/);
      const events = eventsOf(built, verdict.violation!.schedule);
      expect(
        firstMissing(events, [
          { in: 'copy_nonpresent_pte', word: 'mm[1].pte[0]', after: /^swap\[0\]/ },
          { in: 'do_swap_page', before: /^swap\[0\] exclusive/, after: /^page\[0\]/ },
        ]),
      ).toBeNull();
    },
  );

  test('v5.19 as it is: proved', async () => {
    expect(await outcomeOf('swap-fork', 'v5.19', { set: { pagevec: 'false' } })).toBe('proved');
  });
});

describe('T8: two threads read the same slot past the swap cache', () => {
  const noPagevec = { pagevec: 'false' };

  test('v6.1: the slot is freed and used again, the PTE looks the same, and a stale page is mapped', async () => {
    const { verdict, events } = await find('swapcache-bypass', 'v6.1', { set: noPagevec });
    expect(outcome(verdict)).toBe('lost-write');
    // Which of the two is late is the search's choice.
    const slow = events.at(-1)!.thread;
    expect(slow).toMatch(/^user[12]$/);
    const quick = slow === 'user1' ? 'user2' : 'user1';
    const looked: Expected = {
      thread: slow,
      in: 'handle_mm_fault',
      word: 'mm[0].pte[0]',
      before: 'swap[0] exclusive',
    };
    const mapped = (thread: string): Expected => ({
      thread,
      in: 'do_swap_page',
      word: 'mm[0].pte[0]',
      before: 'swap[0] exclusive',
      after: /^page\[\d\]/,
    });
    const unmappedAgain: Expected = {
      thread: 'kswapd',
      in: 'try_to_unmap_one',
      word: 'mm[0].pte[0]',
      after: 'swap[0] exclusive',
    };
    expect(firstMissing(events, [looked, mapped(quick), unmappedAgain, mapped(slow)])).toBeNull();
    expect(
      firstMissing(events, [
        looked,
        { word: 'swap_map[0]', after: 'none' },
        { word: 'swap_map[0]', before: 'none' },
        unmappedAgain,
      ]),
    ).toBeNull();
    // The late one has read the slot while it belonged to nobody, or before it was written again.
    expect(events.some((event) => event.thread === slow && event.path.includes('swap_readpage'))).toBe(true);
    expect(figures(verdict)).toEqual(GOLDEN['T8 swapcache-bypass v6.1']);
  });

  test('v6.1 with 13ddaf26be32: gone', async () => {
    expect(await outcomeOf('swapcache-bypass', 'v6.1', { apply: ['13ddaf26be32'], set: noPagevec })).toBe(
      'proved',
    );
  });

  // 7.9 million states: zram no longer writes in the reclaiming thread.
  test('v6.8: gone', async () => {
    expect(await outcomeOf('swapcache-bypass', 'v6.8', { set: noPagevec })).toBe('proved');
  });

  test.each(['v5.4', 'v5.10', 'v5.19'])('%s has had it all along, and it needs no GUP', async (kernel) => {
    expect(await outcomeOf('swapcache-bypass', kernel, { set: noPagevec })).toBe('lost-write');
  });

  test('the seed does not cure swapout-vs-odirect on zram before v6.8: a fault of GUP may be the one that comes late', async () => {
    // One pass of kswapd would not do: the page must go out twice.
    const set = { ...SMALL, reclaim: '2', backend: 'zram' };
    const { verdict, events } = await find('swapout-vs-odirect', 'v5.19', { set });
    expect(outcome(verdict)).toBe('lost-write');
    expect(events.some((event) => event.path.includes('wp_page_copy'))).toBe(false);
    expect(await outcomeOf('swapout-vs-odirect', 'v5.19', { apply: ['13ddaf26be32'], set })).toBe('proved');
  });
});

describe('T9: fork after FOLL_GET detaches the reference, on every kernel', () => {
  test.each([
    'v5.4',
    'v5.7',
    'v5.8',
    'v5.9',
    'v5.10',
    'v5.11',
    'v5.15',
    'v5.17',
    'v5.18',
    'v5.19-part2',
    'v5.19-as-posted',
    'v5.19',
    'v6.1',
    'v6.8',
    'v6.12',
    'v6.18',
  ])('%s', async (kernel) => {
    const { verdict, events } = await find('get-then-fork', kernel);
    expect(outcome(verdict)).toBe('lost-write');
    expect(
      firstMissing(events, [
        { thread: 'parent', in: 'gup_pte_range', word: 'page[0].refcount', after: '2' },
        { thread: 'parent', in: 'dup_mmap', word: 'mm[1].pte[0]', after: /^page\[0\] read-only/ },
        { thread: 'parent', in: 'wp_page_copy', word: 'mm[0].pte[0]', after: 'page[1] write dirty' },
        { thread: 'dma', word: 'page[0].data[0]', after: 'DMA0' },
      ]),
    ).toBeNull();
    if (kernel === 'v6.18') expect(figures(verdict)).toEqual(GOLDEN['T9 get-then-fork v6.18']);
  });

  test('a scenario that accepts what fork does to FOLL_GET finds nothing to complain of', async () => {
    const { program } = build('swapout-vs-odirect', 'v5.19', {
      set: { ...SMALL, fork: 'true', access: 'store' },
    });
    expect(outcome(await explore(program))).toBe('proved');
  });
});

describe('T10: GUP-fast pins between fork looking for pins and fork write-protecting', () => {
  test('v5.10: detached', async () => {
    const { verdict, events } = await find('pin-vs-fork', 'v5.10');
    expect(outcome(verdict)).toBe('lost-write');
    expect(
      firstMissing(events, [
        { thread: 'parent', in: 'copy_present_pte', word: 'mm[0].has_pinned', before: '0' },
        { thread: 'reader', in: 'gup_pte_range', word: 'page[0].refcount', after: '1026' },
        { thread: 'parent', in: 'copy_present_pte', word: 'mm[0].pte[0]', after: 'page[0] read-only dirty' },
        { thread: 'parent', in: 'wp_page_copy', word: 'mm[0].pte[0]', after: 'page[1] write dirty' },
        { thread: 'dma', word: 'page[0].data[0]', after: 'DMA0' },
      ]),
    ).toBeNull();
    expect(figures(verdict)).toEqual(GOLDEN['T10 pin-vs-fork v5.10']);
  });

  test('v5.10 with write_protect_seq (57efa1fe5957): gone', async () => {
    expect(await outcomeOf('pin-vs-fork', 'v5.10', { apply: ['57efa1fe5957'] })).toBe('proved');
  });

  test.each(['v5.11', 'v5.18'])('%s without it: back', async (kernel) => {
    expect(await outcomeOf('pin-vs-fork', kernel)).toBe('proved');
    expect(await outcomeOf('pin-vs-fork', kernel, { revert: ['57efa1fe5957'] })).toBe('lost-write');
  });

  test('v5.19 without it: a pinned page that is not exclusive (I7), before anything is lost', async () => {
    const { verdict } = await find('pin-vs-fork', 'v5.19', { revert: ['57efa1fe5957'] });
    expect(outcome(verdict)).toBe('assertion');
    expect(verdict.violation?.message).toContain('I7');
  });
});

describe('T12: a pin is lost to swapout although reclaim looks for pins', () => {
  test.each(['v5.11', 'v5.18'])('%s: pinned after the look, unmapped all the same', async (kernel) => {
    const { verdict, events } = await find('pin-swapout', kernel);
    expect(outcome(verdict)).toBe('lost-write');
    expect(
      firstMissing(events, [
        { thread: 'kswapd', in: 'page_maybe_dma_pinned', word: 'page[0].refcount', before: '2' },
        { thread: 'reader', in: 'gup_pte_range', word: 'page[0].refcount', after: '1026' },
        { thread: 'kswapd', in: 'try_to_unmap_one', word: 'mm[0].pte[0]', after: 'swap[0]' },
        SWAPPED_IN_SHARED,
        ...COPIED_AWAY,
      ]),
    ).toBeNull();
    expect(figures(verdict)).toEqual(GOLDEN[`T12 pin-swapout ${kernel}`]);
  });

  test.each(['v5.11', 'v5.18'])(
    '%s with 6c287605fd56 (PG_anon_exclusive, and unmapping refused): gone',
    async (kernel) => {
      expect(
        await outcomeOf('pin-swapout', kernel, { apply: ['6c287605fd56'], set: { pagevec: 'false' } }),
      ).toBe('proved');
    },
  );

  test('v5.18 with the refusal alone: no use, there is no PG_anon_exclusive to go by', async () => {
    expect(await outcomeOf('pin-swapout', 'v5.18', { apply: ['6c287605fd56#unmap'] })).toBe('lost-write');
  });

  test('v5.19: gone', async () => {
    expect(await outcomeOf('pin-swapout', 'v5.19')).toBe('proved');
  });

  test.each(['v5.19-part2', 'v5.19', 'v6.1'])(
    '%s without the refusal: a pinned page loses PG_anon_exclusive (I7)',
    async (kernel) => {
      const { verdict, events } = await find('pin-swapout', kernel, { revert: ['6c287605fd56#unmap'] });
      expect(outcome(verdict)).toBe('assertion');
      expect(verdict.violation?.message).toContain('I7');
      expect(
        firstMissing(events, [
          {
            thread: 'kswapd',
            in: 'try_to_unmap_one',
            word: 'page[0].flags',
            before: /anon_exclusive/,
            after: /^(?!.*anon_exclusive)/,
          },
        ]),
      ).toBeNull();
    },
  );
});
