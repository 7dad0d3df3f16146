/** Speed and memory of the exhaustive search on the seed scenario in three sizes. */
import { explore } from '../../src/search/explore.ts';
import { buildProgram } from '../../src/mm/programs.ts';
import { cell, thousands } from './table.ts';

interface Size {
  readonly name: string;
  readonly set: Readonly<Record<string, string>>;
}

const SIZES: readonly Size[] = [
  { name: 'one page', set: {} },
  { name: 'two pages', set: { pages: '2', reclaim: '1', pagevec: 'false' } },
  {
    name: 'two user threads + fork',
    set: { second_thread: 'load', fork: 'true', reclaim: '1', pagevec: 'false' },
  },
];

const columns = [24, 12, 13, 8, 11, 14, 9, 7, 10] as const;
const heads = [
  'states',
  'transitions',
  'seconds',
  'states/s',
  'transitions/s',
  'B/state',
  'nodes',
  'relative',
];

/** Prints one line for each size; a size is cut off at `limit` states. */
export async function benchSearch(limit: number): Promise<void> {
  process.stdout.write(`swapout-vs-odirect on v5.19, exhaustive, one thread, Node ${process.version}\n\n`);
  process.stdout.write(
    `${''.padEnd(columns[0])}${heads.map((head, i) => cell(head, columns[i + 1]!)).join('')}\n`,
  );
  let first = 0;
  for (const { name, set } of SIZES) {
    const { program } = buildProgram({
      scenario: 'swapout-vs-odirect',
      kernel: 'v5.19',
      apply: [],
      revert: [],
      set,
    });
    const verdict = await explore(program, { maxStates: limit });
    const rate = verdict.transitions / verdict.seconds;
    if (first === 0) first = rate;
    const cells = [
      thousands(verdict.states),
      thousands(verdict.transitions),
      verdict.seconds.toFixed(1),
      thousands(verdict.states / verdict.seconds),
      thousands(rate),
      verdict.bytesPerState.toFixed(1),
      thousands(verdict.automatonNodes),
      (rate / first).toFixed(2),
    ];
    const cut = verdict.limit === null ? verdict.verdict : `cut off: ${verdict.limit.message}`;
    process.stdout.write(
      `${name.padEnd(columns[0])}${cells.map((text, i) => cell(text, columns[i + 1]!)).join('')}  ${cut}\n`,
    );
  }
}
