import { Kind } from '../../core/operations.ts';
import type { Property } from '../../core/program.ts';
import type { ViolationKind } from '../../core/violation.ts';
import type { Aim } from '../aim.ts';
import type { Automata } from '../automata.ts';
import type { Decision } from '../decision.ts';
import { describeStuck } from '../explain.ts';
import { Inspector } from '../inspector.ts';
import type { KeyIndex } from '../key-index.ts';
import { PackedState } from '../packed-state.ts';
import { Stepper } from '../stepper.ts';
import { AT_REST, N_FLAGS, N_KIND, NODE } from '../tables.ts';

/**
 * Why the last state of a schedule is a violation. `failed`: a thread said so; `always`, `end`: a property; `blocked`: nothing can
 * move; `endless`: something can, but the program cannot end.
 */
export type TargetSort = 'failed' | 'always' | 'end' | 'blocked' | 'endless';

/**
 * The violation that a smaller schedule must show as well: the same kind, and of properties the same property. A schedule ends
 * with the first rule it breaks, so a state that breaks another one first is none.
 */
export class Target {
  readonly sort: TargetSort;
  readonly kind: ViolationKind;
  private readonly automata: Automata;
  private readonly property: Property | null;
  /** Of `endless`: the states from which the program cannot end. */
  private stuck: KeyIndex | null = null;

  constructor(automata: Automata, sort: TargetSort, kind: ViolationKind, property: Property | null) {
    this.automata = automata;
    this.sort = sort;
    this.kind = kind;
    this.property = property;
  }

  /** Tells the keys of all states from which the program cannot end, in the numbering of the automata. */
  know(stuck: KeyIndex): void {
    this.stuck = stuck;
  }

  /** A search for it by the threads of this bit mask alone. */
  by(threads: number): Aim {
    return { kind: this.kind, threads, isTarget: this.isTarget };
  }

  /** See {@link Aim.isTarget}. */
  readonly isTarget: Aim['isTarget'] = (state, violation, property, low, high) => {
    if (violation !== null) return violation === this.kind && property === this.property && !this.isStuck;
    if (this.sort === 'blocked') return state.unfinished > 0 && state.enabled() === 0;
    if (this.sort !== 'endless' || this.stuck === null || this.stuck.find(low, high) < 0) return false;
    const stepper = new Stepper(this.automata);
    stepper.words.set(state.words);
    stepper.nodes.set(state.nodes);
    return describeStuck(stepper, []).kind === this.kind;
  };

  /** The threads without which it cannot come about, as a bit mask. */
  get required(): number {
    const { nodes, roots, program } = this.automata;
    let mask = 0;
    program.threads.forEach(({ daemon }, t) => {
      const base = roots[t]! * NODE;
      const kind = nodes[base + N_KIND]!;
      const resting = daemon === true && (nodes[base + N_FLAGS]! & AT_REST) !== 0;
      // What is checked at the end waits for all; in a deadlock nobody stands where he could move whatever memory holds.
      const moves = this.sort === 'end' ? !resting : this.sort === 'blocked' && !waits(kind);
      if (kind < Kind.DONE && moves) mask |= 1 << t;
    });
    return mask;
  }

  private get isStuck(): boolean {
    return this.sort === 'blocked' || this.sort === 'endless';
  }
}

function waits(kind: number): boolean {
  return kind === Kind.LOCK || (kind >= Kind.UNTIL && kind <= Kind.UNTIL_CONDITION);
}

/** What the schedule of these decisions, which must be one that violates, shows in its last state. */
export function targetOf(automata: Automata, decisions: readonly Decision[]): Target {
  const state = new PackedState(automata);
  const inspector = new Inspector(state);
  let violation = inspector.initial();
  for (const { thread, choice } of decisions) {
    state.take(thread, choice);
    violation = inspector.successor(thread);
    state.advance(thread);
  }
  const { property } = inspector;
  if (violation !== null) {
    const atEnd = property !== null && automata.program.atEnd.includes(property);
    return new Target(automata, property === null ? 'failed' : atEnd ? 'end' : 'always', violation, property);
  }
  if (state.enabled() === 0) return new Target(automata, 'blocked', 'deadlock', null);
  const stepper = new Stepper(automata);
  stepper.words.set(state.words);
  stepper.nodes.set(state.nodes);
  return new Target(automata, 'endless', describeStuck(stepper, []).kind, null);
}
