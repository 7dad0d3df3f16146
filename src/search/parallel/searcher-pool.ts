/** The worker threads that play searchers. */
import PQueue from 'p-queue';
import { Piscina } from 'piscina';
import { Stop, type Control } from './control.ts';
import { SearcherFailure } from './searcher-failure.ts';
import type { SearcherResult, SearcherSetup } from './searcher.ts';

/** What is sent to a worker; `source` says which program, in words that the worker file understands. */
export interface SearcherTask {
  readonly source: unknown;
  readonly setup: SearcherSetup;
}

const STOP_PATIENCE_MS = 20_000;

export class SearcherPool {
  readonly searchers: number;
  private readonly stopPatienceMs: number;
  private readonly pool: Piscina;
  /**
   * The searchers of a search wait for each other, so they all run at once or not at all: searches are let in one at a time, each
   * taking the whole pool. Were two let in, each might get half of the workers and wait for the rest for ever.
   */
  private readonly searches = new PQueue({ concurrency: 1 });

  /**
   * Starts nothing yet. The caller must {@link close} it.
   * @param worker URL of a compiled worker file whose default export runs a {@link SearcherTask} through `runSearcher`
   * @param searchers 1 … 31
   * @param stopPatienceMs so long has a searcher that has been told to stop; then the pool is closed
   */
  constructor(worker: URL, searchers: number, stopPatienceMs = STOP_PATIENCE_MS) {
    this.stopPatienceMs = stopPatienceMs;
    this.searchers = searchers;
    this.pool = new Piscina({
      filename: worker.href,
      minThreads: searchers,
      maxThreads: searchers,
      // Loaders and debuggers of the parent are no business of the searchers.
      execArgv: [],
    });
  }

  /** Fulfilled when fewer than `searches` searches wait for their turn: for those who have many to put in. */
  async onFewerThan(searches: number): Promise<void> {
    await this.searches.onSizeLessThan(searches);
  }

  /**
   * Runs one searcher for each of `tasks`, all at once, when the searches before it are through. Throws a {@link SearcherFailure}
   * if a worker thread dies, after the others have stopped; what a worker throws before it begins to search is passed on.
   */
  async run(tasks: readonly SearcherTask[], control: Control): Promise<SearcherResult[]> {
    if (tasks.length !== this.searchers)
      throw new RangeError(`expected ${this.searchers} tasks, one for each searcher, got ${tasks.length}`);
    return this.searches.add(async () => {
      const runs = tasks.map(async (task, searcher) => {
        try {
          return (await this.pool.run(task)) as SearcherResult;
        } catch (error) {
          control.stop(Stop.ERROR);
          throw this.failure(error, searcher, control);
        }
      });
      const settled = await this.patiently(runs, control);
      return settled;
    });
  }

  /** The worker threads, for tests that kill one. */
  get workers(): Piscina['threads'] {
    return this.pool.threads;
  }

  /** Ends all worker threads. Never throws; may be called more than once. */
  async close(): Promise<void> {
    await this.pool.destroy();
  }

  /** All have ended before anything is thrown, unless one of them does not hear: then the pool is torn down. */
  private async patiently(
    runs: readonly Promise<SearcherResult>[],
    control: Control,
  ): Promise<SearcherResult[]> {
    let done = false;
    const all = Promise.allSettled(runs).finally(() => {
      done = true;
    });
    const watch = setInterval(() => {
      if (control.stopped === 0 || done) return;
      clearInterval(watch);
      late = setTimeout(() => void this.close(), this.stopPatienceMs);
    }, 100);
    let late: NodeJS.Timeout | undefined;
    try {
      await all;
    } finally {
      clearInterval(watch);
      clearTimeout(late);
    }
    return Promise.all(runs);
  }

  private failure(error: unknown, searcher: number, control: Control): Error {
    const message = error instanceof Error ? error.message : String(error);
    const threadId = control.threadId(searcher);
    // Before it has begun it may also have thrown what building the program throws.
    if (threadId === 0 && !message.startsWith('worker exited'))
      return error instanceof Error ? error : new Error(message);
    const who = threadId === 0 ? 'not begun' : `worker thread ${threadId}`;
    return new SearcherFailure(`searcher ${searcher + 1} of ${this.searchers} (${who}) died: ${message}`);
  }
}
