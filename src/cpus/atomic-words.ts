/** The operations of core/operations.ts as real Atomics operations on shared words. */
import type { Conditions } from '../core/conditions.ts';
import { isEnabled, Kind, newValue, resultOf } from '../core/operations.ts';

/**
 * One CPU's hands on the shared words. Each operation is one Atomics operation where there is one that does it, else a
 * compare-exchange loop. The fields tell about the last operation.
 */
export class AtomicWords {
  /** The word's value before the operation (of a plain store: 0, it is not read) and what the thread is handed. */
  before = 0;
  result = 0;
  readonly words: Int32Array;
  private readonly conditions: Conditions;
  /** Copies of the words that a condition reads, and which those are. */
  private readonly seen: Int32Array;
  private readonly wordsOf = new Map<number, readonly number[]>();
  private readonly fence = new Int32Array(new SharedArrayBuffer(4));

  constructor(words: Int32Array, conditions: Conditions) {
    this.words = words;
    this.conditions = conditions;
    this.seen = new Int32Array(words.length);
  }

  /**
   * Does the operation if it is enabled and says whether it was; `choice` is the answer of `choose`. Never waits. DONE and FAIL
   * are never enabled.
   */
  perform(kind: number, word: number, x: number, y: number, z: number, choice: number): boolean {
    switch (kind) {
      case Kind.CHOOSE:
        this.before = 0;
        this.result = choice;
        return true;
      case Kind.FENCE:
        Atomics.add(this.fence, 0, 1);
        this.before = 0;
        this.result = 0;
        return true;
      case Kind.UNTIL_CONDITION:
        this.before = Atomics.load(this.words, word);
        this.result = 0;
        return this.holds(x);
      case Kind.STORE:
        if (x === 0) {
          Atomics.store(this.words, word, y);
          this.before = 0;
          this.result = 0;
          return true;
        }
        break;
    }
    const enabled = this.change(kind, word, x, y);
    if (enabled) this.result = resultOf(kind, this.before, x, y, z);
    return enabled;
  }

  /** Is the condition true of the words, each read once? */
  holds(condition: number): boolean {
    let words = this.wordsOf.get(condition);
    if (words === undefined) this.wordsOf.set(condition, (words = this.conditions.wordsOf(condition)));
    for (const word of words) this.seen[word] = Atomics.load(this.words, word);
    return this.conditions.holds(condition, this.seen);
  }

  private change(kind: number, word: number, x: number, y: number): boolean {
    const { words } = this;
    switch (kind) {
      case Kind.STORE:
      case Kind.EXCHANGE:
        if (x === 0) this.before = Atomics.exchange(words, word, y);
        else if (y === 0) this.before = Atomics.and(words, word, x);
        else if (x === ~y) this.before = Atomics.or(words, word, y);
        else return this.compareExchangeLoop(kind, word, x, y);
        return true;
      case Kind.ADD:
      case Kind.FETCH_ADD:
      case Kind.ADD_TEST:
        this.before = Atomics.add(words, word, x);
        return true;
      case Kind.XOR:
      case Kind.FETCH_XOR:
        this.before = Atomics.xor(words, word, x);
        return true;
      case Kind.COMPARE_EXCHANGE:
      case Kind.TRY_COMPARE_EXCHANGE:
        this.before = Atomics.compareExchange(words, word, x, y);
        return true;
      default:
        return this.compareExchangeLoop(kind, word, x, y);
    }
  }

  private compareExchangeLoop(kind: number, word: number, x: number, y: number): boolean {
    for (;;) {
      const old = Atomics.load(this.words, word);
      this.before = old;
      if (!isEnabled(kind, old, x, y)) return false;
      const desired = newValue(kind, old, x, y);
      if (desired === old || Atomics.compareExchange(this.words, word, old, desired) === old) return true;
    }
  }
}
