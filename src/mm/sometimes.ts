/** States that a scenario is about: a search of it that never meets them has proved something else. */
import type { Sometimes } from '../core/program.ts';
import type { Machine } from './machine.ts';
import { is_swap_pte, pte_pfn, pte_present } from './pgtable.ts';

/** Names of {@link sometimes}. */
export type SometimesName =
  | 'a page is swapped out while the device has it'
  | 'a page is mapped while the swap device writes it out'
  | 'two processes have the page in one swap slot';

/** The property called `name`, a predicate over the words as in invariants.ts; null if it is none of this kernel's. */
export function sometimes(k: Machine, name: SometimesName): Sometimes | null {
  switch (name) {
    case 'a page is swapped out while the device has it':
      // Kernels whose direct I/O pins pages do not unmap pinned ones.
      if (k.requestTargets.every(({ pin }) => pin)) return null;
      return {
        name,
        watches: [...k.request.map(({ bio }) => bio), ...k.mm.flatMap(({ pte }) => pte)],
        holds: (words) =>
          k.request.some(({ bio }, r) => {
            const { mm, page } = k.requestTargets[r]!;
            return words[bio.index] !== 0 && is_swap_pte(words[k.mm[mm]!.pte[page]!.index]!);
          }),
      };
    case 'a page is mapped while the swap device writes it out':
      return {
        name,
        watches: [...k.page.map(({ flags }) => flags), ...k.mm.flatMap(({ pte }) => pte)],
        holds: (words) =>
          k.mm.some(({ pte }) =>
            pte.some(({ index }) => {
              const page = k.page[pte_pfn(words[index]!)];
              if (page === undefined || !pte_present(words[index]!)) return false;
              return (words[page.flags.index]! & page.writeback.mask) !== 0;
            }),
          ),
      };
    case 'two processes have the page in one swap slot':
      return {
        name,
        watches: k.mm.flatMap(({ pte }) => pte),
        holds: (words) => {
          const slots = k.mm.map(({ pte }) => pte.map(({ index }) => words[index]!).filter(is_swap_pte));
          const [first = [], ...others] = slots.map((ptes) => ptes.map(pte_pfn));
          return first.some((slot) => others.some((other) => other.includes(slot)));
        },
      };
  }
}
