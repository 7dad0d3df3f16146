/**
 * How large is a state space that has not been searched to its end? Estimated by recapture: samples of states are drawn beforehand,
 * independent of the order of the search; the share of them that has been visited says what share of all states has been.
 *
 * Three samples, drawn after the breadth-first look at the first states (the nearby, whose number is known):
 * - the nearby: how many of the visited states lie there;
 * - the front: states of its last layer, at random;
 * - the beam: from the front on, layer by layer, a few of the distinct new successors of a few states.
 *
 * A depth-first search that goes deep first meets the beam early and the front late: they err on both sides of the share of what
 * lies beyond the nearby, and their geometric mean is taken. What remains of error was measured, and the spread is made to hold it
 * (docs/long-searches.md). What was tried and is no good: random walks from the initial state keep to what is likely (75 % of their
 * states are visited when 5 % of all are); layer widths shrink and grow again (off by a factor of up to 100); Knuth's estimator
 * (Mathematics of Computation 29, 1975) counts the paths of a tree, and here many paths share each state.
 */
import type { Automata } from './automata.ts';
import { grown } from './growable.ts';
import type { KeyIndex } from './key-index.ts';
import { PackedState } from './packed-state.ts';
import { Random } from './sampling/random.ts';
import { NEW, type StateSet } from './visited.ts';

/** About how many states there are, and between what limits probably. */
export interface SizeEstimate {
  readonly states: number;
  readonly low: number;
  readonly high: number;
}

/** A complete breadth-first layer and what lies before it. */
export interface Front {
  /** Words, then nodes, of each of its states. */
  readonly layer: Int32Array;
  /** States of the layer. */
  readonly count: number;
  /** Every state met so far, those of the layer too. Is added to. */
  readonly known: KeyIndex;
}

/** int32s before the keys of {@link Probes.keys}. */
const HEAD = 4;
const NEAR_PROBES = 2000;
const FRONT_PROBES = 2000;
const BEAM_PROBES = 4000;
const BEAM_WIDTH = 300;
const MAX_BEAM_LAYERS = 600;
/** Fewer hits than this say nothing. */
const FEWEST_HITS = 20;
/** Measured: where little has been seen the mean is too small, and the truth may lie so far outside of the two shares. */
const BIAS = 0.7;
const LOW = 0.8;
const HIGH = 2;
const SEED = 1;

/** The samples of states, by their keys. */
export class Probes {
  /**
   * States of the nearby, probes of the nearby, of the front, of the beam; then low, high of each key, in this order. Without
   * probes there are no other states than the nearby; empty: nothing is known.
   */
  readonly keys: Int32Array<ArrayBuffer>;

  /** @param keys of other probes; owned */
  constructor(keys: Int32Array<ArrayBuffer>) {
    this.keys = keys;
  }

  /** Draws them. Deterministic. At most 180,000 expansions, and the states of one layer in memory. */
  static draw(automata: Automata, front: Front): Probes {
    if (front.count === 0) return new Probes(Int32Array.of(front.known.size, 0, 0, 0));
    const random = new Random();
    random.seed(SEED, 0);
    return new Probes(new Beam(automata, front, random).keys());
  }

  /**
   * What a search that has visited `states` states, those that `visited` knows, says of the size; null if too few probes have been
   * met. One look-up for each of at most 8,000 probes.
   */
  estimate(visited: Pick<StateSet, 'find'>, states: number): SizeEstimate | null {
    const { keys } = this;
    if (keys.length === 0) return null;
    if (keys.length === HEAD) return { low: keys[0]!, states: keys[0]!, high: keys[0]! };
    let at = HEAD;
    const share = (probes: number): number => {
      let hits = 0;
      for (const end = at + 2 * probes; at < end; at += 2)
        if (visited.find(keys[at]!, keys[at + 1]!) !== NEW) hits++;
      return hits < FEWEST_HITS ? 0 : hits / probes;
    };
    const [all, near, front, beam] = [keys[0]!, share(keys[1]!), share(keys[2]!), share(keys[3]!)];
    if (front === 0 || beam === 0) return null;
    const beyond = Math.max(0, states - near * all);
    const size = (shareBeyond: number) => Math.max(states, all + beyond / shareBeyond);
    const middle = size(Math.sqrt(front * beam));
    const unseen = 1 - states / middle;
    return {
      low: Math.round(Math.max(states, LOW * size(Math.max(front, beam)))),
      states: Math.round(middle * (1 + BIAS * unseen ** 2)),
      high: Math.round(size(Math.min(front, beam)) * (1 + HIGH * unseen)),
    };
  }
}

/** Layers of which only a few states are kept. */
class Beam {
  private readonly state: PackedState;
  private readonly width: number;
  private readonly known: KeyIndex;
  private readonly random: Random;
  private layer: Int32Array<ArrayBuffer>;
  private count: number;
  /** How many states the nearby had, keys of some of them, and of some of the front. */
  private readonly nearby: number;
  private readonly near: Int32Array<ArrayBuffer>;
  private readonly front: Int32Array<ArrayBuffer>;
  private readonly probes = new Int32Array(2 * BEAM_PROBES);
  private met = 0;

  constructor(automata: Automata, front: Front, random: Random) {
    this.state = new PackedState(automata);
    this.width = this.state.words.length + this.state.nodes.length;
    this.known = front.known;
    this.random = random;
    this.nearby = front.known.size;
    this.near = this.knownKeys();
    const chosen = this.choose(front.layer, front.count, FRONT_PROBES);
    this.front = this.keysOf(chosen);
    this.layer = this.choose(chosen, chosen.length / this.width, BEAM_WIDTH);
    this.count = this.layer.length / this.width;
  }

  keys(): Int32Array<ArrayBuffer> {
    for (let layers = 0; layers < MAX_BEAM_LAYERS && this.count > 0; layers++) this.step();
    const kept = Math.min(this.met, BEAM_PROBES);
    const { near, front } = this;
    const keys = new Int32Array(HEAD + near.length + front.length + 2 * kept);
    keys.set([this.nearby, near.length / 2, front.length / 2, kept]);
    keys.set(near, HEAD);
    keys.set(front, HEAD + near.length);
    keys.set(this.probes.subarray(0, 2 * kept), HEAD + near.length + front.length);
    return keys;
  }

  /** From one layer to the next; notes the keys of the states kept. */
  private step(): void {
    const { state, known, width } = this;
    let next = new Int32Array(width);
    let found = 0;
    for (let i = 0; i < this.count; i++) {
      this.load(this.layer, i);
      for (let t = 0; t < state.nodes.length; t++) {
        const choices = state.choices(t);
        for (let choice = 0; choice < choices; choice++) {
          state.take(t, choice);
          const before = known.size;
          known.insert(state.nextLow, state.nextHigh);
          if (known.size > before) {
            next = grown(next, (found + 1) * width);
            next.set(state.words, found * width);
            next.set(state.nodes, found * width + state.words.length);
            next[found * width + state.words.length + t] = state.reached;
            found++;
          }
          state.revert();
        }
      }
    }
    this.layer = this.choose(next, found, BEAM_WIDTH);
    this.count = this.layer.length / width;
    const keys = this.keysOf(this.layer);
    for (let i = 0; i < keys.length; i += 2) this.note(keys[i]!, keys[i + 1]!);
  }

  /** Reservoir sampling: every state met is as likely to be kept as any other. */
  private note(low: number, high: number): void {
    const at = this.met < BEAM_PROBES ? this.met : this.random.below(this.met + 1);
    this.met++;
    if (at >= BEAM_PROBES) return;
    this.probes[2 * at] = low;
    this.probes[2 * at + 1] = high;
  }

  /** `most` states of a layer of `count`, all different, at random; all of them if there are no more. */
  private choose(layer: Int32Array, count: number, most: number): Int32Array<ArrayBuffer> {
    const { width, random } = this;
    const order = Uint32Array.from({ length: count }, (_, i) => i);
    const kept = Math.min(most, count);
    const chosen = new Int32Array(kept * width);
    for (let i = 0; i < kept; i++) {
      const j = i + random.below(count - i);
      const state = order[j]!;
      order[j] = order[i]!;
      chosen.set(layer.subarray(state * width, (state + 1) * width), i * width);
    }
    return chosen;
  }

  /** Keys of states of the nearby, at random, with replacement. */
  private knownKeys(): Int32Array<ArrayBuffer> {
    const count = Math.min(NEAR_PROBES, this.known.size);
    const keys = new Int32Array(2 * count);
    for (let i = 0; i < count; i++) this.known.pick(this.random, keys, 2 * i);
    return keys;
  }

  private keysOf(layer: Int32Array): Int32Array<ArrayBuffer> {
    const count = layer.length / this.width;
    const keys = new Int32Array(2 * count);
    for (let i = 0; i < count; i++) {
      this.load(layer, i);
      keys[2 * i] = this.state.low;
      keys[2 * i + 1] = this.state.high;
    }
    return keys;
  }

  private load(layer: Int32Array, i: number): void {
    const { state, width } = this;
    const at = i * width;
    state.words.set(layer.subarray(at, at + state.words.length));
    state.nodes.set(layer.subarray(at + state.words.length, at + width));
    state.refresh();
  }
}
