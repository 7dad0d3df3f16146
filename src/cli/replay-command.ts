import { InputError } from '../core/errors.ts';
import { exploreArguments, quoted, type SavedSchedule } from '../report/saved-schedule.ts';
import { parseSchedule } from '../report/schedule-file.ts';
import { renderTrace } from '../report/trace.ts';
import { Divergence } from '../core/divergence.ts';
import { CpuFailure } from '../cpus/failures.ts';
import type { Replay } from '../core/replayed.ts';
import { replay } from '../search/replay.ts';
import { requireEngine, type Engine } from './engine.ts';
import { EXIT } from './exit.ts';
import { buildChoice } from './choice.ts';
import { interruptible } from './interrupt.ts';
import { replayJudged, type JudgedReplay } from './on-cpus.ts';
import { complain, print, printJson, terminalPaint } from './print.ts';
import type { BuiltProgram, Registry } from './registry.ts';
import { minimiseSaved } from './minimise-saved.ts';
import { closing, divergenceJson, replayJson, type Replayed } from './replay-outcome.ts';
import { readText } from './read-text.ts';

const HINT = 'lostwrite explore <scenario> --out FILE writes one when it finds a violation';

/** The options of `replay`, parsed. */
export interface ReplayCommandOptions {
  readonly on: string;
  readonly minimise?: boolean;
  readonly out?: string;
  readonly budget?: number;
  readonly maxStates?: number;
  readonly quiet?: boolean;
  readonly all?: boolean;
  readonly json?: boolean;
}

/** `lostwrite replay`: returns the exit code. */
export async function replayCommand(
  registry: Registry,
  file: string,
  options: ReplayCommandOptions,
): Promise<number> {
  const on = requireEngine(options.on);
  requireMinimising(on, options);
  if (on === 'search')
    return replayOn(on, registry, file, options, (built, saved) => replay(built.program, saved));
  return interruptible((signal) =>
    replayOn(on, registry, file, options, (built, saved) => {
      const { program, request } = built;
      return replayJudged({ program, source: registry.source(request) }, saved, signal);
    }),
  );
}

async function replayOn(
  on: Engine,
  registry: Registry,
  file: string,
  options: ReplayCommandOptions,
  replaying: (built: BuiltProgram, saved: SavedSchedule) => Replay | Promise<JudgedReplay>,
): Promise<number> {
  const saved = parseSchedule(readText(file, HINT), file);
  const built = build(registry, saved, file);
  const recorded = { file, saved, built, on };
  try {
    const replayed = await replaying(built, saved);
    if (options.minimise === true && replayed.violation !== null && meets(saved, replayed))
      return await minimiseSaved(registry, { ...recorded, replayed }, options);
    return conclude(registry, { ...recorded, replayed }, options);
  } catch (error) {
    if (error instanceof CpuFailure)
      throw new CpuFailure(`${file}: not replayed to its end: ${error.message}`);
    if (!(error instanceof Divergence)) throw error;
    if (options.json === true) printJson(divergenceJson(recorded, error));
    const { step, expected, found } = error.details;
    complain(
      [`${file}: step ${step} no longer fits`, `  expected ${expected}`, `  found    ${found}`].join('\n'),
      whatNow(file, saved, built, error.details.model),
    );
    return EXIT.usage;
  }
}

function conclude(registry: Registry, all: Replayed, options: ReplayCommandOptions): number {
  const { file, saved, built, replayed } = all;
  const met = meets(saved, replayed);
  if (options.json === true) printJson(replayJson(all, met));
  else {
    const schedule = { ...saved, steps: replayed.steps, violation: replayed.violation };
    const explanation = replayed.violation === null ? [] : registry.explain(built, schedule);
    const trace = renderTrace(replayed, { all: options.all ?? false, explanation });
    print([...trace, '', ...closing(all, met, terminalPaint())]);
    if (saved.model !== replayed.model)
      complain(
        `${file}: recorded with another version of the model (recorded ${saved.model}, this one ${replayed.model}); every value still matches`,
      );
  }
  return met ? EXIT.met : EXIT.failed;
}

function meets(saved: SavedSchedule, { violation }: Pick<Replay, 'violation'>): boolean {
  return violation?.kind === saved.violation?.kind;
}

/** What goes with --minimise only, and what does not go with it. */
function requireMinimising(on: Engine, options: ReplayCommandOptions): void {
  const { minimise, out, budget, maxStates } = options;
  if (minimise === true && on === 'cpus')
    throw new InputError(
      '--minimise: only the search looks for smaller schedules',
      'leave out --on cpus: the schedule found is replayed on worker threads in any case',
    );
  for (const [option, value] of Object.entries({ out, budget, 'max-states': maxStates }))
    if (minimise !== true && value !== undefined)
      throw new InputError(
        `--${option}: only with --minimise`,
        'a replay searches nothing and writes nothing',
      );
}

function build(registry: Registry, saved: SavedSchedule, file: string): BuiltProgram {
  try {
    return buildChoice(registry, saved);
  } catch (error) {
    if (error instanceof InputError) throw new InputError(`${file}: ${error.message}`, error.hint);
    throw error;
  }
}

function whatNow(file: string, saved: SavedSchedule, built: BuiltProgram, model: string): string {
  const changed = Object.keys({ ...saved.switches, ...built.switches }).filter(
    (name) => saved.switches[name] !== built.switches[name],
  );
  const reason =
    saved.model === model
      ? `the model is the one it was recorded with (${model}): the file was changed by hand, or cut`
      : `recorded with another version of the model (recorded ${saved.model}, this one ${model})`;
  return [
    reason,
    ...(changed.length === 0 ? [] : [`switches that differ from the recorded ones: ${changed.join(', ')}`]),
    `to record it again: lostwrite explore ${exploreArguments(saved).join(' ')} --out ${quoted(file)}`,
  ].join('\n');
}
