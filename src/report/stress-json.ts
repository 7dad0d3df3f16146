import { hitJson, type CpuHit } from './cpu-hit.ts';
import type { StressFigures } from './stress-summary.ts';
import type { VerdictContext } from './verdict-json.ts';

/** What `stress --json` says besides its figures. */
export type StressContext = Pick<VerdictContext, 'scenario' | 'kernel' | 'switches'>;

/** The document `lostwrite/stress@1`. */
export function stressJson(
  { scenario, kernel, switches }: StressContext,
  figures: StressFigures,
  hit: CpuHit | null,
) {
  const { verdict, iterations, operations, seconds } = figures;
  const perSecond = (count: number) => (seconds > 0 ? Math.round(count / seconds) : 0);
  return {
    schema: 'lostwrite/stress@1',
    scenario,
    kernel,
    switches,
    verdict,
    violation: hit === null ? null : hitJson(hit),
    iterations,
    violations: figures.violations,
    kinds: figures.kinds,
    firstAfter: figures.firstAfter,
    unordered: figures.unordered,
    cut: figures.cut,
    seconds,
    iterationsPerSecond: perSecond(iterations),
    operationsPerSecond: perSecond(operations),
    startSeconds: figures.startSeconds,
    workers: figures.workers,
    seed: figures.seed,
    jitter: figures.jitter,
    neverReached: figures.neverReached,
    interrupted: figures.interrupted,
  };
}
