/** What a replay takes and gives, whichever engine runs it, and the comparison that makes it one. */
import { isDeepStrictEqual } from 'node:util';
import type { Divergence } from './divergence.ts';
import type { Program } from './program.ts';
import type { Access, FoundViolation, Schedule, Step } from './schedule.ts';

/** What a replay needs of a schedule; positions and notes are only shown, never compared. */
export type Recording = Pick<Schedule, 'model' | 'steps' | 'violation'>;

/** The operands of an operation, see `Kind`. */
export interface Operands {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** A step as it happened now. */
export interface ReplayedStep extends Step {
  /** Operands of each access, in the same order. */
  readonly operands: readonly Operands[];
  /** The thread of the step before could have gone on. */
  readonly preempts: boolean;
}

/** What a replay found out. */
export interface Replay {
  readonly program: Program;
  /** `modelHash` of the program as it is now; the recording may carry another. */
  readonly model: string;
  readonly steps: readonly ReplayedStep[];
  /** What the state after the last step shows, or null. */
  readonly violation: FoundViolation | null;
}

/**
 * Compares a recorded step with the one that happened: operation, word, value before, value after and result of every access.
 * Calls `diverge` with the first pair that differs, in words.
 */
export function compareSteps(
  recorded: Step,
  step: Step,
  diverge: (expected: string, found: string) => Divergence,
): void {
  const length = Math.max(recorded.accesses.length, step.accesses.length);
  for (let i = 0; i < length; i++) {
    const expected = recorded.accesses[i];
    const found = step.accesses[i];
    if (
      expected !== undefined &&
      found !== undefined &&
      isDeepStrictEqual(valuesOf(expected), valuesOf(found))
    )
      continue;
    const end = `${recorded.thread}: the step to end here`;
    throw diverge(
      expected === undefined ? end : `${recorded.thread}: ${describeAccess(expected)}`,
      found === undefined
        ? end.replace('the step to end', 'the step ended')
        : `${step.thread}: ${describeAccess(found)}`,
    );
  }
}

function valuesOf({ operation, word, before, after, result }: Access): unknown[] {
  // An operation without a word records whatever stands in its place.
  return word === '' ? [operation, result] : [operation, word, before, after, result];
}

/** `store page[0].flags 3 -> 7 (result 0) in do_swap_page(), src/mm/memory.ts:412`. */
export function describeAccess({ operation, word, before, after, result, position }: Access): string {
  const value = before === after ? `${before}` : `${before} -> ${after}`;
  const where = [position.function === '' ? '' : `in ${position.function}()`, position.source].filter(
    (part) => part !== '',
  );
  return `${operation}${word === '' ? '' : ` ${word} ${value}`} (result ${result}) ${where.join(', ')}`.trimEnd();
}

/** The thread and the first access of a step. */
export function describeStep(step: Step): string {
  return `${step.thread}: ${describeAccess(step.accesses[0])}`;
}
