import { setImmediate as nextTurn } from 'node:timers/promises';
import { InputError } from '../core/errors.ts';
import { suggest } from '../core/nearest.ts';
import { Interrupted } from '../cpus/failures.ts';
import { promela } from '../report/promela.ts';
import { titleOf } from '../report/summary.ts';
import { Automata } from '../search/automata.ts';
import { AutomataLimitError } from '../search/growth.ts';
import { survey, type Survey } from '../search/survey.ts';
import { buildChoice, choiceOf, type ChoiceOptions } from './choice.ts';
import { EXIT } from './exit.ts';
import { interruptible } from './interrupt.ts';
import { complain } from './print.ts';
import { showProgress } from './progress.ts';
import type { Registry } from './registry.ts';
import { requireWritable, saveFile } from './save.ts';

/** The options of `export`, parsed. */
export interface ExportCommandOptions extends ChoiceOptions {
  readonly format: string;
  readonly out?: string;
  readonly maxStates?: number;
  readonly quiet?: boolean;
}

const FORMATS = ['promela'];
const DEFAULT_MAX_STATES = 200_000_000;

/** `lostwrite export`: returns the exit code. */
export async function exportCommand(
  registry: Registry,
  scenario: string,
  options: ExportCommandOptions,
): Promise<number> {
  const { format, out, maxStates = DEFAULT_MAX_STATES, quiet = false } = options;
  if (!FORMATS.includes(format))
    throw new InputError(`--format: unknown format '${format}'`, suggest(format, FORMATS));
  const choice = choiceOf(registry, scenario, options);
  const { program } = buildChoice(registry, choice);
  if (out !== undefined) requireWritable(out);
  const automata = new Automata(program);
  const surveyed = await surveyWithin(automata, maxStates, quiet);
  if (surveyed === null) return EXIT.inconclusive;
  const text = promela(automata, surveyed, { title: [titleOf(choice)] });
  if (out === undefined) process.stdout.write(text);
  else saveFile(out, text);
  return EXIT.met;
}

/** The whole state graph, or null if a limit ended the search; says which. */
async function surveyWithin(automata: Automata, maxStates: number, quiet: boolean): Promise<Survey | null> {
  const started = performance.now();
  const progress = showProgress(quiet);
  try {
    return await interruptible((signal) =>
      survey(automata, {
        pause: async (states, transitions, bytes) => {
          if (signal.aborted) throw new Interrupted();
          if (states > maxStates) throw new TooManyStates();
          const seconds = (performance.now() - started) / 1000;
          progress.update({ phase: 'search', states, transitions, depth: 0, bytes, seconds });
          await nextTurn();
        },
      }),
    );
  } catch (error) {
    if (error instanceof TooManyStates)
      complain(`the program has more than ${maxStates} states (--max-states)`, NO_PART);
    else if (error instanceof AutomataLimitError) complain(error.message, NO_PART);
    else throw error;
    return null;
  } finally {
    progress.stop();
  }
}

/** Internal: `--max-states` was reached. */
class TooManyStates extends Error {}

const NO_PART = 'nothing was written: a model of a part of the program would prove nothing';
