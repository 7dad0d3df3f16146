/**
 * What each invariant looks at, page by page and slot by slot (see core/program.ts, PropertyPart): lets partial-order reduction see
 * that a step on one page says nothing about another. Mirrors invariants.ts; a test compares the two on random states.
 */
import type { BitField } from '../core/bits.ts';
import type { Observable, PropertyPart } from '../core/program.ts';
import type { Word } from '../core/words.ts';
import { cacheAccount, mapAccount, pinAccount, refAccount, slotAccount } from './accounts.ts';
import { GUP_PIN_COUNTING_BIAS, PAGE, SWAP_MAP, type Machine } from './machine.ts';
import { PTE, pte_pfn, pte_swp_exclusive } from './pgtable.ts';

/** A function of some bits of a word. */
interface Look {
  readonly mask: number;
  readonly of: (value: number) => number;
}

const MAPS_FRAME = PTE.present.mask | PTE.special.mask;
/** The bits that pte_pfn looks at. */
const PFN = PTE.pfn.mask | PTE.pfn_high.mask;

const whole: Look = { mask: -1, of: (value) => value };

function bit(mask: number): Look {
  return { mask, of: (value) => (value & mask) >>> 0 };
}
function field({ mask, of }: BitField): Look {
  return { mask, of };
}
function is(wanted: number): Look {
  return { mask: -1, of: (value) => (value === wanted ? 1 : 0) };
}
function maps(f: number): Look {
  return {
    mask: MAPS_FRAME | PFN,
    of: (pte) => ((pte & MAPS_FRAME) === PTE.present.mask && pte_pfn(pte) === f ? 1 : 0),
  };
}
function names(s: number): Look {
  return {
    mask: PTE.swap.mask | PFN,
    of: (pte) => ((pte & PTE.swap.mask) !== 0 && pte_pfn(pte) === s ? 1 : 0),
  };
}
const special: Look = { mask: MAPS_FRAME, of: (pte) => ((pte & MAPS_FRAME) === MAPS_FRAME ? 1 : 0) };

function one(word: Word, look: Look = whole): Observable {
  return { terms: [{ word, ...look }], accounts: [] };
}

function sum(words: readonly Word[], look: Look): Observable {
  return { terms: words.map((word) => ({ word, ...look })), accounts: [] };
}

/** What is counted in `word` minus what there is to count. */
function balance(
  word: Word,
  look: Look,
  counted: readonly (readonly [readonly Word[], Look])[],
  account: number,
): PropertyPart {
  const others = counted.flatMap(([words, { mask, of }]) =>
    words.map((each) => ({ word: each, mask, of: (value: number) => -of(value) })),
  );
  return {
    observables: [{ terms: [{ word, ...look }, ...others], accounts: [{ account, factor: -1 }] }],
  };
}

function ptesOf(k: Machine): readonly Word[] {
  return k.mm.flatMap((mm) => [...mm.pte]);
}

/** Requests that wait in a queue hold references of their own. */
function queued(k: Machine, f: number): readonly (readonly [readonly Word[], Look])[] {
  return k.request.flatMap(({ bio }, r) => {
    const { asynchronous, pin } = k.requestTargets[r]!;
    if (!asynchronous) return [];
    const refs = pin ? GUP_PIN_COUNTING_BIAS : 1;
    return [[[bio], { mask: -1, of: (value: number) => (value === f + 1 ? refs : 0) }] as const];
  });
}

/** Every byte that a process can load: of the page that its PTE maps, if it maps one. */
export function contentParts(k: Machine): readonly PropertyPart[] {
  return k.mm.flatMap((mm, m) =>
    mm.pte.flatMap((pte, v) => {
      const guards = k.page.map((_, f) => one(pte, maps(f)));
      const zero = one(pte, special);
      return Array.from({ length: k.slots }, (_, slot) => {
        const expected = [
          one(k.ideal[m]![v]![slot]!),
          one(k.inherited[m]!),
          ...k.request.flatMap(({ state }, r) => {
            const target = k.requestTargets[r]!;
            return target.page === v && target.slot === slot ? [one(state)] : [];
          }),
        ];
        const pages = k.page.map((page, f) => ({
          guard: guards[f]!,
          observables: [one(page.data[slot]!), ...expected],
        }));
        return [...pages, { guard: zero, observables: expected }];
      }).flat();
    }),
  );
}

export function referenceParts(k: Machine): readonly PropertyPart[] {
  const ptes = ptesOf(k);
  const flagged: Look = {
    mask: PAGE.swapcache.mask | PAGE.pagevec.mask,
    of: (value) => (value & PAGE.swapcache.mask) + (PAGE.pagevec.of(value) === 0 ? 0 : 1),
  };
  return k.page.map(({ flags, refcount }, f) =>
    balance(refcount, whole, [[ptes, maps(f)], [[flags], flagged], ...queued(k, f)], refAccount(f)),
  );
}

export function mapcountParts(k: Machine): readonly PropertyPart[] {
  const ptes = ptesOf(k);
  return k.page.map(({ mapcount }, f) => balance(mapcount, whole, [[ptes, maps(f)]], mapAccount(k, f)));
}

export function slotParts(k: Machine): readonly PropertyPart[] {
  const ptes = ptesOf(k);
  const count = field(SWAP_MAP.count);
  return k.swap.map.map((word, s) => balance(word, count, [[ptes, names(s)]], slotAccount(k, s)));
}

export function cacheParts(k: Machine): readonly PropertyPart[] {
  const cached: Look = { mask: -1, of: (value) => (value === 0 ? 0 : 1) };
  return k.swap.map.map((word, s) =>
    balance(word, field(SWAP_MAP.has_cache), [[[k.swap.cache[s]!], cached]], cacheAccount(k, s)),
  );
}

/** A page has no fewer references than PTEs that map it; a free one is mapped by none, not cached, in no device's hands. */
export function frameParts(k: Machine): readonly PropertyPart[] {
  const ptes = ptesOf(k);
  const negative: Look = { mask: -1, of: (value) => Math.min(value, 0) };
  return k.page.flatMap(({ refcount }, f) => {
    const mapped = sum(ptes, maps(f));
    const free = one(k.free, bit(1 << f));
    return [
      { guard: mapped, observables: [one(refcount)] },
      { observables: [one(refcount, negative)] },
      { guard: free, observables: [mapped] },
      ...k.swap.cache.map((entry) => ({ guard: free, observables: [one(entry, is(f + 1))] })),
      ...k.request.map(({ bio, complete }) => ({
        guard: free,
        observables: [one(bio, is(f + 1)), one(complete, is(0))],
      })),
    ];
  });
}

/** I1. */
export function writableParts(k: Machine): readonly PropertyPart[] {
  const mask = MAPS_FRAME | PTE.write.mask;
  const wanted = PTE.present.mask | PTE.write.mask;
  return k.mm.flatMap((mm) =>
    mm.pte.flatMap((pte) =>
      k.page.map(({ flags }, f) => ({
        guard: one(pte, {
          mask: mask | PFN,
          of: (value) => ((value & mask) === wanted && pte_pfn(value) === f ? 1 : 0),
        }),
        observables: [one(flags, bit(PAGE.anon_exclusive.mask)), one(mm.ptl.word, is(0))],
      })),
    ),
  );
}

/** I6. */
export function exclusiveEntryParts(k: Machine): readonly PropertyPart[] {
  return k.mm.flatMap((mm) =>
    mm.pte.flatMap((pte) =>
      k.swap.map.map((map, s) => ({
        guard: one(pte, {
          mask: -1,
          of: (value) => (names(s).of(value) === 1 && pte_swp_exclusive(value) ? 1 : 0),
        }),
        observables: [one(map, field(SWAP_MAP.count)), one(mm.ptl.word, is(0))],
      })),
    ),
  );
}

/** I7. */
export function pinnedParts(k: Machine): readonly PropertyPart[] {
  return k.page.map(({ flags }, f) => ({
    observables: [
      one(flags, bit(PAGE.anon_exclusive.mask)),
      { terms: [], accounts: [{ account: pinAccount(k, f), factor: 1 }] },
      {
        terms: queued(k, f).flatMap(([words, look]) => words.map((word) => ({ word, ...look }))),
        accounts: [],
      },
    ],
  }));
}
