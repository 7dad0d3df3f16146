/** Small programs each of which needs one of the conditions under which a thread may move alone (ample.ts). */
import { expect, test } from 'vitest';
import { randomProgram, type Instruction, type RandomProgram, type Touch } from '../../programs/random.ts';
import { Automata } from '../../../src/search/automata.ts';
import { everything, reduced } from '../../tools/outcomes.ts';
import { programOfClauses, type Clause } from './clauses.ts';

const on = (op: Touch['op'], word: number, value = 1): Instruction => ({ op, word, value, other: 0 });
const hold = (value: number): Instruction => ({ op: 'hold', value });

function program(
  first: Instruction[],
  second: Instruction[],
  change: Partial<RandomProgram> = {},
): RandomProgram {
  return {
    init: [0, 0, 0],
    threads: [
      { daemon: false, code: first },
      { daemon: false, code: second },
    ],
    never: null,
    notAtEnd: null,
    mostHeld: 9,
    ...change,
  };
}

/** Both searches; the violations they meet. */
function violations(random: RandomProgram, build = () => randomProgram(random)): readonly string[] {
  const full = everything(new Automata(build()))!;
  const less = reduced(build());
  expect([...less.violations].toSorted()).toEqual([...full.violations].toSorted());
  expect(less.deadlocks.size).toBe(full.deadlocks.size);
  expect(less.ends.size).toBe(full.ends.size);
  expect(less.stuck && full.violations.size === 0).toBe(full.stuck);
  return [...full.violations];
}

test('steps that touch no common word, but one property', () => {
  // The first state is looked at in full: each has a step before those that matter.
  const briefly = (word: number) => [
    on('store', word, 3),
    on('store', word),
    hold(1),
    on('store', word, 2),
    hold(-1),
    on('store', word, 3),
  ];
  expect(violations(program(briefly(1), briefly(2), { mostHeld: 1 }))).toEqual([
    'lost-write: w0 is 0, 2 held',
  ]);
});

test('a step into a violation does not keep others from theirs', () => {
  const failing = (word: number, value: number) => [on('fetchAdd', word), { op: 'assert' as const, value }];
  expect(violations(program(failing(1, 0), failing(2, 0)))).toHaveLength(1);
  const other = program(
    [on('load', 1), { op: 'assert', value: 0 }],
    [on('exchange', 2), { op: 'assert', value: 3 }],
    {
      init: [0, 0, 3],
    },
  );
  expect(violations(other)).toHaveLength(2);
});

test('a daemon at rest may stay there until the end is checked', () => {
  const { threads, ...rest } = program([on('store', 0)], [{ op: 'rest' }, on('store', 1)], { notAtEnd: 0 });
  const random = { ...rest, threads: [threads[0]!, { ...threads[1]!, daemon: true }] };
  expect(violations(random)).toEqual(['leaked: w1 is 0']);
});

test('who waits for the lock can go on once it is released', () => {
  const both = program(
    [{ op: 'lock' }, on('store', 1, 1), { op: 'unlock' }, on('load', 2), on('store', 1, 2)],
    [{ op: 'lock' }, on('store', 1, 3), { op: 'unlock' }, on('store', 2, 1)],
  );
  expect(violations(both)).toEqual([]);
});

test('who waits for a condition can be let go on by a third', () => {
  const waits = program(
    [on('store', 2, 1), on('store', 1, 1)],
    [{ op: 'until', word: 2, value: 1, all: false }, on('store', 1, 2)],
  );
  expect(violations(waits)).toEqual([]);
});

test('a step that makes a guard true does not go before what the part is then broken by', () => {
  const guarded: Clause = { guard: { word: 2, mask: -1 }, words: [0], mask: -1, held: false, never: 3 };
  const random = program(
    [{ op: 'fence' }, on('store', 2, 1)],
    [{ op: 'fence' }, on('store', 0, 3), on('store', 0, 0), on('load', 0), { op: 'assert', value: 0 }],
  );
  const both = violations(random, () =>
    programOfClauses({ program: random, endless: [], properties: [[guarded]] }),
  );
  expect(both.toSorted()).toEqual(['assertion: register is 0', 'lost-write: part 0 of property 0']);
});

test('who ends does not make the end be checked before what a daemon still does', () => {
  const { threads, ...rest } = program(
    [{ op: 'fence' }, on('load', 2)],
    [
      { op: 'fence' },
      on('store', 1, 3),
      { op: 'rest' },
      on('store', 1, 0),
      on('load', 0),
      { op: 'assert', value: 0 },
    ],
    { notAtEnd: 3 },
  );
  const random = { ...rest, threads: [threads[0]!, { ...threads[1]!, daemon: true }] };
  expect(violations(random).toSorted()).toEqual(['assertion: register is 0', 'leaked: w1 is 3']);
});

test('who makes a condition false does not go before who waits for it', () => {
  const waits = program(
    [on('load', 2), on('store', 2, 0)],
    [on('load', 1), { op: 'until', word: 2, value: 1, all: false }],
    { init: [0, 0, 1] },
  );
  expect(violations(waits)).toEqual([]);
  expect(reduced(randomProgram(waits)).ends.size).toBe(1);
  expect(reduced(randomProgram(waits)).deadlocks.size).toBe(1);
});
