import * as fc from 'fast-check';
import type { NeutralProgram, Operation } from '../../../src/search/npl/program.ts';

const register = fc.constantFrom('$a', '$b');
const location = fc.oneof(
  fc.constantFrom('x', 'y'),
  fc.tuple(fc.constant('z'), fc.constantFrom<number | [string, string, number]>(0, 1, ['&', '$a', 1])),
);
const value = fc.oneof(fc.nat({ max: 2 }), register);
const mutex = fc.constantFrom('m', 'n');

const event: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('ld' as const), register, location }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('st' as const), location, value }) },
  fc.record({ kind: fc.constantFrom('faa' as const, 'xchg' as const), register, location, value }),
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('cas' as const), register, location, expected: value, value }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('lock' as const, 'unlock' as const), mutex }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('trylock' as const), register, mutex }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('await' as const),
      location,
      relation: fc.constantFrom('==' as const, '!=' as const, '>' as const),
      value,
    }),
  },
  fc.constant({ kind: 'fence' as const }),
  fc.record({
    kind: fc.constantFrom('spawn' as const, 'join' as const),
    thread: fc.constantFrom('t0', 't1', 't2'),
  }),
);

const local: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), register, value }),
  fc.record({
    kind: fc.constantFrom('assume' as const, 'assert' as const),
    condition: fc.tuple(fc.constantFrom('<=', '!='), register, fc.nat({ max: 2 })),
  }),
  fc.constant({ kind: 'exit' as const }),
);

const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 12, arbitrary: event },
  { weight: 1, arbitrary: local },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('if' as const),
      condition: register,
      consequent: fc.array(event, { maxLength: 2 }),
      alternative: fc.array(event, { maxLength: 1 }),
    }),
  },
);

const block = fc.array(operation, { minLength: 1, maxLength: 4 });

/** Small programs with every kind of operation: two to four threads, one of which may have to be spawned. */
export const randomNeutral: fc.Arbitrary<NeutralProgram> = fc
  .record({ blocks: fc.array(block, { minLength: 3, maxLength: 4 }), spawned: fc.boolean() })
  .map(({ blocks, spawned }) => ({
    id: 'random',
    variables: { x: 0, y: 1, z: [0, 0] },
    mutexes: { m: 1, n: 1 },
    threads: blocks.map((operations, i) => ({ name: `t${i}`, spawned: spawned && i === 2, operations })),
  }));
