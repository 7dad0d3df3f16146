/**
 * Running one thread's generator: from the start, one value at a time, or again along recorded values.
 */
import { activateContext, createContext, type ThreadContext } from './context.ts';
import { ModelError } from './errors.ts';
import { activate, FrameStack, type Reached } from './frames.ts';
import { actsOnWord, Kind, type Operation, type Steps } from './operations.ts';
import type { Program } from './program.ts';
import { Violation } from './violation.ts';

/** A thread's generator somewhere in its course. Owned by whoever advances it; cannot be copied. */
export interface ThreadRun {
  readonly generator: Steps<void>;
  readonly context: ThreadContext;
  readonly frames: FrameStack;
  /** The automaton node it stands at; -1 before its first operation. */
  node: number;
}

/** What a generator that has ended is waiting for. */
export const ENDED: Operation = { kind: Kind.DONE, word: 0, x: 0, y: 0, z: 0, order: 0, rides: false };

/**
 * A fresh run of thread `thread`, before its first operation. Everything it covers is added to `covered`, every place of instrumented
 * modules that it comes to to `reached`.
 */
export function startRun(
  program: Program,
  thread: number,
  covered: Set<string>,
  reached: Reached | null = null,
): ThreadRun {
  const context = createContext(thread, program.accounts.length, covered);
  context.capture = true;
  return {
    generator: begun(program.threads[thread]!.body),
    context,
    frames: new FrameStack(reached),
    node: -1,
  };
}

/** A body that throws before it has made its generator throws with the first {@link advance}, as any other does. */
function begun(body: () => Steps<void>): Steps<void> {
  try {
    return body();
  } catch (error) {
    return throwing(error);
  }
}

// oxlint-disable-next-line require-yield
function* throwing(error: unknown): Steps<void> {
  throw error;
}

/**
 * Hands `value` to the generator and returns what it yields next: {@link ENDED} at the end, the Violation if it throws one.
 * Anything else it throws is a ModelError that says where (`whereOf` describes the node it stood at).
 */
export function advance(
  run: ThreadRun,
  value: number,
  program: Program,
  whereOf: (node: number) => string,
): Operation | Violation {
  const { context } = run;
  context.resting = false;
  context.foldPoint = null;
  context.notes = [];
  const outerContext = activateContext(context);
  const outerFrames = activate(run.frames);
  try {
    const { done, value: operation } = run.generator.next(value);
    // An instrumented thread records its positions itself, and far cheaper than V8's stack.
    if (run.node < 0 && run.frames.frames.length > 0) context.capture = false;
    return done === true ? ENDED : requireOperation(program, operation);
  } catch (error) {
    if (error instanceof Violation) return error;
    const where = run.node < 0 ? 'at its start' : `after ${whereOf(run.node)}`;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    throw new ModelError(`thread ${program.threads[context.thread]!.name} threw ${where}: ${text}`);
  } finally {
    activate(outerFrames);
    activateContext(outerContext);
  }
}

/**
 * What a generator yields must be an operation on a word of the program. Its operands are int32, whatever the program wrote: the
 * tables of the search and Atomics would cut them, each at another place.
 */
function requireOperation(program: Program, yielded: unknown): Operation {
  const operation = yielded as Partial<Operation> | null | undefined;
  const { kind = -1, word = -1, x = 0, y = 0, z = 0 } = operation ?? {};
  if (!(Number.isInteger(kind) && kind >= 0 && kind <= Kind.FENCE))
    throw new ModelError('it yielded what is no operation; perhaps `yield` is meant to be `yield*`');
  if (actsOnWord(kind) && program.layout.words[word] === undefined)
    throw new ModelError(`it yielded an operation on word ${word}, of ${program.layout.words.length}`);
  const whole = operation as Operation;
  if ((x | 0) === x && (y | 0) === y && (z | 0) === z) return whole;
  return { ...whole, x: x | 0, y: y | 0, z: z | 0 };
}
