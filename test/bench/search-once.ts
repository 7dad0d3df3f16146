/**
 * Command: node search-once.js NAME=VALUE… One exhaustive search of the seed scenario with these parameters in a process of its own;
 * prints its counts as JSON.
 */
import { buildProgram } from '../../src/mm/programs.ts';
import { Automata } from '../../src/search/automata.ts';
import { ExhaustiveSearch } from '../../src/search/exhaustive.ts';

/** What it prints. */
export interface Searched {
  readonly states: number;
  readonly transitions: number;
  /** Held by the tables of the search at its end. */
  readonly tableBytes: number;
}

const set = Object.fromEntries(process.argv.slice(2).map((pair) => pair.split('=') as [string, string]));
const { program } = buildProgram({
  scenario: 'swapout-vs-odirect',
  kernel: 'v5.19',
  apply: [],
  revert: [],
  set,
});
const search = new ExhaustiveSearch(new Automata(program));
while (search.run(1 << 16) === 'running');
const { visited, transitions, bytes } = search;
const searched: Searched = { states: visited.size, transitions, tableBytes: bytes };
process.stdout.write(`${JSON.stringify(searched)}\n`);
