import { readFileSync } from 'node:fs';
import { InputError } from '../core/errors.ts';
import { suggest } from '../core/nearest.ts';
import { counted } from '../report/numbers.ts';
import { exploreArguments, quoted, type SavedSchedule } from '../report/saved-schedule.ts';
import { parseSchedule } from '../report/schedule-file.ts';
import { titleOf } from '../report/summary.ts';
import { paragraph } from '../report/text.ts';
import { renderTrace } from '../report/trace.ts';
import { Divergence } from '../core/divergence.ts';
import type { Replay } from '../core/replayed.ts';
import { replay } from '../search/replay.ts';
import { EXIT } from './exit.ts';
import { buildChoice } from './explore-command.ts';
import { notYet } from './not-yet.ts';
import { complain, print, printJson, terminalPaint } from './print.ts';
import type { BuiltProgram, Registry } from './registry.ts';
import { reasonOf } from './save.ts';

/** The options of `replay`, parsed. */
export interface ReplayCommandOptions {
  readonly on: string;
  readonly all?: boolean;
  readonly json?: boolean;
}

const ENGINES = ['search', 'cpus'];

/** `lostwrite replay`: returns the exit code. */
export function replayCommand(registry: Registry, file: string, options: ReplayCommandOptions): number {
  if (!ENGINES.includes(options.on))
    throw new InputError(`--on: unknown engine '${options.on}'`, suggest(options.on, ENGINES));
  if (options.on !== 'search') throw notYet(`--on ${options.on}`, 'use --on search, or leave it out');
  const saved = parseSchedule(readText(file), file);
  const built = build(registry, saved, file);
  try {
    const replayed = replay(built.program, saved);
    return conclude(registry, { file, saved, built, replayed }, options);
  } catch (error) {
    if (!(error instanceof Divergence)) throw error;
    if (options.json === true) printJson(divergenceJson(file, saved, error));
    const { step, expected, found } = error.details;
    complain(
      [`${file}: step ${step} no longer fits`, `  expected ${expected}`, `  found    ${found}`].join('\n'),
      whatNow(file, saved, built, error.details.model),
    );
    return EXIT.usage;
  }
}

interface Replayed {
  readonly file: string;
  readonly saved: SavedSchedule;
  readonly built: BuiltProgram;
  readonly replayed: Replay;
}

function conclude(registry: Registry, all: Replayed, options: ReplayCommandOptions): number {
  const { file, saved, built, replayed } = all;
  const met = replayed.violation?.kind === saved.violation?.kind;
  if (options.json === true) printJson(replayJson(all, met));
  else {
    const schedule = { ...saved, steps: replayed.steps, violation: replayed.violation };
    const explanation = replayed.violation === null ? [] : registry.explain(built, schedule);
    print([...renderTrace(replayed, { all: options.all ?? false, explanation }), '', ...closing(all, met)]);
    if (saved.model !== replayed.model)
      complain(
        `${file}: recorded with another version of the model (recorded ${saved.model}, this one ${replayed.model}); every value still matches`,
      );
  }
  return met ? EXIT.met : EXIT.failed;
}

function closing({ saved, replayed }: Replayed, met: boolean): string[] {
  const paint = terminalPaint();
  const title = titleOf(saved);
  const steps = counted(saved.steps.length, 'step');
  const kind = (violation: SavedSchedule['violation']) =>
    violation?.kind.replaceAll('-', ' ') ?? 'no violation';
  const outcome = met
    ? `ends in ${kind(saved.violation)}, as recorded`
    : `expected ${kind(saved.violation)} at the end, found ${kind(replayed.violation)}`;
  return [
    ...(met
      ? [`${paint.strong(title)}   ${paint.good('REPLAYED')}`]
      : [`${paint.strong(title)}   ${paint.bad('FAILED')}`]),
    ...paragraph(`${steps} on the search engine, every recorded value matches; ${outcome}.`, '  '),
  ];
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new InputError(
      `cannot read ${file}: ${missing ? 'no such file' : reasonOf(error)}`,
      'lostwrite explore <scenario> --out FILE writes one when it finds a violation',
    );
  }
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

function head(file: string, saved: SavedSchedule) {
  return { schema: 'lostwrite/replay@1', file, scenario: saved.program, kernel: saved.kernel, on: 'search' };
}

/** The document `lostwrite/replay@1`. */
function replayJson({ file, saved, replayed }: Replayed, met: boolean) {
  return {
    ...head(file, saved),
    ok: met,
    steps: saved.steps.length,
    expected: saved.violation,
    violation: replayed.violation,
    divergence: null,
    model: { recorded: saved.model, current: replayed.model },
  };
}

function divergenceJson(file: string, saved: SavedSchedule, { details }: Divergence) {
  const { step, expected, found, recordedModel, model } = details;
  return {
    ...head(file, saved),
    ok: false,
    steps: saved.steps.length,
    expected: saved.violation,
    violation: null,
    divergence: { step, expected, found },
    model: { recorded: recordedModel, current: model },
  };
}
