import { FieldPlaces, mask } from './bit-fields.ts';
import type { Moves } from './moves.ts';
import type { PackedState } from './packed-state.ts';

/**
 * Writes whole states with few bits, one-to-one: every word and every thread has a dictionary of the values (nodes) met so far, and
 * a bit field for its number in it. Fields widen when a dictionary outgrows them; codes kept elsewhere then have to follow, see
 * {@link onWiden}. Some 60 to 90 bits for a model of Linux memory.
 */
export class StateCodes {
  readonly places: FieldPlaces;
  /** The code asked for last, `places.lanes` int32s. */
  code = new Int32Array(1);
  /** Called after `field` got a new place; the place before, `width` 0 if it had none. */
  onWiden: (field: number, lane: number, shift: number, width: number) => void = () => undefined;

  private readonly state: PackedState;
  private readonly dictionaries: Map<number, number>[];
  /** Code and content of the state as of {@link refresh}. */
  private base = new Int32Array(1);
  private readonly content: Int32Array;

  constructor(state: PackedState) {
    const fields = state.words.length + state.nodes.length;
    this.state = state;
    this.places = new FieldPlaces(fields);
    this.dictionaries = Array.from({ length: fields }, () => new Map<number, number>());
    this.content = new Int32Array(fields);
    for (let field = 0; field < fields; field++) this.numberOf(field, 0);
  }

  /** Brings {@link base} up to the state and sets {@link code} to it. */
  refresh(): void {
    const { words, nodes } = this.state;
    for (let w = 0; w < words.length; w++) this.follow(w, words[w]!);
    for (let t = 0; t < nodes.length; t++) this.follow(words.length + t, nodes[t]!);
    this.code.set(this.base);
  }

  /** Sets {@link code} to that of the state which `move` of `thread` leads to. */
  codeOf(moves: Moves, move: number, thread: number): void {
    const { writes, written, width, reached } = moves;
    const first = move * width;
    const end = first + 2 * written[move]!;
    // Numbers first: a field that widens moves in the base as well.
    for (let at = first; at < end; at += 2) this.numberOf(writes[at]!, writes[at + 1]!);
    const field = this.state.words.length + thread;
    this.numberOf(field, reached[move]!);
    this.code.set(this.base);
    for (let at = first; at < end; at += 2) this.exchange(this.code, writes[at]!, writes[at + 1]!);
    this.exchange(this.code, field, reached[move]!);
  }

  private follow(field: number, value: number): void {
    if (this.content[field] === value) return;
    this.numberOf(field, value);
    this.exchange(this.base, field, value);
    this.content[field] = value;
  }

  /** Puts `value` into `field` of a code that differs from the base in other fields only. */
  private exchange(code: Int32Array, field: number, value: number): void {
    const { lane, shift } = this.places;
    const change = this.numberOf(field, this.content[field]!) ^ this.numberOf(field, value);
    code[lane[field]!] = code[lane[field]!]! ^ (change << shift[field]!);
  }

  private numberOf(field: number, value: number): number {
    const dictionary = this.dictionaries[field]!;
    let number = dictionary.get(value);
    if (number !== undefined) return number;
    number = dictionary.size;
    dictionary.set(value, number);
    // A field of one value needs no bit.
    if (number > 0 && number > mask(this.places.width[field]!)) this.widen(field);
    return number;
  }

  private widen(field: number): void {
    const { places } = this;
    const lane = places.lane[field]!;
    const shift = places.shift[field]!;
    const width = places.width[field]!;
    places.widen(field);
    if (this.base.length < places.lanes) {
      this.base = longer(this.base, places.lanes);
      this.code = longer(this.code, places.lanes);
    }
    moveField(this.base, 0, lane, shift, width, places, field);
    this.onWiden(field, lane, shift, width);
  }
}

/** Moves `field` of the code at `codes[from]` from its place before to the one in `places`. */
export function moveField(
  codes: Int32Array,
  from: number,
  lane: number,
  shift: number,
  width: number,
  places: FieldPlaces,
  field: number,
): void {
  if (width === 0) return;
  const value = (codes[from + lane]! >>> shift) & mask(width);
  codes[from + lane] = codes[from + lane]! & ~(mask(width) << shift);
  const to = from + places.lane[field]!;
  codes[to] = codes[to]! | (value << places.shift[field]!);
}

function longer(array: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const copy = new Int32Array(length);
  copy.set(array);
  return copy;
}
