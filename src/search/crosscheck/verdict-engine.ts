import type { Program } from '../../core/program.ts';
import type { LimitOptions } from '../limits.ts';
import type { Verdict } from '../verdict.ts';
import type { Engine } from './engine.ts';

/** An engine that gives a verdict: it stops at the first violation and does not tell final states. */
export function verdictEngine(
  name: string,
  explore: (program: Program, options: LimitOptions) => Promise<Verdict>,
): Engine {
  return {
    name,
    async run(program, { budgetMs, signal }) {
      const verdict = await explore(program, {
        ...(budgetMs === undefined ? {} : { budgetMs }),
        ...(signal === undefined ? {} : { signal }),
      });
      const { violation, limit, states, transitions } = verdict;
      const kind = violation?.kind ?? null;
      const stuck = kind === 'deadlock' || kind === 'livelock';
      // Beside daemons that go on for ever a deadlock is called one, too, and the others cannot see it.
      const daemons = program.threads.some(({ daemon }) => daemon === true);
      return {
        unfinished: limit?.message ?? null,
        finals: null,
        violations: new Set(violation === null || stuck ? [] : [`${violation.kind}: ${violation.message}`]),
        deadlocks: null,
        stopsAtFirst: true,
        livelock: stuck && (daemons || kind === 'livelock'),
        deadlocked: kind === 'deadlock' && !daemons,
        // Of a search that stopped early the number would be compared with that of a whole one.
        states: violation === null ? states : null,
        steps: transitions,
        executions: null,
      };
    },
  };
}
