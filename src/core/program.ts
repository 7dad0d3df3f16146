import type { Conditions } from './conditions.ts';
import { ModelError } from './errors.ts';
import type { Steps } from './operations.ts';
import type { ViolationKind } from './violation.ts';
import type { Layout, Word } from './words.ts';

/** One thread (CPU or agent) of a program. */
export interface ProgramThread {
  /** Unique in the program; the column heading of traces. */
  readonly name: string;
  /** A daemon (a device, an endless reclaim loop) need not finish; the run is over when all others have. */
  readonly daemon?: boolean;
  /** Makes a fresh run of the thread; must be deterministic in the values it is handed. */
  readonly body: () => Steps<void>;
}

/**
 * A number that is a sum over single words and ghost accounts: how a step changes it depends on nothing but the words and accounts that
 * the step itself changes.
 */
export interface Observable {
  readonly terms: readonly ObservableTerm[];
  /** Accounts, each with the factor by which it counts. */
  readonly accounts: readonly { readonly account: number; readonly factor: number }[];
}

/** `of` depends on no other bits of the word's value than those of `mask`. */
export interface ObservableTerm {
  readonly word: Word;
  readonly mask: number;
  readonly of: (value: number) => number;
}

/** A conjunct of a property, as far as partial-order reduction needs to know it: what it looks at, not what it says. */
export interface PropertyPart {
  /** The part is a function of these numbers (and of `guard`). */
  readonly observables: readonly Observable[];
  /** The part holds wherever this number is 0. */
  readonly guard?: Observable;
}

/**
 * A predicate over the words, checked in every state or at the end. `holds` reads `words` (int32, one for each word of the
 * layout, not to be written) and `held` (ghost accounts summed over all threads) and nothing else.
 */
export interface Property {
  readonly name: string;
  readonly kind: ViolationKind;
  /** The words `holds` reads: it is evaluated again only when one of them or an account changes. */
  readonly watches: readonly Word[];
  /**
   * The property is the conjunction of these parts. Finer parts let partial-order reduction leave out more; without any, every
   * watched word and every account counts as looked at. Not needed for a property of the end.
   */
  readonly parts?: readonly PropertyPart[];
  readonly holds: (words: Int32Array, held: Int32Array) => boolean;
  /** Says what is wrong in a state where `holds` is false; called once, for the report. */
  readonly explain: (words: Int32Array, held: Int32Array) => string;
}

/**
 * A state that some schedule must come to, or a pass means little (TLA+ and Stateright call it `sometimes`). `holds` as in
 * {@link Property}.
 */
export interface Sometimes {
  /** Unlike the names of all checks and covers. */
  readonly name: string;
  /** The words `holds` reads: it is evaluated again only when one of them or an account changes, and never again once it held. */
  readonly watches: readonly Word[];
  readonly holds: (words: Int32Array, held: Int32Array) => boolean;
}

/** A parameter value of a program. */
export type ParameterValue = string | number | boolean;

/**
 * A concurrent program: memory, threads, properties. Built by name and parameters, never passed between threads, so that any
 * worker can build the same one again. Immutable once built.
 */
export interface Program {
  readonly name: string;
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  readonly layout: Layout;
  readonly conditions: Conditions;
  readonly threads: readonly ProgramThread[];
  /** Names of the ghost accounts that `hold` counts. */
  readonly accounts: readonly string[];
  /** Checked in every state, in this order. */
  readonly always: readonly Property[];
  /** Checked in every state in which all non-daemon threads have ended and every daemon has ended or is at rest. */
  readonly atEnd: readonly Property[];
  /** Names of checks and covers that a meaningful search must have reached; otherwise its verdict is vacuous. */
  readonly mustReach: readonly string[];
  /** States that some schedule must come to; otherwise the verdict is vacuous. Default none. */
  readonly sometimes?: readonly Sometimes[];
}

/** At most this many threads: sets of threads are int32 bit masks, and a rw-semaphore keeps one bit for each reader. */
export const MAX_THREADS = 24;

/** Checks what the type cannot say. Throws a ModelError naming the fault. */
export function validateProgram(program: Program): Program {
  const { threads, name } = program;
  if (threads.length === 0) throw new ModelError(`program ${name}: no threads`);
  if (threads.length > MAX_THREADS)
    throw new ModelError(`program ${name}: ${threads.length} threads, at most ${MAX_THREADS} are supported`);
  const names = new Set(threads.map((thread) => thread.name));
  if (names.size !== threads.length) throw new ModelError(`program ${name}: two threads have the same name`);
  const reached = [...program.mustReach, ...(program.sometimes ?? []).map((property) => property.name)];
  if (new Set(reached).size !== reached.length)
    throw new ModelError(`program ${name}: two of what must be reached have the same name`);
  return program;
}
