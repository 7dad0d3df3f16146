/** The exhaustive search with and without partial-order reduction: states stored, CPU time. */
import { buildProgram } from '../../src/mm/programs.ts';
import { explore } from '../../src/search/explore.ts';
import { cell, thousands } from './table.ts';

type Set = Readonly<Record<string, string>>;

const SETS: readonly Set[] = [
  { reclaim: '1', pagevec: 'false' },
  { pages: '2', reclaim: '1', pagevec: 'false' },
  { pages: '2', reclaim: '1' },
];

const columns = [34, 12, 12, 9, 9, 10, 8, 8] as const;
const heads = ['states', 'stored', 'fewer', 'CPU s', 'reduced', 'passes', 'verdict'];

async function searched(set: Set, reduction: boolean) {
  const request = { scenario: 'swapout-vs-odirect', kernel: 'v5.19', apply: [], revert: [], set };
  const cpu = process.cpuUsage();
  const verdict = await explore(buildProgram(request).program, { reduction });
  const { user, system } = process.cpuUsage(cpu);
  return { verdict, seconds: (user + system) / 1e6 };
}

/** Prints one line for each size. */
export async function benchReduction(): Promise<void> {
  process.stdout.write(
    `swapout-vs-odirect on v5.19, exhaustive, with and without --reduction, Node ${process.version}\n\n`,
  );
  process.stdout.write(
    `${''.padEnd(columns[0])}${heads.map((head, i) => cell(head, columns[i + 1]!)).join('')}\n`,
  );
  for (const set of SETS) {
    const full = await searched(set, false);
    const reduced = await searched(set, true);
    const { states, reduction, verdict } = reduced.verdict;
    const name = Object.entries(set).map(([key, value]) => `${key}=${value}`);
    const cells = [
      thousands(full.verdict.states),
      thousands(states),
      `${(full.verdict.states / states).toFixed(1)} x`,
      full.seconds.toFixed(1),
      reduced.seconds.toFixed(1),
      String(reduction?.passes ?? 0),
      verdict === full.verdict.verdict ? verdict : `DIFFERS: ${verdict}`,
    ];
    process.stdout.write(
      `${name.join(' ').padEnd(columns[0])}${cells.map((text, i) => cell(text, columns[i + 1]!)).join('')}\n`,
    );
  }
  process.stdout.write('\n');
}
