import * as fc from 'fast-check';
import { WORDS, type Instruction, type RandomProgram, type RandomThread } from '../../programs/random.ts';

const value = fc.integer({ min: 0, max: 3 });
const touch = fc.record({
  op: fc.constantFrom('load', 'store', 'storeRegister', 'add', 'fetchAdd', 'exchange', 'is', 'storeField'),
  word: fc.integer({ min: 0, max: WORDS - 1 }),
  value,
  other: value,
}) as fc.Arbitrary<Instruction>;
const condition = fc.record({
  op: fc.constantFrom('untilIs', 'untilNot'),
  word: fc.integer({ min: 0, max: WORDS - 1 }),
  value,
  other: value,
}) as fc.Arbitrary<Instruction>;
const branch = fc.oneof(
  fc.record({ op: fc.constant('if' as const), value, skip: fc.integer({ min: 1, max: 2 }) }),
  fc.record({ op: fc.constant('again' as const), value, back: fc.integer({ min: 0, max: 2 }) }),
  fc.record({ op: fc.constant('assert' as const), value }),
  fc.record({ op: fc.constant('hold' as const), value: fc.constantFrom(1, -1) }),
  fc.record({ op: fc.constant('rest' as const) }),
  fc.record({ op: fc.constant('choose' as const), value: fc.integer({ min: 2, max: 3 }) }),
) as fc.Arbitrary<Instruction>;

/** Something done under a lock, or one that is tried for. */
const section: fc.Arbitrary<readonly Instruction[]> = fc.oneof(
  fc
    .array(touch, { minLength: 1, maxLength: 2 })
    .map((body) => [{ op: 'lock' as const }, ...body, { op: 'unlock' as const }]),
  fc
    .array(touch, { minLength: 1, maxLength: 1 })
    .map((body) => [
      { op: 'trylock' as const },
      { op: 'if' as const, value: 1, skip: body.length + 1 },
      ...body,
      { op: 'unlock' as const },
    ]),
  fc
    .array(touch, { minLength: 1, maxLength: 2 })
    .map((body) => [{ op: 'downRead' as const }, ...body, { op: 'upRead' as const }]),
  fc
    .array(touch, { minLength: 1, maxLength: 2 })
    .map((body) => [{ op: 'downWrite' as const }, ...body, { op: 'upWrite' as const }]),
  touch.map((one) => [one]),
  condition.map((one) => [one]),
  branch.map((one) => [one]),
);

function thread(sections: number, daemon: boolean): fc.Arbitrary<RandomThread> {
  return fc
    .array(section, { minLength: 1, maxLength: sections })
    .map((parts) => ({ daemon, code: parts.flat() }));
}

/** Threads that work under locks, try for them, wait for one another. */
export const lockHeavyPrograms: fc.Arbitrary<RandomProgram> = fc.record({
  init: fc.array(value, { minLength: WORDS, maxLength: WORDS }),
  threads: fc.oneof(
    fc.tuple(thread(4, false), thread(4, false)),
    fc.tuple(thread(2, false), thread(2, false), thread(2, true)),
    fc.tuple(thread(2, false), thread(2, false), thread(1, false)),
  ),
  never: fc.option(fc.constantFrom(4, 5, 6), { freq: 2 }),
  notAtEnd: fc.option(value, { freq: 2 }),
  mostHeld: fc.constantFrom(1, 2),
});
