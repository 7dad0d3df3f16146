import type { ParameterValue } from './program.ts';
import type { ViolationKind } from './violation.ts';

/** Where an operation stands in the program's source, and who called it, innermost first. */
export interface Position {
  /** The kernel function (or generator) that yields the operation. */
  readonly function: string;
  /** Its callers, innermost first, without `function` itself. */
  readonly callers: readonly string[];
  /** `src/mm/memory.ts:412`, or an empty string if unknown. */
  readonly source: string;
}

/** One memory operation as it happened. A step has one or more: the head and the ones that ride on it. */
export interface Access {
  /** {@link KIND_NAMES} spelling. */
  readonly operation: string;
  /** Name of the word, or '' for operations without one. */
  readonly word: string;
  /** The word's value before and after. */
  readonly before: number;
  readonly after: number;
  /** What the thread was handed. */
  readonly result: number;
  readonly position: Position;
  /** Notes made just after this access. */
  readonly notes: readonly string[];
}

/** One step of one thread: the unit a scheduler decides about. */
export interface Step {
  /** Name of the thread. */
  readonly thread: string;
  readonly accesses: readonly [Access, ...Access[]];
}

/** What a schedule shows, in the words of contract.md. */
export interface FoundViolation {
  readonly kind: ViolationKind;
  readonly message: string;
}

/** A recorded run: everything needed to repeat it and to check every value on the way. */
export interface Schedule {
  readonly program: string;
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  /** Memory model; only `sc` (sequential consistency) exists so far. */
  readonly memory: 'sc';
  /** See `modelHash` in search/model-hash.ts. */
  readonly model: string;
  readonly steps: readonly Step[];
  readonly violation: FoundViolation | null;
}
