import * as fc from 'fast-check';
import {
  WORDS,
  type Instruction,
  type RandomProgram,
  type RandomThread,
  type Touch,
} from '../programs/random.ts';

const value = fc.integer({ min: 0, max: 3 });
const word = fc.integer({ min: 0, max: WORDS - 1 });

const plain = [
  'load',
  'loadMasked',
  'loadField',
  'is',
  'store',
  'storeField',
  'storeRegister',
  'exchange',
  'update',
  'fetchOr',
  'fetchAnd',
  'add',
  'fetchAdd',
  'addAndTest',
  'addUnless',
  'xor',
  'fetchXor',
  'compareExchange',
  'tryCompareExchange',
  'ghost',
] as const;

const touch: fc.Arbitrary<Touch> = fc.record({ op: fc.constantFrom(...plain), word, value, other: value });

/** An operation that may only open an atomic block. */
const waiting: fc.Arbitrary<Touch> = fc.record({
  op: fc.constantFrom('untilIs' as const, 'untilNot' as const),
  word,
  value,
  other: value,
});

const instruction: fc.Arbitrary<Instruction> = fc.oneof(
  { weight: 10, arbitrary: touch },
  { weight: 1, arbitrary: waiting },
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constantFrom(
        'lock',
        'trylock',
        'unlock',
        'downRead',
        'upRead',
        'downWrite',
        'upWrite',
        'fence',
        'rest',
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('choose'), value: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('until'), word, value, all: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('atomic'),
      block: fc
        .tuple(
          fc.oneof({ weight: 4, arbitrary: touch }, { weight: 1, arbitrary: waiting }),
          fc.array(touch, { maxLength: 2 }),
        )
        .map(([first, rest]) => [first].concat(rest)),
    }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('if'), value, skip: fc.integer({ min: 1, max: 2 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ op: fc.constant('again'), value, back: fc.integer({ min: 0, max: 2 }) }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('assert'), value }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('hold'), value: fc.constantFrom(1, -1) }) },
);

function thread(length: number, daemon: fc.Arbitrary<boolean>): fc.Arbitrary<RandomThread> {
  return fc.record({ daemon, code: fc.array(instruction, { minLength: 1, maxLength: length }) });
}

const must = fc.constant(false);
const mayBeDaemon = fc.oneof({ weight: 4, arbitrary: must }, { weight: 1, arbitrary: fc.constant(true) });

/** Two threads of up to five instructions or three of up to three; every third thread or so never has to end. */
export const randomPrograms: fc.Arbitrary<RandomProgram> = fc.record({
  init: fc.array(value, { minLength: WORDS, maxLength: WORDS }),
  threads: fc.oneof(
    fc.tuple(thread(5, must), thread(5, mayBeDaemon)),
    fc.tuple(thread(3, must), thread(3, must), thread(3, mayBeDaemon)),
  ),
  never: fc.option(fc.constantFrom(4, 5, 6, 7), { freq: 2 }),
  notAtEnd: fc.option(value, { freq: 2 }),
  mostHeld: fc.constantFrom(1, 2),
});

const racing: fc.Arbitrary<Instruction> = fc.record({
  op: fc.constantFrom('load' as const, 'storeRegister' as const, 'add' as const),
  word: fc.integer({ min: 0, max: 1 }),
  value: fc.integer({ min: 1, max: 3 }),
  other: value,
});

function racingThread(length: number): fc.Arbitrary<RandomThread> {
  return fc.record({ daemon: must, code: fc.array(racing, { minLength: 2, maxLength: length }) });
}

/** Threads that load, add and store back, and break no rule: where they come to depends on where they are preempted. */
export const racingPrograms: fc.Arbitrary<RandomProgram> = fc.record({
  init: fc.constant(Array<number>(WORDS).fill(0)),
  threads: fc.oneof(
    fc.tuple(racingThread(6), racingThread(6)),
    fc.tuple(racingThread(3), racingThread(3), racingThread(3)),
  ),
  never: fc.constant(null),
  notAtEnd: fc.constant(null),
  mostHeld: fc.constant(1),
});
