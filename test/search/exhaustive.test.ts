import { expect, test } from 'vitest';
import type { Program } from '../../src/core/program.ts';
import { Automata } from '../../src/search/automata.ts';
import { ExhaustiveSearch } from '../../src/search/exhaustive.ts';
import { Stepper } from '../../src/search/stepper.ts';
import { grid, lostUpdate } from '../programs/counters.ts';
import { philosophers } from '../programs/locks.ts';
import { crosswise, lateLivelock } from '../programs/odd.ts';

function search(program: Program, slice: number): ExhaustiveSearch {
  const exhaustive = new ExhaustiveSearch(new Automata(program));
  while (exhaustive.run(slice) === 'running');
  return exhaustive;
}

test('slices of any size give the same counts', () => {
  for (const slice of [1, 2, 17, 1000, 1e9]) {
    const { visited, transitions, endStates, maxDepth } = search(grid(3, 9), slice);
    expect({ states: visited.size, transitions, endStates, maxDepth }).toEqual({
      states: 1000,
      transitions: 2700,
      endStates: 1,
      maxDepth: 27,
    });
  }
});

test('a state whose run has ended is settled on the way back: no list is kept', () => {
  const small = search(grid(2, 2), 1000);
  const large = search(grid(4, 9), 1000);
  expect(large.visited.size).toBe(10_000);
  expect(large.bytes - large.visited.bytes).toBe(small.bytes - small.visited.bytes);
});

test('exactly the states after the wrong turn are stuck, and beside them only those are listed', () => {
  const { stuck } = search(lateLivelock(100), 1000);
  expect(stuck).toHaveLength(2 * 2);
});

test('its own path leads to the violation it met', () => {
  for (const [program, kind] of [
    [lostUpdate(3), 'assertion'],
    [philosophers(4), 'deadlock'],
    [crosswise(false), 'deadlock'],
  ] as const) {
    const exhaustive = search(program, 5);
    expect(exhaustive.violation).toBe(kind);
    const stepper = new Stepper(exhaustive.automata);
    for (const { thread, choice } of exhaustive.path()) {
      expect(stepper.violation()).toBeNull();
      expect(stepper.choices(thread)).toBeGreaterThan(choice);
      stepper.step(thread, choice);
    }
    const stands = program.threads.every((_, t) => stepper.choices(t) === 0);
    expect(kind === 'deadlock' ? stands && !stepper.finished() : stepper.violation()?.kind === kind).toBe(
      true,
    );
  }
});

test('asked again after its end it says the same', () => {
  const exhaustive = search(lostUpdate(2), 1);
  expect(exhaustive.run(1)).toBe('violation');
});
