import { Kind, KIND_NAMES } from '../core/operations.ts';
import type { Program } from '../core/program.ts';
import type { Access } from '../core/schedule.ts';
import type { Operands } from '../core/replayed.ts';
import { changeText, ownerName, partName, partOf, valueText } from './word-text.ts';

/**
 * How much an access matters to a reader: `event` always (a change, a lock, a wait, a branch, a failed attempt), `read` and
 * `quiet` (a store of what was there already) if others write the word, `ghost` is not part of the machine.
 */
export type Weight = 'event' | 'read' | 'quiet' | 'ghost';

/** One access in words. */
export interface AccessText {
  readonly weight: Weight;
  readonly text: string;
  /** Index of the word, -1 if there is none, and the bits of it that matter here. */
  readonly word: number;
  readonly bits: number;
}

const CODES: ReadonlyMap<string, number> = new Map(KIND_NAMES.map((name, code) => [name, code]));

/** Says what `access` did. `words` is the memory just before it. */
export function describeAccess(
  program: Program,
  access: Access,
  operands: Operands,
  words: Int32Array,
): AccessText {
  const word = program.layout.find(access.word);
  const kind = CODES.get(access.operation) ?? -1;
  if (kind === Kind.CHOOSE)
    return { weight: 'event', text: `choose(${operands.x}) -> ${access.result}`, word: -1, bits: 0 };
  if (word === undefined) return { weight: 'quiet', text: access.operation, word: -1, bits: 0 };
  const { before, after, result } = access;
  const { x, y } = operands;
  const say = (weight: Weight, text: string, bits = -1): AccessText => ({
    weight: word.options.ghost === true ? 'ghost' : weight,
    text,
    word: word.index,
    bits,
  });
  const current = (mask: number) => {
    const { name, text } = partOf(program, word, mask, before);
    return `${name} = ${text}`;
  };
  switch (kind) {
    case Kind.LOAD:
    case Kind.TEST:
      return say('read', current(x), x);
    case Kind.LOCK:
      return say('event', `lock ${partName(word, x)}${(y & ~x) === 0 ? '' : ' for read'}`);
    case Kind.UNLOCK: {
      const shared = valueText(program, word, before).startsWith('read-held') ? ' for read' : '';
      return say('event', `unlock ${partName(word, x)}${result === 1 ? shared : ' fails: not the owner'}`);
    }
    case Kind.TRYLOCK: {
      const owner = ownerName(program, x, before);
      const busy = owner === null ? ': busy' : `: held by ${owner}`;
      return say('event', `trylock ${partName(word, x)}${result === 1 ? '' : ` fails${busy}`}`);
    }
    case Kind.UNTIL:
    case Kind.UNTIL_NOT:
      return say('event', `waited: ${current(x)}`);
    case Kind.UNTIL_CONDITION: {
      const read = [...new Set(program.conditions.wordsOf(x))].flatMap(
        (index) => program.layout.words[index] ?? [],
      );
      const values = read.map((each) => `${each.name} = ${valueText(program, each, words[each.index]!)}`);
      return say('event', `waited: ${values.join(', ')}`);
    }
    default:
      break;
  }
  if (before !== after) return say('event', changeText(program, word, before, after));
  switch (kind) {
    case Kind.ADD_UNLESS:
      if (result === 0) return say('event', `${word.name} stays ${valueText(program, word, before)}`);
      break;
    case Kind.COMPARE_EXCHANGE:
    case Kind.TRY_COMPARE_EXCHANGE:
      if (before !== x)
        return say('event', `cmpxchg ${word.name} fails: ${valueText(program, word, before)}`);
      break;
    case Kind.EXCHANGE:
      return say('read', current(~x));
    default:
      break;
  }
  const written = kind === Kind.STORE ? ~x : -1;
  const { name, text } = partOf(program, word, written, before);
  return say('quiet', `${name} ${text} -> ${text}`, written);
}
