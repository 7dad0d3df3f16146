import type { ProgramChoice } from '../report/saved-schedule.ts';
import type { BuiltProgram, Registry } from './registry.ts';

/** The options by which a command chooses its program, parsed. */
export interface ChoiceOptions {
  /** Default: the newest. */
  readonly kernel?: string;
  readonly apply: readonly string[];
  readonly revert: readonly string[];
  readonly set: Readonly<Record<string, string>>;
}

/** What the options choose of `scenario`. */
export function choiceOf(registry: Registry, scenario: string, options: ChoiceOptions): ProgramChoice {
  const { apply, revert, set } = options;
  const kernel = options.kernel ?? registry.kernels.at(-1)?.name ?? '';
  return { program: scenario, kernel, apply, revert, parameters: set };
}

/** Builds the program that `choice` names. Throws an InputError for a name that does not exist. */
export function buildChoice(
  registry: Registry,
  { program, kernel, apply, revert, parameters }: ProgramChoice,
): BuiltProgram {
  return registry.build({ scenario: program, kernel, apply, revert, set: parameters });
}
