/** From the order in which free-running CPUs were seen to step, to steps as a schedule tells them. */
import { actsOnWord, KIND_NAMES, newValue } from '../core/operations.ts';
import type { Program } from '../core/program.ts';
import type { Access, Step } from '../core/schedule.ts';
import type { PerformedStep } from './performed.ts';

const NOWHERE = { function: '?', callers: [], source: '' };

/**
 * The steps of all threads in `order`, each word's value before and after told by those that came before: a free-running plain
 * store does not see what it overwrites.
 */
export function ordered(
  program: Program,
  observed: readonly (readonly PerformedStep[])[],
  order: readonly number[],
): PerformedStep[] {
  const words = program.layout.initial();
  const taken = observed.map(() => 0);
  return order.map((thread) => {
    const step = observed[thread]![taken[thread]!++]!;
    const [first, ...rest] = step.operations.map((operation) => {
      const { kind, word, x, y } = operation;
      if (!actsOnWord(kind)) return operation;
      const before = words[word]!;
      const after = newValue(kind, before, x, y);
      words[word] = after;
      return { ...operation, before, after };
    });
    return { ...step, operations: [first!, ...rest] };
  });
}

/** A step as schedules record it, without position and notes. */
export function stepOf(program: Program, { thread, operations }: PerformedStep): Step {
  const [first, ...rest] = operations.map(({ kind, word, before, after, result }): Access => {
    return {
      operation: KIND_NAMES[kind]!,
      word: actsOnWord(kind) ? program.layout.words[word]!.name : '',
      before,
      after,
      result,
      position: NOWHERE,
      notes: [],
    };
  });
  return { thread: program.threads[thread]!.name, accesses: [first!, ...rest] };
}
