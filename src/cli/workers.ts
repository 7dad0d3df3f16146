/** The option --workers. */
import { availableParallelism } from 'node:os';
import { InputError } from '../core/errors.ts';
import type { ProgramSource } from '../cpus/source.ts';
import { workerUrl } from '../cpus/worker-url.ts';
import type { Program } from '../core/program.ts';
import { minimised } from '../search/explore.ts';
import type { LimitOptions } from '../search/limits.ts';
import { MOST_SEARCHERS } from '../search/parallel/control.ts';
import type { Verdict } from '../search/verdict.ts';

/** More searchers than that on this machine would only wait for each other. */
export const MOST_WORKERS = Math.min(MOST_SEARCHERS, 4 * availableParallelism());

/** Accepts several workers for an exhaustive search only; anything else is an InputError. */
export function requireWorkersShare(workers: number, strategy: string, on: string): void {
  if (workers === 1) return;
  if (on === 'cpus')
    throw new InputError(
      `--workers ${workers}: --on cpus starts a worker thread for each thread of the program`,
      'leave out --workers, or --on cpus',
    );
  if (strategy !== 'exhaustive')
    throw new InputError(
      `--workers ${workers}: the strategy ${strategy} has one searcher`,
      'leave out --workers, or --strategy: several searchers share an exhaustive search',
    );
}

/** The exhaustive search by `workers` worker threads, which are gone when it returns. */
export async function exploreWithWorkers(
  program: Program,
  source: ProgramSource,
  workers: number,
  options: LimitOptions & { readonly minimise?: boolean },
): Promise<Verdict> {
  // Loaded only here: the libraries of the pool would slow down the start of every command.
  const [{ SearcherPool }, { exploreParallel }] = await Promise.all([
    import('../search/parallel/searcher-pool.ts'),
    import('../search/parallel/explore-parallel.ts'),
  ]);
  const started = performance.now();
  const pool = new SearcherPool(workerUrl('searcher'), workers);
  let verdict: Verdict;
  try {
    verdict = await exploreParallel(program, { ...options, source, pool });
  } finally {
    await pool.close();
  }
  return minimised(program, verdict, options, started);
}
