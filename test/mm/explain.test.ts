import { expect, test } from 'vitest';
import { build, explainViolation, run } from './model.ts';

/** The last lines of a trace: which write was lost, at which step, and why. Step numbers are those of the shortest schedule. */
async function explained(
  scenario: string,
  kernel: string,
  revert: readonly string[] = [],
): Promise<readonly string[]> {
  const { violation } = await run(scenario, kernel, { revert });
  return explainViolation(build(scenario, kernel, { revert }), violation!.schedule);
}

test('a device write that arrives after the copy', async () => {
  expect(await explained('get-swapout-load', 'v5.19-part2')).toMatchInlineSnapshot(`
    [
      "dma wrote DMA0 to page[0] in step 81.",
      "Step 79 lost it: wp_page_copy of user made mm[0].pte[0] map page[1] instead, before the write arrived.",
      "PG_anon_exclusive of page[0] was cleared in step 33 (page_try_share_anon_rmap), and the swap PTE of step 34 does not remember it.",
      "Step 65 took page[0] for shared: its refcount was 4, and a reference counts like an owner.",
    ]
  `);
});

test('a page shared by fork', async () => {
  expect(await explained('get-then-fork', 'v6.12')).toMatchInlineSnapshot(`
    [
      "dma wrote DMA0 to page[0] in step 62.",
      "Step 53 lost it: wp_page_copy of parent made mm[0].pte[0] map page[1] instead, before the write arrived.",
      "PG_anon_exclusive of page[0] was cleared in step 20 (copy_present_pte).",
      "Step 39 took page[0] for shared: its refcount was 3, and a reference counts like an owner.",
    ]
  `);
});

test('a reading reference that sees another page', async () => {
  expect(await explained('read-get-swapout', 'v5.18')).toMatchInlineSnapshot(`
    [
      "user wrote user#1 to page[1] in step 91; the reference is to page[0].",
      "Step 80 parted them: wp_page_copy of user made mm[0].pte[0] map page[1] write dirty.",
      "Step 66 took page[0] for shared: its refcount was 4, and a reference counts like an owner.",
    ]
  `);
});

test('a reference to the zero page', async () => {
  expect(await explained('read-get-zero-page', 'v6.12')).toMatchInlineSnapshot(`
    [
      "user wrote user#1 to page[0] in step 33; the reference is to the zero page.",
      "Step 30 parted them: wp_page_copy of user made mm[0].pte[0] map page[0] write dirty.",
    ]
  `);
});

test('a slot that held nothing', async () => {
  expect(await explained('swapcache-bypass', 'v6.1')).toMatchInlineSnapshot(`
    [
      "user2 filled its page from swap[0] in step 108, when the slot held no data.",
      "The page was swapped out to the same slot in steps 28 and 100: the PTE looks the same each time, and comparing it shows nothing.",
    ]
  `);
});

test('a store under writeback', async () => {
  expect(await explained('swap-stable-writes', 'v5.19-as-posted')).toMatchInlineSnapshot(`
    [
      "Writeback of page[0] began in step 39 (swap_writepage) and still runs.",
      "Step 59 made mm[0].pte[0] writable (do_swap_page): the swap PTE said exclusive, and writeback was not asked about.",
      "Step 63 stored user#1 under the device's hands.",
    ]
  `);
});

test('nothing to add to an assertion', async () => {
  expect(await explained('swap-fork', 'v5.19', ['seed#H3'])).toEqual([]);
});
