import { ModelError } from '../core/errors.ts';
import { actsOnWord, Kind, KIND_NAMES, newValue } from '../core/operations.ts';
import { namedOwners } from '../core/owners.ts';
import type { Program } from '../core/program.ts';
import type { FoundViolation } from '../core/schedule.ts';
import {
  choicesOf,
  wordsOf,
  type PendingOperation,
  type PerformedStep,
  type ThreadPosition,
} from './performed.ts';

/** Says why a thread that stands at FAIL has failed. */
export type FailureOf = (thread: number) => FoundViolation;

/**
 * The state of a program as the CPUs' reports tell it, kept beside the shared words: looks at every state for broken rules, and
 * notices a word that changed without anybody having reported it.
 */
export class Judge {
  readonly program: Program;
  /** The words as reported so far; int32 each; owned by the judge. */
  readonly words: Int32Array;
  /** Where each thread stands. */
  readonly pending: ThreadPosition[];
  private readonly failureOf: FailureOf;
  private readonly watched: Uint8Array;
  /** Something that a rule looks at has changed since the last look. */
  private changed = true;

  /** @param pending where each thread stands before its first step */
  constructor(program: Program, pending: readonly ThreadPosition[], failureOf: FailureOf) {
    this.program = program;
    this.words = program.layout.initial();
    this.pending = [...pending];
    this.failureOf = failureOf;
    this.watched = new Uint8Array(this.words.length);
    for (const { watches } of [...program.always, ...program.atEnd])
      for (const { index } of watches) this.watched[index] = 1;
  }

  /** Takes a reported step over. Throws a ModelError if a word's value before an operation is not the one left there. */
  apply({ thread, operations, next }: PerformedStep): void {
    for (const { kind, word, x, y, before, after } of operations) {
      if (!actsOnWord(kind)) continue;
      if (this.words[word] !== before || newValue(kind, before, x, y) !== after)
        throw new ModelError(
          `${this.program.threads[thread]!.name} did ${KIND_NAMES[kind]} ${this.nameOf(word)} ${before} -> ${after}, but the word was left at ${this.words[word]}: somebody wrote it out of turn`,
        );
      this.words[word] = after;
      if (before !== after && this.watched[word] === 1) this.changed = true;
    }
    const left = this.pending[thread]!;
    if (next.kind >= Kind.DONE || next.resting !== left.resting) this.changed = true;
    if (left.held.some((count, account) => count !== next.held[account])) this.changed = true;
    this.pending[thread] = next;
  }

  /** In how many ways `thread` can take its next step. */
  choices(thread: number): number {
    return choicesOf(this.program, this.pending[thread]!, this.words);
  }

  /** Have all threads that must end ended? */
  finished(): boolean {
    return this.program.threads.every(
      ({ daemon }, thread) => daemon === true || this.pending[thread]!.kind === Kind.DONE,
    );
  }

  /** {@link finished}, and no daemon has anything half done. */
  atEnd(): boolean {
    return this.finished() && this.pending.every(({ kind, resting }) => kind === Kind.DONE || resting);
  }

  /** Can no thread move, daemons included, although one that must end has not? */
  stuck(): boolean {
    return !this.finished() && this.pending.every((_, thread) => this.choices(thread) === 0);
  }

  /**
   * The first rule that this state breaks by itself (not deadlock), or null; in the order of the search's Stepper. To be asked in
   * every state: the rules are looked at only where something that they watch has changed since it was asked last.
   */
  violation(): FoundViolation | null {
    if (!this.changed) return null;
    const found = this.broken();
    this.changed = found !== null;
    return found;
  }

  private broken(): FoundViolation | null {
    for (let thread = 0; thread < this.pending.length; thread++)
      if (this.pending[thread]!.kind === Kind.FAIL) return this.failureOf(thread);
    const held = this.program.accounts.map((_, account) =>
      this.pending.reduce((sum, position) => sum + position.held[account]!, 0),
    );
    const sums = Int32Array.from(held);
    const { always, atEnd } = this.program;
    for (const { kind, holds, explain } of this.atEnd() ? [...always, ...atEnd] : always)
      if (!holds(this.words, sums)) return { kind, message: explain(this.words, sums) };
    return null;
  }

  /** `user waits at lock mm[0].ptl (held by kswapd)` for each thread that must end and cannot move. */
  waiting(): string[] {
    return this.program.threads.flatMap(({ name, daemon }, thread) => {
      const pending = this.pending[thread]!;
      if (daemon === true || pending.kind >= Kind.DONE || this.choices(thread) > 0) return [];
      return [`${name} waits at ${describePending(this.program, pending, this.words)}`];
    });
  }

  private nameOf(word: number): string {
    return this.program.layout.words[word]!.name;
  }
}

/** `lock mm[0].ptl (held by kswapd)`. */
export function describePending(program: Program, pending: PendingOperation, words: Int32Array): string {
  const { layout } = program;
  const values = wordsOf(program, pending).map(
    (word) => `${layout.words[word]!.name} (${namedOwners(program, layout.format(word, words[word]!))})`,
  );
  return `${KIND_NAMES[pending.kind]} ${values.join(', ')}`.trimEnd();
}
