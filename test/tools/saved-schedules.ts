/** A schedule under schedules/ and the search that finds it. */
export interface SavedSchedule {
  readonly file: string;
  /** Arguments of `lostwrite explore`. */
  readonly args: readonly string[];
  readonly kind: string;
}

/** Every saved schedule, named after its race in the order of semantics.md and races.md. */
export const SAVED_SCHEDULES: readonly SavedSchedule[] = [
  { file: 'swapout-vs-odirect', args: ['swapout-vs-odirect', '--kernel', 'v5.18'], kind: 'lost-write' },
  {
    file: 'swapout-vs-odirect-store',
    args: ['swapout-vs-odirect', '--kernel', 'v5.18', '--set', 'access=store'],
    kind: 'lost-write',
  },
  {
    file: 'swapout-vs-odirect-without-H5',
    args: ['swapout-vs-odirect', '--kernel', 'v5.19', '--revert', 'seed#H5'],
    kind: 'lost-write',
  },
  {
    file: 'swap-stable-writes',
    args: ['swap-stable-writes', '--kernel', 'v5.19-as-posted'],
    kind: 'unstable-writeback',
  },
  {
    file: 'swap-fork-without-H3',
    args: ['swap-fork', '--kernel', 'v5.19', '--revert', 'seed#H3'],
    kind: 'assertion',
  },
  { file: 'pinned-into-swapcache', args: ['pin-swapout', '--kernel', 'v5.11'], kind: 'lost-write' },
  { file: 'gup-fast-vs-fork', args: ['pin-vs-fork', '--kernel', 'v5.10'], kind: 'lost-write' },
  { file: 'fork-after-pin', args: ['pin-then-fork', '--kernel', 'v5.8'], kind: 'lost-write' },
  { file: 'fork-after-get', args: ['get-then-fork', '--kernel', 'v6.12'], kind: 'lost-write' },
  { file: 'swapcache-bypass', args: ['swapcache-bypass', '--kernel', 'v6.1'], kind: 'lost-write' },
];
