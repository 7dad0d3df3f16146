/** `explore --resume`: what comes from the checkpoint, and what may be said beside it. */
import { InputError } from '../core/errors.ts';
import type { SavedCheckpoint } from '../report/checkpoint-file.ts';
import type { ProgramChoice } from '../report/saved-schedule.ts';
import { SnapshotMisfit } from '../search/snapshot.ts';
import type { Strategy } from '../search/strategy.ts';
import { loadCheckpoint } from './checkpoint.ts';
import type { ChoiceOptions } from './choice.ts';

interface Given extends ChoiceOptions {
  readonly strategy: string;
  readonly on: string;
  readonly checkpoint?: string;
  readonly checkpointEvery?: number;
  readonly resume?: string;
  readonly workers: number;
  readonly exact?: boolean;
  readonly reduction?: boolean;
}

/** An InputError for options about checkpoints of what makes none. */
export function requireExhaustive(strategy: Strategy, options: Given): void {
  const { checkpoint, checkpointEvery, resume } = options;
  const given = Object.entries({
    checkpoint,
    'checkpoint-every': checkpointEvery,
    resume,
  }).find(([, value]) => value !== undefined);
  if (given === undefined) return;
  const hint = 'leave it out, or search exhaustively';
  if (options.on === 'cpus')
    throw new InputError(
      `--${given[0]}: CPUs that run schedules cannot be put down and taken up again`,
      hint,
    );
  if (strategy.name !== 'exhaustive')
    throw new InputError(
      `--${given[0]}: only an exhaustive search can be put down and taken up again, not --strategy ${options.strategy}`,
      hint,
    );
  if (options.workers > 1)
    throw new InputError(
      `--${given[0]}: a search by several workers cannot be put down and taken up again`,
      'leave out --workers',
    );
  for (const way of ['exact', 'reduction'] as const)
    if (options[way] === true)
      throw new InputError(
        `--${given[0]}: a search with --${way} cannot be put down and taken up again`,
        `leave out --${way}`,
      );
}

/** Does this search keep checkpoints? */
export function keepsCheckpoints(strategy: Strategy, { workers, exact, reduction }: Given): boolean {
  return strategy.name === 'exhaustive' && workers === 1 && exact !== true && reduction !== true;
}

/** The scenario of a search that is not resumed; an InputError if there is none. */
export function required(scenario: string | undefined): string {
  if (scenario !== undefined) return scenario;
  throw new InputError(
    "missing required argument 'scenario'",
    'see lostwrite list scenarios; only --resume FILE needs none',
  );
}

/** Reads the checkpoint. Options that choose another program than its own are an InputError that names each. */
export function resumeFrom(file: string, scenario: string | undefined, options: Given): SavedCheckpoint {
  const saved = loadCheckpoint(file);
  const contradictions = contradicting(saved.choice, scenario, options);
  if (contradictions.length > 0)
    throw new InputError(
      [`${file} is a checkpoint of another search:`, ...contradictions.map((line) => `  ${line}`)].join('\n'),
      'leave these out: all that chooses the program comes from the checkpoint',
    );
  return saved;
}

function contradicting(choice: ProgramChoice, scenario: string | undefined, options: Given): string[] {
  const { kernel, apply, revert, set } = options;
  const spelled = (values: readonly string[]) => (values.length === 0 ? 'none' : values.join(', '));
  const settings = (record: Readonly<Record<string, string>>) =>
    Object.entries(record)
      .map(([name, value]) => `${name}=${value}`)
      .sort();
  const given: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['scenario', scenario === undefined ? [] : [scenario], [choice.program]],
    ['--kernel', kernel === undefined ? [] : [kernel], [choice.kernel]],
    ['--apply', apply, choice.apply],
    ['--revert', revert, choice.revert],
    ['--set', settings(set), settings(choice.parameters)],
  ];
  return given
    .filter(([, here, there]) => here.length > 0 && spelled(here) !== spelled(there))
    .map(([name, here, there]) => `${name}: ${spelled(here)}, but the checkpoint has ${spelled(there)}`);
}

/** Runs `work`; that a checkpoint does not fit the program becomes an InputError that names the file. */
export async function resuming<T>(file: string | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SnapshotMisfit) || file === undefined) throw error;
    throw new InputError(
      `${file}: the checkpoint is not of this program: ${error.message}`,
      'start the search again without --resume',
    );
  }
}
