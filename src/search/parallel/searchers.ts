/** The searchers of one search as the coordinator sees them: what they share, what they have done, how they ended. */
import { randomUUID } from 'node:crypto';
import { ModelError } from '../../core/errors.ts';
import type { AutomataOptions } from '../automata.ts';
import type { Decision } from '../decision.ts';
import { AutomataLimitError } from '../growth.ts';
import { LimitReached, statesReached } from '../limits.ts';
import { Unsettled } from '../liveness.ts';
import type { Reach } from '../vacuity.ts';
import { allocateControl, Control, Stop, Word, type SearcherProgress } from './control.ts';
import type { SearchBuffers, SearcherResult } from './searcher.ts';
import type { SearcherPool } from './searcher-pool.ts';
import { allocateLog } from './shared-automata.ts';
import { allocateTable, SharedVisitedSet } from './shared-visited.ts';
import { ChannelExchange, TableListener } from './table-channel.ts';
import { allocateMailbox } from './work-sharing.ts';

/** How to search; see ParallelOptions. */
export interface SearchersOptions extends AutomataOptions {
  readonly pool: SearcherPool;
  readonly source: unknown;
  readonly maxStates: number;
  readonly logCapacity: number;
  readonly shareEvery: number;
}

/** What the searchers did, for those who measure. */
export interface ParallelFigures {
  /** States of each searcher. */
  readonly states: readonly number[];
  /** Tasks given away by each. */
  readonly given: readonly number[];
  /** Milliseconds without work of each. */
  readonly idleMs: readonly number[];
  /** States that were not seen to finish by the one who explored them. */
  readonly unsettledBytes: number;
}

export class Searchers {
  readonly control: Control;
  /** The log of the automata's extensions. */
  readonly log: SharedArrayBuffer;
  /** Why there are no results, or null. */
  failure: Error | null = null;
  private readonly options: SearchersOptions;
  private readonly buffers: SearchBuffers;
  private readonly tables: TableListener;
  private results: readonly SearcherResult[] | null = null;

  constructor(options: SearchersOptions) {
    const { searchers } = options.pool;
    const control = allocateControl(searchers);
    this.options = options;
    this.control = new Control(control);
    this.control.words[Word.LOG_CAPACITY] = options.logCapacity;
    this.log = allocateLog();
    this.buffers = {
      control,
      log: this.log,
      table: allocateTable(options.logCapacity),
      channel: `lostwrite ${randomUUID()}`,
      mailboxes: Array.from({ length: searchers }, () => allocateMailbox()),
    };
    this.tables = new TableListener(this.buffers.channel, this.buffers.table);
  }

  /** Runs them to their end. Never rejected: what happens is told by the members below. */
  async run(): Promise<void> {
    const { pool, source, maxNodes, fold, maxStates, shareEvery } = this.options;
    const automata = {
      ...(maxNodes === undefined ? {} : { maxNodes }),
      ...(fold === undefined ? {} : { fold }),
    };
    const tasks = this.buffers.mailboxes.map((_, searcher) => ({
      source,
      setup: { buffers: this.buffers, searcher, ...automata, maxStates, shareEvery },
    }));
    try {
      this.results = await pool.run(tasks, this.control);
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(String(error));
    }
  }

  /** To be called when they have ended and nothing more will be asked. */
  close(): void {
    this.tables.close();
  }

  /** Have all of them ended? */
  get ended(): boolean {
    return this.results !== null || this.failure !== null;
  }

  /** Sums of what all have done so far; depth: the greatest. */
  get told(): SearcherProgress {
    return this.control.told;
  }

  /** Bytes of the visited set. */
  get visitedBytes(): number {
    return this.tables.newest.byteLength;
  }

  /** Bytes of visited set, stacks and unsettled lists. */
  get bytes(): number {
    return this.visitedBytes + this.told.bytes;
  }

  get endStates(): number {
    return this.sum(({ endStates }) => endStates);
  }

  get reach(): Reach {
    return {
      restStates: this.sum(({ restStates }) => restStates),
      branches: (this.results ?? []).some(({ branches }) => branches),
    };
  }

  /** The properties of `program.sometimes` that any of them has seen hold. */
  get seen(): ReadonlySet<string> {
    return new Set((this.results ?? []).flatMap(({ seen }) => seen));
  }

  /** How one of them came to the violation that it met. */
  get violatingPath(): readonly Decision[] {
    return this.results?.find(({ violation }) => violation !== null)?.violation ?? [];
  }

  /** Null if there are no results. */
  get figures(): ParallelFigures | null {
    if (this.results === null) return null;
    return {
      states: this.results.map(({ states }) => states),
      given: this.results.map(({ given }) => given),
      idleMs: this.results.map(({ idleMs }) => idleMs),
      unsettledBytes: this.sum(({ unsettled }) => unsettled.byteLength),
    };
  }

  /** Once they have ended: throws what one of them threw, or what limit they ran into. */
  requireNoError(): void {
    if (this.failure !== null) throw this.failure;
    for (const { error } of this.results ?? []) {
      if (error === null) continue;
      const { name, message } = error;
      if (name === 'ModelError') throw new ModelError(message);
      if (name === 'AutomataLimitError') throw new AutomataLimitError(message);
      throw new Error(message);
    }
    const { stopped, states } = this.control;
    const { maxStates } = this.options;
    // As many states as allowed are too many, as with one searcher.
    if (stopped === Stop.STATES || (stopped === Stop.DONE && states >= maxStates))
      throw statesReached(maxStates);
    if (stopped === Stop.MEMORY)
      throw new LimitReached('memory', `there is no memory for more than ${states} states`);
  }

  /** The states that cannot finish, from what all have left open: keys as low, high pairs. */
  settle(): Int32Array {
    const { control, buffers } = this;
    const exchange = new ChannelExchange(buffers.channel);
    try {
      const table = this.tables.newest;
      const visited = new SharedVisitedSet({ table, control, searcher: 0, exchange });
      const unsettled = new Unsettled();
      for (const result of this.results ?? []) unsettled.absorb(result.unsettled);
      return unsettled.settle(visited);
    } finally {
      exchange.close();
    }
  }

  private sum(of: (result: SearcherResult) => number): number {
    return (this.results ?? []).reduce((sum, result) => sum + of(result), 0);
  }
}
