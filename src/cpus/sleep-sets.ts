/**
 * The path of a depth-first search with sleep sets (Godefroid, Partial-Order Methods for the Verification of Concurrent Systems,
 * LNCS 1032, 1996, section 5): at each state on it, which moves are left to try.
 *
 * A move is put to sleep when it has been tried in a state and another is tried after it. It stays asleep in the states that
 * follow as long as only moves are made that are independent of it, and is not tried there: what it would show differs only by
 * the order of independent steps from what has been shown.
 *
 * Why nothing is lost. Order the moves of each state as they are tried. Let w be any sequence of steps in which no state but
 * possibly the last breaks a rule, and w' the smallest, in this order, of all sequences that differ from it by swaps of neighbouring
 * independent steps. By dependence.ts they all lead to one state and show the same first violation or none. w' is executed, up to
 * that violation: if one of its steps t were asleep, t was tried in an earlier state of w' in which w' takes a later move, and is
 * independent of all steps of w' in between; so t could be swapped to the front of these, and w' would not be the smallest.
 * Hence every reachable state that breaks no rule is visited, not only the final ones (sleep sets save transitions, not states,
 * where no states are stored), and every violation is found. Without the rules about seen and closing steps a violation could hide
 * another one behind it: t breaks a rule, the execution ends, and after u, where t would break another, t is asleep.
 *
 * The footprint recorded when a move was tried stays true while it sleeps: its thread stands still, and no word it touches has
 * been written, or it would have been woken. So a sleeping move is also always enabled.
 */
import type { Judge } from './judge.ts';
import { areDependent, type Footprint } from './dependence.ts';
import type { PerformedStep } from './performed.ts';

/** What a scheduler decides: who goes next, and the answer if that is `choose` (else 0). */
export interface Move {
  readonly thread: number;
  readonly choice: number;
}

const NONE: readonly Footprint[] = [];

/** A state on the path with the move made there. Memory: one number for each thread, and the sleeping moves. */
export class Level {
  /** The move to make, or made, here; null: none is left. */
  move: Move | null = null;
  /** The step it was, once it has been made. */
  step: PerformedStep | null = null;
  footprint: Footprint | null = null;
  /** How many moves are enabled here, asleep or not. */
  readonly enabled: number;
  /** In how many ways each thread can move. */
  private readonly choices: readonly number[];
  private readonly asleep: readonly Footprint[];
  private tried: Footprint[] | null = null;
  /** The thread tried first: the one that moved last. Its moves are never asleep, as they depend on its own last step. */
  private readonly first: number;
  /** Position in the order of threads, and the choice tried last. */
  private position = 0;
  private choice = -1;

  private constructor(judge: Judge, first: number, asleep: readonly Footprint[]) {
    this.choices = judge.pending.map((_, thread) => judge.choices(thread));
    this.enabled = this.choices.reduce((sum, choices) => sum + choices, 0);
    this.first = first;
    this.asleep = asleep;
    this.next();
  }

  /** The initial state; the judge knows it. */
  static initial(judge: Judge): Level {
    return new Level(judge, 0, NONE);
  }

  /** The state after this one's {@link step}; the judge stands there. */
  following(judge: Judge): Level {
    const { footprint, asleep, tried } = this;
    const independent = (other: Footprint): boolean => !areDependent(other, footprint!);
    const sleeping = tried === null ? asleep : asleep.concat(tried);
    return new Level(
      judge,
      footprint!.thread,
      sleeping.length === 0 ? NONE : sleeping.filter((other) => independent(other)),
    );
  }

  /** The step of {@link move} has been made. */
  take(step: PerformedStep, footprint: Footprint): void {
    this.step = step;
    this.footprint = footprint;
  }

  /** Everything after {@link move} has been tried: goes on to the next one. False if there is none. */
  backtrack(): boolean {
    (this.tried ??= []).push(this.footprint!);
    this.step = null;
    this.footprint = null;
    return this.next();
  }

  private next(): boolean {
    const { choices, first } = this;
    for (; this.position < choices.length; this.position++, this.choice = -1) {
      const thread = this.position === 0 ? first : this.position - (this.position <= first ? 1 : 0);
      while (++this.choice < choices[thread]!)
        if (!this.isAsleep(thread, this.choice)) {
          this.move = { thread, choice: this.choice };
          return true;
        }
    }
    this.move = null;
    return false;
  }

  private isAsleep(thread: number, choice: number): boolean {
    for (const other of this.asleep) if (other.thread === thread && other.choice === choice) return true;
    return false;
  }
}
