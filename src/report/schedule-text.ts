import type { Access, Step } from '../core/schedule.ts';
import { SCHEDULE_SCHEMA, type SavedSchedule } from './saved-schedule.ts';

/**
 * The text of a schedule file: JSON, one step on each line, so that two schedules can be compared with `diff`.
 *
 *   step   := { "thread": name, "do": [access, …] }            the first access is the step, the others ride on it
 *   access := [operation, word, before, after, result, function, source]
 * Operations are spelled as in core/operations.ts (KIND_NAMES), words by name ("" for none), values as int32 in decimal,
 * source as file:line. Reader: schedule-file.ts.
 */
export function scheduleText(saved: SavedSchedule): string {
  const { program, kernel, apply, revert, parameters, switches, memory, model, violation, steps } = saved;
  const head = {
    schema: SCHEDULE_SCHEMA,
    program,
    kernel,
    apply,
    revert,
    parameters,
    switches,
    memory,
    model,
    violation,
  };
  const lines = Object.entries(head).map(([name, value]) => `  ${JSON.stringify(name)}: ${spaced(value)},`);
  return ['{', ...lines, '  "steps": [', steps.map(stepLine).join(',\n'), '  ]', '}', ''].join('\n');
}

function stepLine({ thread, accesses }: Step): string {
  return `    {"thread": ${JSON.stringify(thread)}, "do": [${accesses.map(accessText).join(', ')}]}`;
}

function accessText({ operation, word, before, after, result, position }: Access): string {
  const values = word === '' ? [0, 0] : [before, after];
  return spaced([operation, word, ...values, result, position.function, position.source]);
}

/** JSON on one line with a space after each comma and colon. */
function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .map(([name, field]) => `${JSON.stringify(name)}: ${spaced(field)}`)
      .join(', ')}}`;
  return JSON.stringify(value);
}
