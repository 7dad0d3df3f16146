import { Kind } from '../../core/operations.ts';
import type { Automata } from '../automata.ts';
import type { Decision } from '../decision.ts';
import { Inspector } from '../inspector.ts';
import { PackedState } from '../packed-state.ts';
import { N_KIND, NODE } from '../tables.ts';
import type { Size } from './size.ts';
import type { Target } from './target.ts';

/** A schedule that shows the violation. */
export interface Failing {
  readonly decisions: readonly Decision[];
  readonly size: Size;
}

/** Tries schedules that may not fit: follows them as far as they do. */
export class Trial {
  /** Steps taken so far. */
  steps = 0;
  private readonly state: PackedState;
  private readonly inspector: Inspector;
  private readonly target: Target;

  constructor(automata: Automata, target: Target) {
    this.state = new PackedState(automata);
    this.inspector = new Inspector(this.state);
    this.target = target;
  }

  /**
   * Takes the decisions in their order, those of threads that cannot move left out and answers of `choose` that are too large
   * made the largest, until the violation shows. Null if it does not, or another one comes first.
   */
  follow(decisions: readonly Decision[]): Failing | null {
    const { state, inspector, target } = this;
    const taken: Decision[] = [];
    let threads = 0;
    let preemptions = 0;
    let last = -1;
    state.reset();
    const initially = inspector.initial();
    if (target.isTarget(state, initially, inspector.property, state.low, state.high))
      return { decisions: taken, size: { threads, preemptions, steps: 0 } };
    for (const { thread, choice } of decisions) {
      const choices = state.choices(thread);
      if (choices === 0) continue;
      const answer = this.chooses(thread) ? Math.min(choice, choices - 1) : 0;
      if (last >= 0 && last !== thread && state.choices(last) > 0) preemptions++;
      state.take(thread, answer);
      this.steps++;
      const violation = inspector.successor(thread);
      state.advance(thread);
      taken.push({ thread, choice: answer });
      threads |= 1 << thread;
      last = thread;
      if (target.isTarget(state, violation, inspector.property, state.low, state.high))
        return {
          decisions: taken,
          size: { threads: countBits(threads), preemptions, steps: taken.length },
        };
      if (violation !== null) return null;
    }
    return null;
  }

  /** The size of a schedule that fits and ends in a violation. */
  measure(decisions: readonly Decision[]): Failing {
    const { state } = this;
    let threads = 0;
    let preemptions = 0;
    let last = -1;
    state.reset();
    for (const { thread, choice } of decisions) {
      if (last >= 0 && last !== thread && state.choices(last) > 0) preemptions++;
      state.take(thread, choice);
      state.advance(thread);
      threads |= 1 << thread;
      last = thread;
    }
    return { decisions, size: { threads: countBits(threads), preemptions, steps: decisions.length } };
  }

  private chooses(thread: number): boolean {
    const { automata, nodes } = this.state;
    return automata.nodes[nodes[thread]! * NODE + N_KIND] === Kind.CHOOSE;
  }
}

/** How many bits of `mask` are set. */
export function countBits(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}
