/**
 * Neutral concurrent programs, format npl-1: shared integer variables, mutexes, and threads that are lists of operations. They
 * exist to compare checkers: small, without a host language, with counts that are known.
 */

/** Operators of two operands, on int32. Comparisons, `&&` and `||` give 0 or 1; `/` and `%` truncate and give 0 for a divisor 0. */
export const BINARY = [
  '+',
  '-',
  '*',
  '/',
  '%',
  '==',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  '&&',
  '||',
  '&',
  '|',
  '^',
  '<<',
  '>>',
] as const;
export type BinaryOperator = (typeof BINARY)[number];

/** Relations that an `await` may wait for. */
export const RELATIONS = ['==', '!=', '<', '<=', '>', '>='] as const;
export type Relation = (typeof RELATIONS)[number];

/** A number, a register (`$r`, thread-local, initially 0), or an operator with its operands. */
export type Expression =
  | number
  | string
  | readonly [operator: string, a: Expression]
  | readonly [operator: string, a: Expression, b: Expression];

/** `x`, or an element of an array (of mutexes, too). */
export type Location = string | readonly [array: string, index: Expression];

/** One operation; those up to `join` are one event each, the others are local and run together with the event before them. */
export type Operation =
  | { readonly kind: 'ld'; readonly register: string; readonly location: Location }
  | { readonly kind: 'st'; readonly location: Location; readonly value: Expression }
  | {
      readonly kind: 'faa' | 'xchg';
      readonly register: string;
      readonly location: Location;
      readonly value: Expression;
    }
  | {
      readonly kind: 'cas';
      readonly register: string;
      readonly location: Location;
      readonly expected: Expression;
      readonly value: Expression;
    }
  | { readonly kind: 'lock' | 'unlock'; readonly mutex: Location }
  | { readonly kind: 'trylock'; readonly register: string; readonly mutex: Location }
  | {
      readonly kind: 'await';
      readonly location: Location;
      readonly relation: Relation;
      readonly value: Expression;
    }
  | { readonly kind: 'fence' }
  | { readonly kind: 'spawn' | 'join'; readonly thread: string }
  | { readonly kind: 'set'; readonly register: string; readonly value: Expression }
  | {
      readonly kind: 'if';
      readonly condition: Expression;
      readonly consequent: readonly Operation[];
      readonly alternative: readonly Operation[];
    }
  | { readonly kind: 'while'; readonly condition: Expression; readonly body: readonly Operation[] }
  | { readonly kind: 'break' | 'continue' | 'exit' }
  | { readonly kind: 'assume' | 'assert'; readonly condition: Expression };

export interface NeutralThread {
  readonly name: string;
  /** Starts when another thread spawns it, not with the program. */
  readonly spawned: boolean;
  readonly operations: readonly Operation[];
}

export interface NeutralProgram {
  readonly id: string;
  /** Initial values; an array of numbers is an array. */
  readonly variables: Readonly<Record<string, number | readonly number[]>>;
  /** How many mutexes a name stands for; 1 is no array. */
  readonly mutexes: Readonly<Record<string, number>>;
  readonly threads: readonly NeutralThread[];
}
