/** The neutral programs: executions and CPU time of our algorithms beside those of their peers, as the collection tells them. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseNeutralPrograms } from '../../src/report/npl-file.ts';
import { check, type Algorithm, type CheckResult } from '../../src/search/dpor/check.ts';
import type { NeutralProgram } from '../../src/search/npl/program.ts';
import { cell, thousands } from './table.ts';

/** What the collection says beside the program. */
interface Entry {
  readonly id: string;
  readonly expect: { readonly sc: { readonly complete: number } };
  readonly peers: Readonly<Record<string, { readonly cpu?: number } | undefined>>;
}

const COLLECTION = new URL('../../../test/bench/dpor-programs.json', import.meta.url);
const PEERS = ['nidhugg-optimal', 'nidhugg-source', 'genmc'] as const;
/** Rows in which nobody took so long, in seconds, are not printed one by one. */
const WORTH_A_ROW = 0.2;
const BUDGET_MS = 60_000;

interface Timed {
  readonly result: CheckResult;
  readonly cpu: number;
}

async function timed(program: NeutralProgram, algorithm: Algorithm): Promise<Timed> {
  const before = process.cpuUsage();
  const result = await check(program, algorithm, { budgetMs: BUDGET_MS });
  const { user, system } = process.cpuUsage(before);
  return { result, cpu: (user + system) / 1e6 };
}

function spelled(seconds: number | undefined): string {
  return seconds === undefined ? '-' : seconds.toFixed(2);
}

/** Prints the table; says how many programs came out with exactly the expected number of executions and none twice. */
export async function benchDpor(): Promise<void> {
  const file = fileURLToPath(COLLECTION);
  const text = readFileSync(file, 'utf8');
  const entries = (JSON.parse(text) as { programs: readonly Entry[] }).programs;
  const out = (line: string) => process.stdout.write(`${line}\n`);
  out(
    `neutral programs, CPU seconds; peers as the collection gives them, on another machine, Node ${process.version}`,
  );
  out('');
  const columns = ['executions', 'optimal', 'source', ...PEERS];
  out(`${''.padEnd(26)}${columns.map((name) => cell(name, 16)).join('')}`);
  let exact = 0;
  const sums = columns.slice(1).map(() => 0);
  for (const [i, program] of parseNeutralPrograms(text, file).entries()) {
    const { expect, peers } = entries[i]!;
    const optimal = await timed(program, 'optimal');
    const source = await timed(program, 'source');
    const { executions } = optimal.result;
    if (executions?.complete === expect.sc.complete && executions.duplicate === 0) exact++;
    const times = [optimal.cpu, source.cpu, ...PEERS.map((peer) => peers[peer]?.cpu)];
    times.forEach((time, column) => (sums[column]! += time ?? 0));
    if (times.every((time) => (time ?? 0) < WORTH_A_ROW)) continue;
    const cells = [thousands(executions?.complete ?? 0), ...times.map((time) => spelled(time))];
    out(`${program.id.padEnd(26)}${cells.map((shown) => cell(shown, 16)).join('')}`);
  }
  out(
    `${'all'.padEnd(26)}${['', ...sums.map((sum) => spelled(sum))].map((shown) => cell(shown, 16)).join('')}`,
  );
  out(`optimal: ${exact} of ${entries.length} programs with exactly the expected executions, none twice`);
  out('');
}
