/** Who may move alone depends on the state, not on how it was reached. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Conditions } from '../../../src/core/conditions.ts';
import type { Program } from '../../../src/core/program.ts';
import { Layout } from '../../../src/core/words.ts';
import { decideTwice } from '../../tools/decisions.ts';
import { randomProgram } from '../../programs/random.ts';
import { explore } from '../../../src/search/explore.ts';
import { randomPrograms } from '../random-programs.ts';
import { programOfClauses, programsOfClauses } from './clauses.ts';
import { lockHeavyPrograms } from './lock-heavy.ts';

const walks = fc.array(fc.array(fc.nat(1 << 20), { minLength: 30, maxLength: 30 }), {
  minLength: 6,
  maxLength: 6,
});

function agree(program: Program, drawn: readonly (readonly number[])[]): void {
  expect(decideTwice(program, drawn).different).toEqual([]);
}

test('random programs', () => {
  fc.assert(
    fc.property(randomPrograms, walks, (random, drawn) => agree(randomProgram(random), drawn)),
    { numRuns: 100, seed: 3 },
  );
});

test('random programs full of locks', () => {
  fc.assert(
    fc.property(lockHeavyPrograms, walks, (random, drawn) => agree(randomProgram(random), drawn)),
    { numRuns: 100, seed: 4 },
  );
});

test('random programs with parts and endless threads', () => {
  fc.assert(
    fc.property(programsOfClauses, walks, (random, drawn) => agree(programOfClauses(random), drawn)),
    { numRuns: 100, seed: 5 },
  );
});

/** One thread counts and looks at a word; the other stores to it if it finds the count at its end. */
function manyValues(last: number): Program {
  const layout = new Layout();
  const count = layout.word('count');
  const looked = layout.word('looked');
  return {
    name: 'many values',
    parameters: {},
    layout,
    conditions: new Conditions(),
    threads: [
      {
        name: 'counter',
        *body() {
          for (let i = 0; i < last; i++) {
            yield* count.add(1);
            yield* looked.load();
          }
        },
      },
      {
        name: 'reader',
        *body() {
          if ((yield* count.load()) === last) yield* looked.store(1);
        },
      },
    ],
    accounts: [],
    always: [],
    atEnd: [],
    mustReach: [],
  };
}

test('a word of more values than are looked up in arrays', () => {
  const counting = Array.from({ length: 400 }, () => 0);
  const { decisions, alone, different } = decideTwice(manyValues(150), [counting, counting]);
  expect(different).toEqual([]);
  expect(decisions).toBeGreaterThan(300);
  expect(alone).toBeGreaterThan(100);
});

test('and the search comes to its end', async () => {
  const { verdict, states } = await explore(manyValues(150), { reduction: true });
  expect({ verdict, states }).toMatchInlineSnapshot(`
    {
      "states": 153,
      "verdict": "proved",
    }
  `);
});
