import { setImmediate as nextTurn } from 'node:timers/promises';
import { Automata } from '../automata.ts';
import { ProgramSearch } from '../dpor/program-search.ts';
import { limitOf } from '../limits.ts';
import { spellState, type Engine } from './engine.ts';

const SLICE = 1 << 12;
/** Most steps of a thread. */
const MAX_STEPS = 1000;

/**
 * Optimal DPOR that goes on past violations and keeps the order of daemons' steps with the ends of the other threads, so that it meets
 * every final state, every violation and every deadlock.
 */
export const DPOR: Engine = {
  name: 'dpor',
  async run(program, { budgetMs = Infinity, signal }) {
    const started = performance.now();
    const finals = new Set<string>();
    const violations = new Set<string>();
    const deadlocks = new Set<string>();
    let search: ProgramSearch | null = null;
    let unfinished: string | null = null;
    try {
      const automata = new Automata(program);
      search = new ProgramSearch(automata, {
        maxSteps: MAX_STEPS,
        finals: true,
        onBroken: ({ kind, message }) => violations.add(`${kind}: ${message}`),
        onEnd: (state) => finals.add(spellState(state)),
        onDeadlock: (state) => deadlocks.add(spellState(state)),
      });
      while (!search.run(SLICE)) {
        if (signal?.aborted === true) unfinished = 'interrupted';
        else if (performance.now() - started > budgetMs) unfinished = 'the time budget is used up';
        if (unfinished !== null) break;
        await nextTurn();
      }
    } catch (error) {
      const limit = limitOf(error);
      if (limit === null) throw error;
      unfinished = limit.message;
    }
    const tally = search?.tally;
    if ((tally?.cut ?? 0) > 0) unfinished ??= `a thread takes more than ${MAX_STEPS} steps`;
    const executions =
      (tally?.complete ?? 0) + (tally?.blocked ?? 0) + (tally?.violating ?? 0) + (tally?.cut ?? 0);
    return {
      unfinished,
      finals,
      violations,
      deadlocks,
      stopsAtFirst: false,
      livelock: false,
      deadlocked: deadlocks.size > 0,
      states: null,
      steps: search?.events ?? 0,
      executions,
    };
  },
};
