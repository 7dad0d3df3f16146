/** How large a schedule is, in the order of what makes it hard to follow. */
export interface Size {
  /** Threads that take a step. */
  readonly threads: number;
  /** How often a thread is left that could have gone on. */
  readonly preemptions: number;
  readonly steps: number;
}

/** Negative if `a` is smaller: fewer threads, then fewer preemptions, then fewer steps. */
export function compareSizes(a: Size, b: Size): number {
  return a.threads - b.threads || a.preemptions - b.preemptions || a.steps - b.steps;
}
