/**
 * The file a search is put down in, lostwrite/checkpoint@1:
 *
 *     header     one line of JSON, see HeaderSchema, and a line feed
 *     sections   the arrays it names, one after another, as long as it says; int32s are little-endian
 *     digest     32 bytes: SHA-256 of all that precedes
 *
 * A table of gigabytes is neither copied to be written nor read twice.
 */
import { createHash } from 'node:crypto';
import { endianness } from 'node:os';
import * as v from 'valibot';
import { InputError } from '../core/errors.ts';
import type { Checkpoint } from '../search/checkpoint.ts';
import type { ProgramChoice } from './saved-schedule.ts';

/** Name and version of the format; a change that old readers cannot read gets a new number. */
export const CHECKPOINT_SCHEMA = 'lostwrite/checkpoint@1';

const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Text = v.string();

const HeaderSchema = v.strictObject({
  schema: v.literal(CHECKPOINT_SCHEMA),
  program: Text,
  kernel: Text,
  apply: v.array(Text),
  revert: v.array(Text),
  parameters: v.record(Text, Text),
  strategy: v.literal('exhaustive'),
  memory: v.literal('sc'),
  model: Text,
  automata: Text,
  seconds: v.pipe(v.number(), v.minValue(0)),
  seen: v.array(Text),
  states: Count,
  counters: v.strictObject({
    transitions: Count,
    maxDepth: Count,
    endStates: Count,
    restStates: Count,
    branches: v.boolean(),
    active: v.boolean(),
  }),
  /** Bytes of each section, in their order. */
  sections: v.strictObject({
    history: Count,
    probes: Count,
    slots: Count,
    moves: Count,
    asleep: Count,
    dependents: Count,
    finishes: Count,
    unsettled: Count,
  }),
});

type Header = v.InferOutput<typeof HeaderSchema>;

/** A checkpoint and the program it is of. */
export interface SavedCheckpoint {
  readonly choice: ProgramChoice;
  readonly checkpoint: Checkpoint;
}

/** Where a checkpoint is read from: `size` bytes, of which `read` fills `into` with those from `position` on. */
export interface CheckpointSource {
  readonly size: number;
  readonly read: (into: Uint8Array, position: number) => void;
}

/** Bytes handled at a time. */
const CHUNK = 1 << 24;
const DIGEST = 32;
/** No header is longer. */
const LONGEST_HEADER = 1 << 20;

/** The file's bytes in pieces, each valid until the next is asked for: views of the checkpoint's own arrays. */
export function* checkpointBytes(choice: ProgramChoice, checkpoint: Checkpoint): Generator<Uint8Array> {
  requireLittleEndian();
  const { history, probes, search } = checkpoint;
  const { slots, moves, asleep, dependents, finishes, unsettled } = search;
  const sections = [history, probes, slots, moves, asleep, dependents, finishes, unsettled] as const;
  const { model, automata, seconds, seen } = checkpoint;
  const { program, kernel, apply, revert, parameters } = choice;
  const header: Header = {
    schema: CHECKPOINT_SCHEMA,
    program,
    kernel,
    apply: [...apply],
    revert: [...revert],
    parameters,
    strategy: 'exhaustive',
    memory: 'sc',
    model,
    automata,
    seconds,
    seen: [...seen],
    states: search.states,
    counters: search.counters,
    sections: {
      history: history.byteLength,
      probes: probes.byteLength,
      slots: slots.byteLength,
      moves: moves.byteLength,
      asleep: asleep.byteLength,
      dependents: dependents.byteLength,
      finishes: finishes.byteLength,
      unsettled: unsettled.byteLength,
    },
  };
  const hash = createHash('sha256');
  const hashed = (bytes: Uint8Array) => {
    hash.update(bytes);
    return bytes;
  };
  yield hashed(Buffer.from(`${JSON.stringify(header)}\n`));
  for (const section of sections) for (const bytes of pieces(section)) yield hashed(bytes);
  yield hash.digest();
}

/** Reads a checkpoint; `file` is its name, for messages. Throws an InputError that says what is wrong with it. */
export function readCheckpoint(source: CheckpointSource, file: string): SavedCheckpoint {
  requireLittleEndian();
  const { header, length } = readHeader(source, file);
  const { sections } = header;
  const expected = Object.values(sections).reduce((sum, bytes) => sum + bytes, length + DIGEST);
  if (source.size !== expected)
    throw new InputError(
      `${file}: the checkpoint ${source.size < expected ? 'is cut off' : 'goes on after its end'}: expected ${expected} bytes, found ${source.size}`,
      START_OVER,
    );
  const hash = createHash('sha256');
  const head = new Uint8Array(length);
  source.read(head, 0);
  hash.update(head);
  let position = length;
  const fill = <T extends Int32Array | Uint8Array>(array: T): T => {
    for (const bytes of pieces(array)) {
      source.read(bytes, position);
      hash.update(bytes);
      position += bytes.length;
    }
    return array;
  };
  const int32s = (bytes: number) => fill(new Int32Array(bytes / 4));
  const history = int32s(sections.history);
  const probes = int32s(sections.probes);
  const slots = int32s(sections.slots);
  const moves = int32s(sections.moves);
  const asleep = int32s(sections.asleep);
  const dependents = int32s(sections.dependents);
  const finishes = fill(new Uint8Array(sections.finishes));
  const unsettled = int32s(sections.unsettled);
  const digest = new Uint8Array(DIGEST);
  source.read(digest, position);
  if (!hash.digest().equals(digest))
    throw new InputError(
      `${file}: the checkpoint is damaged: its checksum is not that of its content`,
      START_OVER,
    );
  const { program, kernel, apply, revert, parameters, model, automata, seconds, seen, states, counters } =
    header;
  return {
    choice: { program, kernel, apply, revert, parameters },
    checkpoint: {
      model,
      automata,
      seconds,
      seen,
      history,
      probes,
      search: { counters, states, slots, moves, asleep, dependents, finishes, unsettled },
    },
  };
}

const START_OVER = 'start the search again without --resume, or resume an older checkpoint';
const NOT_ONE =
  'lostwrite explore writes one when a limit or Ctrl-C ends a search, and with --checkpoint FILE';

function readHeader(source: CheckpointSource, file: string): { header: Header; length: number } {
  const start = new Uint8Array(Math.min(source.size, LONGEST_HEADER));
  source.read(start, 0);
  const end = start.indexOf(10);
  const value = parsed(Buffer.from(start.subarray(0, Math.max(0, end))).toString());
  const schema = typeof value === 'object' && value !== null && 'schema' in value ? value.schema : undefined;
  if (schema !== CHECKPOINT_SCHEMA)
    throw new InputError(
      `${file} is no checkpoint: expected a first line of JSON with "schema": "${CHECKPOINT_SCHEMA}", found ${typeof schema === 'string' ? JSON.stringify(schema) : 'something else'}`,
      NOT_ONE,
    );
  const result = v.safeParse(HeaderSchema, value);
  if (!result.success) {
    const [issue] = result.issues;
    throw new InputError(
      `${file}: header: ${v.getDotPath(issue) ?? 'all of it'}: expected ${issue.expected ?? 'something else'}, found ${issue.received}`,
      START_OVER,
    );
  }
  const odd = Object.entries(result.output.sections).find(
    ([name, bytes]) => name !== 'finishes' && bytes % 4 > 0,
  );
  if (odd !== undefined)
    throw new InputError(
      `${file}: header: sections.${odd[0]}: expected a multiple of 4, found ${odd[1]}`,
      START_OVER,
    );
  return { header: result.output, length: end + 1 };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function* pieces({ buffer, byteOffset, byteLength }: Int32Array | Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < byteLength; at += CHUNK)
    yield new Uint8Array(buffer, byteOffset + at, Math.min(CHUNK, byteLength - at));
}

function requireLittleEndian(): void {
  if (endianness() !== 'LE') throw new InputError('checkpoints are not made on big-endian machines');
}
