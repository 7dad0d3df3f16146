import type { FoundViolation, Schedule, Step } from '../core/schedule.ts';
import { Automata } from './automata.ts';
import { criticalPair, type CriticalPair } from './critical-pair.ts';
import { AutomataLimitError } from './growth.ts';
import { modelHash } from './model-hash.ts';
import type { ViolationReport } from './verdict.ts';

/** The schedule of these steps, as it is reported and saved. */
export function scheduleOf(automata: Automata, steps: readonly Step[], violation: FoundViolation): Schedule {
  const { name, parameters } = automata.program;
  return { program: name, parameters, memory: 'sc', model: modelHash(automata), steps, violation };
}

/** Longer schedules are not searched for their critical pair: nobody reads them, and it takes the square of their length. */
const MOST_STEPS = 1000;

/** What is reported of a violation; `shortest` as in {@link ViolationReport}. */
export function reportOf(
  automata: Automata,
  steps: readonly Step[],
  violation: FoundViolation,
  { preemptions, shortest }: Pick<ViolationReport, 'preemptions' | 'shortest'>,
): ViolationReport {
  return {
    ...violation,
    schedule: scheduleOf(automata, steps, violation),
    preemptions,
    threads: new Set(steps.map((step) => step.thread)).size,
    shortest,
    criticalPair: steps.length > MOST_STEPS ? null : pairOf(automata, steps),
  };
}

function pairOf({ program }: Automata, steps: readonly Step[]): CriticalPair | null {
  try {
    // Automata of its own: runs that pass are not part of the search, nor of its figures.
    return criticalPair(new Automata(program), steps);
  } catch (error) {
    if (error instanceof AutomataLimitError) return null;
    throw error;
  }
}
