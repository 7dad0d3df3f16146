/** SPIN as the judge: the exported model has as many states and transitions as our own search, and the same verdict. */
import { createRequire } from 'node:module';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Program } from '../../src/core/program.ts';
import type * as promelaModule from '../../src/report/promela.ts';
import type * as surveyModule from '../../src/search/survey.ts';
import type { Survey } from '../../src/search/survey.ts';
import { Automata, build, explore, SMALL, type Variant } from '../mm/model.ts';
import type * as randomModule from '../programs/random.ts';
import { randomPrograms } from '../search/random-programs.ts';
import { hasSpin, withSpin, type Verifier } from '../tools/spin.ts';

const load = createRequire(import.meta.url);
const { promela } = load('../../dist/src/report/promela.js') as typeof promelaModule;
const { survey } = load('../../dist/src/search/survey.js') as typeof surveyModule;

const { randomProgram } = load('../../dist/test/programs/random.js') as typeof randomModule;

const spin = hasSpin();
const required = process.env['CI'] === 'true';

beforeAll(() => {
  if (!spin && !required) process.stderr.write('promela.test.ts: skipped, spin and gcc are not installed\n');
});

async function exported(program: Program): Promise<{ readonly surveyed: Survey; readonly model: string }> {
  const automata = new Automata(program);
  const surveyed = await survey(automata);
  return { surveyed, model: promela(automata, surveyed) };
}

/** As many states, transitions and errors, SPIN going on after each error. */
function sameGraph(verifier: Verifier, surveyed: Survey): void {
  const { states, transitions, violating, deadlocks } = surveyed;
  const { stored, matched, errors } = verifier.run({ states, all: true });
  expect({ stored, errors }).toEqual({ stored: states, errors: violating + deadlocks });
  // SPIN counts the initial state as stored without a transition to it. In each state that breaks a rule the monitor asserts, which
  // is a transition of its own, back to that state.
  expect(stored - 1 + matched).toBe(transitions + violating);
}

const SEED: readonly [string, Variant][] = [
  ['v5.19', { set: { ...SMALL, access: 'store' } }],
  ['v5.19', { set: SMALL }],
  ['v5.19', { set: { reclaim: '1' } }],
  ['v5.18', { set: { ...SMALL, access: 'store' } }],
];

const OTHERS: readonly [string, string, Variant][] = [
  ['swapin-race', 'v6.12', {}],
  ['swapin-race', 'v5.10', {}],
  ['swap-stable-writes', 'v5.19', { set: { reclaim: '1' } }],
  ['swap-stable-writes', 'v5.19-as-posted', {}],
  ['get-then-fork', 'v5.8', {}],
  ['fork-then-get', 'v5.19', {}],
  ['get-vs-fork', 'v5.10', {}],
  ['pin-vs-fork', 'v5.11', {}],
  ['pin-vs-fork', 'v5.10', {}],
  ['read-pin-unshared', 'v5.4', {}],
  ['read-get-swapout', 'v6.18', {}],
  ['read-pin-shared', 'v5.19', {}],
];

describe.skipIf(!spin && !required)('SPIN on the exported model', () => {
  const cases = [...SEED.map((seed) => ['swapout-vs-odirect', ...seed] as const), ...OTHERS];
  test.each(cases)('%s on %s %j: same states, same verdict', async (scenario, kernel, variant) => {
    const { surveyed, model } = await exported(build(scenario, kernel, variant).program);
    const { violation, states } = await explore(build(scenario, kernel, variant).program);
    expect(surveyed.violating + surveyed.deadlocks > 0).toBe(violation !== null);
    // The search that proved it counts the same.
    if (violation === null) expect(surveyed.states).toBe(states);
    withSpin(model, (verifier) => {
      sameGraph(verifier, surveyed);
      // As it is run by default, SPIN stops at the first error.
      const { errors, assertion, invalidEnd } = verifier.run(surveyed);
      const found = violation !== null;
      const deadlock = violation?.kind === 'deadlock';
      expect({ errors, assertion, invalidEnd }).toEqual({
        errors: found ? 1 : 0,
        assertion: found && !deadlock,
        invalidEnd: deadlock,
      });
    });
  });

  test('random small programs: same states, transitions and numbers of errors', async () => {
    const met = { violating: 0, deadlocks: 0, clean: 0 };
    for (const random of fc.sample(randomPrograms, { numRuns: 25, seed: 1994 })) {
      const { surveyed, model } = await exported(randomProgram(random));
      withSpin(model, (verifier) => sameGraph(verifier, surveyed), false);
      if (surveyed.violating > 0) met.violating++;
      if (surveyed.deadlocks > 0) met.deadlocks++;
      if (surveyed.violating + surveyed.deadlocks === 0) met.clean++;
    }
    expect(Math.min(...Object.values(met))).toBeGreaterThan(0);
  });
});

test('a proved model says what it leaves out, and has no monitor', async () => {
  const { model, surveyed } = await exported(build('read-pin-shared', 'v5.19').program);
  expect(surveyed.violating).toBe(0);
  expect(model).toContain('read-pin-shared');
  expect(model).toContain('SPIN must report no error and the same number of states stored');
  expect(model).toContain('Not included: livelock');
  expect(model).not.toContain('monitor');
});
