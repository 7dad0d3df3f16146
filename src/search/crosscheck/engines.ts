import type { Engine } from './engine.ts';
import { DPOR } from './dpor-engine.ts';
import { NAIVE, STATEFUL } from './walk-engines.ts';
import { verdictEngine } from './verdict-engine.ts';

/**
 * The engines that are compared. Another one is one entry here: an {@link Engine} of its own, or, for options of `explore`, a
 * {@link verdictEngine}.
 */
export const ENGINES: readonly Engine[] = [NAIVE, STATEFUL, DPOR, verdictEngine('exhaustive', {})];
