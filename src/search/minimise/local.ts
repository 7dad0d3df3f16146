/**
 * Smaller schedules near a given one, in the manner of delta debugging (Zeller & Hildebrandt, TSE 2002): leave out threads, turns
 * and runs of steps, and join turns of one thread, as long as the violation stays. Quick, however far the smallest schedule
 * is from the start, and proves nothing: what it ends with is a local minimum.
 */
import type { Decision } from '../decision.ts';
import { compareSizes } from './size.ts';
import type { Failing, Trial } from './trial.ts';

/** Longer schedules are not made smaller by single steps and turns: it takes the square of their length. */
const MOST_STEPS = 2_000;

/**
 * Makes `start` smaller until no candidate is. Stops early after `maxSteps` steps of all trials together.
 *
 * @param pause called between trials, about every 65,536 steps; may throw to give up, which loses nothing: `onBetter` is told of
 *   each improvement at once
 */
export async function minimiseLocally(
  trial: Trial,
  start: Failing,
  options: {
    readonly maxSteps: number;
    readonly onBetter: (better: Failing) => void;
    readonly pause: () => Promise<void>;
  },
): Promise<void> {
  let best = start;
  let rested = trial.steps;
  const end = trial.steps + options.maxSteps;
  for (let improved = true; improved;) {
    improved = false;
    for (const candidate of candidates(best.decisions)) {
      const found = trial.follow(candidate);
      if (found !== null && compareSizes(found.size, best.size) < 0) {
        best = found;
        options.onBetter(best);
        improved = true;
      }
      if (trial.steps >= end) return;
      if (trial.steps - rested >= 1 << 16) {
        rested = trial.steps;
        await options.pause();
      }
      // The candidates were made from the schedule as it was.
      if (improved) break;
    }
  }
}

/** What is tried, the boldest first. */
function* candidates(decisions: readonly Decision[]): Generator<readonly Decision[]> {
  for (const thread of new Set(decisions.map((decision) => decision.thread)))
    yield decisions.filter((decision) => decision.thread !== thread);
  const length = decisions.length;
  for (let chunk = length >> 1; chunk >= (length > MOST_STEPS ? length >> 6 : 1); chunk >>= 1)
    for (let at = 0; at < length; at += chunk) yield decisions.toSpliced(at, chunk);
  if (length > MOST_STEPS) return;
  const turns = turnsOf(decisions);
  for (let i = 0; i < turns.length; i++) yield turns.toSpliced(i, 1).flat();
  for (let i = 0; i < turns.length; i++) yield* joined(turns, i);
}

type Turn = readonly Decision[];

/** The schedule cut where another thread takes over. */
function turnsOf(decisions: readonly Decision[]): readonly Turn[] {
  const turns: Decision[][] = [];
  for (const decision of decisions) {
    const turn = turns.at(-1);
    if (turn?.[0]?.thread === decision.thread) turn.push(decision);
    else turns.push([decision]);
  }
  return turns;
}

/** Turn `i` put off to the next turn of its thread, or that one brought forward; or turn `i` and the one after it swapped. */
function* joined(turns: readonly Turn[], i: number): Generator<readonly Decision[]> {
  const turn = turns[i]!;
  const next = turns.findIndex((later, j) => j > i && later[0]!.thread === turn[0]!.thread);
  const between = turns.slice(i + 1, next);
  if (next > 0) {
    const before = turns.slice(0, i);
    const after = turns.slice(next + 1);
    yield [...before, ...between, turn, turns[next]!, ...after].flat();
    yield [...before, turn, turns[next]!, ...between, ...after].flat();
  }
  if (i + 1 < turns.length) yield turns.toSpliced(i, 2, turns[i + 1]!, turn).flat();
}
