import { NEW, VisitedSet } from './visited.ts';

/**
 * What the properties have been evaluated on: they read watched words and accounts only, so states that agree in these agree in the
 * properties, and most new states agree with one seen before. Keys are 63 bits, as those of states.
 */
export class Projections {
  private readonly always = new VisitedSet(10);
  private readonly atEnd = new VisitedSet(4);
  private readonly exact: boolean;

  /** @param exact evaluate the properties on every state, trusting no key */
  constructor(exact = false) {
    this.exact = exact;
  }

  /** Bytes held. */
  get bytes(): number {
    return this.always.bytes + this.atEnd.bytes;
  }

  /** How many there are: less than states. */
  get size(): number {
    return this.always.size + this.atEnd.size;
  }

  /** Notes the initial state's projection, the zero. */
  begin(): void {
    this.always.insert(0, 0);
  }

  /** Notes a projection on which the `always` properties are evaluated; true if they have not been yet. */
  isNew(low: number, high: number): boolean {
    return this.exact || this.always.insert(low, high) === NEW;
  }

  /** The same for the end-of-run properties. */
  isNewAtEnd(low: number, high: number): boolean {
    return this.exact || this.atEnd.insert(low, high) === NEW;
  }
}
