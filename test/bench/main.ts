/**
 * `npm run bench`: speed and memory of the search, then of the worker threads that play CPUs. Figures of one run are comparable with
 * each other only; quote ratios. `npm run bench -- LIMIT` changes the number of states at which a search is cut off;
 * `npm run bench -- spin` compares the search with SPIN instead, `npm run bench -- dpor` runs the neutral programs alone.
 */
import { benchCpus } from './cpus.ts';
import { benchDpor } from './dpor.ts';
import { benchSearch } from './search.ts';
import { benchSpin } from './spin.ts';

const DEFAULT_LIMIT = 100_000_000;

const [argument] = process.argv.slice(2);
if (argument === 'spin') await benchSpin();
else if (argument === 'dpor') await benchDpor();
else {
  const limit = Number(argument ?? DEFAULT_LIMIT);
  if (!Number.isInteger(limit) || limit < 1) {
    process.stderr.write(`bench: expected a number of states, "spin" or "dpor", got "${argument}"\n`);
    process.exit(2);
  }
  await benchCpus();
  await benchDpor();
  await benchSearch(limit);
}
