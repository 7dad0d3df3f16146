/** A CPU's worker thread died or gave no answer: nothing can be said about the program. */
export class CpuFailure extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CpuFailure';
  }
}

/** Somebody asked to stop (Ctrl-C). */
export class Interrupted extends Error {
  constructor() {
    super('interrupted');
    this.name = 'Interrupted';
  }
}
