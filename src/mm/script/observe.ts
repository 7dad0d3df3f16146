/** What can be seen of the machine from outside after an operation, in canonical numbers. Observing changes nothing. */
import { PAGE, VMA, type Machine } from '../machine.ts';
import { is_swap_pte, pte_pfn, pte_present, pte_special, pte_uffd_wp } from '../pgtable.ts';

/** A page of a process: not there, present, or swapped out. */
export type PageState =
  | { readonly t: '-' }
  | {
      readonly t: 'm';
      /** Frame, 0 for the zero page. */
      readonly f: number;
      /** The page map's "mapped by nobody else". */
      readonly x: 0 | 1;
      readonly c: number;
      readonly g: string;
      readonly wp?: 1;
    }
  | {
      readonly t: 's';
      /** Swap entry. */
      readonly e: number;
      /** Is a page in the swap cache (mincore)? */
      readonly mc: 0 | 1;
      /** That page, if its frame is known, and its flags. */
      readonly rf?: number;
      readonly rg?: string;
      readonly wp?: 1;
    };

/** A page that somebody holds a reference to. */
export interface PinState {
  readonly f: number;
  readonly c: number;
  readonly g: string;
}

/** A reference held across operations: `v0`, `u1`, `d2`, and its frame (ZERO_PAGE for the zero page). */
export interface Held {
  readonly key: string;
  readonly frame: number;
}

export interface Observed {
  readonly st: Readonly<Record<string, PageState>>;
  readonly pin: Readonly<Record<string, PinState>>;
}

const LETTERS: readonly (readonly [number, string])[] = [
  [PAGE.anon.mask, 'A'],
  [0, 'B'],
  [PAGE.uptodate.mask, 'U'],
  [PAGE.dirty.mask, 'D'],
  [PAGE.swapcache.mask, 'S'],
  [PAGE.writeback.mask, 'W'],
  [PAGE.ksm.mask, 'K'],
];

/**
 * Numbers frames and swap entries in order of first sight. A frame keeps its number while a PTE, a reference or a swap entry
 * that is in the swap cache leads to it, an entry while a PTE names it.
 */
export class Observer {
  private frames = new Map<number, number>();
  private entries = new Map<number, number>();
  private nextFrame = 1;
  private nextEntry = 1;
  private readonly machine: Machine;
  private readonly words: Int32Array;

  constructor(machine: Machine, words: Int32Array) {
    this.machine = machine;
    this.words = words;
  }

  /** @param held in the order in which they are to be shown */
  observe(held: readonly Held[]): Observed {
    const ptes = this.mappedPtes();
    const frames = new Map<number, number>();
    const entries = new Map<number, number>();
    const see = (f: number): void => {
      if (!frames.has(f)) frames.set(f, this.frames.get(f) ?? this.nextFrame++);
    };
    for (const { pte } of ptes) if (pte_present(pte) && !pte_special(pte)) see(pte_pfn(pte));
    for (const { frame } of held) if (frame >= 0) see(frame);
    for (const { pte } of ptes) {
      if (pte === 0 || !is_swap_pte(pte)) continue;
      const s = pte_pfn(pte);
      if (!entries.has(s)) entries.set(s, this.entries.get(s) ?? this.nextEntry++);
      // The frame in the swap cache is known if it could be followed there.
      const cached = this.cached(s);
      if (cached >= 0 && this.frames.has(cached)) see(cached);
    }
    this.frames = frames;
    this.entries = entries;
    return {
      st: Object.fromEntries(ptes.map(({ key, pte }) => [key, this.page(pte)])),
      pin: Object.fromEntries(held.map(({ key, frame }) => [key, this.pin(frame)])),
    };
  }

  private mappedPtes(): readonly { readonly key: string; readonly pte: number }[] {
    return this.machine.mm.flatMap((mm) =>
      mm.pte
        .map((word, v) => ({ key: `${mm.id}.${v}`, pte: this.words[word.index]!, v }))
        .filter(({ v }) => VMA.mapped.of(this.words[mm.vma[v]!.index]!) === 1),
    );
  }

  private cached(s: number): number {
    return this.words[this.machine.swap.cache[s]!.index]! - 1;
  }

  private page(pte: number): PageState {
    if (pte === 0) return { t: '-' };
    const wp = pte_uffd_wp(pte) ? { wp: 1 as const } : {};
    if (pte_special(pte)) return { t: 'm', f: 0, x: 0, c: 0, g: 'Z', ...wp };
    if (is_swap_pte(pte)) {
      const s = pte_pfn(pte);
      const f = this.cached(s);
      const rf = this.frames.get(f);
      const known = rf === undefined ? {} : { rf, rg: this.flags(f) };
      return { t: 's', e: this.entries.get(s)!, mc: f >= 0 ? 1 : 0, ...known, ...wp };
    }
    const f = pte_pfn(pte);
    const c = this.mapcount(f);
    return { t: 'm', f: this.frames.get(f)!, x: c === 1 ? 1 : 0, c, g: this.flags(f), ...wp };
  }

  private pin(f: number): PinState {
    if (f < 0) return { f: 0, c: 0, g: 'Z' };
    return { f: this.frames.get(f)!, c: this.mapcount(f), g: this.flags(f) };
  }

  private mapcount(f: number): number {
    return this.words[this.machine.page[f]!.mapcount.index]!;
  }

  private flags(f: number): string {
    const bits = this.words[this.machine.page[f]!.flags.index]!;
    let text = '';
    for (const [mask, letter] of LETTERS) {
      if (letter === 'B') text += PAGE.lazyfree.of(bits) === 0 ? 'B' : '';
      else if ((bits & mask) !== 0) text += letter;
    }
    return PAGE.anon_exclusive.of(bits) === 1 ? `${text}X` : text;
  }
}
