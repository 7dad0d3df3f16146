/**
 * Free-running CPUs know what each of them saw, and only roughly when. This finds one order of all their steps that explains
 * everything they saw: a schedule that can be replayed.
 *
 * The search is that of Wing & Gong, "Testing and verifying concurrent objects" (1993), with the configurations that failed kept
 * as in Lowe, "Testing for linearizability" (2017).
 */
import { ModelError } from '../core/errors.ts';
import { hasResult, isEnabled, isReadOnly, Kind, newValue, resultOf } from '../core/operations.ts';
import type { Program } from '../core/program.ts';
import type { PerformedOperation, PerformedStep } from './performed.ts';

/**
 * A step and when it took effect: after `start` and before `end`, stamps of one clock that all CPUs share and that every stamp
 * moves on. `end` may be the `start` of the CPU's next step.
 */
export interface ObservedStep extends PerformedStep {
  readonly start: number;
  readonly end: number;
}

/**
 * `order`: the index of the thread that moves, for each step. Null: there is no such order (`inconsistent`), or none was found
 * within the limit. `explored` counts the configurations reached, each at most once: as many as steps if no guess was wrong.
 */
export type Linearization =
  | { readonly order: readonly number[]; readonly explored: number }
  | { readonly order: null; readonly reason: 'inconsistent' | 'limit'; readonly explored: number };

const DEFAULT_LIMIT = 1_000_000;

/**
 * Finds a total order of the observed steps in which each, done at once on the words the ones before it left, was enabled and
 * saw what the CPU recorded: the result of every operation that has one, and the word's value before and after, except of a STORE
 * (a plain store does not see what it overwrites) and where the kind acts on no single word. The order keeps each thread's own,
 * and of two steps the first if it ended before the other started.
 *
 * A thread may have been cut off anywhere: only what it completed counts. But where a step was taken and not recorded there may be
 * no order, and where one of several operations was not atomic on the real CPUs and another CPU's step fell into it.
 *
 * @param observed for each thread its steps in program order; read only
 * @param final the words at the end, or null if they are not known; read only
 * @param limit at most this many configurations are explored; default 1,000,000
 * @throws ModelError if the stamps of a thread do not grow, or a thread waited for a condition that `program`, this instance of
 *   it, has not made: the numbers of conditions mean nothing in another
 *
 * Cost: about 0.06 µs for each operation if the order of the starts is nearly right. Exponential at the worst: an unlucky order
 * of two stores shows only when somebody reads the word, and whatever overlaps in between is then tried again.
 * Memory: 4 bytes × (threads + words) for each configuration that failed. They are kept whole: `inconsistent` is a proof.
 */
export function linearize(
  program: Program,
  observed: readonly (readonly ObservedStep[])[],
  final: Int32Array | null,
  limit: number = DEFAULT_LIMIT,
): Linearization {
  requireGrowingStamps(program, observed);
  return new Search(program, observed, final).run(limit);
}

/** The search looks at the next step of each thread only: it relies on no later one ending earlier. */
function requireGrowingStamps(program: Program, observed: readonly (readonly ObservedStep[])[]): void {
  observed.forEach((steps, thread) => {
    let now = -Infinity;
    steps.forEach(({ start, end }, i) => {
      if (!(now <= start && start < end))
        throw new ModelError(
          `${program.threads[thread]?.name ?? `thread ${thread}`}: step ${i + 1} was observed from ${start} to ${end}, expected start < end and both not before ${now}`,
        );
      now = end;
    });
  });
}

function requireCondition(program: Program, id: number): void {
  if (program.conditions.wordsOf(id).length === 0)
    throw new ModelError(
      `a thread waited for condition ${id}, which this instance of ${program.name} has not made`,
    );
}

/** Depth-first over configurations (how many steps each thread has taken, and the words), with the way back kept in logs. */
class Search {
  private readonly program: Program;
  private readonly observed: readonly (readonly ObservedStep[])[];
  private readonly final: Int32Array | null;
  private readonly steps: number;
  /** The configuration, and the bytes of both parts of it. */
  private readonly cursors: Int32Array;
  private readonly words: Int32Array;
  private readonly bytes: Buffer;
  /** Of the next step of each thread; infinite where there is none. */
  private readonly starts: Float64Array;
  private readonly ends: Float64Array;
  /** The way here: threads, and for each step where its overwritten words begin in the log. */
  private readonly order: number[] = [];
  private readonly marks: Int32Array;
  /** Pairs of word and value before. */
  private readonly log: Int32Array;
  private logged = 0;
  /** Configurations that failed, by their number of steps: where nothing failed nothing is looked up. */
  private readonly failed: (Set<string> | undefined)[] = [];

  constructor(program: Program, observed: readonly (readonly ObservedStep[])[], final: Int32Array | null) {
    this.program = program;
    this.observed = observed;
    this.final = final;
    const initial = program.layout.initial();
    const configuration = new Int32Array(observed.length + initial.length);
    configuration.set(initial, observed.length);
    this.cursors = configuration.subarray(0, observed.length);
    this.words = configuration.subarray(observed.length);
    this.bytes = Buffer.from(configuration.buffer);
    this.starts = Float64Array.from(observed, (steps) => steps[0]?.start ?? Infinity);
    this.ends = Float64Array.from(observed, (steps) => steps[0]?.end ?? Infinity);
    let writes = 0;
    for (const steps of observed)
      for (const { operations } of steps)
        for (const { kind, x } of operations) {
          if (!isReadOnly(kind)) writes++;
          if (kind === Kind.UNTIL_CONDITION) requireCondition(program, x);
        }
    this.steps = observed.reduce((sum, steps) => sum + steps.length, 0);
    this.marks = new Int32Array(this.steps);
    this.log = new Int32Array(2 * writes);
  }

  run(limit: number): Linearization {
    let explored = 0;
    // The candidate tried last in this configuration; -1: none yet.
    let tried = -1;
    for (;;) {
      const thread = this.candidateAfter(tried);
      if (thread < 0) {
        if (this.order.length === this.steps && this.endsRight()) return { order: this.order, explored };
        tried = this.backtrack();
        if (tried < 0) return { order: null, reason: 'inconsistent', explored };
      } else if (!this.advance(thread)) {
        tried = thread;
      } else if (this.hasFailed()) {
        this.retreat();
        tried = thread;
      } else {
        if (explored === limit) return { order: null, reason: 'limit', explored };
        explored++;
        tried = -1;
      }
    }
  }

  /**
   * The thread to try after `tried`, or -1: by the start of its next step, which it took first as likely as not, then by index.
   * A step may come next if none of the others has ended before it started.
   */
  private candidateAfter(tried: number): number {
    const { starts, ends } = this;
    let leastEnd = Infinity;
    for (let t = 0; t < ends.length; t++) if (ends[t]! < leastEnd) leastEnd = ends[t]!;
    const from = tried < 0 ? -Infinity : starts[tried]!;
    let best = -1;
    let bestStart = leastEnd;
    for (let t = 0; t < starts.length; t++) {
      const start = starts[t]!;
      if (start < bestStart && (start > from || (start === from && t > tried))) {
        best = t;
        bestStart = start;
      }
    }
    return best;
  }

  /** Takes the next step of `thread`, or changes nothing and returns false if it would not have seen what it saw. */
  private advance(thread: number): boolean {
    const { words, log, cursors, observed } = this;
    const steps = observed[thread]!;
    const cursor = cursors[thread]!;
    const { operations } = steps[cursor]!;
    const mark = this.logged;
    for (let i = 0; i < operations.length; i++) {
      const operation = operations[i]!;
      const { kind, word, x, y } = operation;
      const old = words[word]!;
      const now = newValue(kind, old, x, y);
      if (!this.explains(operation, old, now)) {
        this.restore(mark);
        return false;
      }
      if (now === old) continue;
      words[word] = now;
      log[this.logged++] = word;
      log[this.logged++] = old;
    }
    this.marks[this.order.length] = mark;
    this.order.push(thread);
    this.moveTo(thread, cursor + 1);
    return true;
  }

  /** Could an operation that changes its word from `old` to `now` have seen what was recorded? */
  private explains(operation: PerformedOperation, old: number, now: number): boolean {
    const { kind, x, y, z, before, after, result } = operation;
    switch (kind) {
      case Kind.STORE:
      case Kind.FENCE:
        return true;
      case Kind.CHOOSE:
        return result >= 0 && result < x;
      case Kind.UNTIL_CONDITION:
        return this.program.conditions.holds(x, this.words);
      default:
        return (
          old === before &&
          now === after &&
          isEnabled(kind, old, x, y) &&
          (!hasResult(kind) || resultOf(kind, old, x, y, z) === result)
        );
    }
  }

  private endsRight(): boolean {
    const { final, words } = this;
    return final === null || (final.length === words.length && words.every((value, i) => value === final[i]));
  }

  /**
   * Leaves the configuration, where every candidate has failed, and those before it that have failed with it. Returns the thread
   * whose step led out of the one now reached, or -1: the first configuration has failed.
   */
  private backtrack(): number {
    for (;;) {
      const { length } = this.order;
      (this.failed[length] ??= new Set()).add(this.key());
      if (length === 0) return -1;
      const thread = this.retreat();
      // A step that changes nothing can be moved from wherever an order has it to here, where it fits: the others see the same
      // and nothing that must come before it is left. So without an order that begins with it there is none.
      if (!changesNothing(this.observed[thread]![this.cursors[thread]!]!)) return thread;
    }
  }

  private hasFailed(): boolean {
    const failed = this.failed[this.order.length];
    return failed !== undefined && failed.has(this.key());
  }

  /** The whole configuration, no hash: two that differ are never taken for one. */
  private key(): string {
    return this.bytes.toString('latin1');
  }

  /** Takes the last step back; returns its thread. */
  private retreat(): number {
    const thread = this.order.pop()!;
    this.restore(this.marks[this.order.length]!);
    this.moveTo(thread, this.cursors[thread]! - 1);
    return thread;
  }

  private restore(mark: number): void {
    const { words, log } = this;
    while (this.logged > mark) {
      const old = log[--this.logged]!;
      words[log[--this.logged]!] = old;
    }
  }

  private moveTo(thread: number, cursor: number): void {
    const next = this.observed[thread]![cursor];
    this.cursors[thread] = cursor;
    this.starts[thread] = next === undefined ? Infinity : next.start;
    this.ends[thread] = next === undefined ? Infinity : next.end;
  }
}

/** Does the step leave the words as they are in every order that explains it? */
function changesNothing({ operations }: ObservedStep): boolean {
  return operations.every(
    ({ kind, before, after }) => isReadOnly(kind) || (kind !== Kind.STORE && before === after),
  );
}
