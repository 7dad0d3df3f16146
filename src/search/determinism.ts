/**
 * Between two operations a thread must be deterministic in the values it was handed. Whenever a generator is run again, each
 * operation it yields is compared with the one it yielded before.
 */
import { ModelError } from '../core/errors.ts';
import { Kind, KIND_NAMES } from '../core/operations.ts';
import type { Program } from '../core/program.ts';
import type { Position } from '../core/schedule.ts';
import { describe } from '../core/positions.ts';

/** What a thread did next after some history: an operation, its end, or a failure with its message. */
export interface Outcome {
  readonly kind: number;
  readonly word: number;
  readonly x: number;
  readonly y: number;
  readonly z: number;
  /** The message of a FAIL, else empty. */
  readonly failure: string;
}

/** Throws a ModelError that shows both outcomes with their positions unless they are the same. */
export function requireSame(
  program: Program,
  thread: number,
  first: Outcome,
  firstAt: () => Position,
  second: Outcome,
  secondAt: () => Position,
): void {
  if (
    first.kind === second.kind &&
    first.word === second.word &&
    first.x === second.x &&
    first.y === second.y &&
    first.z === second.z &&
    first.failure === second.failure
  )
    return;
  throw new ModelError(
    [
      `thread ${program.threads[thread]!.name} is not deterministic: run twice with the same values, it did two things`,
      `  first run:  ${spell(program, first)} at ${describe(firstAt())}`,
      `  second run: ${spell(program, second)} at ${describe(secondAt())}`,
      '  likely causes: Date, Math.random, a variable shared between runs (closure or module), iteration order of objects',
    ].join('\n'),
  );
}

function spell(program: Program, outcome: Outcome): string {
  const { kind, word, x, y, z } = outcome;
  if (kind === Kind.DONE) return 'ended';
  if (kind === Kind.FAIL) return `failed with "${outcome.failure}"`;
  return `${KIND_NAMES[kind]} ${program.layout.words[word]?.name ?? ''} (${x}, ${y}, ${z})`;
}
