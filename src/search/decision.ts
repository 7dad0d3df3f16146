/** One decision of a schedule: who moves, and the answer if the operation is `choose` (else 0). */
export interface Decision {
  /** Index of the thread in its program. */
  readonly thread: number;
  readonly choice: number;
}
