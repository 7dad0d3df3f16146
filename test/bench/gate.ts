/**
 * The gate: has the search become slower? Its speed is taken relative to a fixed loop measured in the same run, so that the machine
 * does not matter, and compared with the ratio in gate.json. CPU time; both by turns, the least of several counts.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildProgram } from '../../src/mm/programs.ts';
import { Automata } from '../../src/search/automata.ts';
import { ExhaustiveSearch } from '../../src/search/exhaustive.ts';
import { referenceLoop } from './reference-loop.ts';

const RECORD = fileURLToPath(new URL('../../../test/bench/gate.json', import.meta.url));
/** The search has become slower when it does less than this share of the recorded work in the time of the loop. */
const TOLERATED = 0.75;
const ROUNDS = 8;
/** A machine may be busy for a while: what is slower only once is not slower. */
const ATTEMPTS = 3;

interface Recorded {
  /** Transitions in the CPU time of one run of the reference loop. */
  readonly transitionsPerLoop: number;
}

function cpuSeconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** Transitions in the time of one reference loop. */
function measured(automata: Automata): number {
  let transitions = 0;
  let search = Infinity;
  let loop = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    loop = Math.min(loop, cpuSeconds(referenceLoop));
    const seconds = cpuSeconds(() => {
      const exhaustive = new ExhaustiveSearch(automata);
      while (exhaustive.run(1 << 16) === 'running');
      ({ transitions } = exhaustive);
    });
    search = Math.min(search, seconds);
  }
  return (transitions / search) * loop;
}

/** Returns the exit code: 1 if the search has become slower by more than a quarter. `record`: writes gate.json instead. */
export function benchGate(record: boolean): number {
  const { program } = buildProgram({
    scenario: 'swapout-vs-odirect',
    kernel: 'v5.19',
    apply: [],
    revert: [],
    set: { reclaim: '2', pagevec: 'false' },
  });
  const automata = new Automata(program);
  if (record) {
    const recorded: Recorded = { transitionsPerLoop: Math.round(measured(automata)) };
    writeFileSync(RECORD, `${JSON.stringify(recorded, null, 2)}\n`);
    process.stdout.write(`recorded ${recorded.transitionsPerLoop} transitions per reference loop\n`);
    return 0;
  }
  const { transitionsPerLoop } = JSON.parse(readFileSync(RECORD, 'utf8')) as Recorded;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const share = measured(automata) / transitionsPerLoop;
    const passes = share >= TOLERATED;
    process.stdout.write(
      `search relative to the reference loop: ${share.toFixed(2)} of the recorded speed${passes ? '' : ` (less than ${TOLERATED})`}\n`,
    );
    if (passes) return 0;
  }
  process.stdout.write(
    'the search has become slower; if that is meant, record the new speed with `npm run bench -- record-gate`\n',
  );
  return 1;
}
