/** A worker thread died, or gave no answer. */
export class SearcherFailure extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SearcherFailure';
  }
}
