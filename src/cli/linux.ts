import { KERNELS } from '../mm/kernels.ts';
import { PATCHES } from '../mm/patches.ts';
import { buildProgram, explainViolation } from '../mm/programs.ts';
import { COMMON_PARAMETERS } from '../mm/scenario.ts';
import { SCENARIOS } from '../mm/scenarios.ts';
import type { Registry } from './registry.ts';

/** Linux anonymous memory: what the `lostwrite` binary explores. */
export const LINUX: Registry = {
  scenarios: SCENARIOS,
  common: COMMON_PARAMETERS,
  kernels: KERNELS,
  patches: PATCHES,
  build: buildProgram,
  explain: explainViolation,
};
