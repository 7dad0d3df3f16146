/**
 * What the properties of every state look at, numbered. A property is a conjunction of parts, each a function of a few observables; an
 * observable is a sum over single words and accounts (core/program.ts). So how much a step changes an observable follows from the words
 * and accounts that the step changes, in whatever state it is taken.
 */
import type { Observable, Program, PropertyPart } from '../../core/program.ts';

/** One part: the numbers of its observables, its guard among them; the number of the guard or -1. */
export interface ObservedPart {
  readonly observables: Int32Array;
  readonly guard: number;
}

export class Observables {
  readonly all: readonly Observable[];
  readonly parts: readonly ObservedPart[];
  /** For each observable: the numbers of the parts that look at it. */
  readonly partsOf: readonly (readonly number[])[];
  private readonly byWord: readonly (readonly {
    readonly id: number;
    readonly of: (v: number) => number;
  }[])[];
  private readonly byAccount: readonly (readonly { readonly id: number; readonly factor: number }[])[];
  /** For each word: the distinct bit masks that observables look at. */
  private readonly masks: readonly (readonly number[])[];
  private readonly delta: Float64Array;
  private readonly touched: number[] = [];

  constructor(program: Program) {
    const ids = new Map<Observable, number>();
    const number = (observable: Observable): number => {
      const known = ids.get(observable) ?? ids.size;
      ids.set(observable, known);
      return known;
    };
    this.parts = partsOf(program).map(({ observables, guard }) => {
      const all = guard === undefined ? observables : [...observables, guard];
      return {
        observables: Int32Array.from(all, number),
        guard: guard === undefined ? -1 : number(guard),
      };
    });
    this.all = [...ids.keys()];
    this.partsOf = this.all.map((_, id) =>
      this.parts.flatMap(({ observables }, part) => (observables.includes(id) ? [part] : [])),
    );
    this.byWord = program.layout.words.map(({ index }) =>
      this.all.flatMap(({ terms }, id) =>
        terms.filter(({ word }) => word.index === index).map(({ of }) => ({ id, of })),
      ),
    );
    this.byAccount = program.accounts.map((_, a) =>
      this.all.flatMap(({ accounts }, id) =>
        accounts.filter(({ account }) => account === a).map(({ factor }) => ({ id, factor })),
      ),
    );
    const terms = this.all.flatMap((observable) => observable.terms);
    this.masks = program.layout.words.map(({ index }) => [
      ...new Set(terms.filter(({ word }) => word.index === index).map(({ mask }) => mask)),
    ]);
    this.delta = new Float64Array(this.all.length);
  }

  /** Opens the account of a step: {@link change} and {@link holding} add to it, {@link changed} closes it. */
  begin(): void {
    for (const id of this.touched) this.delta[id] = 0;
    this.touched.length = 0;
  }

  /** The step changes `word` from `old` to `value`. */
  change(word: number, old: number, value: number): void {
    for (const { id, of } of this.byWord[word]!) this.add(id, of(value) - of(old));
  }

  /** The step changes what a thread holds. */
  holding(before: Int32Array, after: Int32Array): void {
    if (before === after) return;
    for (let a = 0; a < before.length; a++) {
      const more = after[a]! - before[a]!;
      if (more !== 0) for (const { id, factor } of this.byAccount[a]!) this.add(id, factor * more);
    }
  }

  /** The observables that differ after the step. A fresh array. */
  changed(): number[] {
    return this.touched.filter((id) => this.delta[id] !== 0);
  }

  /** The bits of `word` that one must leave alone so that others, who change `changed`, change the observables by amounts known now. */
  besides(word: number, changed: number): number {
    let bits = 0;
    for (const mask of this.masks[word]!) if ((mask & changed) !== 0) bits |= mask;
    return bits;
  }

  /** All observables that look at `word`. */
  at(word: number): number[] {
    return this.byWord[word]!.map(({ id }) => id);
  }

  /** The observable's value in a state. */
  valueOf(id: number, words: Int32Array, held: Int32Array): number {
    let sum = 0;
    const { terms, accounts } = this.all[id]!;
    for (const { word, of } of terms) sum += of(words[word.index]!);
    for (const { account, factor } of accounts) sum += factor * held[account]!;
    return sum;
  }

  private add(id: number, amount: number): void {
    if (amount === 0) return;
    this.touched.push(id);
    this.delta[id] = this.delta[id]! + amount;
  }
}

/** The parts of all properties of every state; those given to several properties count once. */
function partsOf(program: Program): PropertyPart[] {
  const parts = new Set<readonly PropertyPart[]>();
  for (const property of program.always)
    parts.add(
      property.parts ?? [
        {
          observables: [
            ...property.watches.map((word) => ({
              terms: [{ word, mask: -1, of: (value: number) => value }],
              accounts: [],
            })),
            ...program.accounts.map((_, account) => ({ terms: [], accounts: [{ account, factor: 1 }] })),
          ],
        },
      ],
    );
  return [...parts].flat();
}
