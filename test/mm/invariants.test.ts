/** The invariants: each holds in the initial state and notices the state that is made to break it. */
import { describe, expect, test } from 'vitest';
import type { Property } from '../../src/core/program.ts';
import {
  accountNames,
  alwaysProperties,
  build,
  endProperties,
  explore,
  PAGE,
  pgtable,
  SMALL,
  SWAP_MAP,
} from './model.ts';

const { machine, program } = build('swap-fork', 'v5.19', { set: { pagevec: 'false' } });
const k = machine;
const accounts = accountNames(k);
const always = alwaysProperties(k);
const exclusiveEntry = (s: number): number => pgtable.pte_swp_mkexclusive(pgtable.swp_entry_to_pte(s));

interface Doctored {
  readonly words?: Readonly<Record<string, number>>;
  readonly held?: Readonly<Record<string, number>>;
}

function stateOf({ words = {}, held = {} }: Doctored): readonly [Int32Array, Int32Array] {
  const state = k.layout.initial();
  for (const [name, value] of Object.entries(words)) {
    const word = k.layout.find(name);
    if (word === undefined) throw new Error(`no word ${name}`);
    state[word.index] = value;
  }
  const sums = new Int32Array(accounts.length);
  for (const [name, amount] of Object.entries(held)) {
    if (!accounts.includes(name)) throw new Error(`no account ${name}`);
    sums[accounts.indexOf(name)] = amount;
  }
  return [state, sums];
}

function broken(properties: readonly Property[], doctored: Doctored): string[] {
  const [words, held] = stateOf(doctored);
  return properties.filter((property) => !property.holds(words, held)).map((property) => property.name);
}

const flags = PAGE.uptodate.mask | PAGE.anon.mask | PAGE.lru.mask | PAGE.anon_exclusive.mask;
const swapcache = PAGE.swapcache.mask | PAGE.uptodate.mask | PAGE.anon.mask;
const cached = SWAP_MAP.has_cache.mask;
/** Page 0 swapped out to slot 0, in the swap cache, exclusive. */
const SWAPPED: Readonly<Record<string, number>> = {
  'mm[0].pte[0]': exclusiveEntry(0),
  'page[0].mapcount': 0,
  'page[0].flags': swapcache,
  'swap_cache[0]': 1,
  'swap_map[0]': cached + 1,
};

test('nothing is broken in the initial state, and nothing is held', () => {
  expect(broken(always, {})).toEqual([]);
  expect(broken(endProperties(k), {})).toEqual([]);
  expect(program.always.map((property) => property.name)).toEqual(always.map((property) => property.name));
});

test('nor when the page is swapped out and in the swap cache', () => {
  expect(broken(always, { words: SWAPPED })).toEqual([]);
  expect(broken(endProperties(k), { words: SWAPPED })).toEqual([]);
});

const token = (name: string): number =>
  Array.from({ length: k.tokens.count }, (_, t) => t).find((t) => k.tokens.nameOf(t) === name)!;

/** name, doctored state, property that notices, word (or byte) that its explanation names. */
const BROKEN: readonly (readonly [string, Doctored, string, string])[] = [
  [
    'a reference too few',
    { words: { ...SWAPPED, 'page[0].refcount': 0 } },
    'no reference is uncounted (use-after-free)',
    'page[0].refcount is 0',
  ],
  [
    'a reference too many',
    { words: { 'page[0].refcount': 2 } },
    'no reference is left over (leaked)',
    'page[0].refcount is 2',
  ],
  [
    'a reference on a free page',
    { words: { 'page[1].refcount': 1 } },
    'no reference is left over (leaked)',
    'page[1].refcount is 1',
  ],
  [
    'a thread holds what is not counted',
    { held: { 'page[0] references': 1 } },
    'no reference is uncounted (use-after-free)',
    'page[0].refcount is 1, but 2',
  ],
  [
    'a mapped page on the free list',
    { words: { free_pages: (1 << k.page.length) - 1 } },
    'no free page is in use',
    'page[0] is free, but mapped',
  ],
  [
    'a page of the swap cache on the free list',
    { words: { ...SWAPPED, free_pages: (1 << k.page.length) - 1 } },
    'no free page is in use',
    'page[0] is free, but in the swap cache',
  ],
  [
    'a pagevec without its reference',
    { words: { 'page[0].flags': PAGE.pagevec.put(flags, 1) } },
    'no reference is uncounted (use-after-free)',
    'page[0].refcount',
  ],
  [
    'mapcount too low',
    { words: { 'page[0].mapcount': 0 } },
    'mapcount covers the present PTEs (use-after-free)',
    'page[0].mapcount is 0',
  ],
  [
    'mapcount too high',
    { words: { 'page[0].mapcount': 2 } },
    'mapcount has nothing left over (leaked)',
    'page[0].mapcount is 2',
  ],
  [
    'a swap PTE that is not counted',
    { words: { ...SWAPPED, 'mm[0].pte[0]': pgtable.swp_entry_to_pte(0), 'swap_map[0]': cached } },
    'no swap PTE is uncounted (use-after-free)',
    'swap_map[0] is 0, but 1',
  ],
  [
    'a count without a swap PTE',
    { words: { 'swap_map[0]': 1 } },
    'no swap count is left over (leaked)',
    'swap_map[0] is 1, but 0',
  ],
  [
    'a swap cache page without SWAP_HAS_CACHE',
    { words: { ...SWAPPED, 'swap_map[0]': 1 } },
    'SWAP_HAS_CACHE covers the swap cache (use-after-free)',
    'swap_map[0] is 0, but 1',
  ],
  [
    'SWAP_HAS_CACHE without a page',
    { words: { 'swap_map[0]': cached } },
    'SWAP_HAS_CACHE is not left over (leaked)',
    'swap_map[0] is 1, but 0',
  ],
  [
    'I1: a writable mapping of a page that is not exclusive',
    { words: { 'page[0].flags': flags & ~PAGE.anon_exclusive.mask } },
    'I1: a writable PTE maps a PG_anon_exclusive page',
    'mm[0].pte[0] maps page[0] writable',
  ],
  [
    'I6: an exclusive entry for a slot with two users',
    { words: { ...SWAPPED, 'mm[1].pte[0]': pgtable.swp_entry_to_pte(0), 'swap_map[0]': cached + 2 } },
    'I6: an exclusive swap PTE is the only one that names its slot',
    'mm[0].pte[0] is exclusive, but swap[0] is used 2 times',
  ],
  [
    'I7: a pinned page that is not exclusive',
    {
      words: {
        'mm[0].pte[0]': pgtable.mk_pte(0),
        'page[0].flags': flags & ~PAGE.anon_exclusive.mask,
        'page[0].refcount': 1025,
      },
      held: { 'page[0] pins': 1, 'page[0] references': 1024 },
    },
    'I7: a pinned anonymous page stays PG_anon_exclusive',
    'page[0] is pinned',
  ],
  [
    'older contents under a PTE',
    { words: { 'page[0].data[0]': 0 } },
    'every mapped byte reads what it ought to (lost-write)',
    'byte 0 of page 0 of mm[0]',
  ],
  [
    'a zero page where something was written',
    { words: { 'mm[0].pte[0]': pgtable.ZERO_PTE, 'page[0].refcount': 0, 'page[0].mapcount': 0 } },
    'every mapped byte reads what it ought to (lost-write)',
    'reads 0 at byte 0',
  ],
];

describe('what breaks an invariant', () => {
  test.each(BROKEN)('%s', (_, doctored, name, named) => {
    expect(broken(always, doctored)).toEqual([name]);
    const property = always.find((candidate) => candidate.name === name)!;
    expect(property.explain(...stateOf(doctored))).toContain(named);
  });

  test('the list has a case for every invariant but "leak", which needs two processes', () => {
    const covered = new Set(BROKEN.map(([, , name]) => name));
    expect(always.filter((property) => !covered.has(property.name)).map((property) => property.name)).toEqual(
      ['every mapped byte reads what it ought to (leak)'],
    );
  });

  test("leak: another process's write", () => {
    const doctored = { words: { 'page[0].data[1]': k.tokens.add('secret', 1) } };
    expect(broken(always, doctored)).toEqual(['every mapped byte reads what it ought to (leak)']);
    const property = always.find((candidate) => candidate.kind === 'leak')!;
    expect(property.explain(...stateOf(doctored))).toContain('reads secret at byte 1 of page 0 of mm[0]');
  });
});

test('a mapped page without a reference is noticed even if a thread claims that it owes one', () => {
  const doctored = { words: { 'page[0].refcount': 0 }, held: { 'page[0] references': -1 } };
  expect(broken(always, doctored)).toEqual(['no free page is in use']);
  const property = always.find(({ name }) => name === 'no free page is in use')!;
  expect(property.explain(...stateOf(doctored))).toContain('page[0] is mapped 1 times, but has 0 references');
});

describe('what excuses it', () => {
  test('a thread that holds the reference, mapping, count or bit', () => {
    expect(broken(always, { words: { 'page[0].refcount': 3 }, held: { 'page[0] references': 2 } })).toEqual(
      [],
    );
    expect(broken(always, { words: { 'page[0].mapcount': 2 }, held: { 'page[0] mappings': 1 } })).toEqual([]);
    expect(broken(always, { words: { 'swap_map[0]': 1 }, held: { 'swap[0] count': 1 } })).toEqual([]);
    expect(broken(always, { words: { 'swap_map[0]': cached }, held: { 'swap[0] cache': 1 } })).toEqual([]);
  });

  test('somebody is inside the PTL: I1 and I6 wait', () => {
    const shared = { 'page[0].flags': flags & ~PAGE.anon_exclusive.mask, 'mm[0].ptl': 1 };
    expect(broken(always, { words: shared })).toEqual([]);
    const doubled = {
      ...SWAPPED,
      'mm[1].pte[0]': pgtable.swp_entry_to_pte(0),
      'swap_map[0]': cached + 2,
      'mm[0].ptl': 1,
    };
    expect(broken(always, { words: doubled })).toEqual([]);
  });

  test('before PG_anon_exclusive there is no I1, I6, I7', () => {
    const names = alwaysProperties(build('swap-fork', 'v5.18').machine).map((property) => property.name);
    expect(names).toEqual(always.map((property) => property.name).filter((name) => !/^I\d/.test(name)));
  });
});

describe('at the end', () => {
  const atEnd = endProperties(k);

  test('a byte that only the device holds must be right', () => {
    const gone = {
      ...SWAPPED,
      'swap_cache[0]': 0,
      'swap_map[0]': 1,
      'page[0].flags': 0,
      'page[0].refcount': 0,
    };
    expect(
      broken(atEnd, {
        words: {
          ...gone,
          'swap_slot[0].data[0]': token('init(0,0)'),
          'swap_slot[0].data[1]': token('init(0,1)'),
        },
      }),
    ).toEqual([]);
    expect(broken(atEnd, { words: { ...gone, 'swap_slot[0].data[0]': token('init(0,0)') } })).toEqual([
      'every byte of every process can be read at the end (lost-write)',
    ]);
  });

  test('a byte in the swap cache must be right, whatever the device holds', () => {
    expect(broken(atEnd, { words: { ...SWAPPED, 'page[0].data[1]': 0 } })).toEqual([
      'every byte of every process can be read at the end (lost-write)',
    ]);
  });
});

test('a property watches every word it reads', () => {
  // Asked with words it does not watch poisoned, it answers as before.
  for (const doctored of [{}, { words: SWAPPED }, ...BROKEN.map(([, state]) => state)])
    for (const property of always) {
      const [words, held] = stateOf(doctored);
      const before = property.holds(words, held);
      const watched = new Set(property.watches.map((word) => word.index));
      for (let w = 0; w < words.length; w++) if (!watched.has(w)) words[w] = ~words[w]!;
      expect([property.name, property.holds(words, held)]).toEqual([property.name, before]);
    }
});

test('a pin is accounted for while it is held, so that I7 has something to say', async () => {
  const built = build('pin-swapout', 'v5.19', { set: SMALL });
  const pins = accountNames(built.machine).indexOf('page[0] pins');
  const state = (name: string, holds: Property['holds']): Property => ({
    name,
    kind: 'assertion',
    watches: [],
    holds,
    explain: () => name,
  });
  const never = await explore({
    ...built.program,
    always: [state('nobody pins', (_words, held) => held[pins] === 0)],
  });
  expect(never.violation?.message).toBe('nobody pins');
  const bounded = await explore({
    ...built.program,
    always: [state('pinned once at most', (_words, held) => held[pins] === 0 || held[pins] === 1)],
  });
  expect(bounded.verdict).toBe('proved');
});
