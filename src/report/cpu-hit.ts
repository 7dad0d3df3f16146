import type { FoundViolation } from '../core/schedule.ts';
import { confirmationText, type Confirmation } from './confirmation.ts';
import { counted } from './numbers.ts';
import { quoted } from './saved-schedule.ts';
import { paragraph } from './text.ts';

/** A violation that worker threads showed first: the order of steps, replayed on both engines. */
export interface CpuHit extends FoundViolation {
  readonly steps: number;
  readonly preemptions: number;
  /** Threads that take at least one step. */
  readonly threads: number;
  /** Where the schedule was written, or null if it could not be. */
  readonly file: string | null;
  readonly confirmation: Confirmation;
  /** The trace is too long to print. */
  readonly tooLong: boolean;
}

/** Size and place of the schedule, which `what` names, what confirmed it, and how to see it again. */
export function hitLines(hit: CpuHit, what: string): string[] {
  const { steps, preemptions, threads, file, confirmation, tooLong } = hit;
  const size = `${counted(steps, 'step')}, ${counted(preemptions, 'preemption')}, ${counted(threads, 'thread')}`;
  const where = file === null ? '; not written' : ` -> ${file}`;
  return [
    ...paragraph(`${what}: ${size}${where}`, '  '),
    ...paragraph(confirmationText(confirmation, ' and on the search engine'), '  '),
    ...(file === null
      ? []
      : [
          `  replay:  npx lostwrite replay ${quoted(file)} --on cpus`,
          ...(tooLong ? ['           (prints the trace, which is too long to show here)'] : []),
        ]),
  ];
}

/** `violation` of the documents `lostwrite/stress@1` and `lostwrite/verdict@1`; `notConfirmed` says why not. */
export function hitJson({ kind, message, file, steps, preemptions, threads, confirmation }: CpuHit) {
  return {
    kind,
    message,
    schedule: file,
    steps,
    preemptions,
    cpus: threads,
    confirmedOnCpus: confirmation.confirmed,
    notConfirmed: confirmation.confirmed ? null : confirmation.reason,
  };
}
