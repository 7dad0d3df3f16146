import { InputError } from '../core/errors.ts';
import { suggest } from '../core/nearest.ts';
import { PATCHES, type Hunk, type Patch } from './patches.ts';
import { E0, type Switches } from './switches.ts';

/** A kernel by name. */
export interface KernelVersion {
  readonly name: string;
  /** Epoch of semantics.md section 0. */
  readonly epoch: string;
  readonly summary: string;
  readonly switches: Switches;
}

const E1a: Switches = { ...E0, gup_forces_write: true };
const E1b: Switches = { ...E0, wp_reuse: 'refcount', fork_early_copy: true };
const E1c: Switches = { ...E1b, write_protect_seq: true, reclaim_skips_pinned: true };
const E2: Switches = {
  ...E1c,
  wp_reuse: 'refcount_after_free_swap',
  swapin_reuse: 'write_fault',
  copy_frees_swap_cache: true,
  reuse_drains_pagevec: true,
};
const E3: Switches = {
  ...E2,
  anon_exclusive: true,
  wp_reuse: 'anon_exclusive',
  swapin_reuse: 'any_fault',
  gup_unshare: true,
  unmap_refuses_pinned: true,
  swapin_fresh_exclusive: true,
};
const E4: Switches = {
  ...E3,
  swp_exclusive_arch: true,
  fork_clears_parent: true,
  fork_clears_child: true,
  swapin_reads_exclusive: true,
  swapin_writeback_test: 'stable',
  unmap_sets_exclusive: true,
};
const E4s: Switches = { ...E4, swapin_writeback_test: 'inverted' };
/** Under sequential consistency v6.1's barriers change nothing. */
const E4b: Switches = E4;
const V6_8: Switches = {
  ...E4b,
  reclaim_rechecks_pinned: true,
  bypass_claims_slot: true,
  odirect_pin: true,
  zram_rw_page: false,
};
const E5: Switches = { ...V6_8, swapin_read_writable: true };

function version(name: string, epoch: string, summary: string, switches: Switches): KernelVersion {
  return { name, epoch, summary, switches };
}

/** Every kernel of contract.md, oldest first. */
export const KERNELS: readonly KernelVersion[] = [
  version('v5.4', 'E0', 'reuse by mapcount and swap count', E0),
  version('v5.7', 'E0', 'reuse by mapcount and swap count', E0),
  version('v5.8', 'E1a', 'every GUP of a private mapping is a write GUP', E1a),
  version('v5.9', 'E1b', 'reuse by refcount; early copy of pinned pages at fork', E1b),
  version('v5.10', 'E1b', 'reuse by refcount; early copy of pinned pages at fork', E1b),
  version('v5.11', 'E1c', 'write_protect_seq; pinned pages stay out of the swap cache', E1c),
  version('v5.15', 'E1c', 'as v5.11; a copy frees the old swap cache', {
    ...E1c,
    copy_frees_swap_cache: true,
  }),
  version('v5.17', 'E1c', 'as v5.15', { ...E1c, copy_frees_swap_cache: true }),
  version('v5.18', 'E2', 'COW fixes part 1: reuse_swap_page is gone', E2),
  version('v5.19-part2', 'E3', 'PG_anon_exclusive, without the bit in the swap PTE', E3),
  version('v5.19-as-posted', 'E4s', 'the seed patch as first posted: SWP_STABLE_WRITES test inverted', E4s),
  version('v5.19', 'E4', 'the seed patch as merged', E4),
  version('v6.1', 'E4b', 'as v5.19, with memory barriers for GUP-fast', E4b),
  version('v6.8', 'E5', 'swap cache bypass claims the slot; O_DIRECT pins', V6_8),
  version('v6.12', 'E5', 'a read fault may map a swapped-in exclusive page writable', E5),
  version('v6.18', 'E5', 'as v6.12', E5),
];

/** The kernel called `name`; an InputError with the nearest names if there is none. */
export function kernelNamed(name: string): KernelVersion {
  const found = KERNELS.find((kernel) => kernel.name === name);
  if (found !== undefined) return found;
  const names = KERNELS.map((kernel) => kernel.name);
  throw new InputError(`unknown kernel "${name}"`, suggest(name, names, 'lostwrite list kernels'));
}

function patchNamed(name: string): Patch {
  const found = PATCHES.find(
    (patch) =>
      patch.id === name || patch.aliases.includes(name) || (name.length >= 7 && patch.id.startsWith(name)),
  );
  if (found !== undefined) return found;
  const names = PATCHES.flatMap((patch) => [patch.id].concat(patch.aliases));
  throw new InputError(`unknown patch "${name}"`, suggest(name, names, 'lostwrite list patches'));
}

/** The hunks meant by `seed` (all of them) or `seed#H5`; an InputError names what is unknown. */
export function hunksNamed(reference: string): readonly Hunk[] {
  const [patchName = '', hunkName, ...rest] = reference.split('#');
  const patch = patchNamed(patchName);
  if (hunkName === undefined) return patch.hunks.filter((candidate) => candidate.partOf === undefined);
  const found = patch.hunks.find((candidate) => candidate.id.toLowerCase() === hunkName.toLowerCase());
  if (found !== undefined && rest.length === 0) return [found];
  const names = patch.hunks.map((candidate) => candidate.id);
  throw new InputError(
    `patch ${patch.id} has no hunk "${[hunkName, ...rest].join('#')}"`,
    suggest(hunkName, names),
  );
}

/** The switches of kernel `name` with patches or hunks applied and then others reverted. */
export function configureKernel(
  name: string,
  apply: readonly string[] = [],
  revert: readonly string[] = [],
): Switches {
  const switches = { ...kernelNamed(name).switches };
  for (const part of apply.flatMap(hunksNamed)) Object.assign(switches, added(switches, part));
  for (const part of revert.flatMap(hunksNamed)) Object.assign(switches, restored(switches, part));
  return switches;
}

/** Rules that later patches replaced, oldest first. */
const SUCCESSION = {
  wp_reuse: ['mapcount', 'refcount', 'refcount_after_free_swap', 'anon_exclusive'],
  swapin_reuse: ['reuse_swap_page', 'write_fault', 'any_fault'],
} as const;

/** Applying never turns back what a later patch has changed again. */
function added(switches: Switches, part: Hunk): Partial<Switches> {
  const later = (order: readonly string[], has: string, gets: string | undefined): boolean =>
    gets !== undefined && order.indexOf(gets) < order.indexOf(has);
  const changes = { ...part.applied };
  if (later(SUCCESSION.wp_reuse, switches.wp_reuse, changes.wp_reuse)) delete changes.wp_reuse;
  if (later(SUCCESSION.swapin_reuse, switches.swapin_reuse, changes.swapin_reuse))
    delete changes.swapin_reuse;
  return changes;
}

/** Reverting changes only what the kernel has from this hunk. */
function restored(switches: Switches, part: Hunk): Partial<Switches> {
  const names = Object.keys(part.reverted) as (keyof Switches)[];
  return Object.fromEntries(
    names.filter((name) => switches[name] === part.applied[name]).map((name) => [name, part.reverted[name]]),
  );
}
