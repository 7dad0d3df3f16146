/** Which kernel has which switches, and what applying and reverting patches does to them. */
import { describe, expect, test } from 'vitest';
import type { Switches } from '../../src/mm/switches.ts';
import { configureKernel, hunksNamed, InputError, kernelNamed, KERNELS, PATCHES } from './model.ts';

test('the kernels of contract.md, oldest first, and their epochs', () => {
  expect(KERNELS.map(({ name, epoch }) => `${name} ${epoch}`)).toEqual([
    'v5.4 E0',
    'v5.7 E0',
    'v5.8 E1a',
    'v5.9 E1b',
    'v5.10 E1b',
    'v5.11 E1c',
    'v5.15 E1c',
    'v5.17 E1c',
    'v5.18 E2',
    'v5.19-part2 E3',
    'v5.19-as-posted E4s',
    'v5.19 E4',
    'v6.1 E4b',
    'v6.8 E5',
    'v6.12 E5',
    'v6.18 E5',
  ]);
});

/**
 * semantics.md 3.0, the knobs that the model has; K10–K12 and K17 are not modelled. K14 is E5, but v6.8 does not have it yet
 * (script.md, fact 6). K9's second look came in v6.3 or so (the 6.1 package has it
 * as a backport).
 */
const KNOBS = `
  knob                            E0       E1a      E1b       E1c       E2         E3         E4s        E4         E4b        E5
  K1   wp_reuse                   mapcount mapcount refcount  refcount  freed      PAE        PAE        PAE        PAE        PAE
  K2   swapin_reuse               reuse    reuse    reuse     reuse     write      any        any        any        any        any
  K2   swapin_reads_exclusive     -        -        -         -         -          -          yes        yes        yes        yes
  K3   anon_exclusive             -        -        -         -         -          yes        yes        yes        yes        yes
  K4   swp_exclusive_arch         -        -        -         -         -          -          yes        yes        yes        yes
  K4   unmap_sets_exclusive       -        -        -         -         -          -          yes        yes        yes        yes
  K4   fork_clears_parent         -        -        -         -         -          -          yes        yes        yes        yes
  K4   fork_clears_child          -        -        -         -         -          -          yes        yes        yes        yes
  K5   gup_unshare                -        -        -         -         -          yes        yes        yes        yes        yes
  K5   gup_forces_write           -        yes      -         -         -          -          -          -          -          -
  K6   fork_early_copy            -        -        yes       yes       yes        yes        yes        yes        yes        yes
  K7   write_protect_seq          -        -        -         yes       yes        yes        yes        yes        yes        yes
  K8   unmap_refuses_pinned       -        -        -         -         -          yes        yes        yes        yes        yes
  K9   reclaim_skips_pinned       -        -        -         yes       yes        yes        yes        yes        yes        yes
  K9   reclaim_rechecks_pinned    -        -        -         -         -          -          -          -          -          yes
  K13  bypass_claims_slot         -        -        -         -         -          -          -          -          -          yes
  K14  swapin_read_writable       -        -        -         -         -          -          -          -          -          yes
  K15  swapin_writeback_test      never    never    never     never     never      never      inverted   stable     stable     stable
  K16  odirect_pin                -        -        -         -         -          -          -          -          -          yes
  3.9  zram_rw_page               yes      yes      yes       yes       yes        yes        yes        yes        yes        -
  3.3  reuse_drains_pagevec       -        -        -         -         yes        yes        yes        yes        yes        yes
`;

const SPELLED: Readonly<Record<string, string | boolean>> = {
  yes: true,
  '-': false,
  freed: 'refcount_after_free_swap',
  PAE: 'anon_exclusive',
  reuse: 'reuse_swap_page',
  write: 'write_fault',
  any: 'any_fault',
};

const [heading = [], ...knobs] = KNOBS.trim()
  .split('\n')
  .map((line) => line.trim().split(/\s+/));
const epochs = heading.slice(1);

describe('the knob table of semantics.md 3.0', () => {
  test.each(KERNELS.map((kernel) => [kernel.name, kernel] as const))('%s', (name, kernel) => {
    const column = epochs.indexOf(kernel.epoch);
    expect(column).toBeGreaterThanOrEqual(0);
    for (const [knob = '', key = '', ...cells] of knobs) {
      if (name === 'v6.8' && knob === 'K14') continue;
      const cell = cells[column]!;
      expect([knob, key, kernel.switches[key as keyof Switches]]).toEqual([knob, key, SPELLED[cell] ?? cell]);
    }
  });

  test('v6.8 has no K14 yet', () => {
    expect(kernelNamed('v6.8').switches.swapin_read_writable).toBe(false);
  });

  test('every rule is kept on every kernel', () => {
    for (const { switches } of KERNELS)
      for (const [key, value] of Object.entries(switches))
        if (key.startsWith('rule_')) expect([key, value]).toEqual([key, true]);
  });

  test('every switch is in the table, a rule, or known not to be an epoch', () => {
    const listed = new Set(knobs.map(([, key]) => key));
    const others = Object.keys(kernelNamed('v5.19').switches).filter(
      (key) => !listed.has(key) && !key.startsWith('rule_'),
    );
    // copy_frees_swap_cache: v5.13, inside E1c. swapin_fresh_exclusive (H4b): E3 has the rule, without the name.
    // set_pte order and the like would be new.
    expect(others).toEqual(expect.arrayContaining(['copy_frees_swap_cache', 'swapin_fresh_exclusive']));
  });
});

const NAMES = PATCHES.flatMap((patch) => [patch.id, ...patch.hunks.map((hunk) => `${patch.id}#${hunk.id}`)]);

describe('the seed patch', () => {
  test('applied to part 2 it is v5.19', () => {
    expect(configureKernel('v5.19-part2', ['seed'])).toEqual(kernelNamed('v5.19').switches);
  });
  test('reverted from v5.19 it is part 2', () => {
    expect(configureKernel('v5.19', [], ['seed'])).toEqual(kernelNamed('v5.19-part2').switches);
  });
  test('as posted differs in one switch', () => {
    expect(kernelNamed('v5.19-as-posted').switches).toEqual({
      ...kernelNamed('v5.19').switches,
      swapin_writeback_test: 'inverted',
    });
  });
  test('H3 is H3-parent and H3-child, H4 without H4b is H4', () => {
    expect(configureKernel('v5.19', [], ['seed#H3'])).toEqual(
      configureKernel('v5.19', [], ['seed#H3-parent', 'seed#H3-child']),
    );
    expect(configureKernel('v5.19', [], ['seed#H4'])).toEqual(
      configureKernel('v5.19', [], ['seed#H4a', 'seed#H4c']),
    );
  });
  test.each(['H2', 'H4d', 'H6'])('%s concerns what is not modelled yet: nothing changes', (hunk) => {
    expect(configureKernel('v5.19', [], [`seed#${hunk}`])).toEqual(kernelNamed('v5.19').switches);
  });
  test.each(['H1', 'H3', 'H3-parent', 'H3-child', 'H4', 'H4a', 'H4b', 'H4c', 'H5'])(
    '%s changes something, and only what it says',
    (hunk) => {
      const changed = Object.entries(configureKernel('v5.19', [], [`seed#${hunk}`])).filter(
        ([key, value]) => kernelNamed('v5.19').switches[key as keyof Switches] !== value,
      );
      expect(Object.fromEntries(changed)).toEqual(hunksNamed(`seed#${hunk}`)[0]!.reverted);
    },
  );
});

describe('names', () => {
  test.each(PATCHES.flatMap((patch) => patch.aliases.map((alias) => [alias, patch.id])))(
    '%s is %s',
    (alias, id) => {
      expect(hunksNamed(alias)).toEqual(hunksNamed(id));
    },
  );
  test('a commit id may be shortened to seven digits, not to six', () => {
    expect(hunksNamed('1493a19')).toEqual(hunksNamed('seed'));
    expect(() => hunksNamed('1493a1')).toThrow(InputError);
  });
  test('hunks are named in either case', () => {
    expect(hunksNamed('seed#h5')).toEqual(hunksNamed('seed#H5'));
  });
  test('all names are different', () => {
    const names = PATCHES.flatMap((patch) => [patch.id, ...patch.aliases]);
    expect(new Set(names).size).toBe(names.length);
  });

  function error(action: () => unknown): InstanceType<typeof InputError> {
    try {
      action();
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(InputError);
      return thrown as InstanceType<typeof InputError>;
    }
    throw new Error('expected an InputError');
  }

  test.each([
    [() => kernelNamed('v5.91'), 'v5.91', 'v5.9'],
    [() => configureKernel('v5.19part2'), 'v5.19part2', 'v5.19-part2'],
    [() => hunksNamed('seeds'), 'seeds', 'seed'],
    [() => hunksNamed('seed#H9'), 'H9', 'H1'],
    [() => hunksNamed('seed#'), 'no hunk ""', 'H1'],
    [() => hunksNamed('seed#H5#x'), 'H5#x', 'H5'],
    [() => configureKernel('v5.19', ['write_protect_sek']), 'write_protect_sek', 'write_protect_seq'],
    [() => configureKernel('v5.19', [], ['rules#swapin_ptl']), 'swapin_ptl', 'swapin-ptl'],
    [() => hunksNamed(''), '""', ''],
  ])('an unknown name is an InputError with the nearest ones: %#', (action, name, hint) => {
    const { message, hint: found } = error(action);
    expect(`${message} ${found}`).toContain(name);
    expect(`${message} ${found}`).toContain(hint);
  });
});

describe('apply and revert', () => {
  const kernels = KERNELS.map((kernel) => kernel.name);

  test('nothing applied, nothing reverted: the kernel itself', () => {
    for (const name of kernels) expect(configureKernel(name)).toEqual(kernelNamed(name).switches);
  });

  test('are idempotent', () => {
    for (const kernel of kernels)
      for (const name of NAMES) {
        expect([kernel, name, configureKernel(kernel, [name, name])]).toEqual([
          kernel,
          name,
          configureKernel(kernel, [name]),
        ]);
        expect([kernel, name, configureKernel(kernel, [], [name, name])]).toEqual([
          kernel,
          name,
          configureKernel(kernel, [], [name]),
        ]);
      }
  });

  test('a patch reverted, then applied to what is left, is there again', () => {
    // revert comes after apply on the command line, so the second half is done on the switches.
    for (const name of NAMES) {
      const parts = hunksNamed(name);
      for (const kernel of kernels) {
        const had = parts.every((part) =>
          Object.entries(part.applied).every(
            ([key, value]) => kernelNamed(kernel).switches[key as keyof Switches] === value,
          ),
        );
        if (!had) continue;
        const again = parts.reduce<Switches>(
          (switches, part) => ({ ...switches, ...part.applied }),
          configureKernel(kernel, [], [name]),
        );
        expect([kernel, name, again]).toEqual([kernel, name, kernelNamed(kernel).switches]);
      }
    }
  });

  test('reverting a patch that the kernel never had changes nothing', () => {
    expect(configureKernel('v5.10', [], ['seed'])).toEqual(kernelNamed('v5.10').switches);
    expect(
      configureKernel(
        'v5.4',
        [],
        ['write_protect_seq', 'unshare', 'bypass-claim', 'gup-forces-write', 'wp-refcount'],
      ),
    ).toEqual(kernelNamed('v5.4').switches);
  });

  test.each([
    ['v5.4', 'wp-refcount'],
    ['v5.10', 'write_protect_seq'],
    ['v5.10', 'pinned-swapcache'],
    ['v5.17', 'cow-part1'],
    ['v5.18', 'cow-part2'],
    ['v5.18', 'unshare'],
    ['v5.19-part2', 'seed'],
    ['v6.1', 'bypass-claim'],
    ['v6.1', 'odirect-pin'],
  ])('%s with %s applied and reverted is %s', (kernel, patch) => {
    expect(configureKernel(kernel, [patch])).not.toEqual(kernelNamed(kernel).switches);
    expect(configureKernel(kernel, [patch], [patch])).toEqual(kernelNamed(kernel).switches);
  });

  // Patches that a kernel has already: applying must not turn back what came later.
  test.each([
    ['v5.9', 'wp-refcount'],
    ['v5.19', 'cow-part2'],
    ['v5.19', 'seed'],
    ['v6.12', 'seed'],
    ['v6.12', 'write_protect_seq'],
  ])('%s has %s: applying it changes nothing', (kernel, patch) => {
    expect(configureKernel(kernel, [patch])).toEqual(kernelNamed(kernel).switches);
  });

  test.each([
    ['v5.18', 'wp-refcount'],
    ['v5.19', 'wp-refcount'],
    ['v5.19', 'cow-part1'],
    ['v6.12', 'cow-part1'],
  ])('%s has %s, and more: applying it changes nothing', (kernel, patch) => {
    expect(configureKernel(kernel, [patch])).toEqual(kernelNamed(kernel).switches);
  });

  test('reverting an old patch does not turn back what came later', () => {
    expect(configureKernel('v5.19', [], ['wp-refcount', 'cow-part1'])).toEqual({
      ...kernelNamed('v5.19').switches,
      reuse_drains_pagevec: false,
    });
  });
});
