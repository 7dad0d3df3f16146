/**
 * The switches in which kernel versions differ (semantics.md 3.0, knobs K1–K16), the hunks of the seed patch (section 4), and
 * the locking rules that can be broken on purpose. One model, many kernels: code asks the switch, never the version.
 */
export interface Switches {
  /** K1: when do_wp_page reuses the page instead of copying it. */
  readonly wp_reuse: 'mapcount' | 'refcount' | 'refcount_after_free_swap' | 'anon_exclusive';
  /** K2: when do_swap_page maps the page exclusively: reuse_swap_page on write faults; refcount on write faults; on all faults. */
  readonly swapin_reuse: 'reuse_swap_page' | 'write_fault' | 'any_fault';
  /** K3: PG_anon_exclusive exists. */
  readonly anon_exclusive: boolean;
  /** K4/H1: the architecture has the exclusive bit in swap PTEs; without it pte_swp_mkexclusive does nothing. */
  readonly swp_exclusive_arch: boolean;
  /** H3: fork clears the bit in the parent's swap PTE … */
  readonly fork_clears_parent: boolean;
  /** … and uses the cleared value for the child. */
  readonly fork_clears_child: boolean;
  /** H4a: do_swap_page takes exclusivity from the swap PTE. */
  readonly swapin_reads_exclusive: boolean;
  /** H4b: a page that is not the swap cache page is exclusive. */
  readonly swapin_fresh_exclusive: boolean;
  /** H4c, K15: under writeback, drop exclusivity if the device needs stable pages; `inverted` as first posted; `never`. */
  readonly swapin_writeback_test: 'stable' | 'inverted' | 'never';
  /** H5: try_to_unmap_one stores the bit. */
  readonly unmap_sets_exclusive: boolean;
  /** E1a: a GUP on a private mapping behaves as a write GUP (17839856fd58). */
  readonly gup_forces_write: boolean;
  /** K5: FOLL_PIN for reading unshares a page that is not exclusive. */
  readonly gup_unshare: boolean;
  /** K6: fork copies a page that may be pinned at once. */
  readonly fork_early_copy: boolean;
  /** K7: write_protect_seq holds off FOLL_PIN GUP-fast during fork. */
  readonly write_protect_seq: boolean;
  /** K8: try_to_unmap_one refuses a pinned exclusive page. */
  readonly unmap_refuses_pinned: boolean;
  /** K9: reclaim skips a pinned page before add_to_swap. */
  readonly reclaim_skips_pinned: boolean;
  /** Reclaim looks for pins once more after unmapping (v6.3, unverified). */
  readonly reclaim_rechecks_pinned: boolean;
  /** K13: the swap cache bypass claims the slot with SWAP_HAS_CACHE. */
  readonly bypass_claims_slot: boolean;
  /** K14: a read fault may map an exclusive page writable. */
  readonly swapin_read_writable: boolean;
  /** K16: O_DIRECT takes FOLL_PIN instead of FOLL_GET. */
  readonly odirect_pin: boolean;
  /** wp_page_copy tries to free the old page's swap cache (v5.14). */
  readonly copy_frees_swap_cache: boolean;
  /** Reuse tests drain this CPU's pagevecs first (v5.18). */
  readonly reuse_drains_pagevec: boolean;
  /** zram writes through rw_page: writeback is never seen with the page unlocked (until v6.1). */
  readonly zram_rw_page: boolean;

  /** Locking rules; true on every real kernel, false only to see what breaks. */
  readonly rule_swapin_ptl: boolean;
  readonly rule_reclaim_page_lock: boolean;
  readonly rule_swapin_pte_same: boolean;
  readonly rule_pageout_refcount: boolean;
  readonly rule_gup_fast_recheck: boolean;
}

/** v5.7 and before: epoch E0. */
export const E0: Switches = {
  wp_reuse: 'mapcount',
  swapin_reuse: 'reuse_swap_page',
  anon_exclusive: false,
  swp_exclusive_arch: false,
  fork_clears_parent: false,
  fork_clears_child: false,
  swapin_reads_exclusive: false,
  swapin_fresh_exclusive: false,
  swapin_writeback_test: 'never',
  unmap_sets_exclusive: false,
  gup_forces_write: false,
  gup_unshare: false,
  fork_early_copy: false,
  write_protect_seq: false,
  unmap_refuses_pinned: false,
  reclaim_skips_pinned: false,
  reclaim_rechecks_pinned: false,
  bypass_claims_slot: false,
  swapin_read_writable: false,
  odirect_pin: false,
  copy_frees_swap_cache: false,
  reuse_drains_pagevec: false,
  zram_rw_page: true,
  rule_swapin_ptl: true,
  rule_reclaim_page_lock: true,
  rule_swapin_pte_same: true,
  rule_pageout_refcount: true,
  rule_gup_fast_recheck: true,
};
