/** Where a replay left its recording. */
export interface DivergenceDetails {
  /** Number of the step, from 1. */
  readonly step: number;
  /** What was recorded, and what happened now, each with its source position. */
  readonly expected: string;
  readonly found: string;
  /** Model hashes: of the recording and of the program as it is now. */
  readonly recordedModel: string;
  readonly model: string;
}

/** A recorded schedule no longer fits the program. */
export class Divergence extends Error {
  readonly details: DivergenceDetails;
  constructor(details: DivergenceDetails) {
    super(`step ${details.step}: expected ${details.expected}, found ${details.found}`);
    this.name = 'Divergence';
    this.details = details;
  }
}
