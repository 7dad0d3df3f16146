import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { randomProgram, type RandomProgram } from '../programs/random.ts';
import { Automata } from '../../src/search/automata.ts';
import { ExhaustiveSearch } from '../../src/search/exhaustive.ts';
import { explore } from '../../src/search/explore.ts';
import { enumerate, type Enumeration } from './naive.ts';
import { randomPrograms } from './random-programs.ts';
import { walk, type Walk } from './walker.ts';

const RUNS = Number(process.env['LOSTWRITE_CROSSCHECK_RUNS'] ?? 1500);
const parameters = { numRuns: RUNS, seed: Number(process.env['LOSTWRITE_CROSSCHECK_SEED'] ?? 5190) };

function stuckKeys(keys: Int32Array): string[] {
  const spelled: string[] = [];
  for (let i = 0; i < keys.length; i += 2) spelled.push(`${keys[i]},${keys[i + 1]! & ~1}`);
  return spelled.sort();
}

function withoutFlag(key: string): string {
  const [low, high] = key.split(',') as [string, string];
  return `${low},${Number(high) & ~1}`;
}

/** The exhaustive search counts exactly what the walker counts. */
function sameCounts(walked: Walk, automata: Automata): void {
  const search = new ExhaustiveSearch(automata);
  let status = search.run(7);
  while (status === 'running') status = search.run(7);
  if (walked.violations.size > 0 || walked.deadlocks.size > 0) {
    expect(status).toBe('violation');
    return;
  }
  expect(status).toBe('complete');
  expect(search.visited.size).toBe(walked.states);
  expect(search.transitions).toBe(walked.transitions);
  expect(search.endStates).toBe(walked.endStates);
  expect(stuckKeys(search.stuck)).toEqual(walked.stuck.map(withoutFlag).sort());
}

function sameSets(all: Enumeration, walked: Walk): void {
  expect(walked.ends).toEqual(all.ends);
  expect(walked.deadlocks).toEqual(all.deadlocks);
  expect(walked.violations).toEqual(all.violations);
}

async function sameVerdict(random: RandomProgram, all: Enumeration, fold: boolean): Promise<void> {
  const verdict = await explore(randomProgram(random), { fold });
  const { violation } = verdict;
  if (all.shortest === null) {
    expect(violation).toBeNull();
    expect(['proved', 'vacuous']).toContain(verdict.verdict);
    return;
  }
  expect(verdict.verdict).toBe('violation');
  expect(violation?.shortest).toBe(true);
  const steps = violation!.schedule.steps.length;
  expect({ steps, preemptions: violation!.preemptions }).toEqual({
    steps: all.shortest.steps,
    preemptions: all.shortest.preemptions,
  });
  if (violation!.kind === 'deadlock') expect(all.deadlocks.size).toBeGreaterThan(0);
  else expect(all.violations).toContain(`${violation!.kind}: ${violation!.message}`);
}

describe('random small programs, against all schedules enumerated by brute force', () => {
  test('same final states, violations and deadlocks; same counts; shortest schedules; folding changes nothing', async () => {
    const met = { programs: 0, violations: 0, deadlocks: 0, fewer: 0, daemons: 0 };
    await fc.assert(
      fc.asyncProperty(randomPrograms, async (random) => {
        const all = enumerate(randomProgram(random), 6_000);
        fc.pre(all !== null);
        const folded = walk(randomProgram(random));
        const unfolded = walk(randomProgram(random), { fold: false });
        sameSets(all, folded);
        sameSets(all, unfolded);
        expect(folded.states).toBeLessThanOrEqual(unfolded.states);
        sameCounts(folded, new Automata(randomProgram(random)));
        sameCounts(unfolded, new Automata(randomProgram(random), { fold: false }));
        await sameVerdict(random, all, true);
        await sameVerdict(random, all, false);
        met.programs++;
        if (all.violations.size > 0) met.violations++;
        if (all.deadlocks.size > 0) met.deadlocks++;
        if (folded.states < unfolded.states) met.fewer++;
        if (random.threads.some(({ daemon }) => daemon)) met.daemons++;
      }),
      parameters,
    );
    // The generator must keep producing programs of every sort; otherwise the above says little.
    expect(met.programs).toBe(RUNS);
    expect(Math.min(...Object.values(met))).toBeGreaterThan(RUNS / 20);
  });
});
