/**
 * The shortest counterexample, and among the shortest the one with the fewest preemptions: breadth-first search by layers,
 * then a dynamic programme over the layered graph of shortest paths. Ties are broken by the order of threads in the program,
 * so the answer is the same in every run.
 */
import type { FoundViolation, Step } from '../core/schedule.ts';
import type { ViolationKind } from '../core/violation.ts';
import type { Aim } from './aim.ts';
import type { Automata } from './automata.ts';
import type { Decision } from './decision.ts';
import type { Front } from './estimate.ts';
import { describeViolation } from './explain.ts';
import { grown } from './growable.ts';
import { Inspector } from './inspector.ts';
import { KeyIndex } from './key-index.ts';
import { PackedState } from './packed-state.ts';
import { fewestPreemptions, MOVE_THREAD_SHIFT, type Layers } from './preemptions.ts';
import { Stepper } from './stepper.ts';

export interface Counterexample {
  readonly violation: FoundViolation;
  readonly decisions: readonly Decision[];
  readonly steps: readonly Step[];
  /** How often the scheduler left a thread that could have gone on. */
  readonly preemptions: number;
  /** States met, and transitions taken, by the breadth-first search. */
  readonly states: number;
  readonly transitions: number;
  /** Bytes its tables held in the end. */
  readonly bytes: number;
}

export interface ShortestOptions {
  /** Told how many states were met when the search gives its answer. */
  readonly onEnd?: (states: number) => void;
  /** Keys (low, high pairs) of states from which the program cannot end. Given: the nearest of them is looked for. */
  readonly stuck?: Int32Array;
  /** Looks for this violation alone, by these threads alone; wins over `stuck`. Default: any, by all. */
  readonly aim?: Aim;
  /** Give up (null) beyond this many states; default none. */
  readonly maxStates?: number;
  /**
   * Called every thousand states or so with the numbers so far, bytes with those of tables about to be doubled; may throw to give up
   * (budget, Ctrl-C).
   */
  readonly pause?: (states: number, transitions: number, bytes: number) => Promise<void> | void;
  /** Called before it gives up: the layer that would have been next, empty if there is none, and what was met before. */
  readonly onGivenUp?: (front: Front) => void;
}

/**
 * Searches layer by layer for the nearest states that show a violation (or are deadlocks). Returns null if there are none
 * among the first `maxStates` states. Memory: two layers of full states, 20–30 bytes a state and 12 bytes a shortest-path edge.
 */
export async function shortestCounterexample(
  automata: Automata,
  options: ShortestOptions = {},
): Promise<Counterexample | null> {
  const search = new BreadthFirst(automata, options.stuck ?? null, options.aim ?? null);
  while (search.targets.length === 0) {
    if (search.states === search.layerEnd || search.states > (options.maxStates ?? Infinity)) {
      options.onEnd?.(search.states);
      options.onGivenUp?.(search.front);
      return null;
    }
    search.beginLayer();
    while (search.expandNext())
      if ((search.expanded & 1023) === 0)
        await options.pause?.(search.states, search.transitions, search.bytesSoon);
  }
  options.onEnd?.(search.states);
  const best = fewestPreemptions(search.layers, search.targets);
  const decisions = best.moves.map((move) => ({
    thread: move >> MOVE_THREAD_SHIFT,
    choice: move & ((1 << MOVE_THREAD_SHIFT) - 1),
  }));
  const { states, transitions, bytes } = search;
  return {
    ...replayDecisions(automata, decisions),
    decisions,
    preemptions: best.preemptions,
    states,
    transitions,
    bytes,
  };
}

/** Takes the decisions again and says what the state they lead to violates. */
export function replayDecisions(
  automata: Automata,
  decisions: readonly Decision[],
): { readonly steps: readonly Step[]; readonly violation: FoundViolation } {
  const stepper = new Stepper(automata);
  const steps = decisions.map(({ thread, choice }) => stepper.recordedStep(thread, choice));
  return { steps, violation: describeViolation(stepper, steps) };
}

/** More states than are found between two pauses, mostly. */
const SOON = 1 << 14;

/** Breadth-first search that keeps full states only for two layers, and the edges of all shortest paths. */
class BreadthFirst {
  /** Numbers of the states looked for, all in the newest layer. */
  readonly targets: number[] = [];
  readonly layers: Layers;
  transitions = 0;
  /** States whose successors have been generated: all before this number. */
  expanded = 0;
  /** First state number after the layer that is being expanded. */
  layerEnd = 0;

  private readonly state: PackedState;
  private readonly inspector: Inspector;
  private readonly index = new KeyIndex();
  private readonly stuck: KeyIndex | null;
  private readonly aim: Aim | null;
  /** With an aim: states that break a rule which is not looked for. They have no successors. */
  private readonly broken = new Set<number>();
  private readonly width: number;
  /** Words, nodes of each state of the layer being expanded and of the next one. */
  private layer: Int32Array<ArrayBuffer>;
  private next: Int32Array<ArrayBuffer>;
  private layerStart = 0;

  constructor(automata: Automata, stuck: Int32Array | null, aim: Aim | null) {
    this.aim = aim;
    this.state = new PackedState(automata);
    this.inspector = new Inspector(this.state);
    const { state } = this;
    this.width = state.words.length + state.nodes.length;
    this.layer = new Int32Array(this.width);
    this.next = new Int32Array(this.width);
    this.layers = {
      edges: new Int32Array(1 << 12),
      edgeCount: 0,
      enabled: new Int32Array(1 << 10),
      states: 0,
      threads: state.nodes.length,
    };
    this.stuck = stuck === null ? null : new KeyIndex();
    for (let i = 0; stuck !== null && i < stuck.length; i += 2) this.stuck?.insert(stuck[i]!, stuck[i + 1]!);
    this.index.insert(state.low, state.high);
    this.keep(state.low, state.high, this.inspector.initial());
  }

  get states(): number {
    return this.index.size;
  }

  get bytes(): number {
    const { edges, enabled } = this.layers;
    return (
      this.index.bytes + edges.byteLength + enabled.byteLength + this.layer.byteLength + this.next.byteLength
    );
  }

  /** The states found last become the layer to expand. */
  beginLayer(): void {
    [this.layer, this.next] = [this.next, this.layer];
    this.layerStart = this.layerEnd;
    this.layerEnd = this.states;
  }

  /** As {@link bytes}, with the tables that will be doubled before `pause` is called again. */
  get bytesSoon(): number {
    const { layers, next, width, index } = this;
    const found = this.states - this.layerEnd + SOON;
    return (
      this.bytes +
      (index.room < SOON ? 2 * index.bytes : 0) +
      (3 * (layers.edgeCount + SOON) > layers.edges.length ? 2 * layers.edges.byteLength : 0) +
      (found * width > next.length ? 2 * next.byteLength : 0)
    );
  }

  /** The states found last, before {@link beginLayer}. */
  get front(): Front {
    return { layer: this.next, count: this.states - this.layerEnd, known: this.index };
  }

  /** Generates the successors of the next state of the layer; false if there is none left. */
  expandNext(): boolean {
    if (this.expanded === this.layerEnd) return false;
    const { state } = this;
    const from = this.expanded++;
    if (this.broken.has(from)) return true;
    const at = (from - this.layerStart) * this.width;
    state.words.set(this.layer.subarray(at, at + state.words.length));
    state.nodes.set(this.layer.subarray(at + state.words.length, at + this.width));
    state.refresh();
    for (let t = 0; t < state.nodes.length; t++) {
      if (this.aim !== null && ((this.aim.threads >> t) & 1) === 0) continue;
      const choices = state.choices(t);
      for (let choice = 0; choice < choices; choice++) {
        state.take(t, choice);
        this.arrive(from, t, choice);
        state.revert();
      }
    }
    return true;
  }

  /** Notes the edge to the state just reached, and the state if it is new. */
  private arrive(from: number, thread: number, choice: number): void {
    const { state, index, layers } = this;
    this.transitions++;
    const known = index.size;
    const to = index.insert(state.nextLow, state.nextHigh);
    if (to < this.layerEnd) return;
    const e = 3 * layers.edgeCount++;
    layers.edges = grown(layers.edges, e + 3);
    layers.edges[e] = from;
    layers.edges[e + 1] = to;
    layers.edges[e + 2] = (thread << MOVE_THREAD_SHIFT) | choice;
    if (index.size === known) return;
    const violation = this.inspector.successor(thread);
    const node = state.nodes[thread]!;
    state.move(thread, state.reached);
    this.keep(state.nextLow, state.nextHigh, violation);
    state.move(thread, node);
  }

  /** Stores the newest state, which `state` holds, and notes it if it is one of those looked for. */
  private keep(low: number, high: number, violation: ViolationKind | null): void {
    const { state, layers } = this;
    const number = layers.states++;
    const at = (number - this.layerEnd) * this.width;
    this.next = grown(this.next, at + this.width);
    this.next.set(state.words, at);
    this.next.set(state.nodes, at + state.words.length);
    const enabled = state.enabled();
    layers.enabled = grown(layers.enabled, number + 1);
    layers.enabled[number] = enabled;
    if (this.aim !== null) {
      if (this.aim.isTarget(state, violation, this.inspector.property, low, high)) this.targets.push(number);
      else if (violation !== null) this.broken.add(number);
      return;
    }
    const found =
      this.stuck === null
        ? violation !== null || (enabled === 0 && state.unfinished > 0)
        : this.stuck.find(low, high) >= 0;
    if (found) this.targets.push(number);
  }
}
