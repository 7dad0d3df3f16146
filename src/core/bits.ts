import { ModelError } from './errors.ts';

/** One bit field of a word: `width` bits from bit `shift`. Values are unsigned and handed about unshifted. */
export interface BitField {
  readonly name: string;
  readonly shift: number;
  readonly width: number;
  /** The field's bits in place. */
  readonly mask: number;
  /** The field's value in `word`. */
  readonly of: (word: number) => number;
  /** `word` with the field set to `value`; a value that does not fit is a ModelError. */
  readonly put: (word: number, value: number) => number;
}

/** The fields of one kind of word (a PTE, page flags, a swap_map entry), declared once and used for traces as well. */
export type BitFields<Names extends string> = Readonly<Record<Names, BitField>> & {
  readonly $fields: readonly BitField[];
};

function field(name: string, shift: number, width: number): BitField {
  const mask = width === 32 ? -1 : (((1 << width) - 1) << shift) | 0;
  return {
    name,
    shift,
    width,
    mask,
    of: (word) => (word & mask) >>> shift,
    put(word, value) {
      if (value < 0 || (width < 32 && value >= 2 ** width))
        throw new ModelError(`bit field ${name}: ${value} does not fit in ${width} bits`);
      return (word & ~mask) | (value << shift);
    },
  };
}

/**
 * Declares bit fields from the least significant bit upwards: `bitFields({ present: 1, write: 1, pfn: 4 })`.
 * At most 31 bits in all, so that words stay non-negative.
 */
export function bitFields<Names extends string>(widths: Readonly<Record<Names, number>>): BitFields<Names> {
  const made: Record<string, BitField> = {};
  const list: BitField[] = [];
  let shift = 0;
  for (const [name, width] of Object.entries<number>(widths)) {
    if (shift + width > 31) throw new ModelError(`bit fields: ${name} ends past bit 31`);
    const declared = field(name, shift, width);
    made[name] = declared;
    list.push(declared);
    shift += width;
  }
  return Object.assign(made, { $fields: list }) as BitFields<Names>;
}

/** `write dirty pfn=1`: the fields that are not zero, for traces; `none` for 0. */
export function formatBits(fields: readonly BitField[], value: number): string {
  const parts: string[] = [];
  for (const f of fields) {
    const v = f.of(value);
    if (v !== 0) parts.push(f.width === 1 ? f.name : `${f.name}=${v}`);
  }
  return parts.length === 0 ? 'none' : parts.join(' ');
}
