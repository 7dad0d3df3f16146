/**
 * What must be true of the machine in every state, and at the end (semantics.md 6). All are predicates over the words and the
 * ghost accounts; none looks at a thread's place in the code.
 */
import type { Property, PropertyPart } from '../core/program.ts';
import type { ViolationKind } from '../core/violation.ts';
import type { Word } from '../core/words.ts';
import { cacheAccount, mapAccount, pinAccount, refAccount, slotAccount } from './accounts.ts';
import {
  cacheParts,
  contentParts,
  exclusiveEntryParts,
  frameParts,
  mapcountParts,
  pinnedParts,
  referenceParts,
  slotParts,
  writableParts,
} from './invariant-parts.ts';
import { describe_mismatch, request_allows } from './ideal.ts';
import { GUP_PIN_COUNTING_BIAS, PAGE, SWAP_MAP, type Machine } from './machine.ts';
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
      for (let slot = 0; slot < k.slots; slot++) {
        const expected = words[k.ideal[m]![v]![slot]!.index]!;
        const value = atEnd ? sweep(k, words, pte, slot) : present(k, words, pte, slot, expected);
        if (value === expected || isAllowed(k, words, m, v, slot, value)) continue;
        const inherited = words[k.inherited[m]!.index]!;
        if (describe_mismatch(k, inherited, m, v, slot, value, expected).kind === kind)
          return { mm: m, v, slot, value, expected };
      }
    }
  }
  return null;
}

function isAllowed(
  k: Machine,
  words: Int32Array,
  m: number,
  v: number,
  slot: number,
  value: number,
): boolean {
  return k.request.some(({ state }, r) => request_allows(k, r, words[state.index]!, m, v, slot, value));
}

function contentProperty(
  k: Machine,
  kind: ViolationKind,
  atEnd: boolean,
  parts?: readonly PropertyPart[],
): Property {
  const find = (words: Int32Array): Mismatch | null => findMismatch(k, words, kind, atEnd);
  const watches = [
    ...allPtes(k),
    ...k.page.flatMap((page) => [...page.data]),
    ...k.ideal.flat(2),
    ...k.inherited,
    ...k.request.map((request) => request.state),
  ];
  return {
    name: atEnd
      ? `every byte of every process can be read at the end (${kind})`
      : `every mapped byte reads what it ought to (${kind})`,
    kind,
    watches,
    ...(parts === undefined ? {} : { parts }),
    holds: (words) => find(words) === null,
    explain: (words) => {
      const found = find(words)!;
      const inherited = words[k.inherited[found.mm]!.index]!;
      const { mm, v, slot, value, expected } = found;
      const { message } = describe_mismatch(k, inherited, mm, v, slot, value, expected);
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

/** References that go with asynchronous requests which no device has taken up yet. */
function queuedRefs(k: Machine, words: Int32Array, f: number): number {
  let refs = 0;
  for (let r = 0; r < k.request.length; r++) {
    const { asynchronous, pin } = k.requestTargets[r]!;
    if (asynchronous && words[k.request[r]!.bio.index] === f + 1) refs += pin ? GUP_PIN_COUNTING_BIAS : 1;
  }
  return refs;
}

/** refcount, recomputed: present PTEs, swap cache, pagevec, requests in a queue, and what threads hold. */
function expectedRefs(k: Machine, words: Int32Array, held: Int32Array, ptes: Int32Array, f: number): number {
  const flags = words[k.page[f]!.flags.index]!;
  return (
    countPtes(words, ptes, MAPS_FRAME, PTE.present.mask, f) +
    (flags & PAGE.swapcache.mask) +
    (PAGE.pagevec.of(flags) === 0 ? 0 : 1) +
    queuedRefs(k, words, f) +
    held[refAccount(f)]!
  );
}

/** A counter that must equal what can be recounted. `sign` 1: it is never too low; -1: never too high. */
function counter(
  name: string,
  kind: ViolationKind,
  counters: readonly Word[],
  others: readonly Word[],
  parts: readonly PropertyPart[],
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
    parts,
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
  const flags = [...k.page.map((page) => page.flags), ...k.request.map((request) => request.bio)];
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
  // The same parts given to two properties count once.
  const [references, mappings] = [referenceParts(k), mapcountParts(k)];
  const [entries, caches] = [slotParts(k), cacheParts(k)];
  return [
    counter(
      'no reference is uncounted',
      'use-after-free',
      refcounts,
      [...pteWords, ...flags],
      references,
      1,
      self,
      refs,
    ),
    counter(
      'no reference is left over',
      'leaked',
      refcounts,
      [...pteWords, ...flags],
      references,
      -1,
      self,
      refs,
    ),
    counter(
      'mapcount covers the present PTEs',
      'use-after-free',
      mapcounts,
      pteWords,
      mappings,
      1,
      self,
      maps,
    ),
    counter('mapcount has nothing left over', 'leaked', mapcounts, pteWords, mappings, -1, self, maps),
    counter(
      'no swap PTE is uncounted',
      'use-after-free',
      k.swap.map,
      pteWords,
      entries,
      1,
      SWAP_MAP.count.of,
      slots,
    ),
    counter(
      'no swap count is left over',
      'leaked',
      k.swap.map,
      pteWords,
      entries,
      -1,
      SWAP_MAP.count.of,
      slots,
    ),
    counter(
      'SWAP_HAS_CACHE covers the swap cache',
      'use-after-free',
      k.swap.map,
      k.swap.cache,
      caches,
      1,
      SWAP_MAP.has_cache.of,
      cached,
    ),
    counter(
      'SWAP_HAS_CACHE is not left over',
      'leaked',
      k.swap.map,
      k.swap.cache,
      caches,
      -1,
      SWAP_MAP.has_cache.of,
      cached,
    ),
  ];
}

/**
 * What is true of page frames whatever threads say they hold: a frame has at least as many references as PTEs map it, and a free
 * frame is mapped by nobody, cached for no slot, and not in a device's hands.
 */
function frameProperties(k: Machine): Property[] {
  const pteWords = allPtes(k);
  const ptes = Int32Array.from(pteWords, (word) => word.index);
  const broken = (words: Int32Array): string | null => {
    const free = words[k.free.index]!;
    for (const { pfn, refcount } of k.page) {
      const mapped = countPtes(words, ptes, MAPS_FRAME, PTE.present.mask, pfn);
      const refs = words[refcount.index]!;
      if (refs < mapped) return `page[${pfn}] is mapped ${mapped} times, but has ${refs} references`;
      if (((free >> pfn) & 1) === 0) continue;
      if (mapped > 0) return `page[${pfn}] is free, but mapped`;
      if (k.swap.cache.some((entry) => words[entry.index] === pfn + 1))
        return `page[${pfn}] is free, but in the swap cache`;
      const used = k.request.find(
        ({ bio, complete }) => words[bio.index] === pfn + 1 && words[complete.index] === 0,
      );
      if (used !== undefined) return `page[${pfn}] is free, but a device has it (request ${used.id})`;
    }
    return null;
  };
  return [
    {
      name: 'no free page is in use',
      kind: 'use-after-free',
      watches: [
        ...pteWords,
        k.free,
        ...k.page.map((page) => page.refcount),
        ...k.swap.cache,
        ...k.request.flatMap(({ bio, complete }) => [bio, complete]),
      ],
      parts: frameParts(k),
      holds: (words) => broken(words) === null,
      explain: (words) => broken(words) ?? '',
    },
  ];
}

/** Invariants between PTEs and pages that hold whenever nobody is inside the PTL of the address space. */
function settledProperty(
  k: Machine,
  name: string,
  watches: readonly Word[],
  parts: readonly PropertyPart[],
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
    parts,
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
      const pins = held[pinAccount(k, f)]! > 0 || queuedRefs(k, words, f) >= GUP_PIN_COUNTING_BIAS;
      return pins && (bits & PAGE.anon_exclusive.mask) === 0;
    });
  return [
    settledProperty(
      k,
      'I1: a writable PTE maps a PG_anon_exclusive page',
      flags,
      writableParts(k),
      (words, pte) => {
        const writable = MAPS_FRAME | PTE.write.mask;
        if ((pte & writable) !== (PTE.present.mask | PTE.write.mask)) return null;
        const f = pte_pfn(pte);
        return (words[k.page[f]!.flags.index]! & PAGE.anon_exclusive.mask) === 0
          ? `maps page[${f}] writable`
          : null;
      },
    ),
    settledProperty(
      k,
      'I6: an exclusive swap PTE is the only one that names its slot',
      k.swap.map,
      exclusiveEntryParts(k),
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
      watches: [...flags, ...k.request.map((request) => request.bio)],
      parts: pinnedParts(k),
      holds: (words, held) => pinned(held, words) < 0,
      explain: (words, held) => `I7: page[${pinned(held, words)}] is pinned but not PG_anon_exclusive`,
    },
  ];
}

/** What is true of the machine whatever its contents: no free page in use, every counter explained, exclusive pages alone. */
export function machineProperties(k: Machine): readonly Property[] {
  return [
    ...frameProperties(k),
    ...accounting(k),
    ...(k.kernel.rule_swapin_ptl ? exclusiveProperties(k) : []),
  ];
}

/**
 * The properties of every state, in the order in which they are checked. Those that hold "whenever the PTL is free" mean nothing
 * once a mutation lets a writer in without it.
 */
export function alwaysProperties(k: Machine): readonly Property[] {
  const contents = contentParts(k);
  return [
    contentProperty(k, 'lost-write', false, contents),
    contentProperty(k, 'leak', false, contents),
    ...machineProperties(k),
  ];
}

/** The properties of the end: every byte can still be read. That nobody holds anything each thread checks when it ends. */
export function endProperties(k: Machine): readonly Property[] {
  return [contentProperty(k, 'lost-write', true), contentProperty(k, 'leak', true)];
}
