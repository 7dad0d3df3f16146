import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildProgram } from '../../src/mm/programs.ts';
import { Automata } from '../../src/search/automata.ts';
import { FieldPlaces } from '../../src/search/bit-fields.ts';
import { ExactSet, KeyCollision } from '../../src/search/exact-set.ts';
import { ExhaustiveSearch } from '../../src/search/exhaustive.ts';
import { Moves } from '../../src/search/moves.ts';
import { PackedState } from '../../src/search/packed-state.ts';
import { StateCodes } from '../../src/search/state-codes.ts';
import { NEW, SEEN } from '../../src/search/visited.ts';
import { randomProgram } from '../programs/random.ts';
import { toy } from '../programs/toy.ts';
import { randomPrograms } from './random-programs.ts';

function searched(automata: Automata, exact: boolean): ExhaustiveSearch {
  const search = new ExhaustiveSearch(automata, { exact });
  while (search.run(1 << 12) === 'running');
  return search;
}

function figures(search: ExhaustiveSearch) {
  const { transitions, maxDepth, endStates, restStates, violation, stuck, branches } = search;
  return {
    states: search.visited.size,
    transitions,
    maxDepth,
    endStates,
    restStates,
    violation,
    stuck,
    branches,
  };
}

describe('states compared in full', () => {
  test('give the same figures as fingerprints, on random programs', () => {
    fc.assert(
      fc.property(randomPrograms, (random) => {
        const exact = searched(new Automata(randomProgram(random)), true);
        expect(figures(exact)).toEqual(figures(searched(new Automata(randomProgram(random)), false)));
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  test('and on the seed', () => {
    const program = () =>
      buildProgram({
        scenario: 'swapout-vs-odirect',
        kernel: 'v5.19',
        apply: [],
        revert: [],
        set: { reclaim: '1', pagevec: 'false' },
      }).program;
    const exact = searched(new Automata(program()), true);
    expect(exact.visited.size).toBeGreaterThan(50_000);
    expect(figures(exact)).toEqual(figures(searched(new Automata(program()), false)));
  });
});

/** Two threads that count two words up; where they stand says nothing more. */
const counting = toy('counting', ({ layout }) => {
  const words = layout.array(2, (i) => `w${i}`);
  return {
    threads: {
      A: function* () {
        for (let i = 1; i <= 40; i++) yield* words[0]!.store(i * 1_000_003);
      },
      B: function* () {
        for (let i = 1; i <= 5; i++) yield* words[1]!.store(-i);
      },
    },
  };
});

describe('an exact set', () => {
  test('two states with one key are told of', () => {
    const state = new PackedState(new Automata(counting));
    const codes = new StateCodes(state);
    const set = new ExactSet(codes);
    codes.refresh();
    expect(set.insert(5, 8)).toBe(NEW);
    expect(set.insert(5, 8)).toBe(SEEN);
    state.words[0] = 77;
    codes.refresh();
    expect(() => set.insert(5, 8)).toThrow(KeyCollision);
  });

  test('codes follow when fields widen and the table grows', () => {
    const state = new PackedState(new Automata(counting));
    const moves = new Moves(state);
    const codes = new StateCodes(state);
    const set = new ExactSet(codes);
    // Each content has the key of its number: any code mixed up would be taken for a collision.
    const put = (a: number, b: number) => {
      state.words[0] = a;
      state.words[1] = b;
      codes.refresh();
      return set.insert(a * 64 + b + 1, 2 * a);
    };
    for (let round = 0; round < 2; round++)
      for (let a = 0; a < 150; a++)
        for (let b = 0; b < 40; b++) expect(put(a, b)).toBe(round === 0 ? NEW : SEEN);
    expect(set.size).toBe(6000);
    moves.forget();
    moves.refresh();
    // Thread 0 stores 1,000,003 to the first word, by a code that changes the word and the node.
    codes.refresh();
    const before = codes.code.slice();
    codes.codeOf(moves, 0, 0);
    expect(codes.code).not.toEqual(before);
    codes.refresh();
    expect(codes.code.slice(0, before.length)).toEqual(before);
  });

  test('no two fields share a bit, and none straddles two int32s', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { maxLength: 120 }), (widened) => {
        const places = new FieldPlaces(10);
        for (const field of widened) if (places.width[field]! < 31) places.widen(field);
        const used = new Set<number>();
        for (let field = 0; field < 10; field++)
          for (let bit = 0; bit < places.width[field]!; bit++) {
            expect(places.shift[field]! + bit).toBeLessThan(32);
            const at = 32 * places.lane[field]! + places.shift[field]! + bit;
            expect(used.has(at)).toBe(false);
            used.add(at);
          }
        expect(Math.max(-1, ...used)).toBeLessThan(32 * places.lanes);
      }),
      { seed: 3 },
    );
  });
});
