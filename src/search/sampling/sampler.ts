import type { Random } from './random.ts';

/**
 * Decides who moves next in a schedule drawn at random. One object draws all schedules of a sample; it allocates nothing while it
 * draws.
 */
export interface Sampler {
  /** A new schedule begins: the state is the initial one. All randomness comes from `random`. */
  begin(random: Random): void;
  /** Which of the first `count` threads in `enabled` (ascending, at least one) moves. */
  pick(enabled: Int32Array, count: number): number;
  /** `thread` has moved; it stood at automaton node `from`. The state is the one after the step. */
  moved(thread: number, from: number): void;
}
