/** Checkpoints in files: written while a search runs, read when it is resumed. */
import { closeSync, fstatSync, openSync, readSync, rmSync } from 'node:fs';
import { InputError } from '../core/errors.ts';
import {
  checkpointBytes,
  readCheckpoint,
  type CheckpointSource,
  type SavedCheckpoint,
} from '../report/checkpoint-file.ts';
import type { ProgramChoice } from '../report/saved-schedule.ts';
import type { KeptCheckpoint } from '../report/truncated.ts';
import type { Checkpoint, CheckpointOptions } from '../search/checkpoint.ts';
import { complain } from './print.ts';
import { reasonOf, requireWritable, saveFile } from './save.ts';

const HINT = 'choose another place with --checkpoint FILE';

/** Where the checkpoints of one search go. A place that cannot be written is told, and never ends a search. */
export class CheckpointFile implements CheckpointOptions {
  readonly everyMs?: number;
  private readonly file: string;
  private readonly choice: ProgramChoice;
  private readonly named: boolean;
  private failure: InputError | null = null;
  private written: { seconds: number; final: boolean } | null = null;

  /**
   * @param named somebody asked for this very file: it is kept when the search is done, and must be writable (an InputError if not)
   * @param everyMs see CheckpointOptions
   */
  constructor(file: string, choice: ProgramChoice, named: boolean, everyMs?: number) {
    this.file = file;
    this.choice = choice;
    this.named = named;
    if (everyMs !== undefined) this.everyMs = everyMs;
    if (named) requireWritable(file, HINT);
  }

  readonly save = (checkpoint: Checkpoint, final: boolean): void => {
    try {
      saveFile(this.file, checkpointBytes(this.choice, checkpoint), HINT);
      this.written = { seconds: checkpoint.seconds, final };
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      if (this.failure === null && !final) complain(`${error.message}; the search goes on`, error.hint);
      this.failure = error;
    }
  };

  /** What there is when a limit has ended the search. */
  get kept(): KeptCheckpoint {
    const { file, written, failure } = this;
    return {
      file: written === null ? null : file,
      seconds: written?.seconds ?? 0,
      final: written?.final === true,
      failure: written?.final === true ? null : (failure?.message ?? null),
    };
  }

  /** Somebody asked for a checkpoint, and the last one could not be written. */
  get missed(): InputError | null {
    return this.named && this.written?.final !== true ? this.failure : null;
  }

  /** The search has ended and needs its checkpoints no longer. */
  done(): void {
    if (this.written !== null && !this.named) rmSync(this.file, { force: true });
  }
}

/** Reads a checkpoint. Throws an InputError that says what is wrong with it. */
export function loadCheckpoint(file: string): SavedCheckpoint {
  const descriptor = opened(file);
  try {
    return readCheckpoint(sourceOf(descriptor, file), file);
  } finally {
    closeSync(descriptor);
  }
}

function opened(file: string): number {
  try {
    return openSync(file, 'r');
  } catch (error) {
    throw cannotRead(file, error);
  }
}

function sourceOf(descriptor: number, file: string): CheckpointSource {
  return {
    size: fstatSync(descriptor).size,
    read(into, position) {
      try {
        for (let at = 0; at < into.length;) {
          const read = readSync(descriptor, into, at, into.length - at, position + at);
          if (read === 0) throw new Error('it ends too early');
          at += read;
        }
      } catch (error) {
        throw cannotRead(file, error);
      }
    },
  };
}

function cannotRead(file: string, error: unknown): InputError {
  const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
  return new InputError(`cannot read ${file}: ${missing ? 'no such file' : reasonOf(error)}`);
}
