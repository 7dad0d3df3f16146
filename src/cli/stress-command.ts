import type { Program } from '../core/program.ts';
import { stress, type StressResult } from '../cpus/stress.ts';
import { stressJson } from '../report/stress-json.ts';
import { stressSummary, type StressFigures } from '../report/stress-summary.ts';
import { buildChoice, choiceOf, type ChoiceOptions } from './choice.ts';
import { EXIT, EXIT_OF_VERDICT } from './exit.ts';
import { shownOf } from './hit-text.ts';
import { interruptible } from './interrupt.ts';
import { examine, hitOf, type TwoFold } from './on-cpus.ts';
import { complain, print, printJson, terminalPaint } from './print.ts';
import { showRacing } from './progress.ts';
import type { Registry } from './registry.ts';
import { trySave } from './save-schedule.ts';
import { requireWritable } from './save.ts';

/** The options of `stress`, parsed. */
export interface StressCommandOptions extends ChoiceOptions {
  readonly seconds: number;
  readonly jitter: number;
  readonly seed: number;
  readonly out?: string;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** Longer traces are not printed: nobody reads them, and replay prints them when asked. */
const PRINTED_STEPS = 200;

const SHOWN = { title: 'the first order that broke a rule', all: false };

/** `lostwrite stress`: returns the exit code. */
export async function stressCommand(
  registry: Registry,
  scenario: string,
  options: StressCommandOptions,
): Promise<number> {
  const choice = choiceOf(registry, scenario, options);
  const built = buildChoice(registry, choice);
  const file = options.out ?? `out/${scenario}-stress.json`;
  requireWritable(file);
  const { program, request } = built;
  const both = { program, source: registry.source(request) };
  const result = await race(both, options);
  const examined =
    result.first === null ? null : await examine(both, result.first.violation, result.first.steps);
  const failure =
    examined === null
      ? null
      : trySave(built, choice, { memory: 'sc', ...examined.replayed, violation: examined.violation }, file);
  const figures = figuresOf(program, result);
  const hit = examined === null ? null : hitOf(examined, failure === null ? file : null, PRINTED_STEPS);
  if (options.json === true)
    printJson(stressJson({ scenario, kernel: built.kernel, switches: built.switches }, figures, hit));
  else {
    const closing = stressSummary({ ...choice, kernel: built.kernel }, figures, hit, terminalPaint());
    if (examined !== null && hit !== null) print([...shownOf(registry, built, examined, hit, SHOWN), '']);
    print(closing);
  }
  if (failure !== null) {
    complain(failure.message, failure.hint);
    return EXIT.usage;
  }
  return result.interrupted && hit === null ? EXIT.inconclusive : EXIT_OF_VERDICT[figures.verdict];
}

async function race({ source }: TwoFold, options: StressCommandOptions): Promise<StressResult> {
  const { seconds, seed, jitter, quiet = false } = options;
  const progress = showRacing(quiet);
  try {
    return await interruptible((signal) =>
      stress(source, { durationMs: seconds * 1000, seed, jitter, signal, onProgress: progress.update }),
    );
  } finally {
    progress.stop();
  }
}

function figuresOf(program: Program, result: StressResult): StressFigures {
  const { first, covered, iterations, cut } = result;
  const neverReached = program.mustReach.filter((name) => !covered.has(name));
  const vacuous = iterations === cut || neverReached.length > 0;
  return {
    ...result,
    verdict: first !== null ? 'violation' : vacuous ? 'vacuous' : 'sampled',
    firstAfter: first === null ? null : { iteration: first.iteration, seconds: first.seconds },
    neverReached,
  };
}
