import { ModelError } from './errors.ts';

/** A V8 call stack, captured; V8 spells it out when `stack` is first read, which costs far more than capturing it. */
export interface CallStack {
  readonly stack?: string;
}

/**
 * What a running thread tells its engine between two operations, apart from the operations themselves. An engine makes one
 * context for each run of a thread's generator and activates it before every `next()`.
 *
 * `held` is thread-local ghost state: how much of each account (a reference to a page, a count on a swap slot) the thread holds
 * in flight. A change made right after an operation takes effect with that operation.
 */
export interface ThreadContext {
  /** Index of the thread in its program. */
  readonly thread: number;
  /** Nesting depth of `atomic`. */
  atomicDepth: number;
  /** True once the running `atomic` block has made its first operation: the ones after it ride. */
  atomicStarted: boolean;
  /** Ghost counters, one for each of the program's accounts; owned by the context. */
  readonly held: Int32Array;
  /** Set by `rest()`: a daemon that waits here has nothing half done. Cleared at each operation. */
  resting: boolean;
  /** Set by `fold()`: the label and live values that determine everything this thread does from here on. */
  foldPoint: string | null;
  /** Set by the engine: each operation leaves the V8 call stack it was yielded from in `callStack`. */
  capture: boolean;
  callStack: CallStack | null;
  /** Things said since the last operation, in order. */
  notes: string[];
  /** Names given to `cover()` and `check()`, never cleared by engines that share one set for all threads. */
  readonly covered: Set<string>;
}

let current: ThreadContext | null = null;

/** Makes a context current and returns the previous one; engines call it around every `next()`. */
export function activateContext(context: ThreadContext | null): ThreadContext | null {
  const previous = current;
  current = context;
  return previous;
}

/** The context of the running thread. Throws a ModelError when no engine is running a thread. */
export function currentContext(): ThreadContext {
  if (current === null) throw new ModelError('a program operation was used outside a running thread');
  return current;
}

/** A fresh context for one run of thread `thread`; `covered` may be shared between runs. */
export function createContext(thread: number, accounts: number, covered: Set<string>): ThreadContext {
  return {
    thread,
    atomicDepth: 0,
    atomicStarted: false,
    held: new Int32Array(accounts),
    resting: false,
    foldPoint: null,
    capture: false,
    callStack: null,
    notes: [],
    covered,
  };
}
