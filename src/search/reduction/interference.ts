import type { Footprint } from './footprint.ts';

/** All that some threads may do, taken together: bits read, stored to and changed, one int32 mask for each word; observables changed. */
export class Interference {
  readonly read: Int32Array;
  readonly written: Int32Array;
  readonly changed: Int32Array;
  readonly observed: Uint8Array;
  /** 1 for each word that an operation waits for which cannot happen. */
  readonly awaited: Uint8Array;

  constructor(words: number, observables: number) {
    this.read = new Int32Array(words);
    this.written = new Int32Array(words);
    this.changed = new Int32Array(words);
    this.observed = new Uint8Array(observables);
    this.awaited = new Uint8Array(words);
  }

  clear(): void {
    this.read.fill(0);
    this.written.fill(0);
    this.changed.fill(0);
    this.observed.fill(0);
    this.awaited.fill(0);
  }

  /** Is nothing of it dependent on the step with this footprint? */
  spares(footprint: Footprint): boolean {
    const { words, watched, fixed, written, changed } = footprint;
    for (let i = 0; i < words.length; i++) {
      const word = words[i]!;
      if (
        ((written[word]! & this.written[word]!) |
          (fixed[word]! & this.changed[word]!) |
          (changed[word]! & this.read[word]!)) !==
        0
      )
        return false;
    }
    for (let i = 0; i < watched.length; i++) if (this.observed[watched[i]!] === 1) return false;
    return true;
  }
}
