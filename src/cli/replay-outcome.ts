import type { Divergence } from '../core/divergence.ts';
import type { Replay } from '../core/replayed.ts';
import { cpuLines } from '../report/confirmation.ts';
import { counted } from '../report/numbers.ts';
import type { Paint } from '../report/paint.ts';
import type { SavedSchedule } from '../report/saved-schedule.ts';
import { titleOf } from '../report/summary.ts';
import { paragraph } from '../report/text.ts';
import type { Engine } from './engine.ts';
import type { JudgedReplay } from './on-cpus.ts';
import type { BuiltProgram } from './registry.ts';

/** A schedule file, and what is to replay it. */
export interface Recorded {
  readonly file: string;
  readonly saved: SavedSchedule;
  readonly built: BuiltProgram;
  readonly on: Engine;
}

/** A schedule file of which every value has been repeated. */
export interface Replayed extends Recorded {
  readonly replayed: Replay | JudgedReplay;
}

/** The closing block; `met`: it ended as recorded. */
export function closing({ saved, replayed }: Replayed, met: boolean, paint: Paint): string[] {
  const title = titleOf(saved);
  const kind = (violation: SavedSchedule['violation']) =>
    violation?.kind.replaceAll('-', ' ') ?? 'no violation';
  const outcome = met
    ? `ends in ${kind(saved.violation)}, as recorded`
    : `expected ${kind(saved.violation)} at the end, found ${kind(replayed.violation)}`;
  const steps = counted(saved.steps.length, 'step');
  const cpus = 'cpus' in replayed ? replayed : null;
  const where = cpus === null ? 'the search engine' : counted(cpus.cpus.length, 'worker thread');
  const endless =
    'CPUs show every step of it; that no schedule ends from there is what the search found again.';
  return [
    `${paint.strong(title)}   ${met ? paint.good('REPLAYED') : paint.bad('FAILED')}`,
    ...paragraph(`${steps} on ${where}, every recorded value matches; ${outcome}.`, '  '),
    ...(cpus === null ? [] : cpuLines(cpus.cpus, '  ')),
    ...(cpus?.endlessBySearch === true ? paragraph(endless, '  ') : []),
  ];
}

function head({ file, saved, on }: Recorded) {
  return { schema: 'lostwrite/replay@1', file, scenario: saved.program, kernel: saved.kernel, on };
}

/** The document `lostwrite/replay@1`; `cpus` and `seconds` only on CPUs. */
export function replayJson(all: Replayed, met: boolean) {
  const { saved, replayed } = all;
  return {
    ...head(all),
    ok: met,
    steps: saved.steps.length,
    expected: saved.violation,
    violation: replayed.violation,
    divergence: null,
    model: { recorded: saved.model, current: replayed.model },
    ...('cpus' in replayed ? { cpus: replayed.cpus, seconds: replayed.seconds } : {}),
  };
}

/** The document `lostwrite/replay@1` of a schedule that no longer fits. */
export function divergenceJson(recorded: Recorded, { details }: Divergence) {
  const { step, expected, found, recordedModel, model } = details;
  const { saved } = recorded;
  return {
    ...head(recorded),
    ok: false,
    steps: saved.steps.length,
    expected: saved.violation,
    violation: null,
    divergence: { step, expected, found },
    model: { recorded: recordedModel, current: model },
  };
}
