/**
 * Brute force: every schedule of a program, by running its generators again from the start for each. Shares with the searches
 * the table of operations (core/operations.ts) and nothing else: no automata, no packed states, no visited set.
 */
import { activateContext, createContext, type ThreadContext } from '../../src/core/context.ts';
import {
  isEnabled,
  Kind,
  newValue,
  resultOf,
  type Operation,
  type Steps,
} from '../../src/core/operations.ts';
import type { Program } from '../../src/core/program.ts';
import { Violation } from '../../src/core/violation.ts';

/** What all schedules together show. */
export interface Enumeration {
  /** Complete schedules, whether they end, fail or deadlock. */
  schedules: number;
  /** States in which all threads that must end have ended, as words and ended threads. */
  readonly ends: Set<string>;
  /** States in which no thread can move although one must. */
  readonly deadlocks: Set<string>;
  /** `kind: message` of everything that broke a rule, deadlocks apart. */
  readonly violations: Set<string>;
  /** Names told to `check` and `cover`. */
  readonly covered: Set<string>;
  /** Of all schedules into a violation or deadlock: least steps, and least preemptions among those; then their moves. */
  shortest: { readonly steps: number; readonly preemptions: number; readonly moves: string } | null;
  /** Of all schedules into a violation or deadlock: least preemptions, and least steps among those. */
  fewest: { readonly steps: number; readonly preemptions: number } | null;
  /** Least preemptions of any schedule to each of `ends`. */
  readonly preemptionsOfEnd: Map<string, number>;
  /** Least preemptions of any schedule into each violation; `deadlock` stands for all deadlocks. */
  readonly preemptionsOf: Map<string, number>;
  /**
   * For each rule broken first by some schedule (`failed KIND`, the property's name, or `deadlock`): the smallest of these schedules
   * (least threads that move, then preemptions, then steps), and the moves of the first and the longest one.
   */
  readonly smallestOf: Map<string, Smallest>;
}

export interface Smallest {
  size: { readonly threads: number; readonly preemptions: number; readonly steps: number };
  readonly first: readonly Move[];
  longest: readonly Move[];
}

export interface Move {
  readonly thread: number;
  readonly choice: number;
}

interface NaiveThread {
  readonly generator: Steps<void>;
  readonly context: ThreadContext;
  /** What it does next; null: ended. */
  pending: Operation | null;
}

class Run {
  readonly words: Int32Array;
  readonly threads: NaiveThread[];
  failure: Violation | null = null;
  private readonly program: Program;

  constructor(program: Program, covered: Set<string>) {
    this.program = program;
    this.words = program.layout.initial();
    this.threads = program.threads.map(({ body }, t) => ({
      generator: body(),
      context: createContext(t, program.accounts.length, covered),
      pending: null,
    }));
    for (const thread of this.threads) this.resume(thread, 0);
  }

  private resume(thread: NaiveThread, value: number): void {
    thread.context.resting = false;
    const outer = activateContext(thread.context);
    try {
      const { done, value: operation } = thread.generator.next(value);
      thread.pending = done === true ? null : operation;
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.failure ??= error;
      thread.pending = null;
    } finally {
      activateContext(outer);
    }
  }

  moves(): Move[] {
    const moves: Move[] = [];
    this.threads.forEach(({ pending }, thread) => {
      for (let choice = 0; choice < this.answers(pending); choice++) moves.push({ thread, choice });
    });
    return moves;
  }

  private answers(pending: Operation | null): number {
    if (pending === null) return 0;
    if (pending.kind === Kind.CHOOSE) return pending.x;
    if (pending.kind === Kind.UNTIL_CONDITION)
      return this.program.conditions.holds(pending.x, this.words) ? 1 : 0;
    return isEnabled(pending.kind, this.words[pending.word]!, pending.x, pending.y) ? 1 : 0;
  }

  step({ thread, choice }: Move): void {
    const moving = this.threads[thread]!;
    do {
      const { kind, word, x, y, z } = moving.pending!;
      const old = this.words[word]!;
      this.words[word] = newValue(kind, old, x, y);
      this.resume(moving, kind === Kind.CHOOSE ? choice : resultOf(kind, old, x, y, z));
    } while (moving.pending?.rides === true);
  }

  ended(): boolean {
    return this.threads.every(
      ({ pending }, t) => pending === null || this.program.threads[t]!.daemon === true,
    );
  }

  /** What is wrong, in words, and which rule it breaks. */
  broken(): { readonly what: string; readonly rule: string } | null {
    const { failure } = this;
    if (failure !== null)
      return { what: `${failure.kind}: ${failure.message}`, rule: `failed ${failure.kind}` };
    const held = new Int32Array(this.program.accounts.length);
    for (const { context } of this.threads)
      context.held.forEach((count, account) => (held[account]! += count));
    const atRest =
      this.ended() && this.threads.every(({ pending, context }) => pending === null || context.resting);
    for (const property of [...this.program.always, ...(atRest ? this.program.atEnd : [])])
      if (!property.holds(this.words, held))
        return { what: `${property.kind}: ${property.explain(this.words, held)}`, rule: property.name };
    return null;
  }

  state(): string {
    return `${this.words.join()} ${this.threads.map(({ pending }) => (pending === null ? 'x' : '.')).join('')}`;
  }
}

/** Enumerates all schedules of `program`; null if there are more than `limit`. */
export function enumerate(program: Program, limit = 10_000): Enumeration | null {
  const result: Enumeration = {
    schedules: 0,
    ends: new Set(),
    deadlocks: new Set(),
    violations: new Set(),
    covered: new Set(),
    shortest: null,
    fewest: null,
    preemptionsOf: new Map(),
    smallestOf: new Map(),
    preemptionsOfEnd: new Map(),
  };
  const open: Move[][] = [[]];
  for (let prefix = open.pop(); prefix !== undefined; prefix = open.pop()) {
    if (++result.schedules > limit) return null;
    const run = new Run(program, result.covered);
    const done: Move[] = [];
    let preemptions = 0;
    const go = (move: Move) => {
      const last = done.at(-1);
      if (
        last !== undefined &&
        last.thread !== move.thread &&
        run.moves().some((m) => m.thread === last.thread)
      )
        preemptions++;
      run.step(move);
      done.push(move);
    };
    for (const move of prefix) go(move);
    for (;;) {
      const broken = run.broken();
      const [next, ...others] = run.moves();
      if (broken !== null) result.violations.add(broken.what);
      else if (run.ended()) noteEnd(result, run.state(), preemptions);
      else if (next === undefined) result.deadlocks.add(run.state());
      if (broken !== null || (next === undefined && !run.ended())) {
        note(result, done, preemptions);
        noteFewest(result, broken?.what ?? 'deadlock', done.length, preemptions);
        noteSmallest(result, broken?.rule ?? 'deadlock', done, preemptions);
        break;
      }
      if (next === undefined) break;
      for (const other of others) open.push([...done, other]);
      go(next);
    }
  }
  return result;
}

function note(result: Enumeration, done: readonly Move[], preemptions: number): void {
  const moves = done.map(({ thread, choice }) => `${thread}.${choice}`).join(' ');
  const best = result.shortest;
  if (best !== null) {
    const order = done.length - best.steps || preemptions - best.preemptions || (moves < best.moves ? -1 : 1);
    if (order > 0) return;
  }
  result.shortest = { steps: done.length, preemptions, moves };
}

function noteEnd({ ends, preemptionsOfEnd }: Enumeration, state: string, preemptions: number): void {
  ends.add(state);
  preemptionsOfEnd.set(state, Math.min(preemptions, preemptionsOfEnd.get(state) ?? Infinity));
}

function noteFewest(result: Enumeration, what: string, steps: number, preemptions: number): void {
  const { fewest, preemptionsOf } = result;
  preemptionsOf.set(what, Math.min(preemptions, preemptionsOf.get(what) ?? Infinity));
  if (fewest === null || (preemptions - fewest.preemptions || steps - fewest.steps) < 0)
    result.fewest = { steps, preemptions };
}

function noteSmallest(
  { smallestOf }: Enumeration,
  rule: string,
  done: readonly Move[],
  preemptions: number,
): void {
  const size = { threads: new Set(done.map(({ thread }) => thread)).size, preemptions, steps: done.length };
  const known = smallestOf.get(rule);
  if (known === undefined) {
    smallestOf.set(rule, { size, first: done, longest: done });
    return;
  }
  const order =
    size.threads - known.size.threads ||
    size.preemptions - known.size.preemptions ||
    size.steps - known.size.steps;
  if (order < 0) known.size = size;
  if (done.length > known.longest.length) known.longest = done;
}
