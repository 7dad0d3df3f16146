import type { ParameterValue } from '../../src/core/program.ts';
import type { SavedSchedule } from '../../src/report/saved-schedule.ts';
import { explore } from '../../src/search/explore.ts';
import type { Replay } from '../../src/core/replayed.ts';
import { replay } from '../../src/search/replay.ts';
import { TOYS } from '../programs/cli/toys.ts';

/** The shortest failing schedule of a toy, as it would be saved, and its replay. */
export async function record(
  scenario: string,
  parameters: Readonly<Record<string, string>> = {},
): Promise<{ readonly saved: SavedSchedule; readonly replayed: Replay }> {
  const built = TOYS.build({ scenario, kernel: 'v2', apply: [], revert: [], set: parameters });
  const { violation } = await explore(built.program);
  if (violation === null) throw new Error(`${scenario}: expected a violation`);
  const { memory, model, steps, violation: found } = violation.schedule;
  const switches: Readonly<Record<string, ParameterValue>> = built.switches;
  const choice = { program: scenario, kernel: 'v2', apply: ['fix#H1'], revert: [], parameters };
  return {
    saved: { ...choice, switches, memory, model, violation: found, steps },
    replayed: replay(built.program, violation.schedule),
  };
}
