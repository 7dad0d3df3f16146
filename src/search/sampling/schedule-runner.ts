import type { ViolationKind } from '../../core/violation.ts';
import type { Automata } from '../automata.ts';
import type { Decision } from '../decision.ts';
import { grown } from '../growable.ts';
import { Inspector } from '../inspector.ts';
import { KeyIndex } from '../key-index.ts';
import { PackedState } from '../packed-state.ts';
import { MOVE_THREAD_SHIFT } from '../preemptions.ts';
import { VisitedSet } from '../visited.ts';
import { PartialOrder } from './partial-order.ts';
import type { Random } from './random.ts';
import type { Sampler } from './sampler.ts';

/**
 * How a run ended. `complete`: all threads that must end have ended, and if something is checked at the end, every daemon has come
 * to rest and it was checked (or nothing can move any more). `blocked`: nothing can move although a thread must: a deadlock. `cut`:
 * after the most steps allowed.
 */
export type RunEnd = 'complete' | 'violation' | 'blocked' | 'cut';

/** Runs one schedule after the other, each from the start, on integer tables; keeps what they have in common. */
export class ScheduleRunner {
  readonly state: PackedState;
  /** Distinct states met by all runs. */
  readonly visited = new VisitedSet();
  /** Steps of all runs. */
  transitions = 0;
  /** True once a state with two or more successors has been met. */
  branches = false;
  /** Steps of the last run, and how many of them each thread took; what it violates if it says `violation`. */
  steps = 0;
  readonly stepsOf: Int32Array;
  violation: ViolationKind | null = null;

  private readonly inspector: Inspector;
  /** What the initial state violates, or null. */
  private readonly initially: ViolationKind | null;
  private readonly maxSteps: number;
  private readonly partialOrder: PartialOrder;
  private readonly finals = new KeyIndex();
  private readonly orders = new KeyIndex();
  /** The threads that can move; the moves of the run, thread from bit 16 up and answer of `choose` below. */
  private readonly enabled: Int32Array;
  private moves: Int32Array<ArrayBuffer> = new Int32Array(1 << 10);
  private readonly checksEnd: boolean;

  /** @param maxSteps a run is cut after so many */
  constructor(automata: Automata, maxSteps: number) {
    this.state = new PackedState(automata);
    this.inspector = new Inspector(this.state);
    this.maxSteps = maxSteps;
    this.partialOrder = new PartialOrder(this.state);
    this.enabled = new Int32Array(this.state.nodes.length);
    this.stepsOf = new Int32Array(this.state.nodes.length);
    this.checksEnd = automata.program.atEnd.length > 0;
    this.visited.insert(this.state.low, this.state.high);
    this.initially = this.inspector.initial();
  }

  /** Bytes held by the tables. */
  get bytes(): number {
    return this.visited.bytes + this.finals.bytes + this.orders.bytes + this.moves.byteLength;
  }

  /** How often the end-of-run properties were evaluated. */
  get restStates(): number {
    return this.inspector.restStates;
  }

  /** Distinct final states, and distinct partial orders, of the runs noted. */
  get finalStates(): number {
    return this.finals.size;
  }

  get partialOrders(): number {
    return this.orders.size;
  }

  /** The decisions of the last run. */
  decisions(): Decision[] {
    return Array.from(this.moves.subarray(0, this.steps), (move) => ({
      thread: move >> MOVE_THREAD_SHIFT,
      choice: move & ((1 << MOVE_THREAD_SHIFT) - 1),
    }));
  }

  /** Counts the final state and the partial order of the last run, which was complete. */
  note(): void {
    this.finals.insert(this.state.low, this.state.high);
    this.orders.insert(this.partialOrder.low, this.partialOrder.high);
  }

  /** Runs the schedule that `sampler` draws; answers of `choose` are drawn uniformly. */
  run(sampler: Sampler, random: Random): RunEnd {
    const { state, inspector, partialOrder, visited } = this;
    this.begin();
    if (this.violation !== null) return 'violation';
    sampler.begin(random);
    // With something to check at the end, daemons go on until they rest and it has been checked.
    const { restStates } = inspector;
    while (state.unfinished > 0 || (this.checksEnd && inspector.restStates === restStates)) {
      const count = this.listEnabled();
      if (count === 0) return this.endBlocked();
      if (this.steps >= this.maxSteps) return 'cut';
      const thread = sampler.pick(this.enabled, count);
      const choices = state.choices(thread);
      if (choices > 1 || count > 1) this.branches = true;
      const choice = choices > 1 ? random.below(choices) : 0;
      const from = state.nodes[thread]!;
      state.take(thread, choice);
      visited.insert(state.nextLow, state.nextHigh);
      this.violation = inspector.successor(thread);
      state.advance(thread);
      partialOrder.moved(thread, from, choice);
      this.append(thread, choice);
      if (this.violation !== null) return 'violation';
      sampler.moved(thread, from);
    }
    return 'complete';
  }

  private begin(): void {
    this.state.reset();
    this.partialOrder.begin();
    this.steps = 0;
    this.stepsOf.fill(0);
    this.violation = this.initially;
  }

  private listEnabled(): number {
    const { state, enabled } = this;
    let count = 0;
    for (let t = 0; t < enabled.length; t++) if (state.choices(t) > 0) enabled[count++] = t;
    return count;
  }

  private endBlocked(): RunEnd {
    if (this.state.unfinished === 0) return 'complete';
    this.violation = 'deadlock';
    return 'blocked';
  }

  private append(thread: number, choice: number): void {
    if (this.steps >= this.moves.length) this.moves = grown(this.moves, this.steps + 1);
    this.moves[this.steps++] = (thread << MOVE_THREAD_SHIFT) | choice;
    this.stepsOf[thread] = this.stepsOf[thread]! + 1;
    this.transitions++;
  }
}
