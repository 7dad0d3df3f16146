import { InputError } from '../core/errors.ts';
import type { Schedule } from '../core/schedule.ts';
import type { ProgramChoice } from '../report/saved-schedule.ts';
import { scheduleText } from '../report/schedule-text.ts';
import type { BuiltProgram } from './registry.ts';
import { saveFile } from './save.ts';

/** Writes a schedule of the program that `choice` names. Returns what went wrong, or null: a verdict must not be lost over it. */
export function trySave(
  { kernel, switches }: BuiltProgram,
  choice: ProgramChoice,
  { memory, model, violation, steps }: Pick<Schedule, 'memory' | 'model' | 'violation' | 'steps'>,
  file: string,
): InputError | null {
  try {
    saveFile(file, scheduleText({ ...choice, kernel, switches, memory, model, violation, steps }));
    return null;
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
}
