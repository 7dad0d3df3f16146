import { isEnabled, Kind, newValue, resultOf } from '../core/operations.ts';
import { ModelError } from '../core/errors.ts';
import type { Conditions } from '../core/conditions.ts';
import type { Automata } from './automata.ts';
import { describe } from '../core/positions.ts';
import {
  EDGE,
  HAS_RESULT,
  N_FLAGS,
  N_HELD,
  N_HIGH,
  N_KIND,
  N_LOW,
  N_NEXT,
  N_WORD,
  N_X,
  N_Y,
  N_Z,
  NODE,
  RIDES,
} from './tables.ts';
import { wordHigh, wordLow, wordTables } from './zobrist.ts';

/** More operations than this in one step: the step never ends. */
export const MAX_RIDES = 100_000;
const MOST_RIDDEN = 1024;

/**
 * One state of a program with its key, changed in place by integer moves: the fast twin of {@link Stepper}. A step is taken
 * ({@link take}), looked at and reverted; nothing is allocated.
 */
export class PackedState {
  readonly automata: Automata;
  /** The words, the node of each thread, the ghost accounts summed over all threads. */
  readonly words: Int32Array;
  readonly nodes: Int32Array;
  readonly held: Int32Array;
  /** How many threads that must end have not ended. */
  unfinished = 0;
  /** The state's key. */
  low = 0;
  high = 0;

  /** The step last taken: how many words it changed, which, their values before; the node it led to; the key it led to. */
  written = 0;
  readonly writtenWord: Int32Array;
  readonly writtenOld: Int32Array;
  reached = 0;
  nextLow = 0;
  nextHigh = 0;

  /** The operations after the first of the step last taken, as nodes: those that ride. At most 1,024 are told. */
  ridden = 0;
  readonly riddenNode = new Int32Array(MOST_RIDDEN);

  private readonly initial: Int32Array;
  private readonly daemon: Uint8Array;
  private readonly conditions: Conditions;
  private readonly lowOf: Int32Array;
  private readonly highOf: Int32Array;

  constructor(automata: Automata) {
    const { program } = automata;
    this.automata = automata;
    this.conditions = program.conditions;
    this.initial = program.layout.initial();
    this.words = this.initial.slice();
    this.nodes = Int32Array.from(automata.roots);
    this.held = new Int32Array(program.accounts.length);
    this.writtenWord = new Int32Array(this.words.length);
    this.writtenOld = new Int32Array(this.words.length);
    this.daemon = Uint8Array.from(program.threads, (thread) => (thread.daemon === true ? 1 : 0));
    const tables = wordTables(this.words.length);
    this.lowOf = tables.low;
    this.highOf = tables.high;
    this.refresh();
  }

  /** Computes key, accounts and {@link unfinished} from `words` and `nodes`, after those were written from outside. */
  refresh(): void {
    const { words, nodes } = this;
    const table = this.automata.nodes;
    this.low = 0;
    this.high = 0;
    this.unfinished = 0;
    this.held.fill(0);
    for (let w = 0; w < words.length; w++) {
      this.low ^= wordLow(w, words[w]!);
      this.high ^= wordHigh(w, words[w]!);
    }
    for (let t = 0; t < nodes.length; t++) {
      const base = nodes[t]! * NODE;
      this.low ^= table[base + N_LOW]!;
      this.high ^= table[base + N_HIGH]!;
      this.addHeld(table[base + N_HELD]!, 1);
      if (this.daemon[t] === 0 && table[base + N_KIND] !== Kind.DONE) this.unfinished++;
    }
  }

  /** In how many ways `thread` can take its next step; see Stepper.choices. */
  choices(thread: number): number {
    const table = this.automata.nodes;
    const base = this.nodes[thread]! * NODE;
    const kind = table[base + N_KIND]!;
    const x = table[base + N_X]!;
    if (kind < Kind.LOCK) return 1;
    if (kind === Kind.CHOOSE) return x;
    if (kind === Kind.UNTIL_CONDITION) return this.conditions.holds(x, this.words) ? 1 : 0;
    return isEnabled(kind, this.words[table[base + N_WORD]!]!, x, table[base + N_Y]!) ? 1 : 0;
  }

  /** Bit mask of the threads that can move. */
  enabled(): number {
    let mask = 0;
    for (let t = 0; t < this.nodes.length; t++) if (this.choices(t) > 0) mask |= 1 << t;
    return mask;
  }

  /**
   * Takes one step of `thread`, which must be enabled: the words change in place, `reached` and `next…` say where it leads.
   * {@link revert} takes it back.
   */
  take(thread: number, choice: number): void {
    const { automata, words, writtenWord, writtenOld } = this;
    const from = this.nodes[thread]!;
    let table = automata.nodes;
    let low = this.low ^ table[from * NODE + N_LOW]!;
    let high = this.high ^ table[from * NODE + N_HIGH]!;
    let node = from;
    let written = 0;
    let rides = 0;
    for (; ; rides++) {
      const base = node * NODE;
      const kind = table[base + N_KIND]!;
      const word = table[base + N_WORD]!;
      const x = table[base + N_X]!;
      const y = table[base + N_Y]!;
      const old = words[word]!;
      const value = newValue(kind, old, x, y);
      if (value !== old) {
        let i = 0;
        while (i < written && writtenWord[i] !== word) i++;
        if (i === written) {
          writtenWord[written] = word;
          writtenOld[written++] = old;
        }
        words[word] = value;
      }
      let next = table[base + N_NEXT]!;
      let result = 0;
      if ((table[base + N_FLAGS]! & HAS_RESULT) !== 0) {
        result = kind === Kind.CHOOSE ? choice : resultOf(kind, old, x, y, table[base + N_Z]!);
        const { edges } = automata;
        while (next >= 0 && edges[next * EDGE] !== result) next = edges[next * EDGE + 2]!;
        if (next >= 0) next = edges[next * EDGE + 1]!;
      }
      if (next < 0) {
        next = automata.extend(node, result);
        table = automata.nodes;
      }
      node = next;
      if ((table[node * NODE + N_FLAGS]! & RIDES) === 0) break;
      if (rides < MOST_RIDDEN) this.riddenNode[rides] = node;
      else if (rides > MAX_RIDES) throw endlessStep(automata, node);
    }
    this.written = written;
    this.ridden = Math.min(rides, MOST_RIDDEN);
    this.reached = node;
    low ^= table[node * NODE + N_LOW]!;
    high ^= table[node * NODE + N_HIGH]!;
    const { lowOf, highOf } = this;
    for (let i = 0; i < written; i++) {
      const word = writtenWord[i]!;
      const old = writtenOld[i]!;
      const value = words[word]!;
      if ((old | value) >>> 8 === 0) {
        low ^= lowOf[(word << 8) | old]! ^ lowOf[(word << 8) | value]!;
        high ^= highOf[(word << 8) | old]! ^ highOf[(word << 8) | value]!;
      } else {
        low ^= wordLow(word, old) ^ wordLow(word, value);
        high ^= wordHigh(word, old) ^ wordHigh(word, value);
      }
    }
    this.nextLow = low;
    this.nextHigh = high;
  }

  /** Takes back the words of the step last taken. */
  revert(): void {
    const { words, writtenWord, writtenOld, written } = this;
    for (let i = 0; i < written; i++) words[writtenWord[i]!] = writtenOld[i]!;
  }

  /** Puts `thread` at `node`; accounts and {@link unfinished} follow, the key does not. */
  move(thread: number, node: number): void {
    const table = this.automata.nodes;
    const from = this.nodes[thread]! * NODE;
    const to = node * NODE;
    this.nodes[thread] = node;
    if (this.daemon[thread] === 0) {
      if (table[to + N_KIND] === Kind.DONE) this.unfinished--;
      if (table[from + N_KIND] === Kind.DONE) this.unfinished++;
    }
    const heldFrom = table[from + N_HELD]!;
    const heldTo = table[to + N_HELD]!;
    if (heldFrom !== heldTo) {
      this.addHeld(heldFrom, -1);
      this.addHeld(heldTo, 1);
    }
  }

  /** Back to the initial state. */
  reset(): void {
    this.words.set(this.initial);
    this.nodes.set(this.automata.roots);
    this.refresh();
  }

  /** Makes the step just taken by `thread` final: nodes and key follow. */
  advance(thread: number): void {
    this.move(thread, this.reached);
    this.low = this.nextLow;
    this.high = this.nextHigh;
  }

  private addHeld(id: number, sign: number): void {
    const { held } = this;
    const vector = this.automata.heldVectors[id]!;
    for (let a = 0; a < held.length; a++) held[a] = held[a]! + sign * vector[a]!;
  }
}

/** The error for a step that goes on and on, standing at `node`. */
export function endlessStep(automata: Automata, node: number): ModelError {
  return new ModelError(
    `a step never ends: more than ${MAX_RIDES} operations inside atomic or on ghost words without a switch point, at ${describe(automata.positionOf(node))}`,
  );
}
