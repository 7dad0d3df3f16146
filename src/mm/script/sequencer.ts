/** Drives one agent at a time, straight over the words: no search, no tables. */
import { activateContext, createContext, type ThreadContext } from '../../core/context.ts';
import { ModelError } from '../../core/errors.ts';
import { activate, FrameStack } from '../../core/frames.ts';
import {
  isEnabled,
  Kind,
  KIND_NAMES,
  newValue,
  resultOf,
  type Operation,
  type Steps,
} from '../../core/operations.ts';
import { accountNames } from '../accounts.ts';
import type { Machine } from '../machine.ts';

/** An agent somewhere in its course. */
export interface Agent<T> {
  readonly generator: Steps<T>;
  readonly context: ThreadContext;
  readonly frames: FrameStack;
  /** What it is about to do; null before its first operation. */
  pending: Operation | null;
  done: { readonly value: T } | null;
}

/** The words of one machine, and whoever runs on them. `words` is changed in place. */
export class Sequencer {
  readonly machine: Machine;
  readonly words: Int32Array;
  private readonly initial: Int32Array;
  private readonly accounts: number;

  constructor(machine: Machine) {
    this.machine = machine;
    this.initial = machine.layout.initial();
    this.words = this.initial.slice();
    this.accounts = accountNames(machine).length;
  }

  /** All words as at the start of a program. */
  reset(): void {
    this.words.set(this.initial);
  }

  /** A new agent called thread `thread`; agents that share `context` share what they hold. */
  start<T>(body: Steps<T>, context: ThreadContext): Agent<T> {
    return { generator: body, context, frames: new FrameStack(), pending: null, done: null };
  }

  context(thread: number): ThreadContext {
    return createContext(thread, this.accounts, new Set());
  }

  /**
   * Runs `agent` until it ends (true) or has to wait (false). A `choose` answers 0, the quiet machine's way. Throws what the
   * agent throws: a Violation is a broken assertion of the kernel.
   */
  drive<T>(agent: Agent<T>): boolean {
    if (agent.done !== null) return true;
    const outerContext = activateContext(agent.context);
    const outerFrames = activate(agent.frames);
    try {
      agent.pending ??= this.next(agent, 0);
      while (agent.pending !== null) {
        const operation: Operation = agent.pending;
        if (!this.isEnabled(operation)) return false;
        agent.pending = this.next(agent, this.perform(operation));
      }
      return true;
    } finally {
      activate(outerFrames);
      activateContext(outerContext);
    }
  }

  /** What `agent` waits for, for messages. */
  describe({ pending }: Agent<unknown>): string {
    if (pending === null) return 'nothing';
    return `${KIND_NAMES[pending.kind]} ${this.machine.layout.words[pending.word]?.name ?? ''}`;
  }

  private next<T>(agent: Agent<T>, result: number): Operation | null {
    const { context } = agent;
    context.notes.length = 0;
    const { done, value } = agent.generator.next(result);
    if (done !== true) return value;
    agent.done = { value };
    return null;
  }

  private isEnabled({ kind, word, x, y }: Operation): boolean {
    if (kind === Kind.UNTIL_CONDITION) return this.machine.conditions.holds(x, this.words);
    return isEnabled(kind, this.words[word]!, x, y);
  }

  private perform({ kind, word, x, y, z }: Operation): number {
    if (kind >= Kind.UNTIL_CONDITION) {
      if (kind === Kind.DONE || kind === Kind.FAIL) throw new ModelError('a generator yielded its own end');
      return 0;
    }
    const old = this.words[word]!;
    this.words[word] = newValue(kind, old, x, y);
    return resultOf(kind, old, x, y, z);
  }
}
