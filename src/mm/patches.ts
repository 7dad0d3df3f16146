import type { Switches } from './switches.ts';

/** A part of a patch that can be applied or reverted alone. */
export interface Hunk {
  readonly id: string;
  readonly summary: string;
  readonly applied: Partial<Switches>;
  readonly reverted: Partial<Switches>;
  /** Set for a part of another hunk: the patch as a whole does not name it again. */
  readonly partOf?: string;
}

/** A change to the kernel as a set of switches. */
export interface Patch {
  /** Mainline commit id, 12 digits, or a word for what is no commit. */
  readonly id: string;
  readonly aliases: readonly string[];
  readonly title: string;
  readonly hunks: readonly Hunk[];
}

function hunk(id: string, summary: string, applied: Partial<Switches>, reverted: Partial<Switches>): Hunk {
  return { id, summary, applied, reverted };
}

function part(
  of: string,
  id: string,
  summary: string,
  applied: Partial<Switches>,
  reverted: Partial<Switches>,
): Hunk {
  return { id, summary, applied, reverted, partOf: of };
}

const SEED_HUNKS: readonly Hunk[] = [
  hunk(
    'H1',
    'pgtable.h: the architecture has the bit',
    { swp_exclusive_arch: true },
    { swp_exclusive_arch: false },
  ),
  hunk('H2', 'swapops.h: pte_swp_clear_flags strips the bit (matters to swapoff only)', {}, {}),
  hunk(
    'H3',
    'copy_nonpresent_pte: fork clears the bit in parent and child',
    { fork_clears_parent: true, fork_clears_child: true },
    { fork_clears_parent: false, fork_clears_child: false },
  ),
  part('H3', 'H3-parent', 'H3, parent only', { fork_clears_parent: true }, { fork_clears_parent: false }),
  part('H3', 'H3-child', 'H3, child only', { fork_clears_child: true }, { fork_clears_child: false }),
  hunk(
    'H4',
    'do_swap_page: exclusive logic',
    { swapin_reads_exclusive: true, swapin_writeback_test: 'stable' },
    { swapin_reads_exclusive: false, swapin_writeback_test: 'never' },
  ),
  part(
    'H4',
    'H4a',
    'H4, take the bit from orig_pte',
    { swapin_reads_exclusive: true },
    { swapin_reads_exclusive: false },
  ),
  part(
    'H4',
    'H4b',
    'H4, a fresh page is exclusive',
    { swapin_fresh_exclusive: true },
    { swapin_fresh_exclusive: false },
  ),
  part(
    'H4',
    'H4c',
    'H4, under writeback to a stable-writes device drop the bit',
    { swapin_writeback_test: 'stable' },
    { swapin_writeback_test: 'never' },
  ),
  part('H4', 'H4d', 'H4, only if not KSM (KSM pages are not modelled yet)', {}, {}),
  hunk(
    'H5',
    'try_to_unmap_one: set the bit',
    { unmap_sets_exclusive: true },
    { unmap_sets_exclusive: false },
  ),
  hunk('H6', 'unuse_pte: honour the bit (matters to swapoff only: lostwrite run)', {}, {}),
];

function single(
  id: string,
  aliases: readonly string[],
  title: string,
  applied: Partial<Switches>,
  reverted: Partial<Switches>,
): Patch {
  return { id, aliases, title, hunks: [hunk('all', title, applied, reverted)] };
}

/**
 * All patches the model knows, oldest first. A patch without a hunk named (`seed`) means all its hunks; `seed#H5` one of them.
 * Reverting a patch on a kernel that never had it changes nothing.
 */
export const PATCHES: readonly Patch[] = [
  single(
    '17839856fd58',
    ['gup-forces-write'],
    'gup: document and work around "COW can break either way" issue (v5.8 only)',
    { gup_forces_write: true },
    { gup_forces_write: false },
  ),
  single(
    '09854ba94c6a',
    ['wp-refcount'],
    'mm: do_wp_page() simplification (v5.9): reuse by refcount instead of mapcount',
    { wp_reuse: 'refcount' },
    { wp_reuse: 'mapcount' },
  ),
  single(
    '70e806e4e645',
    ['fork-early-copy'],
    'mm: Do early cow for pinned pages during fork() for ptes (v5.9)',
    { fork_early_copy: true },
    { fork_early_copy: false },
  ),
  single(
    '57efa1fe5957',
    ['write_protect_seq'],
    'mm/gup: prevent gup_fast from racing with COW during fork (v5.11)',
    { write_protect_seq: true },
    { write_protect_seq: false },
  ),
  single(
    'feb889fb40fa',
    ['pinned-swapcache'],
    "mm: don't put pinned pages into the swap cache (v5.11)",
    { reclaim_skips_pinned: true },
    { reclaim_skips_pinned: false },
  ),
  {
    id: 'c145e0b47c77',
    aliases: ['cow-part1'],
    title: 'COW fixes part 1 (v5.18): refcount rule after freeing the swap cache; reuse_swap_page goes',
    hunks: [
      hunk(
        'do_wp_page',
        '53a05ad9f21d, c145e0b47c77: do_wp_page frees the swap cache before it counts references',
        { wp_reuse: 'refcount_after_free_swap', reuse_drains_pagevec: true, copy_frees_swap_cache: true },
        { wp_reuse: 'refcount', reuse_drains_pagevec: false },
      ),
      hunk(
        'do_swap_page',
        'c145e0b47c77: do_swap_page frees the swap cache first and maps writable if it holds the only reference',
        { swapin_reuse: 'write_fault' },
        { swapin_reuse: 'reuse_swap_page' },
      ),
    ],
  },
  {
    id: '6c287605fd56',
    aliases: ['anon-exclusive', 'cow-part2'],
    title: 'mm: remember exclusively mapped anonymous pages with PG_anon_exclusive (v5.19)',
    hunks: [
      hunk(
        'flag',
        'PG_anon_exclusive and the rules that go by it',
        { anon_exclusive: true, wp_reuse: 'anon_exclusive', swapin_reuse: 'any_fault' },
        { anon_exclusive: false, wp_reuse: 'refcount_after_free_swap', swapin_reuse: 'write_fault' },
      ),
      hunk(
        'unmap',
        'try_to_unmap_one refuses a pinned exclusive page',
        { unmap_refuses_pinned: true },
        { unmap_refuses_pinned: false },
      ),
    ],
  },
  single(
    'a7f226604170',
    ['unshare'],
    'mm/gup: trigger FAULT_FLAG_UNSHARE when R/O-pinning a possibly shared anonymous page (v5.19)',
    { gup_unshare: true },
    { gup_unshare: false },
  ),
  {
    id: '1493a1913e34',
    aliases: ['seed', 'swp-exclusive'],
    title: 'mm/swap: remember PG_anon_exclusive via a swp pte bit (v5.19)',
    hunks: SEED_HUNKS,
  },
  single(
    '13ddaf26be32',
    ['bypass-claim'],
    'mm/swap: fix race when skipping swapcache (v6.8)',
    { bypass_claims_slot: true },
    { bypass_claims_slot: false },
  ),
  single(
    'odirect-pin',
    [],
    'O_DIRECT takes FOLL_PIN (about v6.5)',
    { odirect_pin: true },
    { odirect_pin: false },
  ),
  {
    id: 'rules',
    aliases: ['locking-rules'],
    title: 'locking rules of the model; every kernel keeps them, revert one to see what it is for',
    hunks: [
      hunk('swapin-ptl', 'do_swap_page holds the PTL', { rule_swapin_ptl: true }, { rule_swapin_ptl: false }),
      hunk(
        'reclaim-page-lock',
        'reclaim holds the page lock',
        { rule_reclaim_page_lock: true },
        { rule_reclaim_page_lock: false },
      ),
      hunk(
        'swapin-pte-same',
        'do_swap_page re-checks the PTE under the PTL',
        { rule_swapin_pte_same: true },
        { rule_swapin_pte_same: false },
      ),
      hunk(
        'pageout-refcount',
        'pageout writes only a page without other references',
        { rule_pageout_refcount: true },
        { rule_pageout_refcount: false },
      ),
      hunk(
        'gup-fast-recheck',
        'GUP-fast reads the PTE again after taking the reference',
        { rule_gup_fast_recheck: true },
        { rule_gup_fast_recheck: false },
      ),
    ],
  },
];
