/**
 * An exhaustive search with what it takes to run for hours: memory is asked for before it is needed, the size of the state space is
 * estimated, and the work is put down in checkpoints and taken up again.
 */
import type { Automata } from './automata.ts';
import {
  automataHash,
  CheckpointClock,
  followCheckpoint,
  hashOf,
  type Checkpoint,
  type CheckpointOptions,
} from './checkpoint.ts';
import { Probes, type Front, type SizeEstimate } from './estimate.ts';
import { ExhaustiveSearch, type SearchStatus } from './exhaustive.ts';
import { checkMemory, type LimitOptions } from './limits.ts';
import { VisitedSet } from './visited.ts';

export interface LongSearchOptions extends LimitOptions {
  /** What to do with checkpoints. Default: none are made. */
  readonly checkpoint?: CheckpointOptions;
  /**
   * Go on from here, to the figures that the search would have had without interruption. Its arrays are taken over. `budgetMs` counts
   * from now, `maxStates` from the beginning. A SnapshotMisfit is thrown if the program is another one.
   */
  readonly resume?: Checkpoint;
  /** See ExploreOptions; not with `checkpoint` or `resume`. */
  readonly exact?: boolean;
}

const SLICE = 1 << 16;
/** The visited set grows between slices, where its memory can be refused, before it has less room than this. */
const LEAST_ROOM = 4096;
/** Smaller tables may double whenever they like. */
const SMALL_BYTES = 1 << 20;
/** The size is estimated anew when the search has grown so far: seldom enough to cost one part in a hundred. */
const RESIZE = 1.05;

export class LongSearch {
  readonly automata: Automata;
  readonly search: ExhaustiveSearch;
  /** Seconds of the runs that this one resumes. */
  readonly before: number;
  /** Has it begun, in this run or an earlier one? */
  begun: boolean;

  private readonly options: LongSearchOptions;
  private readonly started = performance.now();
  private readonly clock: CheckpointClock;
  private probes: Probes | null = null;
  /** In the middle of a slice it cannot be saved. */
  private inSlice = false;
  private model: string | null = null;
  private size: SizeEstimate | null = null;
  /** At how many visited states it was estimated. */
  private sizedAt = 0;

  /** @param automata fresh ones */
  constructor(automata: Automata, options: LongSearchOptions) {
    const { checkpoint, resume } = options;
    this.automata = automata;
    this.options = options;
    this.before = resume?.seconds ?? 0;
    this.begun = resume !== undefined;
    if (resume !== undefined) followCheckpoint(automata, resume);
    this.search = new ExhaustiveSearch(automata, { exact: options.exact ?? false });
    if (resume !== undefined) {
      this.search.restore(resume.search);
      this.probes = new Probes(resume.probes);
    }
    this.clock = new CheckpointClock(this.started, checkpoint?.everyMs);
  }

  /** Wall-clock seconds, those of earlier runs included. */
  get seconds(): number {
    return this.before + (performance.now() - this.started) / 1000;
  }

  /** Learns from the breadth-first look at the first states what the estimates go by. */
  learn(front: Front): void {
    this.probes = Probes.draw(this.automata, front);
  }

  /**
   * Explores a slice, of about `most` transitions at most. Throws a LimitReached before it if the tables would have to grow beyond the
   * memory allowed.
   */
  run(most: number): SearchStatus {
    this.begun = true;
    const slice = Math.min(most, this.room());
    this.inSlice = true;
    const status = this.search.run(slice);
    this.inSlice = false;
    return status;
  }

  /** How many states there are, as far as that can be known; estimated anew if the search has grown by a few per cent. */
  estimate(): SizeEstimate | null {
    return this.estimateAfter(RESIZE);
  }

  /** As {@link estimate}, in any case anew. */
  estimateNow(): SizeEstimate | null {
    return this.estimateAfter(1);
  }

  /** Makes a checkpoint if one is due. */
  tick(): void {
    const { checkpoint } = this.options;
    const from = performance.now();
    if (checkpoint === undefined || !this.clock.due(from)) return;
    checkpoint.save(this.checkpoint(), false);
    this.clock.made(from, performance.now());
  }

  /** Makes the last checkpoint, of a search that a limit has ended. None if it had not begun, or broke off in the middle. */
  putDown(): void {
    if (this.begun && !this.inSlice) this.options.checkpoint?.save(this.checkpoint(), true);
  }

  /** Makes room for the next slice, unless memory forbids; returns how many transitions it may have. */
  private room(): number {
    const { search, automata } = this;
    const { visited } = search;
    if (!(visited instanceof VisitedSet) || visited.bytes < SMALL_BYTES) return SLICE;
    checkMemory(this.options, search.bytes + automata.bytes + search.bytesToGrow(LEAST_ROOM));
    visited.reserve(LEAST_ROOM);
    return Math.min(SLICE, visited.room - LEAST_ROOM / 2);
  }

  private estimateAfter(growth: number): SizeEstimate | null {
    const { visited } = this.search;
    if (this.probes !== null && visited.size > growth * this.sizedAt) {
      this.sizedAt = visited.size;
      this.size = this.probes.estimate(visited, visited.size);
    }
    return this.size;
  }

  private checkpoint(): Checkpoint {
    const { automata } = this;
    this.model ??= hashOf(automata.program);
    return {
      model: this.model,
      automata: automataHash(automata),
      seconds: this.seconds,
      seen: (automata.program.sometimes ?? [])
        .map(({ name }) => name)
        .filter((name) => automata.covered.has(name)),
      history: automata.history(),
      probes: this.probes?.keys ?? new Int32Array(0),
      search: this.search.save(),
    };
  }
}
