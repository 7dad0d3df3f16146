/** Optimal DPOR over the executions of a program of generators. */
import type { Automata } from '../automata.ts';
import type { Decision } from '../decision.ts';
import { Inspector } from '../inspector.ts';
import { Stepper } from '../stepper.ts';
import { THREAD_BITS, THREAD_MASK } from './execution.ts';
import { OptimalSearch } from './optimal.ts';
import { ProgramExecution, type ProgramExecutionOptions } from './program-execution.ts';
import { ProgramTally, type ProgramTallyOptions } from './program-tally.ts';

export type ProgramSearchOptions = ProgramExecutionOptions & ProgramTallyOptions;

/**
 * Executes every Mazurkiewicz trace of a program once. Begins again, with the automata it has, when it meets a wait that the
 * dependence relation has to know ({@link OrderClasses}): counts are those of the last beginning, but for {@link events}.
 */
export class ProgramSearch {
  /** Steps taken since the first beginning. */
  get events(): number {
    return this.earlier + this.tally.events;
  }

  execution: ProgramExecution;
  tally: ProgramTally;
  private search: OptimalSearch;
  /** How often it began. */
  beginnings = 1;
  private earlier = 0;
  private initialRests = 0;
  private started = false;
  private stopped = false;
  private readonly automata: Automata;
  private readonly options: ProgramSearchOptions;

  constructor(automata: Automata, options: ProgramSearchOptions) {
    this.automata = automata;
    this.options = options;
    [this.execution, this.tally, this.search] = begin(automata, options);
  }

  /** Goes on for about `steps` steps; true when all is explored, or it was stopped. */
  run(steps: number): boolean {
    if (!this.started) this.start();
    if (this.stopped) return true;
    const finished = this.search.run(steps);
    if (this.execution.stale && !this.stopped) {
      this.earlier += this.tally.events;
      this.beginnings++;
      [this.execution, this.tally, this.search] = begin(this.automata, this.options);
      return false;
    }
    return finished || this.stopped;
  }

  /** How often the end-of-run properties were evaluated. */
  get restStates(): number {
    return this.initialRests + this.execution.restStates;
  }

  /** Stops it where it is: the next {@link run} answers true, and {@link path} leads here. */
  stop(): void {
    this.stopped = true;
    this.tally.halted = true;
  }

  /** The decisions of the execution so far. */
  path(): Decision[] {
    const { moves, depth } = this.execution;
    return Array.from(moves.subarray(0, depth), (move) => ({
      thread: move & THREAD_MASK,
      choice: move >>> THREAD_BITS,
    }));
  }

  /** Looks at the initial state: nothing follows it if it breaks a rule. */
  private start(): void {
    this.started = true;
    const { state } = this.execution;
    const inspector = new Inspector(state);
    const violated = inspector.initial() !== null;
    this.initialRests = inspector.restStates;
    if (violated) {
      const found = new Stepper(this.automata).violation();
      this.stopped = true;
      if (found !== null) this.options.onBroken?.(found);
    } else if (state.unfinished === 0) this.options.onEnd?.(state);
  }
}

function begin(
  automata: Automata,
  options: ProgramSearchOptions,
): [ProgramExecution, ProgramTally, OptimalSearch] {
  const execution = new ProgramExecution(automata, options);
  const tally = new ProgramTally(execution, options);
  return [execution, tally, new OptimalSearch(execution, tally)];
}
