/** A whole search put down so that another process can take it up: what a checkpoint holds, and when one is due. */
import { createHash } from 'node:crypto';
import type { Program } from '../core/program.ts';
import { Automata } from './automata.ts';
import { modelHash } from './model-hash.ts';
import { requireFit, type SearchSnapshot } from './snapshot.ts';
import { EDGE, NODE } from './tables.ts';

/** An exhaustive search in the middle of its work. */
export interface Checkpoint {
  /** See modelHash: what the program is. */
  readonly model: string;
  /** See {@link automataHash}: the explored part of every thread, after `history` was followed. */
  readonly automata: string;
  /** Seconds searched so far, by all runs together. */
  readonly seconds: number;
  /** Names of the properties of `program.sometimes` that have been seen hold; the history does not tell. */
  readonly seen: readonly string[];
  /** See Automata.history: makes fresh automata number their nodes alike. */
  readonly history: Int32Array<ArrayBuffer>;
  /** See Probes.keys: what the estimate of the size goes by; empty if there is none. */
  readonly probes: Int32Array<ArrayBuffer>;
  readonly search: SearchSnapshot;
}

/** What becomes of checkpoints. */
export interface CheckpointOptions {
  /** Between one and the next, in milliseconds; default 30,000. Longer if writing takes more than a twentieth of the time. */
  readonly everyMs?: number;
  /**
   * Told each checkpoint, and at last (`final`) the one of a search that a limit ended. The arrays belong to the search, which goes on
   * when this returns.
   */
  readonly save: (checkpoint: Checkpoint, final: boolean) => void;
}

const DEFAULT_EVERY_MS = 30_000;
/** Writing takes at most one part in so many of the time. */
const SHARE = 20;

/** Says when the next checkpoint is due. All times in milliseconds of one clock. */
export class CheckpointClock {
  private readonly everyMs: number;
  private next: number;

  constructor(now: number, everyMs = DEFAULT_EVERY_MS) {
    this.everyMs = everyMs;
    this.next = now + everyMs;
  }

  due(now: number): boolean {
    return now >= this.next;
  }

  /** One was made between these times. */
  made(from: number, to: number): void {
    this.next = to + Math.max(this.everyMs, (SHARE - 1) * (to - from));
  }
}

/** 16 hexadecimal digits that change with any explored operation of any thread, and with the numbering of the nodes. */
export function automataHash({ nodes, nodeCount, edges, edgeCount }: Automata): string {
  const hash = createHash('sha256');
  hash.update(nodes.subarray(0, nodeCount * NODE));
  hash.update(edges.subarray(0, edgeCount * EDGE));
  return hash.digest('hex').slice(0, 16);
}

/** The hash of the program as it is built now, whatever a search has seen of it. */
export function hashOf(program: Program): string {
  return modelHash(new Automata(program));
}

/**
 * Brings fresh automata where those of the checkpoint were. Throws a SnapshotMisfit if their program is another one, or has changed
 * anywhere the search has been.
 */
export function followCheckpoint(
  automata: Automata,
  { model, automata: hash, history, seen }: Checkpoint,
): void {
  requireFit(hashOf(automata.program) === model, 'the model has changed since');
  automata.follow(history);
  for (const name of seen) automata.covered.add(name);
  requireFit(automataHash(automata) === hash, 'the model has changed since, where the search had been');
}
