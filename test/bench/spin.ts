/**
 * Our exhaustive search beside SPIN on the exported model, in one run on one machine: every interleaving, no reduction, one thread
 * each. Each run is a process of its own, so that its CPU time and its peak of resident memory are its own; ours include the start of
 * Node, the building of the automata and the settling of which states can end, SPIN's neither `spin -a` nor gcc. What `explore`
 * does before it, breadth-first through the first million states, is not included.
 */
import { fileURLToPath } from 'node:url';
import { promela } from '../../src/report/promela.ts';
import { buildProgram } from '../../src/mm/programs.ts';
import { Automata } from '../../src/search/automata.ts';
import { survey } from '../../src/search/survey.ts';
import { withMeasure, type Measure } from '../tools/measured.ts';
import { hasSpin, withSpin } from '../tools/spin.ts';
import type { Searched } from './search-once.ts';
import { cell, thousands } from './table.ts';

type Parameters = Readonly<Record<string, string>>;

/** Two million states, ten, thirteen; the aims are for five million and more. */
const SETS: readonly Parameters[] = [
  { reclaim: '2', pagevec: 'false' },
  { reclaim: '4', pagevec: 'false' },
  { reclaim: '4' },
];
/** Runs of each, in turn; the one with the least CPU time counts. */
const RUNS = 2;

const columns = [34, 12, 9, 9, 15, 9, 10] as const;
const heads = ['states', 'CPU s', 'wall s', 'states/CPU s', 'peak MB', 'B/state'];

interface Figures {
  readonly states: number;
  readonly cpu: number;
  readonly wall: number;
  readonly peakBytes: number;
  readonly bytesPerState: number;
}

function line(name: string, cells: readonly string[]): void {
  process.stdout.write(
    `${name.padEnd(columns[0])}${cells.map((text, i) => cell(text, columns[i + 1]!)).join('')}\n`,
  );
}

function row(name: string, { states, cpu, wall, peakBytes, bytesPerState }: Figures): void {
  line(name, [
    thousands(states),
    cpu.toFixed(2),
    wall.toFixed(2),
    thousands(states / cpu),
    (peakBytes / 1e6).toFixed(0),
    bytesPerState.toFixed(1),
  ]);
}

function ours(set: Parameters, measure: Measure): Figures {
  const script = fileURLToPath(new URL('search-once.js', import.meta.url));
  const args = Object.entries(set).map(([name, value]) => `${name}=${value}`);
  const { stdout, cpu, wall, peakBytes } = measure(process.execPath, [script, ...args]);
  const { states, tableBytes } = JSON.parse(stdout) as Searched;
  return { states, cpu, wall, peakBytes, bytesPerState: tableBytes / states };
}

function best(runs: readonly Figures[]): Figures {
  return runs.reduce((a, b) => (b.cpu < a.cpu ? b : a));
}

/** Prints three lines for each size: SPIN's bytes a state are its whole memory; ours the tables of the search. */
export async function benchSpin(): Promise<void> {
  process.stdout.write(
    `swapout-vs-odirect on v5.19 and its export, SPIN -O2 -DSAFETY -DNOREDUCE, Node ${process.version}\n\n`,
  );
  if (!hasSpin()) {
    process.stdout.write('spin and gcc are not installed: nothing to compare with\n\n');
    return;
  }
  line('', heads);
  for (const set of SETS) {
    const { program } = buildProgram({
      scenario: 'swapout-vs-odirect',
      kernel: 'v5.19',
      apply: [],
      revert: [],
      set,
    });
    const automata = new Automata(program);
    const surveyed = await survey(automata);
    const name = Object.entries(set)
      .map(([key, value]) => `${key}=${value}`)
      .join(' ');
    const compared = withMeasure((measure) =>
      withSpin(promela(automata, surveyed), (verifier) => {
        const own: Figures[] = [];
        const spin: Figures[] = [];
        for (let i = 0; i < RUNS; i++) {
          own.push(ours(set, measure));
          const run = verifier.run({ states: surveyed.states, depth: PAN_DEPTH, measure });
          if (run.stored !== own[i]!.states || run.errors > 0)
            process.stdout.write(`  DIFFERS: ${own[i]!.states} states here, ${run.stored} there\n`);
          spin.push({
            states: run.stored,
            cpu: run.cpuSeconds,
            wall: run.seconds,
            peakBytes: run.peakBytes,
            bytesPerState: run.peakBytes / run.stored,
          });
        }
        return { own: best(own), spin: best(spin) };
      }),
    );
    const { own, spin } = compared;
    row(`${name}  ours`, own);
    row('  SPIN', spin);
    line('  ours to SPIN', [
      '',
      (own.cpu / spin.cpu).toFixed(2),
      (own.wall / spin.wall).toFixed(2),
      `${(spin.cpu / own.cpu).toFixed(2)} x`,
      (own.peakBytes / spin.peakBytes).toFixed(2),
      '',
    ]);
  }
  process.stdout.write('\n');
}

/** Both models are less deep than this many steps; pan sets memory aside for each. */
const PAN_DEPTH = 100_000;
