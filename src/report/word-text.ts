import { namedOwners } from '../core/owners.ts';
import type { BitField } from '../core/bits.ts';
import type { Program } from '../core/program.ts';
import type { Word } from '../core/words.ts';

/** A word or one of its fields, with a value, as a reader of traces wants to see it. */
export interface Part {
  readonly name: string;
  readonly text: string;
}

/** The part of `word` under `mask`: `page[0].flags.dirty` and `1` for a single field, else the word with the masked bits. */
export function partOf(program: Program, word: Word, mask: number, value: number): Part {
  const field = fieldOf(word, mask);
  if (field !== undefined) return { name: `${word.name}.${field.name}`, text: String(field.of(value)) };
  // A format of the word's own describes whole values: bits left out would mislead it.
  const shown = word.options.format === undefined ? value & mask : value;
  return { name: word.name, text: valueText(program, word, shown) };
}

/** The name of the part of `word` under `mask`. */
export function partName(word: Word, mask: number): string {
  const field = fieldOf(word, mask);
  return field === undefined ? word.name : `${word.name}.${field.name}`;
}

function fieldOf(word: Word, mask: number): BitField | undefined {
  return mask === -1 ? undefined : word.options.fields?.find((field) => field.mask === mask);
}

/** A whole value of `word`; lock owners appear under their names. */
export function valueText(program: Program, word: Word, value: number): string {
  return namedOwners(program, program.layout.format(word.index, value));
}

/** The owner in a lock's field (thread index + 1), or null if it is free, no thread, or only a bit that tells no owner. */
export function ownerName(program: Program, mask: number, value: number): string | null {
  if (mask === (mask & -mask)) return null;
  const bits = (value & mask) >>> Math.max(0, 31 - Math.clz32(mask & -mask));
  return program.threads[bits - 1]?.name ?? null;
}

/**
 * What changed: `page[0].refcount 2 -> 3`, `mm[0].pte[0]: present pfn=0 -> none`, and where most stays as it was only the
 * difference: `page[0].flags: +dirty -lru`.
 */
export function changeText(program: Program, word: Word, before: number, after: number): string {
  const old = valueText(program, word, before);
  const now = valueText(program, word, after);
  const simple = /^-?\d+$/;
  if (simple.test(old) && simple.test(now)) return `${word.name} ${old} -> ${now}`;
  const oldParts = old.split(' ');
  const nowParts = now.split(' ');
  const kept = nowParts.filter((part) => oldParts.includes(part)).length;
  const gone = oldParts.filter((part) => !nowParts.includes(part));
  const come = nowParts.filter((part) => !oldParts.includes(part));
  const readable = nowParts.concat(oldParts).every((part) => /^[\w.:[\]-]+(=\S+)?$/.test(part));
  if (!readable || kept === 0 || gone.length + come.length > kept) return `${word.name}: ${old} -> ${now}`;
  return `${word.name}: ${differences(gone, come).join(' ')}`;
}

/** `+dirty -lru pfn=0->3`. */
function differences(gone: readonly string[], come: readonly string[]): string[] {
  const key = (part: string) => part.replace(/=.*$/, '=');
  const paired = (part: string, others: readonly string[]) =>
    others.find((other) => part.includes('=') && key(other) === key(part));
  return [
    ...come.map((part) => {
      const old = paired(part, gone);
      return old === undefined ? `+${part}` : `${old}->${part.slice(key(part).length)}`;
    }),
    ...gone.filter((part) => paired(part, come) === undefined).map((part) => `-${part}`),
  ];
}
