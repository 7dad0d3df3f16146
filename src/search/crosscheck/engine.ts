/** What an engine that is compared with others has to give. */
import { Kind } from '../../core/operations.ts';
import type { Program } from '../../core/program.ts';
import { AT_REST, N_FLAGS, N_KIND, NODE } from '../tables.ts';
import type { PackedState } from '../packed-state.ts';

export interface EngineOptions {
  /** Give up after so many milliseconds; default none. */
  readonly budgetMs?: number;
  /** Every schedule one by one is given up after so many steps; default 2,000,000. */
  readonly maxNaiveSteps?: number;
  /** Aborting it ends the run as unfinished. */
  readonly signal?: AbortSignal;
}

/** What an engine found. */
export interface Findings {
  /** Null: everything was explored. Else why not: then what was found is a part. */
  readonly unfinished: string | null;
  /**
   * The states in which all threads that must end have ended, see {@link spellState}; null if the engine does not tell. A run ends where
   * a rule is broken.
   */
  readonly finals: ReadonlySet<string> | null;
  /** `kind: message` of all rules broken, of those broken first in some run; deadlocks apart. */
  readonly violations: ReadonlySet<string>;
  /** States in which nothing can move although a thread must; null if the engine does not tell them one by one. */
  readonly deadlocks: ReadonlySet<string> | null;
  /** The engine stops at the first violation or deadlock: then it has found one of all. */
  readonly stopsAtFirst: boolean;
  /** It found a state from which no run can end although something can move: only engines that keep states can see that. */
  readonly livelock: boolean;
  /** It found a state in which nothing can move although a thread must. */
  readonly deadlocked: boolean;
  /** Figures for the table; null where the engine has none. */
  readonly states: number | null;
  readonly steps: number;
  readonly executions: number | null;
}

/** One way to explore a program. */
export interface Engine {
  readonly name: string;
  readonly run: (program: Program, options: EngineOptions) => Promise<Findings>;
}

/** The words, then for each thread `x` (has ended), `r` (at rest) or `.`. */
export function spellState({ words, nodes, automata }: PackedState): string {
  let threads = '';
  for (const node of nodes) {
    const base = node * NODE;
    const ended = automata.nodes[base + N_KIND]! >= Kind.DONE;
    threads += ended ? 'x' : (automata.nodes[base + N_FLAGS]! & AT_REST) !== 0 ? 'r' : '.';
  }
  return `${words.join()} ${threads}`;
}
