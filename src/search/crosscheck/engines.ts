import type { Engine } from './engine.ts';
import { DPOR } from './dpor-engine.ts';
import { explore } from '../explore.ts';
import { REDUCED } from './reduced-engine.ts';
import { NAIVE, STATEFUL } from './walk-engines.ts';
import { verdictEngine } from './verdict-engine.ts';

/**
 * The engines that are compared. Another one is one entry here: an {@link Engine} of its own, or, for options of `explore`, a
 * {@link verdictEngine}; that of several workers needs worker threads and comes from above.
 */
export const ENGINES: readonly Engine[] = [
  NAIVE,
  STATEFUL,
  REDUCED,
  DPOR,
  verdictEngine('exhaustive', (program, options) => explore(program, options)),
];
