import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { InputError } from '../core/errors.ts';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such directory',
  ENOTDIR: 'a part of the path is not a directory',
  EISDIR: 'it is a directory',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'too many symbolic links',
};

/** What to do about a file that cannot be written. */
const HINT = 'choose another place with --out FILE';

/** What is wrong with reading or writing a file, in words. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? error.message;
}

function cannotWrite(file: string, error: unknown, hint: string): InputError {
  return new InputError(`cannot write ${file}: ${reasonOf(error)}`, hint);
}

/**
 * Throws an InputError if `file` cannot be written, as far as that can be known before it is: a search must not run for hours
 * only to find that out. Creates nothing; directories that do not exist yet are looked for upwards.
 */
export function requireWritable(file: string, hint = HINT): void {
  try {
    const existing = statSync(file, { throwIfNoEntry: false });
    if (existing?.isDirectory() === true) throw Object.assign(new Error(), { code: 'EISDIR' });
    if (existing !== undefined) accessSync(file, constants.W_OK);
    if (existing !== undefined && !existing.isFile()) return;
    let directory = dirname(file);
    while (statSync(directory, { throwIfNoEntry: false }) === undefined && dirname(directory) !== directory)
      directory = dirname(directory);
    if (!statSync(directory).isDirectory()) throw Object.assign(new Error(), { code: 'ENOTDIR' });
    accessSync(directory, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw cannotWrite(file, error, hint);
  }
}

/** Text or bytes; large ones in pieces, each written before the next is asked for. */
export type Content = string | Iterable<Uint8Array>;

/**
 * Writes `content` to `file` whole or not at all: to a temporary name in the same directory, synced and renamed. Missing directories
 * are made. Devices and pipes are written directly. Throws an InputError that says why not; no temporary file is left then.
 */
export function saveFile(file: string, content: Content, hint = HINT): void {
  try {
    const existing = statSync(file, { throwIfNoEntry: false });
    if (existing !== undefined && !existing.isFile()) writeWhole(file, 'w', content, false);
    else replaceFile(existing === undefined ? file : realpathSync(file), content);
  } catch (error) {
    throw cannotWrite(file, error, hint);
  }
}

function replaceFile(file: string, content: Content): void {
  const directory = dirname(file);
  mkdirSync(directory, { recursive: true });
  const prefix = `.${basename(file).slice(0, 100)}.`;
  removeStale(directory, prefix);
  const temporary = join(directory, `${prefix}${process.pid}.tmp`);
  try {
    writeWhole(temporary, 'w', content, true);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** A process that was killed while it wrote leaves its temporary file, which may be large. */
function removeStale(directory: string, prefix: string): void {
  for (const name of readdirSync(directory)) {
    if (!name.startsWith(prefix) || !/^\d+\.tmp$/.test(name.slice(prefix.length))) continue;
    if (!isRunning(Number.parseInt(name.slice(prefix.length))))
      rmSync(join(directory, name), { force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

function writeWhole(file: string, flags: string, content: Content, sync: boolean): void {
  const descriptor = openSync(file, flags);
  try {
    for (const bytes of typeof content === 'string' ? [Buffer.from(content)] : content)
      for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
    if (sync) fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
