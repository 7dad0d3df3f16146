import { InputError } from '../core/errors.ts';
import { suggest } from '../core/nearest.ts';

/** Commands of the contract that later versions bring. */
export const LATER_COMMANDS: readonly string[] = ['race', 'races', 'hunks', 'rules', 'litmus', 'report'];

/** The error for something that has its place on the command line but is not made yet. */
export function notYet(what: string, instead?: string): InputError {
  return new InputError(`${what}: not available yet`, instead);
}

const MEMORIES = ['sc', 'tso', 'lkmm'];

/** Accepts `sc`; every other name is an InputError. */
export function requireSc(memory: string): void {
  if (memory === 'sc') return;
  if (!MEMORIES.includes(memory))
    throw new InputError(`--memory: unknown memory model '${memory}'`, suggest(memory, MEMORIES));
  throw notYet(`--memory ${memory}`, 'use --memory sc (sequential consistency), or leave it out');
}
