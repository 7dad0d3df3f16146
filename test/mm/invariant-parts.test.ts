/**
 * What a property says it looks at (its parts) is what it does look at: each is a conjunction of functions of its parts' observables. That
 * can be told without knowing these functions: a part that looks in some state as it does in a state where the property holds is not
 * broken, nor is one whose guard is 0; so in a state where the property is broken some part must look as in no state where it holds.
 */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Observable, PropertyPart } from '../../src/core/program.ts';
import { alwaysProperties, Automata, build, PackedState, SMALL, type Variant } from './model.ts';

interface Valuation {
  readonly words: Int32Array;
  readonly held: Int32Array;
}

/** A change of a valuation: of the word or account so numbered, to another value. */
interface Change {
  readonly place: number;
  readonly how: 'seen' | 'bit' | 'small';
  readonly number: number;
}

const WALKS = 12;
const STEPS = 120;
const MOST_BASES = 150;
const CHANGED = 6_000;

const valueOf = ({ terms, accounts }: Observable, { words, held }: Valuation): number =>
  terms.reduce((sum, { word, of }) => sum + of(words[word.index]!), 0) +
  accounts.reduce((sum, { account, factor }) => sum + factor * held[account]!, 0);

/** What the part shows of a state; null where its guard says that it holds. */
function shown({ observables, guard }: PropertyPart, state: Valuation): string | null {
  const guarded = guard === undefined ? 1 : valueOf(guard, state);
  if (guarded === 0) return null;
  return [guarded, ...observables.map((observable) => valueOf(observable, state))].join();
}

/** States that runs come to, schedules drawn with a fixed seed. */
function reachable(program: ReturnType<typeof build>['program']): Valuation[] {
  const state = new PackedState(new Automata(program));
  const found = new Map<string, Valuation>();
  const draws = fc.sample(fc.array(fc.nat(1 << 20), { minLength: STEPS, maxLength: STEPS }), {
    numRuns: WALKS,
    seed: 5,
  });
  for (const draw of draws) {
    state.reset();
    for (const number of draw) {
      found.set(`${state.words.join()} ${state.held.join()}`, {
        words: state.words.slice(),
        held: state.held.slice(),
      });
      const able = program.threads.map((_, t) => t).filter((t) => state.choices(t) > 0);
      if (able.length === 0) break;
      const thread = able[number % able.length]!;
      state.take(thread, (number >> 4) % state.choices(thread));
      state.advance(thread);
    }
  }
  const all = [...found.values()];
  return all.filter((_, i) => i % Math.ceil(all.length / MOST_BASES) === 0);
}

/** The reachable states and what becomes of them when a few words or accounts are changed at random. */
function valuations(program: ReturnType<typeof build>['program']): Valuation[] {
  const bases = reachable(program);
  const words = program.layout.words.length;
  const places = words + program.accounts.length;
  const seen = Array.from({ length: words }, (_, w) => [...new Set(bases.map((base) => base.words[w]!))]);
  const change: fc.Arbitrary<Change> = fc.record({
    place: fc.nat(places - 1),
    how: fc.constantFrom('seen', 'bit', 'small'),
    number: fc.nat(1 << 16),
  });
  const changes = fc.record({
    base: fc.nat(bases.length - 1),
    all: fc.array(change, { minLength: 1, maxLength: 3 }),
  });
  const changed = fc.sample(changes, { numRuns: CHANGED, seed: 9 }).map(({ base, all }) => {
    const { words: w, held: h } = bases[base]!;
    const state = { words: w.slice(), held: h.slice() };
    for (const { place, how, number } of all) {
      const values = seen[place] ?? [];
      if (place >= words) state.held[place - words]! += (number % 5) - 2;
      else if (how === 'seen') state.words[place] = values[number % values.length]!;
      else if (how === 'bit') state.words[place]! ^= 1 << (number & 31);
      else state.words[place] = (number % 6) - 1;
    }
    return state;
  });
  return [...bases, ...changed];
}

/** Does the property hold? Null where it cannot be asked: a PTE that maps a page that is not there. */
function holds(property: ReturnType<typeof alwaysProperties>[number], state: Valuation): boolean | null {
  try {
    return property.holds(state.words, state.held);
  } catch {
    return null;
  }
}

const MACHINES: readonly (readonly [scenario: string, kernel: string, variant: Variant])[] = [
  ['swapout-vs-odirect', 'v5.19', {}],
  ['swapout-vs-odirect', 'v5.7', { set: { pages: '2' } }],
  ['swap-fork', 'v5.19', {}],
  ['swap-fork', 'v5.11', { set: SMALL }],
  ['swap-stable-writes', 'v6.18', {}],
  ['pin-swapout', 'v5.18', {}],
  ['pin-vs-fork', 'v6.18', {}],
  ['read-pin-unshared', 'v5.19', {}],
  ['get-vs-fork', 'v5.19', {}],
];

type Property = ReturnType<typeof alwaysProperties>[number];

/** States in which the property is broken, but each of `parts` looks as it does in some state where the property holds. */
function unexplained(
  parts: readonly PropertyPart[],
  whole: readonly Valuation[],
  broken: readonly Valuation[],
): Valuation[] {
  const fine = parts.map((part) => new Set(whole.map((state) => shown(part, state))));
  return broken.filter((state) =>
    parts.every((part, i) => {
      const show = shown(part, state);
      return show === null || fine[i]!.has(show);
    }),
  );
}

/** All ways to forget something: a term or account of an observable, in all parts alike. */
function forgetful(parts: readonly PropertyPart[]): [what: string, parts: PropertyPart[]][] {
  const most = (sizes: readonly number[]): number[] =>
    Array.from({ length: Math.max(0, ...sizes) }, (_, i) => i);
  const looks = most(parts.map(({ observables }) => observables.length)).map(
    (n): [string, PropertyPart[]] => [
      `observable ${n}`,
      parts.map((part) => ({ ...part, observables: part.observables.filter((_, i) => i !== n) })),
    ],
  );
  const without = (observable: Observable, n: number): Observable => ({
    terms: observable.terms.filter((_, i) => i !== n),
    accounts: observable.accounts.filter((_, i) => i !== n - observable.terms.length),
  });
  const sizes = parts.map(({ observables: [first] }) =>
    first === undefined ? 0 : first.terms.length + first.accounts.length,
  );
  const terms = most(sizes).map((n): [string, PropertyPart[]] => [
    `term ${n}`,
    parts.map(({ observables: [first, ...others], ...part }) => ({
      ...part,
      observables: first === undefined ? [] : [without(first, n), ...others],
    })),
  ]);
  return [...looks, ...terms];
}

/** What was forgotten without anyone noticing, on no machine; and how often each property was broken. */
const unnoticed = new Map<string, boolean>();
const timesBroken = new Map<string, number>();

describe.each(MACHINES)('%s on %s %o', (scenario, kernel, variant) => {
  const { machine, program } = build(scenario, kernel, variant);
  const states = valuations(program);
  const properties = alwaysProperties(machine);

  const asked = new Map<Property, { readonly whole: Valuation[]; readonly broken: Valuation[] }>();
  for (const property of properties) {
    const told = states.map((state) => holds(property, state));
    asked.set(property, {
      whole: states.filter((_, i) => told[i] === true),
      broken: states.filter((_, i) => told[i] === false),
    });
  }

  test.each(properties.map((property) => [property.name, property] as const))('%s', (name, property) => {
    const { whole, broken } = asked.get(property)!;
    expect(whole.length).toBeGreaterThan(1_000);
    timesBroken.set(name, (timesBroken.get(name) ?? 0) + broken.length);
    expect(
      unexplained(property.parts!, whole, broken).map(({ words, held }) => property.explain(words, held)),
    ).toEqual([]);
    for (const [what, parts] of forgetful(property.parts!)) {
      const key = `${name}: ${what}`;
      if (unnoticed.get(key) !== false) unnoticed.set(key, unexplained(parts, whole, broken).length === 0);
    }
  });

  test('a term depends on the bits it names, and on no others', () => {
    const terms = properties
      .flatMap(({ parts = [] }) => parts)
      .flatMap(({ observables, guard }) => (guard === undefined ? observables : [...observables, guard]))
      .flatMap((observable) => observable.terms);
    expect(terms.length).toBeGreaterThan(0);
    for (const { word, mask, of } of new Set(terms)) {
      const values = new Set(states.slice(0, 1_000).map(({ words }) => words[word.index]!));
      for (const value of values)
        for (let bit = 0; bit < 32; bit++)
          if ((mask & (1 << bit)) === 0 && of(value) !== of(value ^ (1 << bit)))
            expect(`${word.name}: bit ${bit}`).toBe('in the mask');
    }
  });

  test('a property watches the words that its parts look at', () => {
    for (const { name, watches, parts = [] } of properties) {
      const watched = new Set(watches.map(({ index }) => index));
      const looked = parts.flatMap(({ observables, guard }) =>
        (guard === undefined ? observables : [...observables, guard]).flatMap(({ terms }) =>
          terms.map(({ word }) => word.index),
        ),
      );
      expect([name, looked.filter((word) => !watched.has(word))]).toEqual([name, []]);
    }
  });
});

test('each property was broken often enough for that to say something', () => {
  expect([...timesBroken].filter(([, times]) => times < 20)).toEqual([]);
});

test('parts that forget something are noticed', () => {
  expect([...unnoticed].filter(([, never]) => never).map(([what]) => what)).toEqual([]);
});
