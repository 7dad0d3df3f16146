import { KERNELS } from '../mm/kernels.ts';
import { PATCHES } from '../mm/patches.ts';
import { buildProgram, explainViolation } from '../mm/programs.ts';
import { COMMON_PARAMETERS } from '../mm/scenario.ts';
import { SCENARIOS } from '../mm/scenarios.ts';
import { compiledModule } from './compiled-module.ts';
import type { Registry } from './registry.ts';

/** Linux anonymous memory: what the `lostwrite` binary explores. */
export const LINUX: Registry = {
  scenarios: SCENARIOS,
  common: COMMON_PARAMETERS,
  kernels: KERNELS,
  patches: PATCHES,
  build: buildProgram,
  source: (request) => ({
    module: compiledModule('../mm/programs.ts', import.meta.url),
    build: 'linuxProgram',
    request,
  }),
  explain: explainViolation,
};
