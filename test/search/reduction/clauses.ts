/** Random programs with properties that say in parts what they look at: sums of words and of what is held, some of them guarded. */
import * as fc from 'fast-check';
import { fold } from '../../../src/core/control.ts';
import type { Steps } from '../../../src/core/operations.ts';
import type { Observable, Program, Property, PropertyPart } from '../../../src/core/program.ts';
import {
  randomProgram,
  WORDS,
  type Instruction,
  type RandomProgram,
  type RandomThread,
  type Touch,
} from '../../programs/random.ts';
import type { Word } from '../../../src/core/words.ts';
import { randomPrograms } from '../random-programs.ts';
import { lockHeavyPrograms } from './lock-heavy.ts';

/** One part: the sum of the words' masked values, and what is held if `held`, is not `never`, unless the guard's bits are all 0. */
export interface Clause {
  readonly guard: { readonly word: number; readonly mask: number } | null;
  readonly words: readonly number[];
  readonly mask: number;
  readonly held: boolean;
  readonly never: number;
}

export interface ProgramOfClauses {
  readonly program: RandomProgram;
  /** Threads that begin anew when they come to the end of their code: what counts up is left out of it. */
  readonly endless: readonly boolean[];
  readonly properties: readonly (readonly Clause[])[];
}

const KINDS = ['lost-write', 'assertion', 'leak'] as const;

/** The random program with one property for each list of clauses, in place of its own. */
export function programOfClauses({ program, endless, properties }: ProgramOfClauses): Program {
  const threads = program.threads.map((thread, t) => (endless[t] === true ? bounded(thread) : thread));
  const built = randomProgram({ ...program, threads, never: null, mostHeld: 99 });
  const words = built.layout.words.slice(0, WORDS);
  const look = (word: number, mask: number) => ({
    word: words[word]!,
    mask,
    of: (value: number) => value & mask,
  });
  const sum = ({ words: summed, mask, held }: Clause): Observable => ({
    terms: summed.map((word) => look(word, mask)),
    accounts: held ? [{ account: 0, factor: 1 }] : [],
  });
  const part = (clause: Clause): PropertyPart => {
    const { guard } = clause;
    if (guard === null) return { observables: [sum(clause)] };
    return {
      observables: [sum(clause)],
      guard: { terms: [look(guard.word, guard.mask)], accounts: [] },
    };
  };
  const broken = ({ guard, words: summed, mask, held, never }: Clause, w: Int32Array, h: Int32Array) =>
    (guard === null || (w[words[guard.word]!.index]! & guard.mask) !== 0) &&
    summed.reduce((total, word) => total + (w[words[word]!.index]! & mask), held ? h[0]! : 0) === never;
  const always = properties.map((clauses, p): Property => {
    const find = (w: Int32Array, h: Int32Array) => clauses.findIndex((clause) => broken(clause, w, h));
    return {
      name: `property ${p}`,
      kind: KINDS[p % KINDS.length]!,
      watches: words,
      parts: clauses.map(part),
      holds: (w, h) => find(w, h) < 0,
      explain: (w, h) => `part ${find(w, h)} of property ${p}`,
    };
  });
  const again = built.threads.map((thread, t) =>
    endless[t] === true
      ? { ...thread, body: () => roundAndRound(thread.body, built.layout.words[0]!) }
      : thread,
  );
  return { ...built, threads: again, always };
}

/** The load is there for code that takes no step. */
function* roundAndRound(body: () => Steps<void>, word: Word): Steps<void> {
  for (;;) {
    fold('round');
    yield* word.load();
    yield* body();
  }
}

const COUNTING = new Set(['add', 'fetchAdd', 'addAndTest', 'addUnless', 'ghost', 'hold']);

/** The thread without what would make endlessly many states of endlessly many rounds. */
function bounded({ daemon, code }: RandomThread): RandomThread {
  const finite = code.map((instruction): Instruction => {
    if (instruction.op === 'atomic')
      return {
        ...instruction,
        block: instruction.block.map((touch) => (COUNTING.has(touch.op) ? load(touch) : touch)),
      };
    return 'other' in instruction && COUNTING.has(instruction.op) ? load(instruction) : instruction;
  });
  return {
    daemon,
    code: finite.map((instruction) => (instruction.op === 'hold' ? { op: 'fence' } : instruction)),
  };
}

function load(touch: Touch): Touch {
  return { ...touch, op: 'load' };
}

const word = fc.integer({ min: 0, max: WORDS - 1 });
const mask = fc.constantFrom(1, 2, 3, -1);
const clause: fc.Arbitrary<Clause> = fc.record({
  guard: fc.option(fc.record({ word, mask }), { freq: 3 }),
  words: fc.uniqueArray(word, { minLength: 1, maxLength: 2 }),
  mask,
  held: fc.boolean(),
  never: fc.integer({ min: 1, max: 6 }),
});

/** Any of the random programs, often with one daemon more. */
const programs = fc
  .tuple(fc.oneof(randomPrograms, lockHeavyPrograms), fc.boolean())
  .map(([program, more]) => ({
    ...program,
    threads: program.threads.map(({ daemon, code }, t) => ({ daemon: daemon || (more && t === 1), code })),
  }));

export const programsOfClauses: fc.Arbitrary<ProgramOfClauses> = fc.record({
  program: programs,
  endless: fc.array(
    fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    { minLength: 3, maxLength: 3 },
  ),
  properties: fc.array(fc.array(clause, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 2 }),
});
