import type { Schedule } from '../core/schedule.ts';
import { InputError } from '../core/errors.ts';
import type { Confirmation } from '../report/confirmation.ts';
import { PLAIN } from '../report/paint.ts';
import type { ProgramChoice } from '../report/saved-schedule.ts';
import { summary } from '../report/summary.ts';
import { paragraph } from '../report/text.ts';
import type { KeptCheckpoint } from '../report/truncated.ts';
import { renderTrace } from '../report/trace.ts';
import { verdictJson } from '../report/verdict-json.ts';
import type { Checkpoint, CheckpointOptions } from '../search/checkpoint.ts';
import { explore } from '../search/explore.ts';
import type { Replay } from '../core/replayed.ts';
import type { Strategy } from '../search/strategy.ts';
import type { Verdict } from '../search/verdict.ts';
import { CheckpointFile } from './checkpoint.ts';
import { buildChoice, choiceOf, type ChoiceOptions } from './choice.ts';
import { requireEngine } from './engine.ts';
import { crosscheckCommand } from './crosscheck-command.ts';
import { EXIT, EXIT_OF_VERDICT } from './exit.ts';
import { exploreOnCpus } from './explore-on-cpus.ts';
import { interruptible } from './interrupt.ts';
import { defaultMemory } from './memory.ts';
import { requireSc } from './not-yet.ts';
import { checked, confirm } from './on-cpus.ts';
import { complain, print, printJson, terminalPaint } from './print.ts';
import { showProgress } from './progress.ts';
import type { BuiltProgram, Registry } from './registry.ts';
import { required, requireExhaustive, keepsCheckpoints, resumeFrom, resuming } from './resume.ts';
import { trySave } from './save-schedule.ts';
import { requireWritable } from './save.ts';
import { parseStrategy, requireSampling } from './strategy.ts';
import { exploreWithWorkers, requireWorkersShare } from './workers.ts';

/** The options of `explore`, parsed. */
export interface ExploreCommandOptions extends ChoiceOptions {
  readonly strategy: string;
  readonly memory: string;
  readonly workers: number;
  readonly on: string;
  readonly budget?: number;
  readonly maxStates?: number;
  readonly seed?: number;
  readonly schedules?: number;
  /** Bytes. */
  readonly maxMemory?: number;
  readonly checkpoint?: string;
  /** Milliseconds. */
  readonly checkpointEvery?: number;
  readonly resume?: string;
  readonly reduction?: boolean;
  readonly out?: string;
  readonly minimise?: boolean;
  readonly exact?: boolean;
  readonly coverage?: boolean;
  readonly all?: boolean;
  readonly crosscheck?: boolean;
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
  /** What came of replaying it on worker threads; null if there is no violation. */
  readonly confirmation: Confirmation | null;
  /** What was kept of a search that a limit ended. */
  readonly kept?: KeptCheckpoint | null;
}

/** `lostwrite explore`: returns the exit code. */
export async function exploreCommand(
  registry: Registry,
  named: string | undefined,
  options: ExploreCommandOptions,
): Promise<number> {
  requireEngine(options.on);
  const strategy = parseStrategy(options.strategy);
  const { seed, schedules } = options;
  requireSampling(strategy, { seed, schedules });
  requireSc(options.memory);
  requireWorkersShare(options.workers, strategy.name, options.on);
  requireExhaustive(strategy, options);
  requireExactable(strategy, options);
  const resumed = options.resume === undefined ? null : resumeFrom(options.resume, named, options);
  const choice = resumed?.choice ?? choiceOf(registry, required(named), options);
  const scenario = choice.program;
  if (options.crosscheck === true) {
    requireCrosscheckable(options);
    return crosscheckCommand(registry, choice, options);
  }
  const built = buildChoice(registry, choice);
  const file = options.out ?? `out/${scenario}.json`;
  requireWritable(file);
  if (options.reduction === true && (options.on === 'cpus' || strategy.name !== 'exhaustive'))
    throw new InputError(
      `--reduction: it is the exhaustive search that leaves out what it need not see`,
      `leave out --reduction, or ${options.on === 'cpus' ? '--on cpus' : `--strategy ${options.strategy}`}`,
    );
  if (options.on === 'cpus' && strategy.name !== 'exhaustive')
    throw new InputError(
      `--strategy ${options.strategy}: CPUs run every schedule`,
      'leave out --strategy, or --on cpus',
    );
  if (options.on === 'cpus' && options.coverage === true)
    throw new InputError('--coverage: only the search tells what it has reached', 'leave out --on cpus');
  if (options.on === 'cpus' && options.minimise === true)
    throw new InputError(
      '--minimise: only the search looks for smaller schedules',
      'leave out --on cpus, or give the schedule that it writes to lostwrite replay FILE --minimise',
    );
  if (options.on === 'cpus') return exploreOnCpus(registry, choice, built, options, file);
  const checkpoints = keepsCheckpoints(strategy, options) ? checkpointFile(choice, options) : null;
  const saving: { failure: InputError | null } = { failure: null };
  // Before CPUs are asked: what they contradict is evidence, too.
  const onFound = (schedule: Schedule) => {
    saving.failure = trySave(built, choice, schedule, file);
  };
  const explored = await resuming(options.resume, () =>
    search(registry, built, choice, {
      ...options,
      strategy,
      onFound,
      ...(checkpoints === null ? {} : { checkpoints }),
      ...(resumed === null ? {} : { resumed: resumed.checkpoint }),
    }),
  );
  const { verdict, confirmation } = explored;
  const kept = verdict.verdict === 'truncated' ? (checkpoints?.kept ?? null) : null;
  if (kept === null) checkpoints?.done();
  const failure = saving.failure ?? (kept === null ? null : (checkpoints?.missed ?? null));
  const written = verdict.violation === null || failure !== null ? null : file;
  if (options.json === true)
    printJson(
      verdictJson(verdict, {
        scenario,
        kernel: built.kernel,
        switches: built.switches,
        workers: options.workers,
        file: written,
        confirmation,
        coverage: options.coverage ?? false,
        kept,
      }),
    );
  else print(report(registry, { ...explored, kept }, written, options));
  if (failure === null) return EXIT_OF_VERDICT[verdict.verdict];
  complain(failure.message, failure.hint);
  return EXIT.usage;
}

/** States are compared in full only by the exhaustive search with one searcher. */
function requireExactable(
  strategy: Strategy,
  { exact, on, workers, reduction }: ExploreCommandOptions,
): void {
  if (reduction === true && workers > 1)
    throw new InputError(
      `--workers ${workers}: the search with --reduction has one searcher`,
      'leave out --workers, or --reduction',
    );
  if (exact !== true) return;
  if (strategy.name === 'exhaustive' && on === 'search' && workers === 1 && reduction !== true) return;
  throw new InputError(
    '--exact: only the plain exhaustive search with one worker compares states in full',
    'leave out --exact, or --strategy, --on, --workers and --reduction',
  );
}

/** Options that say how to search: a cross-check searches in every way. */
function requireCrosscheckable({ strategy, on, maxStates, out }: ExploreCommandOptions): void {
  const given = {
    strategy: strategy !== 'exhaustive',
    on: on !== 'search',
    'max-states': maxStates !== undefined,
    out: out !== undefined,
  };
  for (const [option, isGiven] of Object.entries(given))
    if (isGiven)
      throw new InputError(
        `--${option}: a cross-check runs every engine to its end or its budget, and writes no schedule`,
        `leave out --${option}, or --crosscheck`,
      );
}

/**
 * Searches with progress and Ctrl-C, and checks the schedule of a violation by replaying it, on the search engine and on worker
 * threads.
 */
export async function search(
  registry: Registry,
  built: BuiltProgram,
  choice: ProgramChoice,
  options: Partial<
    Pick<
      ExploreCommandOptions,
      | 'budget'
      | 'maxStates'
      | 'maxMemory'
      | 'reduction'
      | 'seed'
      | 'schedules'
      | 'quiet'
      | 'minimise'
      | 'exact'
      | 'workers'
    >
  > & {
    readonly strategy?: Strategy;
    readonly checkpoints?: CheckpointOptions;
    readonly resumed?: Checkpoint;
    /** Told the schedule of a violation before worker threads are asked to confirm it. */
    readonly onFound?: (schedule: Schedule) => void;
  },
): Promise<Explored> {
  const progress = showProgress(options.quiet ?? false);
  const { strategy, seed, schedules, maxStates, workers = 1 } = options;
  try {
    return await interruptible(async (signal) => {
      const source = registry.source(built.request);
      const limits = {
        signal,
        onProgress: progress.update,
        maxBytes: options.maxMemory ?? defaultMemory(),
        ...(options.checkpoints === undefined ? {} : { checkpoint: options.checkpoints }),
        ...(options.resumed === undefined ? {} : { resume: options.resumed }),
        ...(options.budget === undefined ? {} : { budgetMs: options.budget }),
        ...(maxStates === undefined ? {} : { maxStates }),
        minimise: options.minimise ?? false,
      };
      const verdict =
        workers > 1
          ? await exploreWithWorkers(built.program, source, workers, limits)
          : await explore(built.program, {
              ...limits,
              exact: options.exact ?? false,
              reduction: options.reduction ?? false,
              ...(strategy === undefined ? {} : { strategy }),
              ...(seed === undefined ? {} : { seed }),
              ...(schedules === undefined ? {} : { schedules }),
            });
      if (verdict.violation === null) return { choice, built, verdict, replayed: null, confirmation: null };
      const { schedule } = verdict.violation;
      const { program } = built;
      const replayed = checked(program, schedule);
      options.onFound?.(schedule);
      return {
        choice,
        built,
        verdict,
        replayed,
        confirmation: await confirm({ program, source }, schedule, signal),
      };
    });
  } finally {
    progress.stop();
  }
}

/** What a person reads: the trace of a violation, why it is one, and the closing block. */
export function report(
  registry: Registry,
  explored: Explored,
  file: string | null,
  { all = false, coverage = false }: Pick<ExploreCommandOptions, 'all' | 'coverage'> = {},
): string[] {
  const { choice, built, verdict, replayed, confirmation, kept = null } = explored;
  const paint = process.stdout.isTTY ? terminalPaint() : PLAIN;
  const closing = summary(verdict, {
    choice: { ...choice, kernel: built.kernel },
    threads: built.program.threads.length,
    file,
    confirmation,
    coverage,
    kept,
    paint,
  });
  if (replayed === null || verdict.violation === null) return closing;
  const explanation = registry.explain(built, { ...verdict.violation.schedule, steps: replayed.steps });
  const trace = renderTrace(replayed, { all, explanation });
  return [...paragraph(`${choice.program} on ${built.kernel}: the schedule`), '', ...trace, '', ...closing];
}

/** Where checkpoints go: the file named, the one that was resumed, or the default. */
function checkpointFile(choice: ProgramChoice, options: ExploreCommandOptions): CheckpointFile {
  const named = options.checkpoint ?? options.resume;
  return new CheckpointFile(
    named ?? `out/${choice.program}.checkpoint`,
    choice,
    named !== undefined,
    options.checkpointEvery,
  );
}
