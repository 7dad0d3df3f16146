/** What can end a search before everything is explored. */
export type NeutralLimit = 'time' | 'memory' | 'events' | 'interrupted';

/** Internal: a search must end as truncated. */
export class LimitReached extends Error {
  readonly limit: NeutralLimit;
  constructor(limit: NeutralLimit, message: string) {
    super(message);
    this.name = 'LimitReached';
    this.limit = limit;
  }
}
