import { ModelError } from './errors.ts';
import type { Field, Word } from './words.ts';

/** `(word & mask) === value`, or its negation. */
export interface Clause {
  readonly word: number;
  readonly mask: number;
  readonly value: number;
  readonly negated: boolean;
}

/** A condition over named words: true if all clauses of any one alternative hold. Made by {@link Conditions}. */
export interface Condition {
  readonly id: number;
  readonly firstWord: number;
  readonly alternatives: readonly (readonly Clause[])[];
}

/** `target` equals `value`. */
export function equals(target: Word | Field, value: number): Clause {
  return {
    word: target.index,
    mask: target.mask,
    value: (value << target.shift) & target.mask,
    negated: false,
  };
}

/** `target` differs from `value`. */
export function differs(target: Word | Field, value: number): Clause {
  return { ...equals(target, value), negated: true };
}

/**
 * The conditions of one program, as an integer table that engines evaluate without objects:
 * offset[id] → count of alternatives, then for each: count of clauses, then word, mask, value, negated for each clause.
 */
export class Conditions {
  private readonly byKey = new Map<string, Condition>();
  private readonly offsets: number[] = [];
  private readonly code: number[] = [];

  /** True when any of the given clauses holds. */
  any(...clauses: readonly Clause[]): Condition {
    return this.anyOf(...clauses.map((clause) => [clause]));
  }

  /** True when all of the given clauses hold. */
  all(...clauses: readonly Clause[]): Condition {
    return this.anyOf(clauses);
  }

  /** Disjunction of conjunctions; the same condition asked for twice is the same object. */
  anyOf(...alternatives: readonly (readonly Clause[])[]): Condition {
    const key = JSON.stringify(alternatives);
    const known = this.byKey.get(key);
    if (known !== undefined) return known;
    const first = alternatives[0]?.[0];
    if (first === undefined) throw new ModelError('a condition needs at least one clause');
    const condition = { id: this.offsets.length, firstWord: first.word, alternatives };
    this.offsets.push(this.code.length);
    this.code.push(alternatives.length);
    for (const clauses of alternatives) {
      this.code.push(clauses.length);
      for (const c of clauses) this.code.push(c.word, c.mask, c.value, c.negated ? 1 : 0);
    }
    this.byKey.set(key, condition);
    return condition;
  }

  /** Is condition `id` true of `words`? Cost: one pass over its clauses. */
  holds(id: number, words: Int32Array): boolean {
    const { code } = this;
    let at = this.offsets[id]!;
    let left = code[at++]!;
    for (; left > 0; left--) {
      let clauses = code[at++]!;
      let all = true;
      for (; clauses > 0; clauses--, at += 4) {
        if (((words[code[at]!]! & code[at + 1]!) === code[at + 2]!) === (code[at + 3]! === 1)) all = false;
      }
      if (all) return true;
    }
    return false;
  }

  /** The words condition `id` reads, in the order written, each once. */
  wordsOf(id: number): readonly number[] {
    return [
      ...new Set(
        this.alternativesOf(id)
          .flat()
          .map((clause) => clause.word),
      ),
    ];
  }

  /**
   * What condition `id` says. Conditions may be made while threads run, so another instance of the program may know the same one
   * by another id: give it this, see {@link anyOf}.
   */
  alternativesOf(id: number): Condition['alternatives'] {
    for (const condition of this.byKey.values()) if (condition.id === id) return condition.alternatives;
    return [];
  }
}
