/** Carries the primitives of lock-words.ts out with Atomics: for CPUs that run freely. */
import { ModelError } from '../core/errors.ts';
import type { Steps } from '../core/operations.ts';
import type { WordMachine } from './lock-words.ts';

/** Thrown by the hooks out of a wait when the run is given up; not a violation and not an error. */
export class Aborted extends Error {
  constructor() {
    super('the run was given up');
    this.name = 'Aborted';
  }
}

/**
 * Called around every sleep, by the thread that sleeps.
 *
 * Giving up: `beforeWait` publishes the word and then looks at the abort flag, `afterWait` looks at the flag again; whoever sets
 * the flag notifies the published words again and again until every sleeper has answered, as one notification may come between
 * the look and the sleep.
 */
export interface WaitHooks {
  /** About to sleep on `word`. May throw {@link Aborted}. */
  beforeWait(word: number): void;
  /** Awake, or never slept because the word has changed. May throw {@link Aborted}. */
  afterWait(): void;
}

/** Where a driver finds its words. */
export interface DrivenWords {
  /** The program's words, numbered 0, 1, …; shared. */
  readonly words: Int32Array;
  /** Words of the CPUs' own, numbered ~0, ~1, … ({@link controlWord}); shared. */
  readonly control: Int32Array;
  /** Indices in `control` of {@link WordMachine.waiters} and {@link WordMachine.epoch}. */
  readonly waiters: number;
  readonly epoch: number;
}

/** The number by which a {@link Driver} knows word `index` of its control words. Its own inverse. */
export function controlWord(index: number): number {
  return ~index;
}

/**
 * One thread's hands on the shared words. `drive` runs a generator of lock-words.ts to its end; the thread sleeps in
 * Atomics.wait, so it must be allowed to (not the main thread of a browser).
 *
 * After {@link Aborted} the counts in `waiters` and the gate are left as they are: the run is over, reset them.
 */
export class Driver implements WordMachine {
  readonly waiters: number;
  readonly epoch: number;
  private readonly words: Int32Array;
  private readonly control: Int32Array;
  private readonly hooks: WaitHooks;

  constructor({ words, control, waiters, epoch }: DrivenWords, hooks: WaitHooks) {
    this.words = words;
    this.control = control;
    this.waiters = controlWord(waiters);
    this.epoch = controlWord(epoch);
    this.hooks = hooks;
  }

  /**
   * Runs `steps` to its end and returns what it returns. Throws what the hooks throw, and a ModelError if `steps` yields an
   * operation: it was not made for this machine.
   */
  drive<T>(steps: Steps<T>): T {
    const { done, value } = steps.next(0);
    if (done !== true)
      throw new ModelError('drive: expected only primitives of this machine, got an operation');
    return value;
  }

  *load(word: number): Steps<number> {
    return word < 0 ? Atomics.load(this.control, ~word) : Atomics.load(this.words, word);
  }

  *store(word: number, value: number): Steps<void> {
    if (word < 0) Atomics.store(this.control, ~word, value);
    else Atomics.store(this.words, word, value);
  }

  *exchange(word: number, value: number): Steps<number> {
    return word < 0
      ? Atomics.exchange(this.control, ~word, value)
      : Atomics.exchange(this.words, word, value);
  }

  *add(word: number, delta: number): Steps<number> {
    return word < 0 ? Atomics.add(this.control, ~word, delta) : Atomics.add(this.words, word, delta);
  }

  *compareExchange(word: number, expected: number, desired: number): Steps<number> {
    return word < 0
      ? Atomics.compareExchange(this.control, ~word, expected, desired)
      : Atomics.compareExchange(this.words, word, expected, desired);
  }

  *wait(word: number, expected: number): Steps<void> {
    this.hooks.beforeWait(word);
    if (word < 0) Atomics.wait(this.control, ~word, expected);
    else Atomics.wait(this.words, word, expected);
    this.hooks.afterWait();
  }

  *notify(word: number): Steps<void> {
    if (word < 0) Atomics.notify(this.control, ~word);
    else Atomics.notify(this.words, word);
  }
}
