/** The futex as a model: the machine of src/cpus/lock-words.ts on the words of a program, to be explored. */
import type { WordMachine } from '../../../src/cpus/lock-words.ts';
import { atomic, choose, currentThread } from '../../../src/core/control.ts';
import type { Steps } from '../../../src/core/operations.ts';
import { Field, type Layout, type Word } from '../../../src/core/words.ts';

/** What may be wrong with a futex, or odd about it. */
export interface FutexFaults {
  /** Whom `notify` wakes; default all. */
  readonly wakes?: 'all' | 'one' | 'nobody';
  /** The word is compared in one step and the sleeper enqueued in the next. */
  readonly comparesEarly?: boolean;
  /** `wait` may return for nothing, which is no fault. */
  readonly spurious?: boolean;
}

/** Words that can be waited upon: beside each lies a word with one bit for each sleeping thread. */
export class FutexMachine implements WordMachine {
  readonly waiters: number;
  readonly epoch: number;
  private readonly layout: Layout;
  private readonly threads: number;
  private readonly faults: FutexFaults;
  private readonly sleepers = new Map<number, Word>();

  /** @param sleepOn names of the words to make, each of which can be slept upon */
  constructor(layout: Layout, threads: number, sleepOn: readonly string[], faults: FutexFaults = {}) {
    this.layout = layout;
    this.threads = threads;
    this.faults = faults;
    this.waiters = layout.word('waiters').index;
    this.epoch = this.make('epoch').index;
    for (const name of sleepOn) this.make(name);
  }

  /** The word of this name. */
  word(name: string): Word {
    return this.layout.find(name)!;
  }

  *load(word: number): Steps<number> {
    return yield* this.at(word).load();
  }

  *store(word: number, value: number): Steps<void> {
    yield* this.at(word).store(value);
  }

  *exchange(word: number, value: number): Steps<number> {
    return yield* this.at(word).exchange(value);
  }

  *add(word: number, delta: number): Steps<number> {
    return yield* this.at(word).fetchAdd(delta);
  }

  *compareExchange(word: number, expected: number, desired: number): Steps<number> {
    return yield* this.at(word).compareExchange(expected, desired);
  }

  *wait(word: number, expected: number): Steps<void> {
    const bit = 1 << currentThread();
    if (this.faults.spurious === true && (yield* choose(2)) === 1) return;
    if (this.faults.comparesEarly === true) {
      if (!(yield* this.at(word).is(expected))) return;
      yield* this.queue(word).update(0, bit);
    } else if (!(yield* atomic(this.enqueue(word, expected, bit)))) return;
    const { index, name } = this.queue(word);
    yield* new Field(index, name, bit, currentThread(), false).untilIs(0);
  }

  *notify(word: number): Steps<void> {
    switch (this.faults.wakes ?? 'all') {
      case 'all':
        return yield* this.queue(word).store(0);
      case 'one':
        return yield* atomic(this.wakeOne(word));
      case 'nobody':
    }
  }

  private *enqueue(word: number, expected: number, bit: number): Steps<boolean> {
    if (!(yield* this.at(word).is(expected))) return false;
    yield* this.queue(word).update(0, bit);
    return true;
  }

  /** Starts at any thread and wakes the next that sleeps. */
  private *wakeOne(word: number): Steps<void> {
    const first = yield* choose(this.threads);
    const asleep = yield* this.queue(word).load();
    for (let i = 0; i < this.threads; i++) {
      const bit = 1 << ((first + i) % this.threads);
      if ((asleep & bit) !== 0) return yield* this.queue(word).update(bit, 0);
    }
  }

  private make(name: string): Word {
    const word = this.layout.word(name);
    this.sleepers.set(word.index, this.layout.word(`${name} sleepers`));
    return word;
  }

  private at(word: number): Word {
    return this.layout.words[word]!;
  }

  private queue(word: number): Word {
    return this.sleepers.get(word)!;
  }
}
