import type { Property } from '../core/program.ts';
import type { ViolationKind } from '../core/violation.ts';
import type { PackedState } from './packed-state.ts';

/** What a search looks for if not for any violation by any thread. */
export interface Aim {
  readonly kind: ViolationKind;
  /** Bit mask of the threads that may move; the others stay where they start. */
  readonly threads: number;
  /**
   * Is this state the one looked for? Asked of each new state; `violation` and `property` are what the inspector said of it
   * (property null: a thread failed), `low` and `high` its key.
   */
  readonly isTarget: (
    state: PackedState,
    violation: ViolationKind | null,
    property: Property | null,
    low: number,
    high: number,
  ) => boolean;
}
