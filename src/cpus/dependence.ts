/**
 * Which steps of different threads may be swapped without anybody noticing (Mazurkiewicz's independence relation, decided for two
 * steps that are both enabled in one state).
 *
 * Memory. A step is a function of the words it touches: of their values depends which operations it consists of, what it leaves in
 * them, whether it is enabled at all (a lock, a condition), and where its thread stands afterwards. It writes those of them whose
 * value it changes; a failed compare-exchange, a failed trylock, a store of what was there already write nothing. If neither step
 * writes what the other touches, each does the same before and after the other, and both orders lead to one state.
 *
 * Properties. An execution ends in the first state that breaks a rule, so swapping two steps may also make or hide a violation:
 * in the order `t u` the state between them is after t alone, in the order `u t` after u alone. Rules come in two sorts, judged in
 * this order: *always* (a thread has failed; `program.always`) and *end* (`program.atEnd`, looked at once all threads that must
 * end have ended and all daemons have ended or are at rest).
 * - A step is *seen* if it may change what the rules of the first sort say: it changes a word that one of them watches, or a ghost
 *   account, or its thread fails. Two seen steps are dependent.
 * - A step is *closing* if it may change what the rules of the second sort say. A thread that must end is not done before its
 *   step, so only its last step is. Of a daemon: one that changes a word such a rule watches or a ghost account, or whether the
 *   daemon has come to its end or to rest. Two closing steps are dependent, unless both are last steps of threads that must end:
 *   in the state between them one of the two has not ended, whichever goes first.
 *
 * So let w be a sequence of steps of which only the last, t, leads to a broken rule (or none does), and w' one that differs by swaps
 * of neighbouring independent steps. Then w' breaks the same rule first, with t. Its seen steps come in the same order, so after
 * each of them the rules of the first sort say what they said in w: all is well but perhaps after t. Its closing steps do as
 * well, last steps of threads apart; so does what they close upon: when all threads have ended, all their writes are made in both,
 * and those of daemons to words watched at the end are closing themselves. Hence the rules of the second sort, too, are broken
 * only after t, if at all. This holds for the two sorts on their own; seen and closing steps need no order between them.
 *
 * This trusts `watches` of properties, as the searches do. A message of `explain` that reads a word its property does not watch
 * may differ between two orders of which only one is run.
 */
import { Kind } from '../core/operations.ts';
import type { Program, Property } from '../core/program.ts';
import type { PendingOperation, PerformedOperation, PerformedStep, ThreadPosition } from './performed.ts';

/** What there is to know about a step, or one that could be taken, to tell which others it depends on. Immutable. */
export interface Footprint {
  readonly thread: number;
  /** What it answered if it began with `choose`, else 0. */
  readonly choice: number;
  /** Indices of the words whose values decided what it did, each once. */
  readonly touched: readonly number[];
  /** Those of {@link touched} that have another value after it. */
  readonly changed: readonly number[];
  readonly daemon: boolean;
  /** See the head of this file. */
  readonly seen: boolean;
  readonly closing: boolean;
}

function watchedBy(properties: readonly Property[], words: number): Uint8Array {
  const watched = new Uint8Array(words);
  for (const { watches } of properties) for (const { index } of watches) watched[index] = 1;
  return watched;
}

/** Makes the footprints of one program's steps. */
export class Footprints {
  private readonly daemon: readonly boolean[];
  private readonly hasAlways: boolean;
  private readonly hasEnd: boolean;
  private readonly watchedAlways: Uint8Array;
  private readonly watchedAtEnd: Uint8Array;
  private readonly program: Program;
  private readonly conditions: (readonly number[])[] = [];

  constructor(program: Program) {
    const { threads, layout, always, atEnd } = program;
    this.program = program;
    this.daemon = threads.map(({ daemon }) => daemon === true);
    this.hasAlways = always.length > 0;
    this.hasEnd = atEnd.length > 0;
    this.watchedAlways = watchedBy(always, layout.words.length);
    this.watchedAtEnd = watchedBy(atEnd, layout.words.length);
  }

  /**
   * The footprint of a step as it was performed. Cost: the square of the number of its operations.
   *
   * @param choice the answer that was given to `choose`, else 0
   * @param from where the thread stood before
   */
  of(step: PerformedStep, choice: number, from: ThreadPosition): Footprint {
    const { thread, operations, next } = step;
    const touched: number[] = [];
    const before: (number | null)[] = [];
    const after: (number | null)[] = [];
    for (const operation of operations) {
      // A wait for a condition reads several words and writes none; it reports the value of one.
      const waits = operation.kind === Kind.UNTIL_CONDITION;
      for (const word of this.wordsOf(operation)) {
        let at = touched.indexOf(word);
        if (at < 0) {
          at = touched.push(word) - 1;
          before.push(null);
          after.push(null);
        }
        if (waits) continue;
        before[at] ??= operation.before;
        after[at] = operation.after;
      }
    }
    const changed = touched.filter((_, at) => before[at] !== after[at]);
    const accounts = from.held.some((count, account) => count !== next.held[account]);
    const daemon = this.daemon[thread]!;
    const seen =
      next.kind === Kind.FAIL ||
      (this.hasAlways && (accounts || changed.some((word) => this.watchedAlways[word] === 1)));
    const closing =
      this.hasEnd &&
      (daemon
        ? accounts || isQuiet(from) !== isQuiet(next) || changed.some((w) => this.watchedAtEnd[w] === 1)
        : next.kind === Kind.DONE);
    return { thread, choice, touched, changed, daemon, seen, closing };
  }

  private wordsOf({ kind, word, x }: PerformedOperation): readonly number[] {
    if (kind === Kind.UNTIL_CONDITION) return (this.conditions[x] ??= this.program.conditions.wordsOf(x));
    return kind >= Kind.CHOOSE ? [] : [word];
  }
}

function isQuiet({ kind, resting }: PendingOperation): boolean {
  return kind === Kind.DONE || resting;
}

/** May swapping the two make a difference? Both must have been enabled, next to each other, with these footprints. */
export function areDependent(a: Footprint, b: Footprint): boolean {
  return (
    a.thread === b.thread ||
    meet(a.changed, b.touched) ||
    meet(b.changed, a.touched) ||
    (a.seen && b.seen) ||
    (a.closing && b.closing && (a.daemon || b.daemon))
  );
}

function meet(some: readonly number[], others: readonly number[]): boolean {
  for (const word of some) if (others.includes(word)) return true;
  return false;
}
