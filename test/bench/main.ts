/**
 * `npm run bench`: speed and memory of the search, then of the worker threads that play CPUs. Figures of one run are comparable with
 * each other only; quote ratios. `npm run bench -- LIMIT` changes the number of states at which a search is cut off.
 */
import { benchCpus } from './cpus.ts';
import { benchSearch } from './search.ts';

const DEFAULT_LIMIT = 100_000_000;

const limit = Number(process.argv[2] ?? DEFAULT_LIMIT);
if (!Number.isInteger(limit) || limit < 1) {
  process.stderr.write(`bench: expected a number of states, got "${process.argv[2]}"\n`);
  process.exit(2);
}
await benchCpus();
await benchSearch(limit);
