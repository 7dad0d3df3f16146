/**
 * What must be true of the machine in every state, and at the end (semantics.md 6). All are predicates over the words and the
 * ghost accounts; none looks at a thread's place in the code.
 */
import type { Property } from '../core/program.ts';
import type { ViolationKind } from '../core/violation.ts';
import type { Word } from '../core/words.ts';
import { cacheAccount, mapAccount, pinAccount, refAccount, slotAccount } from './accounts.ts';
import { describe_mismatch } from './ideal.ts';
import { PAGE, SLOTS, SWAP_MAP, type Machine } from './machine.ts';
import { PTE, pte_pfn, pte_swp_exclusive } from './pgtable.ts';
import { Tokens } from './tokens.ts';

const MAPS_FRAME = PTE.present.mask | PTE.special.mask;

function allPtes(k: Machine): Word[] {
  return k.mm.flatMap((mm) => [...mm.pte]);
}

/** Number of PTEs among `ptes` (word indices) with `pte & mask === wanted` that name frame or slot `n`. */
function countPtes(words: Int32Array, ptes: Int32Array, mask: number, wanted: number, n: number): number {
  let count = 0;
  for (const index of ptes) {
    const pte = words[index]!;
    if ((pte & mask) === wanted && pte_pfn(pte) === n) count++;
  }
  return count;
}

/** A byte-slot that does not read what it ought to. */
export interface Mismatch {
  readonly mm: number;
  readonly v: number;
  readonly slot: number;
  readonly value: number;
  readonly expected: number;
}

/** The first byte that reads wrong: through present PTEs only, or at the end through swap PTEs as well. */
export function findMismatch(
  k: Machine,
  words: Int32Array,
  kind: ViolationKind,
  atEnd: boolean,
): Mismatch | null {
  for (let m = 0; m < k.mm.length; m++) {
    const { pte: ptes } = k.mm[m]!;
    for (let v = 0; v < ptes.length; v++) {
      const pte = words[ptes[v]!.index]!;
      for (let slot = 0; slot < SLOTS; slot++) {
        const expected = words[k.ideal[m]![v]![slot]!.index]!;
        if (expected === Tokens.ANY) continue;
        const value = atEnd ? sweep(k, words, pte, slot) : present(k, words, pte, slot, expected);
        if (value !== expected && describe_mismatch(k, m, v, slot, value, expected).kind === kind)
          return { mm: m, v, slot, value, expected };
      }
    }
  }
  return null;
}

function contentProperty(k: Machine, kind: ViolationKind, atEnd: boolean): Property {
  const find = (words: Int32Array): Mismatch | null => findMismatch(k, words, kind, atEnd);
  const watches = [...allPtes(k), ...k.page.flatMap((page) => [...page.data]), ...k.ideal.flat(2)];
  return {
    name: atEnd
      ? `every byte of every process can be read at the end (${kind})`
      : `every mapped byte reads what it ought to (${kind})`,
    kind,
    watches,
    holds: (words) => find(words) === null,
    explain: (words) => {
      const found = find(words)!;
      const { message } = describe_mismatch(k, found.mm, found.v, found.slot, found.value, found.expected);
      return `a load ${message}`;
    },
  };
}

/** What a load would read now through a present PTE; `expected` if it would fault. */
function present(k: Machine, words: Int32Array, pte: number, slot: number, expected: number): number {
  if ((pte & PTE.present.mask) === 0) return expected;
  if ((pte & PTE.special.mask) !== 0) return Tokens.ZERO;
  return words[k.page[pte_pfn(pte)]!.data[slot]!.index]!;
}

/** What a load with its fault would read when nothing else runs: the page, the swap cache page, the slot, or zeroes. */
function sweep(k: Machine, words: Int32Array, pte: number, slot: number): number {
  if (pte === 0 || (pte & PTE.special.mask) !== 0) return Tokens.ZERO;
  const n = pte_pfn(pte);
  if ((pte & PTE.present.mask) !== 0) return words[k.page[n]!.data[slot]!.index]!;
  const cached = words[k.swap.cache[n]!.index]! - 1;
  const data = cached >= 0 ? k.page[cached]!.data : k.swap.data[n]!;
  return words[data[slot]!.index]!;
}

/** refcount, recomputed: present PTEs, swap cache, pagevec, and what threads hold. */
function expectedRefs(k: Machine, words: Int32Array, held: Int32Array, ptes: Int32Array, f: number): number {
  const flags = words[k.page[f]!.flags.index]!;
  return (
    countPtes(words, ptes, MAPS_FRAME, PTE.present.mask, f) +
    (flags & PAGE.swapcache.mask) +
    (PAGE.pagevec.of(flags) === 0 ? 0 : 1) +
    held[refAccount(f)]!
  );
}

/** A counter that must equal what can be recounted. `sign` 1: it is never too low; -1: never too high. */
function counter(
  name: string,
  kind: ViolationKind,
  counters: readonly Word[],
  others: readonly Word[],
  sign: number,
  read: (word: number) => number,
  expect: (words: Int32Array, held: Int32Array, n: number) => number,
): Property {
  const find = (words: Int32Array, held: Int32Array): number =>
    counters.findIndex((word, n) => sign * (read(words[word.index]!) - expect(words, held, n)) < 0);
  return {
    name: `${name} (${kind})`,
    kind,
    watches: [...counters, ...others],
    holds: (words, held) => find(words, held) < 0,
    explain: (words, held) => {
      const n = find(words, held);
      const word = counters[n]!;
      return `${word.name} is ${read(words[word.index]!)}, but ${expect(words, held, n)} is accounted for (${name})`;
    },
  };
}

function accounting(k: Machine): Property[] {
  const ptes = Int32Array.from(allPtes(k), (word) => word.index);
  const pteWords = allPtes(k);
  const flags = k.page.map((page) => page.flags);
  const refcounts = k.page.map((page) => page.refcount);
  const refs = (words: Int32Array, held: Int32Array, f: number) => expectedRefs(k, words, held, ptes, f);
  const maps = (words: Int32Array, held: Int32Array, f: number) =>
    countPtes(words, ptes, MAPS_FRAME, PTE.present.mask, f) + held[mapAccount(k, f)]!;
  const slots = (words: Int32Array, held: Int32Array, s: number) =>
    countPtes(words, ptes, PTE.swap.mask, PTE.swap.mask, s) + held[slotAccount(k, s)]!;
  const cached = (words: Int32Array, held: Int32Array, s: number) =>
    (words[k.swap.cache[s]!.index]! === 0 ? 0 : 1) + held[cacheAccount(k, s)]!;
  const self = (value: number) => value;
  const mapcounts = k.page.map((page) => page.mapcount);
  return [
    counter('no reference is uncounted', 'use-after-free', refcounts, [...pteWords, ...flags], 1, self, refs),
    counter('no reference is left over', 'leaked', refcounts, [...pteWords, ...flags], -1, self, refs),
    counter('mapcount covers the present PTEs', 'use-after-free', mapcounts, pteWords, 1, self, maps),
    counter('mapcount has nothing left over', 'leaked', mapcounts, pteWords, -1, self, maps),
    counter('no swap PTE is uncounted', 'use-after-free', k.swap.map, pteWords, 1, SWAP_MAP.count.of, slots),
    counter('no swap count is left over', 'leaked', k.swap.map, pteWords, -1, SWAP_MAP.count.of, slots),
    counter(
      'SWAP_HAS_CACHE covers the swap cache',
      'use-after-free',
      k.swap.map,
      k.swap.cache,
      1,
      SWAP_MAP.has_cache.of,
      cached,
    ),
    counter(
      'SWAP_HAS_CACHE is not left over',
      'leaked',
      k.swap.map,
      k.swap.cache,
      -1,
      SWAP_MAP.has_cache.of,
      cached,
    ),
  ];
}

/** Invariants between PTEs and pages that hold whenever nobody is inside the PTL of the address space. */
function settledProperty(
  k: Machine,
  name: string,
  watches: readonly Word[],
  broken: (words: Int32Array, pte: number) => string | null,
): Property {
  const find = (words: Int32Array): string | null => {
    for (const mm of k.mm) {
      if (words[mm.ptl.word.index] !== 0) continue;
      for (const word of mm.pte) {
        const what = broken(words, words[word.index]!);
        if (what !== null) return `${word.name} ${what}`;
      }
    }
    return null;
  };
  return {
    name,
    kind: 'assertion',
    watches: [...allPtes(k), ...k.mm.map((mm) => mm.ptl.word), ...watches],
    holds: (words) => find(words) === null,
    explain: (words) => `${name}: ${find(words)}`,
  };
}

function exclusiveProperties(k: Machine): Property[] {
  if (!k.kernel.anon_exclusive) return [];
  const flags = k.page.map((page) => page.flags);
  const pinned = (held: Int32Array, words: Int32Array): number =>
    k.page.findIndex((page, f) => {
      const bits = words[page.flags.index]!;
      return held[pinAccount(k, f)]! > 0 && (bits & PAGE.anon_exclusive.mask) === 0;
    });
  return [
    settledProperty(k, 'I1: a writable PTE maps a PG_anon_exclusive page', flags, (words, pte) => {
      const writable = MAPS_FRAME | PTE.write.mask;
      if ((pte & writable) !== (PTE.present.mask | PTE.write.mask)) return null;
      const f = pte_pfn(pte);
      return (words[k.page[f]!.flags.index]! & PAGE.anon_exclusive.mask) === 0
        ? `maps page[${f}] writable`
        : null;
    }),
    settledProperty(
      k,
      'I6: an exclusive swap PTE is the only one that names its slot',
      k.swap.map,
      (words, pte) => {
        if ((pte & PTE.swap.mask) === 0 || !pte_swp_exclusive(pte)) return null;
        const s = pte_pfn(pte);
        const count = SWAP_MAP.count.of(words[k.swap.map[s]!.index]!);
        return count === 1 ? null : `is exclusive, but swap[${s}] is used ${count} times`;
      },
    ),
    {
      name: 'I7: a pinned anonymous page stays PG_anon_exclusive',
      kind: 'assertion',
      watches: flags,
      holds: (words, held) => pinned(held, words) < 0,
      explain: (words, held) => `I7: page[${pinned(held, words)}] is pinned but not PG_anon_exclusive`,
    },
  ];
}

/**
 * The properties of every state, in the order in which they are checked. Those that hold "whenever the PTL is free" mean nothing
 * once a mutation lets a writer in without it.
 */
export function alwaysProperties(k: Machine): readonly Property[] {
  return [
    contentProperty(k, 'lost-write', false),
    contentProperty(k, 'leak', false),
    ...accounting(k),
    ...(k.kernel.rule_swapin_ptl ? exclusiveProperties(k) : []),
  ];
}

/** The properties of the end: every byte can still be read, and nobody holds anything. */
export function endProperties(k: Machine): readonly Property[] {
  return [
    contentProperty(k, 'lost-write', true),
    contentProperty(k, 'leak', true),
    {
      name: 'nothing is held at the end',
      kind: 'leaked',
      watches: [],
      holds: (_words, held) => held.every((amount) => amount === 0),
      explain: (_words, held) => `at the end account ${held.findIndex((amount) => amount !== 0)} is not zero`,
    },
  ];
}
