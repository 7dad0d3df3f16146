import { readFileSync } from 'node:fs';
import { parseNeutralPrograms } from '../../../src/report/npl-file.ts';
import type { NeutralProgram } from '../../../src/search/npl/program.ts';

/** What other checkers and an enumeration without any reduction say of a program (sequential consistency). */
export interface Expected {
  readonly complete: number;
  readonly blocked: number;
  readonly deadlocked: number;
  readonly violating: number;
  /** Maximal schedules; may be large. */
  readonly interleavings: string;
  readonly finalStates: number;
  readonly outcomes: number;
  readonly states: number;
  readonly transitions: number;
}

/** The smaller programs of each family of the benchmark collection, with their certain counts. */
export function expectedPrograms(): [id: string, program: NeutralProgram, expected: Expected][] {
  const file = new URL('programs.json', import.meta.url);
  const text = readFileSync(file, 'utf8');
  const raw = JSON.parse(text) as { programs: { expect: { sc: Expected } }[] };
  return parseNeutralPrograms(text, 'programs.json').map((program, i) => [
    program.id,
    program,
    raw.programs[i]!.expect.sc,
  ]);
}
