/**
 * `npm run bench`: speed and memory of the worker threads that play CPUs, of the neutral programs, of the search. Figures of one run
 * are comparable with each other only; quote ratios. `npm run bench -- LIMIT` changes the number of states at which a search is cut
 * off. `npm run bench -- PART` runs one part: `cpus`, `dpor` (the neutral programs), `spin` (the search beside SPIN), `workers` (one
 * searcher beside several), `reduction` (with and without), `gate` (fails if the search has become slower than gate.json allows;
 * `record-gate` writes that).
 */
import { benchCpus } from './cpus.ts';
import { benchDpor } from './dpor.ts';
import { benchGate } from './gate.ts';
import { benchReduction } from './reduction.ts';
import { benchSearch } from './search.ts';
import { benchSpin } from './spin.ts';
import { benchWorkers } from './workers.ts';

const DEFAULT_LIMIT = 100_000_000;

const PARTS: Readonly<Record<string, () => Promise<void> | void>> = {
  cpus: benchCpus,
  dpor: benchDpor,
  reduction: benchReduction,
  spin: benchSpin,
  workers: benchWorkers,
};

const GATES = ['gate', 'record-gate'];

const [argument] = process.argv.slice(2);
const part = argument === undefined ? undefined : PARTS[argument];
if (part !== undefined) await part();
else if (argument !== undefined && GATES.includes(argument))
  process.exitCode = benchGate(argument === 'record-gate');
else {
  const limit = Number(argument ?? DEFAULT_LIMIT);
  if (!Number.isInteger(limit) || limit < 1) {
    const names = [...Object.keys(PARTS), ...GATES].join(', ');
    process.stderr.write(`bench: expected a number of states or one of ${names}, got "${argument}"\n`);
    process.exit(2);
  }
  await benchCpus();
  await benchDpor();
  await benchSearch(limit);
}
