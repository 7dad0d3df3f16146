/**
 * Small concurrent programs as data, and the generator that runs them: for comparing searches with brute force. Loops are
 * bounded, so every schedule ends.
 */
import { bitFields } from '../../src/core/bits.ts';
import { differs, equals, Conditions } from '../../src/core/conditions.ts';
import { assert, atomic, choose, cover, fence, hold, note, rest, until } from '../../src/core/control.ts';
import { RwSemaphore, SpinLock } from '../../src/core/locks.ts';
import type { Steps } from '../../src/core/operations.ts';
import type { Program } from '../../src/core/program.ts';
import { Layout, type Field, type Word } from '../../src/core/words.ts';

/** One operation on word `word` with a small constant `value` (and `other`); its result goes to the register. */
export interface Touch {
  readonly op:
    | 'load'
    | 'loadMasked'
    | 'loadField'
    | 'is'
    | 'store'
    | 'storeField'
    | 'storeRegister'
    | 'exchange'
    | 'update'
    | 'fetchOr'
    | 'fetchAnd'
    | 'add'
    | 'fetchAdd'
    | 'addAndTest'
    | 'addUnless'
    | 'xor'
    | 'fetchXor'
    | 'compareExchange'
    | 'tryCompareExchange'
    | 'untilIs'
    | 'untilNot'
    | 'ghost';
  readonly word: number;
  readonly value: number;
  readonly other: number;
}

/** Everything else. */
export type Instruction =
  | Touch
  | {
      readonly op:
        | 'lock'
        | 'trylock'
        | 'unlock'
        | 'downRead'
        | 'upRead'
        | 'downWrite'
        | 'upWrite'
        | 'fence'
        | 'rest';
    }
  | { readonly op: 'choose'; readonly value: number }
  | { readonly op: 'until'; readonly word: number; readonly value: number; readonly all: boolean }
  | { readonly op: 'atomic'; readonly block: readonly Touch[] }
  /** Skips the next `skip` instructions unless the register is `value`. */
  | { readonly op: 'if'; readonly value: number; readonly skip: number }
  /** Goes back `back` instructions unless the register is `value`, at most twice. */
  | { readonly op: 'again'; readonly value: number; readonly back: number }
  | { readonly op: 'assert'; readonly value: number }
  | { readonly op: 'hold'; readonly value: number };

export interface RandomThread {
  readonly daemon: boolean;
  readonly code: readonly Instruction[];
}

export interface RandomProgram {
  readonly init: readonly number[];
  readonly threads: readonly RandomThread[];
  /** The first word must never be this; null: nothing checked. */
  readonly never: number | null;
  /** The second word must not be this at the end. */
  readonly notAtEnd: number | null;
  /** No more than this may be held. */
  readonly mostHeld: number;
}

export const WORDS = 3;

const BITS = bitFields({ low: 1, high: 2 });

interface Machine {
  readonly words: readonly Word[];
  readonly fields: readonly Field[];
  readonly ghost: Word;
  readonly lock: SpinLock;
  readonly semaphore: RwSemaphore;
  readonly conditions: Conditions;
}

function* touch(machine: Machine, { op, word, value, other }: Touch, register: number): Steps<number> {
  const target = machine.words[word]!;
  switch (op) {
    case 'load':
      return yield* target.load();
    case 'loadMasked':
      return yield* target.loadMasked(value);
    case 'loadField':
      return yield* machine.fields[word]!.load();
    case 'is':
      return (yield* target.is(value)) ? 1 : 0;
    case 'store':
      yield* target.store(value);
      return register;
    case 'storeField':
      yield* machine.fields[word]!.store(value);
      return register;
    case 'storeRegister':
      yield* target.store(register);
      return register;
    case 'exchange':
      return yield* target.exchange(value);
    case 'update':
      yield* target.update(other, value);
      return register;
    case 'fetchOr':
      return yield* target.fetchOr(value);
    case 'fetchAnd':
      return yield* target.fetchAnd(value);
    case 'add':
      yield* target.add(value);
      return register;
    case 'fetchAdd':
      return yield* target.fetchAdd(value);
    case 'addAndTest':
      return (yield* target.addAndTest(value, other)) ? 1 : 0;
    case 'addUnless':
      return (yield* target.addUnless(value, other)) ? 1 : 0;
    case 'xor':
      yield* target.xor(value);
      return register;
    case 'fetchXor':
      return yield* target.fetchXor(value);
    case 'compareExchange':
      return yield* target.compareExchange(other, value);
    case 'tryCompareExchange':
      return (yield* target.tryCompareExchange(other, value)) ? 1 : 0;
    case 'untilIs':
      yield* target.untilIs(value);
      return register;
    case 'untilNot':
      yield* target.untilNot(value);
      return register;
    default:
      yield* machine.ghost.add(value);
      return register;
  }
}

function* block(machine: Machine, touches: readonly Touch[], start: number): Steps<number> {
  let register = start;
  for (let i = 0; i < touches.length; i++) register = yield* touch(machine, touches[i]!, register);
  return register;
}

function* interpret(machine: Machine, code: readonly Instruction[]): Steps<void> {
  const { lock, semaphore, conditions, words } = machine;
  let register = 0;
  let turns = 0;
  for (let at = 0; at < code.length; at++) {
    const instruction = code[at]!;
    switch (instruction.op) {
      case 'lock':
        yield* lock.lock();
        break;
      case 'trylock':
        register = (yield* lock.trylock()) ? 1 : 0;
        break;
      case 'unlock':
        yield* lock.unlock();
        break;
      case 'downRead':
        yield* semaphore.downRead();
        break;
      case 'upRead':
        yield* semaphore.upRead();
        break;
      case 'downWrite':
        yield* semaphore.downWrite();
        break;
      case 'upWrite':
        yield* semaphore.upWrite();
        break;
      case 'fence':
        yield* fence();
        break;
      case 'rest':
        rest();
        break;
      case 'choose':
        register = yield* choose(instruction.value);
        break;
      case 'until': {
        const clauses = [
          equals(words[instruction.word]!, instruction.value),
          differs(words[(instruction.word + 1) % WORDS]!, 0),
        ];
        yield* until(instruction.all ? conditions.all(...clauses) : conditions.any(...clauses));
        break;
      }
      case 'atomic':
        register = yield* atomic(block(machine, instruction.block, register));
        break;
      case 'if':
        if (register !== instruction.value) at += instruction.skip;
        break;
      case 'again':
        if (register !== instruction.value && turns < 2) {
          turns++;
          at = Math.max(-1, at - 1 - instruction.back);
        }
        break;
      case 'assert':
        assert(register !== instruction.value, `register is ${instruction.value}`);
        break;
      case 'hold':
        hold(0, instruction.value);
        note(`holds ${instruction.value} more`);
        break;
      default:
        register = yield* touch(machine, instruction, register);
    }
  }
  cover('an end');
}

export function randomProgram(random: RandomProgram): Program {
  const layout = new Layout();
  const words = layout.array(
    WORDS,
    (i) => `w${i}`,
    (i) => ({ init: random.init[i] ?? 0 }),
  );
  const machine: Machine = {
    words,
    fields: words.map((word) => word.field(BITS.high)),
    ghost: layout.word('ghost', { ghost: true }),
    lock: new SpinLock(layout, 'lock'),
    semaphore: new RwSemaphore(layout, 'semaphore'),
    conditions: new Conditions(),
  };
  const [first, second] = words as [Word, Word];
  return {
    name: 'random',
    parameters: {},
    layout,
    conditions: machine.conditions,
    threads: random.threads.map(({ code, daemon }, t) => ({
      name: `T${t}`,
      daemon,
      body: () => interpret(machine, code),
    })),
    accounts: ['held'],
    always: [
      {
        name: 'never',
        kind: 'lost-write',
        watches: [first],
        holds: (values, held) => values[first.index] !== random.never && held[0]! <= random.mostHeld,
        explain: (values, held) => `w0 is ${values[first.index]}, ${held[0]} held`,
      },
    ],
    atEnd: [
      {
        name: 'not at end',
        kind: 'leaked',
        watches: [second],
        holds: (values) => values[second.index] !== random.notAtEnd,
        explain: (values) => `w1 is ${values[second.index]}`,
      },
    ],
    mustReach: [],
  };
}
