import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Program } from '../../core/program.ts';
import { Automata } from '../automata.ts';
import { limitOf } from '../limits.ts';
import { PackedState } from '../packed-state.ts';
import { ReducedPass } from '../reduction/reduced-pass.ts';
import { Stepper } from '../stepper.ts';
import { spellState, type Engine, type EngineOptions, type Findings } from './engine.ts';

const SLICE = 1 << 14;

/** The exhaustive search with partial-order reduction, past violations: passes until one relied on nothing that has grown since. */
export const REDUCED: Engine = {
  name: 'reduced',
  async run(program, options) {
    const search = new Passes(program, options);
    let unfinished: string | null = null;
    try {
      unfinished = await search.run();
    } catch (error) {
      const limit = limitOf(error);
      if (limit === null) throw error;
      unfinished = limit.message;
    }
    return search.findings(unfinished);
  },
};

class Passes {
  private readonly automata: Automata;
  private readonly stepper: Stepper;
  private readonly options: EngineOptions;
  private readonly started = performance.now();
  private finals = new Set<string>();
  private violations = new Set<string>();
  private deadlocks = new Set<string>();
  private steps = 0;
  private stuck = 0;

  constructor(program: Program, options: EngineOptions) {
    this.automata = new Automata(program);
    this.stepper = new Stepper(this.automata);
    this.options = options;
  }

  /** Null: all is done. Else why not. */
  async run(): Promise<string | null> {
    for (;;) {
      this.finals = new Set();
      this.violations = new Set();
      this.deadlocks = new Set();
      const pass = new ReducedPass(this.automata, {
        violation: (state) => this.violations.add(this.brokenBy(state)),
        deadlock: (state) => this.deadlocks.add(spellState(state)),
        end: (state) => this.finals.add(spellState(state)),
      });
      if (pass.violation !== null) {
        this.violations.add(this.brokenBy(new PackedState(this.automata)));
        return null;
      }
      const before = this.steps;
      while (pass.run(SLICE) === 'running') {
        this.steps = before + pass.transitions;
        if (this.options.signal?.aborted === true) return 'interrupted';
        if (performance.now() - this.started > (this.options.budgetMs ?? Infinity))
          return 'the time budget is used up';
        await nextTurn();
      }
      this.steps = before + pass.transitions;
      this.stuck = pass.stuck.length;
      if (!pass.outdated()) return null;
    }
  }

  findings(unfinished: string | null): Findings {
    const { finals, violations, deadlocks, steps } = this;
    return {
      unfinished,
      finals,
      violations,
      deadlocks,
      stopsAtFirst: false,
      livelock: this.stuck > 0,
      deadlocked: deadlocks.size > 0,
      // Fewer than others, on purpose.
      states: null,
      steps,
      executions: null,
    };
  }

  private brokenBy({ words, nodes }: PackedState): string {
    this.stepper.words.set(words);
    this.stepper.nodes.set(nodes);
    const { kind, message } = this.stepper.violation()!;
    return `${kind}: ${message}`;
  }
}
