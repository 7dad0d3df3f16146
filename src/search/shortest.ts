/**
 * The shortest counterexample, and among the shortest the one with the fewest preemptions: breadth-first search by layers,
 * then a dynamic programme over the layered graph of shortest paths. Ties are broken by the order of threads in the program,
 * so the answer is the same in every run.
 */
import type { FoundViolation, Step } from '../core/schedule.ts';
import type { Automata } from './automata.ts';
import type { Decision } from './decision.ts';
import { grown } from './growable.ts';
import { fewestPreemptions, type Layers } from './preemptions.ts';
import { Stepper } from './stepper.ts';
import { KeyIndex } from './key-index.ts';

export interface Counterexample {
  readonly violation: FoundViolation;
  readonly decisions: readonly Decision[];
  readonly steps: readonly Step[];
  /** How often the scheduler left a thread that could have gone on. */
  readonly preemptions: number;
  /** States met, and transitions taken, by the breadth-first search. */
  readonly states: number;
  readonly transitions: number;
}

/** What the search is looking for. */
export interface Target {
  /** Says what is wrong with the stepper's state, or null. `enabled` is a bit mask of the threads that can move. */
  (stepper: Stepper, enabled: number): FoundViolation | null;
}

/** A violation shown by the state itself, or a deadlock. */
export const anyViolation: Target = (stepper, enabled) => {
  const shown = stepper.violation();
  if (shown !== null) return shown;
  return enabled === 0 && !stepper.finished() ? deadlockOf(stepper) : null;
};

/** Names who waits for what. */
export function deadlockOf(stepper: Stepper): FoundViolation {
  const { threads, layout } = stepper.program;
  const waiting: string[] = [];
  for (let t = 0; t < threads.length; t++) {
    if (threads[t]!.daemon === true || stepper.hasEnded(t) || stepper.choices(t) > 0) continue;
    const word = stepper.pendingWord(t);
    const value = layout.format(layout.find(word)?.index ?? -1, stepper.words[layout.find(word)?.index ?? 0]!);
    waiting.push(`${threads[t]!.name} waits at ${stepper.pendingOperation(t)} ${word} (${value})`);
  }
  return { kind: 'deadlock', message: `deadlock: ${waiting.join('; ')}` };
}

const CHOICE_BITS = 16;

/**
 * Searches layer by layer for the nearest states that `target` names. Returns null if there are none among the first
 * `maxStates` states. Memory: two layers of full states, 8 bytes a state and 12 bytes a shortest-path edge.
 *
 * @param pause called now and then with the number of states; may throw to give up (budget, Ctrl-C)
 */
export async function shortestCounterexample(
  automata: Automata,
  target: Target,
  maxStates: number,
  pause: (states: number) => Promise<void> | void = () => undefined,
): Promise<Counterexample | null> {
  const stepper = new Stepper(automata);
  const { words, nodes } = stepper;
  const width = words.length + nodes.length;
  const index = new KeyIndex();
  let layer = new Int32Array(width);
  layer.set(words, 0);
  layer.set(nodes, words.length);
  let layerSize = 1;
  let layerStart = 0;
  const layers: Layers = { edges: new Int32Array(1 << 12), edgeCount: 0, enabled: new Int32Array(1 << 10), starts: [0] };
  index.insert(...stepper.key());
  let transitions = 0;
  let targets: { state: number; violation: FoundViolation }[] = [];
  const note = (state: number) => {
    let mask = 0;
    for (let t = 0; t < nodes.length; t++) if (stepper.choices(t) > 0) mask |= 1 << t;
    layers.enabled = grown(layers.enabled, state + 1);
    layers.enabled[state] = mask;
    const violation = target(stepper, mask);
    if (violation !== null) targets.push({ state, violation });
  };
  note(0);

  while (layerSize > 0 && targets.length === 0) {
    let next = new Int32Array(width * Math.max(64, layerSize * 2));
    const nextStart = index.size;
    for (let s = 0; s < layerSize; s++) {
      const from = layerStart + s;
      if ((s & 1023) === 0) await pause(index.size);
      const state = layer.subarray(s * width, (s + 1) * width);
      const mask = layers.enabled[from]!;
      for (let t = 0; t < nodes.length; t++) {
        if (((mask >> t) & 1) === 0) continue;
        words.set(state.subarray(0, words.length));
        nodes.set(state.subarray(words.length));
        const choices = stepper.choices(t);
        for (let choice = 0; choice < choices; choice++) {
          if (choice > 0) {
            words.set(state.subarray(0, words.length));
            nodes.set(state.subarray(words.length));
          }
          stepper.step(t, choice);
          transitions++;
          const before = index.size;
          const to = index.insert(...stepper.key());
          if (to < nextStart) continue;
          layers.edges = grown(layers.edges, 3 * (layers.edgeCount + 1));
          layers.edges[3 * layers.edgeCount] = from;
          layers.edges[3 * layers.edgeCount + 1] = to;
          layers.edges[3 * layers.edgeCount++ + 2] = (t << CHOICE_BITS) | choice;
          if (index.size === before) continue;
          next = grown(next, (to - nextStart + 1) * width);
          next.set(words, (to - nextStart) * width);
          next.set(nodes, (to - nextStart) * width + words.length);
          note(to);
        }
      }
      if (index.size > maxStates) return null;
    }
    layer = next;
    layerStart = nextStart;
    layerSize = index.size - nextStart;
    layers.starts.push(nextStart);
  }
  if (targets.length === 0) return null;

  const best = fewestPreemptions(layers, targets.map((found) => found.state), index.size);
  const violation = targets.find((found) => found.state === best.state)!.violation;
  const decisions = best.moves.map((move) => ({ thread: move >> CHOICE_BITS, choice: move & ((1 << CHOICE_BITS) - 1) }));
  stepper.reset();
  const steps = decisions.map(({ thread, choice }) => stepper.recordedStep(thread, choice));
  return { violation, decisions, steps, preemptions: best.preemptions, states: index.size, transitions };
}
