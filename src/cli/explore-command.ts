import { InputError, ModelError } from '../core/errors.ts';
import type { Schedule } from '../core/schedule.ts';
import { PLAIN } from '../report/paint.ts';
import type { ProgramChoice, SavedSchedule } from '../report/saved-schedule.ts';
import { scheduleText } from '../report/schedule-text.ts';
import { summary } from '../report/summary.ts';
import { paragraph } from '../report/text.ts';
import { renderTrace } from '../report/trace.ts';
import { verdictJson } from '../report/verdict-json.ts';
import { Divergence } from '../core/divergence.ts';
import { explore } from '../search/explore.ts';
import type { Replay } from '../core/replayed.ts';
import { replay } from '../search/replay.ts';
import type { Verdict } from '../search/verdict.ts';
import { EXIT, EXIT_OF_VERDICT } from './exit.ts';
import { interruptible } from './interrupt.ts';
import { requireExhaustive, requireOneWorker, requireSc } from './not-yet.ts';
import { complain, print, printJson, terminalPaint } from './print.ts';
import { showProgress } from './progress.ts';
import type { BuiltProgram, Registry } from './registry.ts';
import { requireWritable, saveFile } from './save.ts';

/** The options of `explore`, parsed. */
export interface ExploreCommandOptions {
  readonly kernel?: string;
  readonly apply: readonly string[];
  readonly revert: readonly string[];
  readonly set: Readonly<Record<string, string>>;
  readonly strategy: string;
  readonly memory: string;
  readonly workers: number;
  readonly budget?: number;
  readonly maxStates?: number;
  readonly out?: string;
  readonly all?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** One search, as far as its outcome is known before anything is printed. */
export interface Explored {
  readonly choice: ProgramChoice;
  readonly built: BuiltProgram;
  readonly verdict: Verdict;
  /** The schedule run again and compared step by step; null if there is no violation. */
  readonly replayed: Replay | null;
}

/** `lostwrite explore`: returns the exit code. */
export async function exploreCommand(
  registry: Registry,
  scenario: string,
  options: ExploreCommandOptions,
): Promise<number> {
  requireExhaustive(options.strategy);
  requireSc(options.memory);
  requireOneWorker(options.workers);
  const choice = {
    program: scenario,
    kernel: options.kernel ?? defaultKernel(registry),
    apply: options.apply,
    revert: options.revert,
    parameters: options.set,
  };
  const built = buildChoice(registry, choice);
  const file = options.out ?? `out/${scenario}.json`;
  requireWritable(file);
  const explored = await search(built, choice, options);
  const { verdict } = explored;
  const failure = verdict.violation === null ? null : trySave(explored, verdict.violation.schedule, file);
  const written = verdict.violation === null || failure !== null ? null : file;
  if (options.json === true)
    printJson(
      verdictJson(verdict, { scenario, kernel: built.kernel, switches: built.switches, file: written }),
    );
  else print(report(registry, explored, written, options.all ?? false));
  if (failure === null) return EXIT_OF_VERDICT[verdict.verdict];
  complain(failure.message, failure.hint);
  return EXIT.usage;
}

/** The newest kernel. */
export function defaultKernel(registry: Registry): string {
  return registry.kernels.at(-1)?.name ?? '';
}

/** Builds the program that `choice` names. Throws an InputError for a name that does not exist. */
export function buildChoice(
  registry: Registry,
  { program, kernel, apply, revert, parameters }: ProgramChoice,
): BuiltProgram {
  return registry.build({ scenario: program, kernel, apply, revert, set: parameters });
}

/** Searches with progress and Ctrl-C, and checks the schedule of a violation by replaying it. */
export async function search(
  built: BuiltProgram,
  choice: ProgramChoice,
  options: Pick<ExploreCommandOptions, 'budget' | 'maxStates' | 'quiet'>,
): Promise<Explored> {
  const progress = showProgress(options.quiet ?? false);
  try {
    const verdict = await interruptible((signal) =>
      explore(built.program, {
        signal,
        onProgress: progress.update,
        ...(options.budget === undefined ? {} : { budgetMs: options.budget }),
        ...(options.maxStates === undefined ? {} : { maxStates: options.maxStates }),
      }),
    );
    const replayed = verdict.violation === null ? null : checked(built, verdict.violation.schedule);
    return { choice, built, verdict, replayed };
  } finally {
    progress.stop();
  }
}

/** A schedule that does not show what the search says would be worse than none. */
function checked(built: BuiltProgram, schedule: Schedule): Replay {
  try {
    const replayed = replay(built.program, schedule);
    if (replayed.violation?.kind === schedule.violation?.kind) return replayed;
    throw new ModelError(
      `the schedule found ends in ${replayed.violation?.kind ?? 'no violation'} when replayed, not in ${schedule.violation?.kind}`,
    );
  } catch (error) {
    if (error instanceof Divergence)
      throw new ModelError(`the schedule found does not replay: ${error.message}`);
    throw error;
  }
}

/** What a person reads: the trace of a violation, why it is one, and the closing block. */
export function report(registry: Registry, explored: Explored, file: string | null, all: boolean): string[] {
  const { choice, built, verdict, replayed } = explored;
  const paint = process.stdout.isTTY ? terminalPaint() : PLAIN;
  const closing = summary(verdict, {
    choice: { ...choice, kernel: built.kernel },
    threads: built.program.threads.length,
    file,
    paint,
  });
  if (replayed === null || verdict.violation === null) return closing;
  const explanation = registry.explain(built, { ...verdict.violation.schedule, steps: replayed.steps });
  const trace = renderTrace(replayed, { all, explanation });
  return [...paragraph(`${choice.program} on ${built.kernel}: the schedule`), '', ...trace, '', ...closing];
}

function trySave({ choice, built }: Explored, schedule: Schedule, file: string): InputError | null {
  const { memory, model, violation, steps } = schedule;
  const saved: SavedSchedule = {
    ...choice,
    kernel: built.kernel,
    switches: built.switches,
    memory,
    model,
    violation,
    steps,
  };
  try {
    saveFile(file, scheduleText(saved));
    return null;
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
}
