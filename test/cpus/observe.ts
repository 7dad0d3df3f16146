/**
 * Plays all CPUs of a program in one thread, as test/search/naive.ts does, and records what free-running CPUs would: every
 * operation, and when each step happened only as stamps around it.
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
import type { ObservedStep } from '../../src/cpus/linearize.ts';
import type { PerformedOperation } from '../../src/cpus/performed.ts';

/** Returns an integer of 0 … n-1. */
export type Random = (n: number) => number;

/** Numbers that depend on `seed` alone (mulberry32, Ettinger 2017). */
export function randomFrom(seed: number): Random {
  let state = seed | 0;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

interface Player {
  readonly generator: Steps<void>;
  readonly context: ThreadContext;
  /** What it does next; null: ended or failed. */
  pending: Operation | null;
}

/** One execution, step by step. */
export class Players {
  readonly words: Int32Array;
  private readonly program: Program;
  private readonly players: Player[];

  constructor(program: Program) {
    this.program = program;
    this.words = program.layout.initial();
    this.players = program.threads.map(({ body }, t) => ({
      generator: body(),
      context: createContext(t, program.accounts.length, new Set()),
      pending: null,
    }));
    for (const player of this.players) this.resume(player, 0);
  }

  private resume(player: Player, value: number): void {
    const outer = activateContext(player.context);
    try {
      const { done, value: operation } = player.generator.next(value);
      player.pending = done === true ? null : operation;
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      player.pending = null;
    } finally {
      activateContext(outer);
    }
  }

  /** In how many ways `thread` can take its next step. */
  choices(thread: number): number {
    const { pending } = this.players[thread]!;
    if (pending === null) return 0;
    if (pending.kind === Kind.CHOOSE) return pending.x;
    if (pending.kind === Kind.UNTIL_CONDITION)
      return this.program.conditions.holds(pending.x, this.words) ? 1 : 0;
    return isEnabled(pending.kind, this.words[pending.word]!, pending.x, pending.y) ? 1 : 0;
  }

  /** Takes one step; `choice` answers it if it is `choose`. */
  step(thread: number, choice: number): [PerformedOperation, ...PerformedOperation[]] {
    const player = this.players[thread]!;
    const first = this.operation(player, choice);
    const rides: PerformedOperation[] = [];
    while (player.pending?.rides === true) rides.push(this.operation(player, choice));
    return [first, ...rides];
  }

  private operation(player: Player, choice: number): PerformedOperation {
    const { kind, word, x, y, z } = player.pending!;
    const before = this.words[word]!;
    const after = newValue(kind, before, x, y);
    const result = kind === Kind.CHOOSE ? choice : resultOf(kind, before, x, y, z);
    this.words[word] = after;
    this.resume(player, result);
    return { kind, word, x, y, z, before, after, result };
  }
}

/** What a run looks like from outside, and what really happened. */
export interface Observation {
  /** For each thread its steps; values that a CPU does not see are 0. */
  readonly observed: readonly (readonly ObservedStep[])[];
  /** The threads in the order they really moved. */
  readonly order: readonly number[];
  readonly final: Int32Array;
}

/** One step as it was taken. */
export interface Taken {
  /** How many steps were taken before it. */
  readonly at: number;
  readonly operations: readonly [PerformedOperation, ...PerformedOperation[]];
}

/** Ticks of the clock between two steps: room for stamps. */
export const TICKS = 100;

/**
 * Runs `program` under a random schedule until nothing moves or `most` steps are taken. Stamps lie up to `spread` ticks before
 * and after the step they belong to; 1 or more.
 */
export function observe(program: Program, random: Random, spread: number, most = Infinity): Observation {
  const players = new Players(program);
  const threads = program.threads.map((_, t) => t);
  const order: number[] = [];
  const taken: Taken[][] = threads.map(() => []);
  while (order.length < most) {
    const enabled = threads.filter((t) => players.choices(t) > 0);
    if (enabled.length === 0) break;
    const thread = enabled[random(enabled.length)]!;
    const operations = players.step(thread, random(players.choices(thread)));
    taken[thread]!.push({ at: order.length, operations });
    order.push(thread);
  }
  const observed = taken.map((steps, thread) => stamp(thread, steps, random, spread));
  return { observed, order, final: players.words };
}

/** Puts random stamps around each step: it ends where the thread's next begins, or has a stamp of its own. */
export function stamp(
  thread: number,
  taken: readonly Taken[],
  random: Random,
  spread: number,
): ObservedStep[] {
  const times = taken.map(({ at }) => at * TICKS);
  const starts = times.map(
    (time, i) => time - 1 - random(Math.min(spread, time - (times[i - 1] ?? -TICKS) - 1)),
  );
  return taken.map(({ operations: [head, ...rides] }, i) => {
    const own = times[i]! + 1 + random(spread);
    const next = starts[i + 1];
    return {
      thread,
      worker: thread + 1,
      operations: [visible(head), ...rides.map(visible)],

      next: { kind: Kind.FENCE, word: 0, x: 0, y: 0, resting: false, held: [] },
      start: starts[i]!,
      end: next === undefined || (own < next && random(2) === 0) ? own : next,
    };
  });
}

/** What a CPU can say of an operation: not what its store overwrote, and no value where the kind acts on no single word. */
export function visible(operation: PerformedOperation): PerformedOperation {
  switch (operation.kind) {
    case Kind.STORE:
    case Kind.UNTIL_CONDITION:
    case Kind.CHOOSE:
    case Kind.FENCE:
      return { ...operation, before: 0, after: 0 };
    default:
      return operation;
  }
}
