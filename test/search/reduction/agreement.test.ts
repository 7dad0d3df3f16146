/** With reduction as without: the same rules are broken, the same deadlocks and ends reached, and something is stuck or nothing is. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Program } from '../../../src/core/program.ts';
import { randomProgram } from '../../programs/random.ts';
import { randomPrograms } from '../random-programs.ts';
import { Automata } from '../../../src/search/automata.ts';
import { programOfClauses, programsOfClauses } from './clauses.ts';
import { lockHeavyPrograms } from './lock-heavy.ts';
import { everything, reduced } from '../../tools/outcomes.ts';

function agree(build: () => Program, learn: number): void {
  const automata = new Automata(build());
  const full = everything(automata, 20_000);
  if (full === null) return;
  const less = reduced(build(), learn);
  // Nodes are numbered as they are met: states are compared by their words.
  const words = (states: ReadonlySet<string>) =>
    [...new Set([...states].map((s) => s.split(' ')[0]!))].toSorted();
  expect([...less.violations].toSorted()).toEqual([...full.violations].toSorted());
  expect(words(less.deadlocks)).toEqual(words(full.deadlocks));
  expect(words(less.ends)).toEqual(words(full.ends));
  expect(less.deadlocks.size).toBe(full.deadlocks.size);
  expect(less.ends.size).toBe(full.ends.size);
  expect(less.states).toBeLessThanOrEqual(full.states);
  if (full.violations.size === 0) {
    expect(less.stuck).toBe(full.stuck);
    expect([...less.covered].toSorted()).toEqual([...full.covered].toSorted());
  }
}

/** Transitions of the first pass: none, some, all. */
const learning = fc.constantFrom(1, 20, Infinity);

test('random programs', () => {
  fc.assert(
    fc.property(randomPrograms, learning, (random, learn) => agree(() => randomProgram(random), learn)),
    { numRuns: 600, seed: 7 },
  );
});

test('random programs full of locks', () => {
  fc.assert(
    fc.property(lockHeavyPrograms, learning, (random, learn) => agree(() => randomProgram(random), learn)),
    { numRuns: 600, seed: 11 },
  );
});

test('properties of parts, with guards', () => {
  fc.assert(
    fc.property(programsOfClauses, learning, (random, learn) => agree(() => programOfClauses(random), learn)),
    { numRuns: 600, seed: 13 },
  );
});
