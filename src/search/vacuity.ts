import type { Automata } from './automata.ts';

/** How many operations are run a second time before a pass is believed. */
export const VERIFIED_OPERATIONS = 20_000;

/** Named as never reached when no state had two successors: then nothing concurrent has been explored. */
const SECOND_SCHEDULE = 'a second schedule';

/** What a search that broke no rule says about its reach. */
export interface Reach {
  /** How often the end-of-run properties were evaluated. */
  readonly restStates: number;
  /** Had any state two or more successors? */
  readonly branches: boolean;
}

/**
 * What was never reached, so that a pass would be vacuous: checks, covers and what must hold sometimes, and, if the search came to its end (`reach`),
 * end-of-run properties and a second schedule.
 */
export function vacuities({ program, covered }: Automata, reach: Reach | null): string[] {
  const sometimes = program.sometimes ?? [];
  const names = [...program.mustReach, ...sometimes.map(({ name }) => name)];
  const never = names.filter((name) => !covered.has(name));
  if (reach === null) return never;
  if (reach.restStates === 0) never.push(...program.atEnd.map((property) => property.name));
  if (!reach.branches) never.push(SECOND_SCHEDULE);
  return never;
}
