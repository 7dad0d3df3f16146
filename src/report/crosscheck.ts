/** What a cross-check of engines says, for a person and for a machine. */
import type { Crosscheck, CrosscheckRow } from '../search/crosscheck/crosscheck.ts';
import { counted, duration, grouped } from './numbers.ts';
import { paragraph } from './text.ts';

const COLUMNS = ['engine', 'states', 'steps', 'executions', 'final states', 'violations', 'deadlocks', ''];

function cells(row: CrosscheckRow): string[] {
  const some = (count: number | null | undefined) =>
    count === null || count === undefined ? '-' : grouped(count);
  return [
    row.name,
    some(row.states),
    grouped(row.steps),
    some(row.executions),
    some(row.finals?.size),
    row.stopsAtFirst && row.violations.size > 0 ? 'first one' : grouped(row.violations.size),
    row.deadlocks === null ? (row.deadlocked ? 'first one' : '-') : grouped(row.deadlocks.size),
    duration(row.seconds),
  ];
}

/** The table and what it means; lines shorter than 100 columns. */
export function crosscheckText(title: string, { rows, differences, finished }: Crosscheck): string[] {
  const table = [COLUMNS, ...rows.map(cells)];
  const widths = COLUMNS.map((_, c) => Math.max(...table.map((row) => row[c]!.length)));
  const lines = table.map((row) =>
    row.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]!) : cell.padStart(widths[c]!))).join('  '),
  );
  const word = differences.length > 0 ? 'DIFFERENT' : finished < 2 ? 'INCONCLUSIVE' : 'AGREED';
  return [
    `${title}   ${word}   (${counted(rows.length, 'engine')}, SC)`,
    ...lines.map((line) => `  ${line}`),
    ...rows.flatMap(({ name, unfinished }) =>
      unfinished === null ? [] : paragraph(`${name} did not finish: ${unfinished}`, '  '),
    ),
    ...differences.flatMap((difference) => paragraph(difference, '  ')),
    ...meaning(differences.length, finished, rows.length),
  ];
}

function meaning(differences: number, finished: number, engines: number): string[] {
  if (differences > 0)
    return paragraph('At least one engine is wrong: its verdicts are not to be trusted.', '  ');
  if (finished < 2)
    return paragraph(
      'Fewer than two engines came to their end: nothing was compared in full. To go on: raise --budget, or make the scenario smaller with --set.',
      '  ',
    );
  const rest = finished === engines ? '' : ' What the others found is a part of that.';
  return paragraph(`The ${finished} engines that came to their end found the same.${rest}`, '  ');
}

/** The document `lostwrite/crosscheck@1`; null: the engine does not tell. */
export function crosscheckJson(
  scenario: string,
  kernel: string,
  { rows, differences, finished }: Crosscheck,
) {
  return {
    schema: 'lostwrite/crosscheck@1',
    scenario,
    kernel,
    agreed: differences.length === 0,
    finished,
    engines: rows.map((row) => ({
      name: row.name,
      finished: row.unfinished === null,
      unfinished: row.unfinished,
      states: row.states,
      steps: row.steps,
      executions: row.executions,
      finalStates: row.finals?.size ?? null,
      violations: [...row.violations],
      deadlocks: row.deadlocks?.size ?? null,
      seconds: row.seconds,
    })),
    differences,
  };
}
