import { minimisedJson, sizeText } from '../report/minimised-text.ts';
import { quoted } from '../report/saved-schedule.ts';
import { scheduleFacts } from '../report/summary.ts';
import { paragraph } from '../report/text.ts';
import { renderTrace } from '../report/trace.ts';
import { minimise } from '../search/minimise/minimise.ts';
import type { ViolationReport } from '../search/verdict.ts';
import { EXIT } from './exit.ts';
import { interruptible } from './interrupt.ts';
import { checked, confirm } from './on-cpus.ts';
import { complain, print, printJson, terminalPaint } from './print.ts';
import { showProgress } from './progress.ts';
import type { Registry } from './registry.ts';
import type { ReplayCommandOptions } from './replay-command.ts';
import { closing, replayJson, type Replayed } from './replay-outcome.ts';
import { trySave } from './save-schedule.ts';
import { requireWritable } from './save.ts';

/**
 * The second half of `lostwrite replay FILE --minimise`: looks for a smaller schedule than the one just replayed, which ended in the
 * violation recorded; writes it, confirms it and shows it. Returns the exit code.
 */
export async function minimiseSaved(
  registry: Registry,
  recorded: Replayed,
  options: ReplayCommandOptions,
): Promise<number> {
  const { saved, built, replayed } = recorded;
  const { program, request } = built;
  const file = options.out ?? `out/${saved.program}-minimised.json`;
  requireWritable(file);
  const violation = await smaller(recorded, options);
  const { schedule } = violation;
  const shown = checked(program, schedule);
  const failure = trySave(built, saved, schedule, file);
  const confirmation = await interruptible((signal) =>
    confirm({ program, source: registry.source(request) }, schedule, signal),
  );
  const written = failure === null ? file : null;
  const { preemptions, threads: cpus } = violation;
  const steps = schedule.steps.length;
  if (options.json === true)
    printJson({
      ...replayJson(recorded, true),
      smallest: {
        schedule: written,
        steps,
        preemptions,
        cpus,
        confirmedOnCpus: confirmation.confirmed,
        notConfirmed: confirmation.confirmed ? null : confirmation.reason,
        criticalPair: violation.criticalPair,
        ...minimisedJson(violation),
      },
    });
  else {
    const explanation = registry.explain(built, { ...schedule, steps: shown.steps });
    const size = sizeText({ threads: cpus, preemptions, steps });
    print([
      ...renderTrace(shown, { all: options.all ?? false, explanation }),
      '',
      ...closing({ ...recorded, replayed }, true, terminalPaint()),
      ...paragraph(
        `minimised failing schedule: ${size}${written === null ? '; not written' : ` -> ${file}`}`,
        '  ',
      ),
      ...scheduleFacts(violation, confirmation),
      ...(written === null ? [] : [`  replay:  npx lostwrite replay ${quoted(file)}`]),
    ]);
  }
  if (failure === null) return EXIT.met;
  complain(failure.message, failure.hint);
  return EXIT.usage;
}

async function smaller(
  { built, replayed }: Replayed,
  { budget, maxStates, quiet = false }: ReplayCommandOptions,
): Promise<ViolationReport> {
  const progress = showProgress(quiet);
  try {
    return await interruptible((signal) =>
      minimise(built.program, replayed.steps, {
        signal,
        onProgress: progress.update,
        ...(budget === undefined ? {} : { budgetMs: budget }),
        ...(maxStates === undefined ? {} : { maxStates }),
      }),
    );
  } finally {
    progress.stop();
  }
}
