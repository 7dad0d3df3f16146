import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Conditions, equals } from '../../src/core/conditions.ts';
import { ModelError } from '../../src/core/errors.ts';
import { hasResult, isEnabled, Kind, newValue, resultOf, type KindCode } from '../../src/core/operations.ts';
import type { Program } from '../../src/core/program.ts';
import { Layout } from '../../src/core/words.ts';
import { linearize, type ObservedStep } from '../../src/cpus/linearize.ts';
import type { PerformedOperation } from '../../src/cpus/performed.ts';
import { randomProgram, WORDS, type RandomProgram, type Touch } from '../programs/random.ts';
import { randomPrograms } from '../search/random-programs.ts';
import {
  observe,
  Players,
  randomFrom,
  stamp,
  TICKS,
  type Observation,
  type Random,
  type Taken,
  visible,
} from './observe.ts';

const RUNS = Number(process.env['LOSTWRITE_LINEARIZE_RUNS'] ?? 2000);
const parameters = { numRuns: RUNS, seed: Number(process.env['LOSTWRITE_LINEARIZE_SEED'] ?? 1993) };

type Threads = readonly (readonly ObservedStep[])[];

/** Each step must come after all that ended before it started, whichever thread did them. */
function mayPrecede(first: ObservedStep, second: ObservedStep): boolean {
  return !(second.end <= first.start);
}

/** Takes the steps in this order by running the program again: every value must be the recorded one. */
function expectReproduced(
  program: Program,
  { observed, final }: { readonly observed: Threads; readonly final: Int32Array | null },
  order: readonly number[],
) {
  const players = new Players(program);
  const cursors = observed.map(() => 0);
  const sequence = order.map((thread) => observed[thread]![cursors[thread]!++]!);
  expect(cursors).toEqual(observed.map((steps) => steps.length));
  for (const { thread, operations } of sequence) {
    const [{ kind, result }] = operations;
    expect(players.choices(thread)).toBeGreaterThan(kind === Kind.CHOOSE ? result : 0);
    expect(players.step(thread, result).map(visible)).toEqual(operations);
  }
  if (final !== null) expect(players.words).toEqual(final);
  sequence.forEach((second, j) => {
    for (let i = 0; i < j; i++) expect(mayPrecede(sequence[i]!, second)).toBe(true);
  });
}

/** Would `operation` have seen what it saw on `words`? Then does it. */
function perform(program: Program, operation: PerformedOperation, words: Int32Array): boolean {
  const { kind, word, x, y, z, before, after, result } = operation;
  const old = words[word]!;
  if (kind === Kind.CHOOSE) return 0 <= result && result < x;
  if (kind === Kind.UNTIL_CONDITION) return program.conditions.holds(x, words);
  if (kind === Kind.FENCE) return true;
  words[word] = newValue(kind, old, x, y);
  if (kind === Kind.STORE) return true;
  if (!isEnabled(kind, old, x, y) || before !== old || after !== words[word]) return false;
  return !hasResult(kind) || result === resultOf(kind, old, x, y, z);
}

/** Brute force: is there an order? Tries all; keeps nothing, and looks at all pairs of steps left. */
function hasOrder(program: Program, rest: Threads, words: Int32Array, final: Int32Array | null): boolean {
  const left = rest.flat();
  if (left.length === 0) return final === null || words.join() === final.join();
  return rest.some(([step], t) => {
    if (step === undefined || !left.every((other) => other === step || mayPrecede(step, other))) return false;
    const then = words.slice();
    if (!step.operations.every((operation) => perform(program, operation, then))) return false;
    const others = rest.map((steps, u) => (u === t ? steps.slice(1) : steps));
    return hasOrder(program, others, then, final);
  });
}

/** Does `order` explain the observation? For one whose program would not do this again. */
function explains(
  program: Program,
  { observed, final }: { readonly observed: Threads; readonly final: Int32Array | null },
  order: readonly number[],
): boolean {
  const words = program.layout.initial();
  const rest = observed.map((steps) => [...steps]);
  for (const thread of order) {
    const step = rest[thread]!.shift()!;
    if (!rest.flat().every((other) => mayPrecede(step, other))) return false;
    if (!step.operations.every((operation) => perform(program, operation, words))) return false;
  }
  return rest.flat().length === 0 && (final === null || words.join() === final.join());
}

interface Case {
  readonly random: RandomProgram;
  readonly seed: number;
  /** Ticks around a step; {@link TICKS} from one step to the next. */
  readonly spread: number;
  /** Steps until all threads are cut off. */
  readonly most: number;
}

const touch: fc.Arbitrary<Touch> = fc.record({
  op: fc.constantFrom('store', 'store', 'storeField', 'load', 'load', 'is', 'exchange', 'tryCompareExchange'),
  word: fc.nat(WORDS - 1),
  value: fc.nat(3),
  other: fc.nat(3),
});

/** More threads and steps than any search could take, and nobody waits: who stored first often shows late. */
const busyPrograms: fc.Arbitrary<RandomProgram> = fc.record({
  init: fc.constant([]),
  threads: fc.array(
    fc.record({ daemon: fc.constant(false), code: fc.array(touch, { minLength: 1, maxLength: 12 }) }),
    { minLength: 2, maxLength: 5 },
  ),
  never: fc.constant(null),
  notAtEnd: fc.constant(null),
  mostHeld: fc.constant(1),
});

const cases: fc.Arbitrary<Case> = fc.record({
  random: fc.oneof(randomPrograms, busyPrograms),
  seed: fc.integer(),
  spread: fc.constantFrom(1, TICKS, 3 * TICKS, 10 * TICKS, 50 * TICKS),
  most: fc.oneof({ weight: 3, arbitrary: fc.constant(Infinity) }, { weight: 1, arbitrary: fc.nat(12) }),
});

function pick<T>(list: readonly T[], random: Random): T {
  return list[random(list.length)]!;
}

/** The ways to falsify an observation; any may by chance leave one that can be explained. */
const FALSIFY = {
  value({ observed, final }: Observation, random: Random) {
    const wrong = pick(
      observed.flatMap((steps) => steps.flatMap(({ operations }) => operations)),
      random,
    );
    const field = pick(['result', 'result', 'before', 'after'] as const, random);
    const flip = (operation: PerformedOperation) =>
      operation === wrong ? { ...operation, [field]: operation[field] ^ (1 << random(2)) } : operation;
    const flipped = observed.map((steps) =>
      steps.map((step): ObservedStep => {
        const [head, ...rides] = step.operations;
        return { ...step, operations: [flip(head), ...rides.map(flip)] };
      }),
    );
    return { observed: flipped, final };
  },
  /** As if the steps had happened in another order. */
  stamps({ observed, order, final }: Observation, random: Random) {
    const left = [...order];
    const taken: Taken[][] = observed.map(() => []);
    for (let at = 0; left.length > 0; at++) {
      const [thread] = left.splice(random(left.length), 1) as [number];
      taken[thread]!.push({ at, operations: observed[thread]![taken[thread]!.length]!.operations });
    }
    return { observed: taken.map((steps, t) => stamp(t, steps, random, TICKS)), final };
  },
  final({ observed, final }: Observation, random: Random) {
    const { word, after } = pick(
      observed.flatMap((steps) => steps.flatMap(({ operations }) => operations)),
      random,
    );
    const wrong = final.slice();
    wrong[word] = after ^ (random(4) === 0 ? 1 : 0);
    return { observed, final: wrong };
  },
  /** A step was taken and not recorded. */
  missing({ observed, final }: Observation, random: Random) {
    const missing = pick(observed.flat(), random);
    return { observed: observed.map((steps) => steps.filter((step) => step !== missing)), final };
  },
};

describe('random programs, run by one thread that plays all CPUs', () => {
  test('an order is found that reproduces every value and agrees with the stamps', () => {
    const met = { reordered: 0, backtracked: 0, cutOff: 0 };
    fc.assert(
      fc.property(cases, fc.boolean(), ({ random, seed, spread, most }, knowsFinal) => {
        const program = randomProgram(random);
        const seen = observe(program, randomFrom(seed), spread, most);
        const given = { observed: seen.observed, final: knowsFinal ? seen.final : null };
        const found = linearize(program, given.observed, given.final);
        expect(found.order).not.toBeNull();
        expectReproduced(program, given, found.order!);
        expect(found.explored).toBeGreaterThanOrEqual(seen.order.length);
        if (found.order!.join() !== seen.order.join()) met.reordered++;
        if (found.explored > seen.order.length) met.backtracked++;
        if (seen.order.length === most) met.cutOff++;
      }),
      parameters,
    );
    // Otherwise the above says little.
    expect(met.reordered).toBeGreaterThan(RUNS / 10);
    expect(met.backtracked).toBeGreaterThan(RUNS / 20);
    expect(met.cutOff).toBeGreaterThan(RUNS / 20);
  });

  test.each(Object.entries(FALSIFY))(
    'false %s: an order is found if and only if brute force finds one',
    (_, falsify) => {
      const met = { orders: 0, none: 0 };
      fc.assert(
        fc.property(cases, fc.boolean(), ({ random, seed, spread, most }, knowsFinal) => {
          const program = randomProgram(random);
          const seen = observe(program, randomFrom(seed), spread, Math.min(most, 10));
          fc.pre(seen.order.length > 0);
          const { observed, final } = falsify(seen, randomFrom(~seed));
          const given = { observed, final: knowsFinal || falsify === FALSIFY.final ? final : null };
          const found = linearize(program, given.observed, given.final);
          const exists = hasOrder(program, given.observed, program.layout.initial(), given.final);
          if (!exists) {
            expect(found).toMatchObject({ order: null, reason: 'inconsistent' });
            met.none++;
            return;
          }
          expect(found.order).not.toBeNull();
          expect(explains(program, given, found.order!)).toBe(true);
          met.orders++;
        }),
        parameters,
      );
      expect(Math.min(met.orders, met.none)).toBeGreaterThan(RUNS / 20);
    },
  );
});

const layout = new Layout();
const [a, b] = layout.array(12, (i) => `w${i}`);
const conditions = new Conditions();

/** Of the threads only what they did matters. */
function programOf(threads: number): Program {
  return {
    name: 'observed',
    parameters: {},
    layout,
    conditions,
    threads: Array.from({ length: threads }, (_, t) => ({ name: `T${t}`, *body() {} })),
    accounts: [],
    always: [],
    atEnd: [],
    mustReach: [],
  };
}

type Seen = Partial<PerformedOperation> & { readonly kind: KindCode };

function took(start: number, end: number, ...operations: readonly [Seen, ...Seen[]]): ObservedStep {
  const whole = (o: Seen) => ({ word: 0, x: 0, y: 0, z: 0, before: 0, after: 0, result: 0, ...o });
  const [head, ...rides] = operations;
  return {
    thread: 0,
    worker: 1,
    operations: [whole(head), ...rides.map(whole)],

    next: { kind: Kind.DONE, word: 0, x: 0, y: 0, resting: false, held: [] },
    start,
    end,
  };
}

const store = (word: number, y: number): Seen => ({ kind: Kind.STORE, word, x: 0, y });
const load = (word: number, value: number): Seen => ({
  kind: Kind.LOAD,
  word,
  x: -1,
  before: value,
  after: value,
  result: value,
});

function solve(observed: Threads, final: readonly number[] | null = null, limit?: number) {
  const words = final === null ? null : Int32Array.from(layout.words, (_, i) => final[i] ?? 0);
  return linearize(programOf(observed.length), observed, words, limit);
}

describe('small observations', () => {
  test('nothing happened', () => {
    expect(solve([])).toEqual({ order: [], explored: 0 });
    expect(solve([[], []], [])).toEqual({ order: [], explored: 0 });
    expect(solve([[], []], [1])).toEqual({ order: null, reason: 'inconsistent', explored: 0 });
  });

  test('steps that do not overlap are taken in the order of their stamps, one configuration for each', () => {
    const observed = [
      [took(0, 1, store(0, 1)), took(4, 5, load(0, 2))],
      [took(2, 3, load(0, 1)), took(3, 4, store(0, 2))],
    ];
    expect(solve(observed, [2])).toEqual({ order: [0, 1, 1, 0], explored: 4 });
  });

  test('the first guess, by start, is wrong: the later of two stores was overwritten', () => {
    const observed = [[took(0, 9, store(0, 1))], [took(1, 9, store(0, 2))], [took(9, 10, load(0, 1))]];
    expect(solve(observed).order).toEqual([1, 0, 2]);
  });

  test('only the final words tell two stores apart', () => {
    const observed = [[took(0, 9, store(0, 1))], [took(1, 9, store(0, 2))]];
    expect(solve(observed).order).toEqual([0, 1]);
    expect(solve(observed, [2]).order).toEqual([0, 1]);
    expect(solve(observed, [1]).order).toEqual([1, 0]);
    expect(solve(observed, [3])).toEqual({ order: null, reason: 'inconsistent', explored: 4 });
    expect(solve(observed, [1, 1])).toMatchObject({ order: null, reason: 'inconsistent' });
  });

  test('the stamps exclude the only order that explains the values', () => {
    const observed = (end: number) => [[took(2, 3, store(0, 1))], [took(0, end, load(0, 1))]];
    expect(solve(observed(3)).order).toEqual([0, 1]);
    // A step that ends with the very stamp that another starts with comes before it.
    expect(solve(observed(2))).toEqual({ order: null, reason: 'inconsistent', explored: 0 });
  });

  test('a thread that has nothing left holds nobody back; one that waits in a long step does', () => {
    const long = [[took(0, 100, load(0, 3))], [1, 2, 3].map((y) => took(10 * y, 10 * y + 1, store(0, y)))];
    expect(solve(long).order).toEqual([1, 1, 1, 0]);
  });

  test('the operations of a step happen at once, and not at all if one of them does not fit', () => {
    const swap = took(0, 9, { ...store(0, 7) }, load(1, 5), store(1, 6));
    const observed = [[swap], [took(1, 9, load(0, 0), store(1, 5))], [took(2, 9, load(1, 6), load(0, 7))]];
    expect(solve(observed, [7, 6]).order).toEqual([1, 0, 2]);
    expect(solve([...observed, [took(3, 9, load(0, 7), load(1, 5))]])).toMatchObject({
      reason: 'inconsistent',
    });
  });

  test('a lock is taken when it is free, a condition waits for all its words, choose answers what it can', () => {
    const lock = (owner: number): Seen => ({ kind: Kind.LOCK, x: -1, y: owner, after: owner });
    const unlock = (owner: number): Seen => ({
      kind: Kind.UNLOCK,
      x: -1,
      y: owner,
      before: owner,
      result: 1,
    });
    const locked = [
      [took(0, 9, lock(1)), took(10, 19, unlock(1))],
      [took(1, 99, lock(2)), took(99, 100, unlock(2))],
    ];
    expect(solve(locked, [0]).order).toEqual([0, 0, 1, 1]);
    const forced = { ...lock(2), before: 1, after: 3 };
    expect(solve([[took(0, 1, lock(1))], [took(1, 2, forced)]])).toMatchObject({ reason: 'inconsistent' });
    const condition = conditions.all(...[a!, b!].map((word) => equals(word, 1)));
    const until: Seen = { kind: Kind.UNTIL_CONDITION, x: condition.id };
    const waited = [[took(0, 9, until)], [took(1, 2, store(0, 1)), took(3, 4, store(1, 1))]];
    expect(solve(waited).order).toEqual([1, 1, 0]);
    expect(solve([[took(0, 9, until)]])).toMatchObject({ reason: 'inconsistent' });
    const chosen = (result: number) => solve([[took(0, 9, { kind: Kind.CHOOSE, x: 3, result })]]).order;
    expect([-1, 0, 2, 3].map(chosen)).toEqual([null, [0], [0], null]);
  });

  test('a condition that the program instance has not made is refused, not taken for one that does not hold', () => {
    const until: Seen = { kind: Kind.UNTIL_CONDITION, x: 1_000 };
    expect(() => solve([[took(0, 9, until)]])).toThrow(ModelError);
  });

  test('stamps that do not grow are refused', () => {
    expect(() => solve([[took(1, 1, load(0, 0))]])).toThrow(/T0: step 1 .* from 1 to 1/);
    expect(() => solve([[], [took(0, 2, load(0, 0)), took(1, 3, load(0, 0))]])).toThrow(/T1: step 2/);
    expect(() => solve([[took(0, Number.NaN, load(0, 0))]])).toThrow(ModelError);
  });
});

describe('cost', () => {
  const WIDE = 10;
  const stores = Array.from({ length: WIDE }, (_, t) => [took(0, 9, store(t, 1))]);
  const loads = Array.from({ length: WIDE }, (_, t) => [took(0, 9, load(t, 0))]);
  const never = [took(9, 10, load(0, 5))];

  test('a configuration that failed is not tried again: sets of stores, not orders of them', () => {
    // 10 stores to different words have 10! = 3,628,800 orders, and 2^10 configurations.
    const found = solve([...stores, never]);
    expect(found).toEqual({ order: null, reason: 'inconsistent', explored: 2 ** WIDE - 1 });
  });

  test('what changes nothing and fits is not tried later', () => {
    expect(solve([...loads, never])).toEqual({ order: null, reason: 'inconsistent', explored: WIDE });
    const lost = loads.map((_, t) => [took(0, 9, { kind: Kind.TRY_COMPARE_EXCHANGE, word: t, x: 1, y: 2 })]);
    expect(solve([...lost, never])).toEqual({ order: null, reason: 'inconsistent', explored: WIDE });
  });

  test('the limit ends the search', () => {
    expect(solve([...stores, never], null, 1000)).toEqual({ order: null, reason: 'limit', explored: 1000 });
    expect(solve([...stores, never], null, 2 ** WIDE - 1)).toMatchObject({ reason: 'inconsistent' });
    expect(solve(stores, null, WIDE).order).toHaveLength(WIDE);
    expect(solve(stores, null, WIDE - 1)).toEqual({ order: null, reason: 'limit', explored: WIDE - 1 });
  });
});
