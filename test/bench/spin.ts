/**
 * Our exhaustive search beside SPIN on the exported model, in one run on one machine: every interleaving, no reduction, one thread
 * each. Both do what they do by themselves: ours looks nearby breadth-first before it goes deep and settles which states can end.
 */
import { promela } from '../../src/report/promela.ts';
import { buildProgram } from '../../src/mm/programs.ts';
import { Automata } from '../../src/search/automata.ts';
import { ExhaustiveSearch } from '../../src/search/exhaustive.ts';
import { survey } from '../../src/search/survey.ts';
import { hasSpin, withSpin } from '../tools/spin.ts';
import { cell, thousands } from './table.ts';

const SETS: readonly Readonly<Record<string, string>>[] = [
  { reclaim: '1', pagevec: 'false' },
  { reclaim: '2', pagevec: 'false' },
  { reclaim: '2' },
];

const columns = [34, 12, 9, 9, 14, 10, 9, 10] as const;
const heads = ['states', 'CPU s', 'wall s', 'states/CPU s', 'peak MB', 'B/state', 'build s'];

interface Figures {
  readonly states: number;
  readonly cpu: number;
  readonly wall: number;
  /** Of the whole process; for ours, Node itself included. */
  readonly peakBytes: number;
  readonly bytesPerState: number;
  readonly build: number;
}

function row(name: string, { states, cpu, wall, peakBytes, bytesPerState, build }: Figures): void {
  const cells = [
    thousands(states),
    cpu.toFixed(2),
    wall.toFixed(2),
    thousands(states / cpu),
    (peakBytes / 1e6).toFixed(0),
    bytesPerState.toFixed(1),
    build.toFixed(1),
  ];
  process.stdout.write(
    `${name.padEnd(columns[0])}${cells.map((text, i) => cell(text, columns[i + 1]!)).join('')}\n`,
  );
}

/** Automata built as the search goes, as in `explore`. */
function ours(set: Readonly<Record<string, string>>): Figures {
  const cpu = process.cpuUsage();
  const started = performance.now();
  const search = new ExhaustiveSearch(new Automata(programOf(set)));
  while (search.run(1 << 20) === 'running');
  const { user, system } = process.cpuUsage(cpu);
  return {
    states: search.visited.size,
    cpu: (user + system) / 1e6,
    wall: (performance.now() - started) / 1000,
    peakBytes: process.resourceUsage().maxRSS * 1024,
    bytesPerState: search.bytes / search.visited.size,
    build: 0,
  };
}

function programOf(set: Readonly<Record<string, string>>) {
  return buildProgram({ scenario: 'swapout-vs-odirect', kernel: 'v5.19', apply: [], revert: [], set })
    .program;
}

/** Prints two lines for each size. SPIN's bytes a state are its whole memory; those of ours the tables of the search. */
export async function benchSpin(): Promise<void> {
  process.stdout.write(
    `swapout-vs-odirect on v5.19 and its export, SPIN -O2 -DSAFETY -DNOREDUCE, Node ${process.version}\n\n`,
  );
  if (!hasSpin()) {
    process.stdout.write('spin and gcc are not installed: nothing to compare with\n\n');
    return;
  }
  process.stdout.write(
    `${''.padEnd(columns[0])}${heads.map((head, i) => cell(head, columns[i + 1]!)).join('')}\n`,
  );
  // All of ours first, the largest last: the process's peak is then that of the search.
  const figures = SETS.map(ours);
  for (const [i, set] of SETS.entries()) {
    const name = Object.entries(set)
      .map(([key, value]) => `${key}=${value}`)
      .join(' ');
    row(`${name}  ours`, figures[i]!);
    const automata = new Automata(programOf(set));
    const surveyed = await survey(automata);
    const { run, build } = withSpin(promela(automata, surveyed), (verifier) => ({
      run: verifier.run(surveyed),
      build: verifier.compileSeconds,
    }));
    row('  SPIN', {
      states: run.stored,
      cpu: run.cpuSeconds,
      wall: run.seconds,
      peakBytes: run.peakBytes,
      bytesPerState: run.peakBytes / run.stored,
      build,
    });
    if (run.stored !== surveyed.states || run.errors > 0)
      process.stdout.write(`  DIFFERS: ${surveyed.states} states here, ${run.errors} errors there\n`);
  }
  process.stdout.write('\n');
}
