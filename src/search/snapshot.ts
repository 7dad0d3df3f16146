/** An exhaustive search in the middle of its work, in terms that do not depend on how its loop is made. */

/** The numbers of a search. */
export interface SearchCounters {
  readonly transitions: number;
  readonly maxDepth: number;
  readonly endStates: number;
  readonly restStates: number;
  readonly branches: boolean;
  /** Is there a state left to expand? */
  readonly active: boolean;
}

/** Where a walk stands. */
export interface WalkSnapshot {
  readonly counters: SearchCounters;
  /**
   * The stack from the bottom up, one move a record: the thread in bits 0–7, 256 if the step has been taken (the path to the current
   * state; the others are open), the answer of `choose` from bit 16 up. Replaying them makes the records again.
   */
  readonly moves: Int32Array<ArrayBuffer>;
  /** Sleep set of each record: of the state it leads to, or, if the step has been taken, of the one it came from; then of the current one. */
  readonly asleep: Int32Array<ArrayBuffer>;
  /** See Moves.dependents: what the sleep sets to come hang on. */
  readonly dependents: Int32Array<ArrayBuffer>;
  /** For each state on the path, the initial one first: what is known of its finishing. */
  readonly finishes: Uint8Array<ArrayBuffer>;
}

/** All that a search needs to go on where another one stood. */
export interface SearchSnapshot extends WalkSnapshot {
  /** Number of visited states. */
  readonly states: number;
  /** The visited set as it lies in memory, see VisitedSet.slots. */
  readonly slots: Int32Array<ArrayBuffer>;
  /** See Unsettled.entries. */
  readonly unsettled: Int32Array<ArrayBuffer>;
}

/** A snapshot is not one of this program's search. */
export class SnapshotMisfit extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SnapshotMisfit';
  }
}

/** Throws a {@link SnapshotMisfit} that says why, unless `fits`. */
export function requireFit(fits: boolean, why: string): void {
  if (!fits) throw new SnapshotMisfit(why);
}
