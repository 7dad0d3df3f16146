/** Notices that a program does not do again what it did: something is left over from an execution before. */
import { ModelError } from '../core/errors.ts';
import { KIND_NAMES } from '../core/operations.ts';
import type { Program } from '../core/program.ts';
import type { PendingOperation, PerformedOperation, PerformedStep } from './performed.ts';

/** The error for step number `step` (1-based; 0: before the first) of `thread`, which came out otherwise than before. */
export function leftoverState(
  program: Program,
  thread: number,
  step: number,
  expected: string,
  found: string,
): ModelError {
  return new ModelError(
    `leftover state: ${program.threads[thread]!.name}, step ${step}, after the same schedule: expected ${expected}, found ${found}; a thread's body shares mutable state between runs, or a word was written out of turn`,
  );
}

/** Requires that `found`, step number `number` of an execution (1-based), is what `recorded` was. Throws a ModelError. */
export function requireSameStep(
  program: Program,
  number: number,
  recorded: PerformedStep,
  found: PerformedStep,
): void {
  const differ = (expected: string, now: string): ModelError =>
    leftoverState(program, recorded.thread, number, expected, now);
  const length = Math.max(recorded.operations.length, found.operations.length);
  for (let i = 0; i < length; i++) {
    const before = recorded.operations[i];
    const now = found.operations[i];
    if (before === undefined || now === undefined || !sameOperation(before, now))
      throw differ(describeOperation(program, before), describeOperation(program, now));
  }
  for (let account = 0; account < program.accounts.length; account++)
    if (recorded.next.held[account] !== found.next.held[account]) {
      const name = program.accounts[account]!;
      throw differ(
        `${recorded.next.held[account]} of ${name} held`,
        `${found.next.held[account]} of ${name} held`,
      );
    }
  if (!samePending(recorded.next, found.next))
    throw differ(`${describeNext(program, recorded.next)} next`, `${describeNext(program, found.next)} next`);
}

/** Requires that every thread starts as it did before. Throws a ModelError. */
export function requireSameStart(
  program: Program,
  recorded: readonly PendingOperation[],
  found: readonly PendingOperation[],
): void {
  recorded.forEach((pending, thread) => {
    const now = found[thread]!;
    if (!samePending(pending, now))
      throw leftoverState(program, thread, 0, describeNext(program, pending), describeNext(program, now));
  });
}

function sameOperation(a: PerformedOperation, b: PerformedOperation): boolean {
  return (
    a.kind === b.kind &&
    a.word === b.word &&
    a.x === b.x &&
    a.y === b.y &&
    a.z === b.z &&
    a.before === b.before &&
    a.after === b.after &&
    a.result === b.result
  );
}

function samePending(a: PendingOperation, b: PendingOperation): boolean {
  return a.kind === b.kind && a.word === b.word && a.x === b.x && a.y === b.y && a.resting === b.resting;
}

/** `store a 0 -> 1 (operands 0, 1, 0, result 0)`. */
function describeOperation(program: Program, operation: PerformedOperation | undefined): string {
  if (operation === undefined) return 'the step to end';
  const { kind, word, x, y, z, before, after, result } = operation;
  const name = program.layout.words[word]?.name ?? '';
  return `${KIND_NAMES[kind]} ${name} ${before} -> ${after} (operands ${x}, ${y}, ${z}, result ${result})`;
}

/** `lock b (operands -1, 1)`. */
export function describeNext(program: Program, { kind, word, x, y, resting }: PendingOperation): string {
  const name = program.layout.words[word]?.name ?? '';
  return `${KIND_NAMES[kind]} ${name} (operands ${x}, ${y}${resting ? ', at rest' : ''})`;
}
