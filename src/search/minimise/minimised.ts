import type { Size } from './size.ts';

/** What is known of a schedule that was made as small as possible: threads first, then preemptions, then steps. */
export interface Minimised {
  /** The schedule that it began with. */
  readonly from: Size;
  /** Is it known that no schedule into the same violation has fewer threads? */
  readonly threads: boolean;
  /** … that none with at most as many threads has fewer preemptions? */
  readonly preemptions: boolean;
  /** … that none with at most as many threads and preemptions has fewer steps? */
  readonly steps: boolean;
  /** What ended the search for fewer threads, or for fewer preemptions and steps, early; null if nothing did. */
  readonly threadsLimit: string | null;
  readonly stepsLimit: string | null;
  /** States met on the way, all searches together. */
  readonly states: number;
  /** Wall-clock seconds. */
  readonly seconds: number;
}
