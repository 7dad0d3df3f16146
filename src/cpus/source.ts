import { ModelError } from '../core/errors.ts';
import { validateProgram, type Program } from '../core/program.ts';

/**
 * Where a program comes from. A generator cannot be sent to a worker thread, so each CPU builds the program again: it imports
 * `module` and calls its export `build` with `request`. All three survive structured cloning.
 */
export interface ProgramSource {
  /** URL of a compiled module, such as `file:///…/dist/src/mm/programs.js`. */
  readonly module: string;
  /** Name of an export: a function that takes the request and returns a {@link Program}; the same one for the same request. */
  readonly build: string;
  readonly request: unknown;
}

/** Builds the program. Throws a ModelError if the module has no such export or returns none; passes on what `build` throws. */
export async function loadProgram({ module, build, request }: ProgramSource): Promise<Program> {
  // The one place where a module is found by its name: what it may import is its own house's business.
  // oxlint-disable-next-line import/no-dynamic-require
  const exports = (await import(module)) as Readonly<Record<string, unknown>>;
  const made = exports[build];
  if (typeof made !== 'function')
    throw new ModelError(`${module}: expected an exported function ${build}, found ${typeof made}`);
  const program = (made as (request: unknown) => unknown)(request);
  if (!isProgram(program)) throw new ModelError(`${module}: ${build} did not return a program`);
  return validateProgram(program);
}

function isProgram(value: unknown): value is Program {
  return typeof value === 'object' && value !== null && 'layout' in value && 'threads' in value;
}
