import { readFileSync } from 'node:fs';
import { InputError } from '../core/errors.ts';
import { reasonOf } from './save.ts';

/** The text of `file`. Throws an InputError with `hint` if it cannot be read. */
export function readText(file: string, hint?: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new InputError(`cannot read ${file}: ${missing ? 'no such file' : reasonOf(error)}`, hint);
  }
}
