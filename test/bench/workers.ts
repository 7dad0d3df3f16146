/**
 * One searcher against two, four: wall-clock time of whole searches, each in a process of its own, and whether they report the same.
 * Says what it claims only on a machine with as many idle cores.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cell, thousands } from './table.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const SEARCH = ['explore', 'swapout-vs-odirect', '--kernel', 'v5.19', '--quiet'];
const SET = ['pages=2', 'reclaim=1'].flatMap((set) => ['--set', set]);
const TIMES = 3;

interface Run {
  readonly seconds: number;
  readonly report: string;
  readonly states: number;
}

/** The report without its times. */
function timeless(text: string): string {
  return text.replaceAll(/[\d.]+ m?s\b|[\d.]+ (min|[kMG]?) ?transitions\/s/g, '').replaceAll(/ {2,}/g, '  ');
}

function run(workers: number, directory: string): Run {
  const started = performance.now();
  const { stdout } = spawnSync(process.execPath, [MAIN, ...SEARCH, ...SET, '--workers', String(workers)], {
    cwd: directory,
    encoding: 'utf8',
  });
  const seconds = (performance.now() - started) / 1000;
  const states = Number(/([\d ]+) states/.exec(stdout)?.[1]?.replaceAll(' ', '') ?? 0);
  return { seconds, report: timeless(stdout), states };
}

const columns = [12, 12, 12, 14] as const;

/** Prints one line for each number of searchers: the best of three runs, taken in turn. */
export function benchWorkers(): void {
  const directory = mkdtempSync(join(tmpdir(), 'lostwrite-bench-'));
  const numbers = [1, 2, 4].filter((workers) => workers <= 2 * availableParallelism());
  process.stdout.write(
    `swapout-vs-odirect ${SET.filter((word) => word !== '--set').join(' ')} on v5.19, exhaustive; ${availableParallelism()} cores, load ${loadavg()[0]!.toFixed(1)} before\n\n`,
  );
  try {
    const rounds = Array.from({ length: TIMES }, () => numbers.map((workers) => run(workers, directory)));
    const best = numbers.map((_, i) => Math.min(...rounds.map((round) => round[i]!.seconds)));
    const heads = ['states', 'wall s', 'against one'];
    process.stdout.write(
      `${'workers'.padEnd(columns[0])}${heads.map((head, i) => cell(head, columns[i + 1]!)).join('')}\n`,
    );
    numbers.forEach((workers, i) => {
      const figures = [
        thousands(rounds[0]![i]!.states),
        best[i]!.toFixed(2),
        `${(best[0]! / best[i]!).toFixed(2)} x`,
      ];
      const text = figures.map((figure, c) => cell(figure, columns[c + 1]!)).join('');
      process.stdout.write(`${String(workers).padEnd(columns[0])}${text}\n`);
    });
    const reports = new Set(rounds.flat().map(({ report }) => report));
    process.stdout.write(
      reports.size === 1
        ? 'reports: the same but for times\n\n'
        : `REPORTS DIFFER:\n${[...reports].join('\n')}\n`,
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
