import { InputError } from '../core/errors.ts';
import { suggest } from '../core/nearest.ts';

/** What runs a program: the search engine, or a real worker thread for each CPU. */
export type Engine = 'search' | 'cpus';

const ENGINES: readonly string[] = ['search', 'cpus'] satisfies Engine[];

/** The engine called `name`; an InputError with the nearest name if there is none. */
export function requireEngine(name: string): Engine {
  if (ENGINES.includes(name)) return name as Engine;
  throw new InputError(`--on: unknown engine '${name}'`, suggest(name, ENGINES));
}
