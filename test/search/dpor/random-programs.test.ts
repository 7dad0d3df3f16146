/** Optimal DPOR against brute force, on random programs with every kind of operation. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Kind } from '../../../src/core/operations.ts';
import type { Program } from '../../../src/core/program.ts';
import { Automata } from '../../../src/search/automata.ts';
import { ProgramSearch } from '../../../src/search/dpor/program-search.ts';
import type { PackedState } from '../../../src/search/packed-state.ts';
import { N_KIND, NODE } from '../../../src/search/tables.ts';
import { randomProgram } from '../../programs/random.ts';
import { enumerate } from '../naive.ts';
import { randomPrograms } from '../random-programs.ts';
import { countTraces } from './traces.ts';

const RUNS = Number(process.env['LOSTWRITE_CROSSCHECK_RUNS'] ?? 1000);
const parameters = { numRuns: RUNS, seed: Number(process.env['LOSTWRITE_CROSSCHECK_SEED'] ?? 5190) };

/** As test/search/naive.ts spells it. */
function spell({ words, nodes, automata }: PackedState): string {
  const ended = Array.from(nodes, (node) => (automata.nodes[node * NODE + N_KIND]! >= Kind.DONE ? 'x' : '.'));
  return `${words.join()} ${ended.join('')}`;
}

function explored(program: Program, finals: boolean) {
  const automata = new Automata(program);
  const ends = new Set<string>();
  const deadlocks = new Set<string>();
  const violations = new Set<string>();
  const search = new ProgramSearch(automata, {
    maxSteps: 1000,
    finals,
    duplicates: true,
    onBroken: ({ kind, message }) => violations.add(`${kind}: ${message}`),
    onEnd: (state) => ends.add(spell(state)),
    onDeadlock: (state) => deadlocks.add(spell(state)),
  });
  // Small slices: stopping and going on must not matter.
  while (!search.run(50));
  return { automata, ends, deadlocks, violations, tally: search.tally, beginnings: search.beginnings };
}

test('the same final states, violations and deadlocks; each trace once, nothing in vain', () => {
  const met = { programs: 0, violations: 0, deadlocks: 0, fewer: 0, daemons: 0, again: 0, counted: 0 };
  fc.assert(
    fc.property(randomPrograms, (random) => {
      const all = enumerate(randomProgram(random), 3_000);
      fc.pre(all !== null);
      const program = randomProgram(random);
      const daemons = random.threads.some(({ daemon }) => daemon);
      for (const finals of [true, false]) {
        const { automata, ends, deadlocks, violations, tally, beginnings } = explored(program, finals);
        expect({ deadlocks, violations }).toEqual({ deadlocks: all.deadlocks, violations: all.violations });
        // Without `finals` daemons' steps may come in any order with the ends of others, and some of those states are not met.
        if (finals || !daemons) expect(ends).toEqual(all.ends);
        expect(tally).toMatchObject({ sleepSetBlocked: 0, duplicate: 0, cut: 0 });
        if (beginnings > 1) met.again++;
        if (finals) continue;
        const executions = tally.complete + tally.blocked + tally.violating;
        // Nothing is executed if nothing can be: the initial state breaks a rule.
        if (all.shortest?.steps === 0) continue;
        // In `all` runs end where a rule is broken; here they go on, so there can be many more of them.
        const traces = countTraces(automata, 500);
        if (traces === null) continue;
        expect(executions).toBe(traces);
        met.counted++;
        if (executions < all.schedules) met.fewer++;
      }
      met.programs++;
      if (all.violations.size > 0) met.violations++;
      if (all.deadlocks.size > 0) met.deadlocks++;
      if (daemons) met.daemons++;
    }),
    parameters,
  );
  expect(met.programs).toBe(RUNS);
  // The generator must keep producing programs of every sort; otherwise the above says little.
  expect(Math.min(...Object.values(met))).toBeGreaterThan(RUNS / 20);
});
