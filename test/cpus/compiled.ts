/**
 * src/cpus as its tests run it: the compiled dist, which global-setup has just built. Worker threads load dist anyway, and the
 * controller must share its modules with the programs that it builds.
 */
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { join } from 'node:path';
import type * as controlledModule from '../../src/cpus/controlled.ts';
import type * as enumerateModule from '../../src/cpus/enumerate.ts';
import type * as cpusModule from '../../src/cpus/cpus.ts';
import type * as raceModule from '../../src/cpus/race.ts';
import type * as replayModule from '../../src/cpus/replay.ts';
import type * as stressModule from '../../src/cpus/stress.ts';
import type * as failuresModule from '../../src/cpus/failures.ts';
import type * as errorsModule from '../../src/core/errors.ts';
import type * as divergenceModule from '../../src/core/divergence.ts';
import type * as searchReplayModule from '../../src/search/replay.ts';
import type * as exploreModule from '../../src/search/explore.ts';
import type * as programsModule from '../../src/mm/programs.ts';
import type * as scheduleFileModule from '../../src/report/schedule-file.ts';
import type { Program } from '../../src/core/program.ts';
import type { ProgramSource } from '../../src/cpus/source.ts';
import type { ProgramRequest } from '../../src/mm/programs.ts';

const load = createRequire(import.meta.url);

export const { ControlledCpus } = load('../../dist/src/cpus/controlled.js') as typeof controlledModule;
export const { enumerate } = load('../../dist/src/cpus/enumerate.js') as typeof enumerateModule;
export const { Cpus } = load('../../dist/src/cpus/cpus.js') as typeof cpusModule;
export const { Race } = load('../../dist/src/cpus/race.js') as typeof raceModule;
export const { replayOnCpus } = load('../../dist/src/cpus/replay.js') as typeof replayModule;
export const { stress } = load('../../dist/src/cpus/stress.js') as typeof stressModule;
export const { CpuFailure, Interrupted } = load('../../dist/src/cpus/failures.js') as typeof failuresModule;
export const { ModelError } = load('../../dist/src/core/errors.js') as typeof errorsModule;
export const { Divergence } = load('../../dist/src/core/divergence.js') as typeof divergenceModule;
export const { replay } = load('../../dist/src/search/replay.js') as typeof searchReplayModule;
export const { explore } = load('../../dist/src/search/explore.js') as typeof exploreModule;
export const { buildProgram } = load('../../dist/src/mm/programs.js') as typeof programsModule;
export const { parseSchedule } = load('../../dist/src/report/schedule-file.js') as typeof scheduleFileModule;

/** A program that `name` of the compiled module dist/`file` makes of `request`. */
export function compiled(file: string, name: string, request: unknown = null): ProgramSource {
  const module = pathToFileURL(join(import.meta.dirname, '../../dist', file)).href;
  return { module, build: name, request };
}

/** The program that {@link compiled} names, built here. */
export function build({ module, build: name, request }: ProgramSource): Program {
  return (load(fileURLToPath(module)) as Record<string, (request: unknown) => Program>)[name]!(request);
}

/** A Linux scenario. */
export function linux(request: ProgramRequest): ProgramSource {
  return compiled('src/mm/programs.js', 'linuxProgram', request);
}
