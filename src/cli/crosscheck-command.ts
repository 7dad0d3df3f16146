import { crosscheckJson, crosscheckText } from '../report/crosscheck.ts';
import type { ProgramChoice } from '../report/saved-schedule.ts';
import { titleOf } from '../report/summary.ts';
import { crosscheck } from '../search/crosscheck/crosscheck.ts';
import { ENGINES } from '../search/crosscheck/engines.ts';
import { verdictEngine } from '../search/crosscheck/verdict-engine.ts';
import { buildChoice } from './choice.ts';
import { EXIT } from './exit.ts';
import { interruptible } from './interrupt.ts';
import { print, printJson } from './print.ts';
import type { Registry } from './registry.ts';
import { exploreWithWorkers } from './workers.ts';

/** Each engine has so long unless a budget is given. */
const BUDGET_MS = 60_000;

/** Of the parallel engine. */
const SEARCHERS = 2;

/** `lostwrite explore --crosscheck`: all engines on one program; returns the exit code. */
export async function crosscheckCommand(
  registry: Registry,
  choice: ProgramChoice,
  options: { readonly budget?: number; readonly quiet?: boolean; readonly json?: boolean },
): Promise<number> {
  const { kernel, request } = buildChoice(registry, choice);
  const parallel = verdictEngine('parallel', (program, limits) =>
    exploreWithWorkers(program, registry.source(request), SEARCHERS, limits),
  );
  const outcome = await interruptible((signal) =>
    crosscheck(() => buildChoice(registry, choice).program, {
      signal,
      engines: [...ENGINES, parallel],
      budgetMs: options.budget ?? BUDGET_MS,
      onEngine: (name) => {
        if (options.quiet !== true) process.stderr.write(`cross-check: ${name}\n`);
      },
    }),
  );
  if (options.json === true) printJson(crosscheckJson(choice.program, kernel, outcome));
  else print(crosscheckText(titleOf({ ...choice, kernel }), outcome));
  if (outcome.differences.length > 0) return EXIT.failed;
  return outcome.finished < 2 ? EXIT.inconclusive : EXIT.met;
}
