import type { FoundViolation, Schedule } from '../core/schedule.ts';

/** Name and version of the schedule file format; a change that old readers cannot read gets a new number. */
export const SCHEDULE_SCHEMA = 'lostwrite/schedule@1';

/** How the program of a schedule is built again, in the words of the command line. */
export interface ProgramChoice {
  /** The scenario. */
  readonly program: string;
  readonly kernel: string;
  /** Patches and hunks put on and taken off, as `id` or `id#hunk`. */
  readonly apply: readonly string[];
  readonly revert: readonly string[];
  /** Parameters given with `--set`; the others have their defaults. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** What a schedule file holds. */
export interface SavedSchedule extends ProgramChoice {
  /** The switches this choice came to when it was recorded: for readers, never read back into a program. */
  readonly switches: Readonly<Record<string, string | number | boolean>>;
  readonly memory: Schedule['memory'];
  readonly model: string;
  readonly violation: FoundViolation | null;
  /** Without callers and notes: a replay finds them again. */
  readonly steps: Schedule['steps'];
}

/** The `lostwrite explore` arguments that build this program. */
export function exploreArguments({ program, kernel, apply, revert, parameters }: ProgramChoice): string[] {
  return [
    program,
    '--kernel',
    kernel,
    ...apply.flatMap((patch) => ['--apply', patch]),
    ...revert.flatMap((patch) => ['--revert', patch]),
    ...Object.entries(parameters).flatMap(([name, value]) => ['--set', `${name}=${value}`]),
  ].map(quoted);
}

/** As a shell reads it. */
export function quoted(argument: string): string {
  return /^[\w./=:@%+,#-]+$/.test(argument) && !argument.startsWith('#')
    ? argument
    : `'${argument.replaceAll("'", `'\\''`)}'`;
}
