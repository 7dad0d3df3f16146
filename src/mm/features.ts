/**
 * What kernel versions differ in beside the switches: matters only to operations that the scenarios so far do not have, so that
 * their names, states and saved schedules stay as they are.
 */

export interface FeatureSet {
  /** H6: unuse_pte (swapoff) gives exclusivity back from the swap PTE (v5.19). */
  readonly unuse_reads_exclusive: boolean;
  /** K17: mprotect maps exclusive pages writable again at once: never; if the PTE is dirty (v6.0); always (v6.2). */
  readonly mprotect_upgrades_write: 'never' | 'dirty' | 'always';
  /** userfaultfd can write-protect (v5.7). */
  readonly uffd_wp: boolean;
  /** So does un-protecting by userfaultfd (v6.2). */
  readonly uffd_unprotect_upgrades_write: boolean;
  /** MADV_POPULATE_READ and _WRITE exist (v5.14). */
  readonly madvise_populate: boolean;
  /**
   * K12: when try_to_unmap_one discards a MADV_FREE page: if it is clean; if it is clean and nobody has a reference (v5.18), else
   * it is swap-backed again; the same, but a clean page with a reference stays lazy-free (v6.15).
   */
  readonly lazyfree_discard: 'clean' | 'unreferenced' | 'unreferenced-else-kept';
  /** A fault that was retried counts as major (v5.9, mm_account_fault), until faults ran under the VMA lock (v6.6). */
  readonly retried_fault_is_major: boolean;
  /** break_ksm asks for an unshare fault instead of a write fault (v6.2). */
  readonly break_ksm_unshares: boolean;
  /** A page of zeroes is only noted down, not written (v6.12). */
  readonly swap_zeromap: boolean;
}

const V5_4: FeatureSet = {
  unuse_reads_exclusive: false,
  mprotect_upgrades_write: 'never',
  uffd_wp: false,
  uffd_unprotect_upgrades_write: false,
  madvise_populate: false,
  lazyfree_discard: 'clean',
  retried_fault_is_major: false,
  break_ksm_unshares: false,
  swap_zeromap: false,
};
const V5_7: FeatureSet = { ...V5_4, uffd_wp: true };
const V5_9: FeatureSet = { ...V5_7, retried_fault_is_major: true };
const V5_15: FeatureSet = { ...V5_9, madvise_populate: true };
const V5_18: FeatureSet = { ...V5_15, lazyfree_discard: 'unreferenced' };
const V5_19: FeatureSet = { ...V5_18, unuse_reads_exclusive: true };
const V6_1: FeatureSet = { ...V5_19, mprotect_upgrades_write: 'dirty' };
const V6_8: FeatureSet = {
  ...V6_1,
  mprotect_upgrades_write: 'always',
  uffd_unprotect_upgrades_write: true,
  retried_fault_is_major: false,
  break_ksm_unshares: true,
};
const V6_12: FeatureSet = { ...V6_8, swap_zeromap: true };
const V6_18: FeatureSet = { ...V6_12, lazyfree_discard: 'unreferenced-else-kept' };

/** By kernel version as kernels.ts names them. */
const FEATURES: Readonly<Record<string, FeatureSet>> = {
  'v5.4': V5_4,
  'v5.7': V5_7,
  'v5.8': V5_7,
  'v5.9': V5_9,
  'v5.10': V5_9,
  'v5.11': V5_9,
  'v5.15': V5_15,
  'v5.17': V5_15,
  'v5.18': V5_18,
  'v5.19-part2': V5_18,
  'v5.19-as-posted': V5_19,
  'v5.19': V5_19,
  'v6.1': V6_1,
  'v6.8': V6_8,
  'v6.12': V6_12,
  'v6.18': V6_18,
};

export const Features = {
  newest: V6_18,
  /** Of the kernel called `name`, which kernels.ts knows. */
  of: (name: string): FeatureSet => FEATURES[name] ?? V6_18,
} as const;
