/** Makes one step on words given, and its footprint: the step of {@link PackedState.take} with an eye on the bits. */
import { Kind, newValue, resultOf } from '../../core/operations.ts';
import type { Automata } from '../automata.ts';
import { grown } from '../growable.ts';
import { endlessStep, MAX_RIDES } from '../packed-state.ts';
import {
  AT_REST,
  HAS_RESULT,
  N_FLAGS,
  N_HELD,
  N_KIND,
  N_WORD,
  N_X,
  N_Y,
  N_Z,
  NODE,
  RIDES,
} from '../tables.ts';
import { Footprints } from './footprints.ts';
import type { OrderClasses } from './order-classes.ts';
import { observedBits, writableBits } from './touched-bits.ts';

export interface TracerOptions {
  /** Keep the order of daemons' steps and the ends of other threads: each final state is then met. Default false. */
  readonly finals?: boolean;
}

export class StepTracer {
  readonly footprints = new Footprints();
  /** The step last taken: the words it touched, each with its value before; the node it led to. */
  touched = 0;
  touchedWord = new Int32Array(32);
  touchedOld = new Int32Array(32);
  reached = 0;
  /** Did it change something that {@link OrderClasses} of `always` properties watch: by property, 1 if so. */
  readonly shown: Uint8Array;
  /** May it have changed what is to be said of the end of the run? */
  closing = false;

  private observed = new Int32Array(32);
  private writable = new Int32Array(32);
  private readonly automata: Automata;
  private readonly classes: OrderClasses;
  private readonly daemon: Uint8Array;
  private readonly watchedAtEnd: Uint8Array;
  private readonly finals: boolean;
  /** Are there steps that the end of a run has to be ordered with? */
  private readonly ordersEnd: boolean;
  private readonly checksEnd: boolean;
  /** By class: 1 if the step changed one of its bits. */
  private hit: Uint8Array;

  constructor(automata: Automata, classes: OrderClasses, options: TracerOptions = {}) {
    const { threads, atEnd, always, layout } = automata.program;
    this.automata = automata;
    this.classes = classes;
    this.finals = options.finals ?? false;
    this.daemon = Uint8Array.from(threads, ({ daemon }) => (daemon === true ? 1 : 0));
    this.watchedAtEnd = new Uint8Array(layout.words.length);
    for (const { watches } of atEnd) for (const { index } of watches) this.watchedAtEnd[index] = 1;
    this.checksEnd = atEnd.length > 0;
    this.ordersEnd = this.daemon.includes(1) && (this.checksEnd || this.finals);
    this.shown = new Uint8Array(always.length);
    this.hit = new Uint8Array(classes.count);
  }

  /**
   * Takes the step of `thread` that begins at node `from`, which must be enabled; `words` change in place. Returns the number of its
   * footprint. May reallocate the tables of the automata.
   */
  take(words: Int32Array, thread: number, from: number, choice: number): number {
    const { automata } = this;
    let table = automata.nodes;
    let node = from;
    this.touched = 0;
    for (let rides = 0; ; rides++) {
      const base = node * NODE;
      const kind = table[base + N_KIND]!;
      const word = table[base + N_WORD]!;
      const x = table[base + N_X]!;
      const y = table[base + N_Y]!;
      const z = table[base + N_Z]!;
      const old = words[word]!;
      if (kind === Kind.UNTIL_CONDITION) this.touchCondition(x, words);
      else this.touch(word, old, observedBits(kind, x, y, z), writableBits(kind, x, y));
      words[word] = newValue(kind, old, x, y);
      const answers = (table[base + N_FLAGS]! & HAS_RESULT) !== 0;
      const result = !answers ? 0 : kind === Kind.CHOOSE ? choice : resultOf(kind, old, x, y, z);
      let next = automata.next(node, result);
      if (next < 0) {
        next = automata.extend(node, result);
        table = automata.nodes;
      }
      node = next;
      if ((table[node * NODE + N_FLAGS]! & RIDES) === 0) break;
      if (rides > MAX_RIDES) throw endlessStep(automata, node);
    }
    this.reached = node;
    return this.footprint(words, thread, from);
  }

  private touchCondition(condition: number, words: Int32Array): void {
    const bits = this.classes.bitsRead(condition);
    for (let i = 0; i < bits.length; i += 2) this.touch(bits[i]!, words[bits[i]!]!, bits[i + 1]!, 0);
  }

  private touch(word: number, old: number, observed: number, writable: number): void {
    if (observed === 0) return;
    const { touchedWord, touched } = this;
    for (let i = 0; i < touched; i++)
      if (touchedWord[i] === word) {
        this.observed[i] = this.observed[i]! | observed;
        this.writable[i] = this.writable[i]! | writable;
        return;
      }
    if (touched === touchedWord.length) this.makeRoom();
    this.touchedWord[touched] = word;
    this.touchedOld[touched] = old;
    this.observed[touched] = observed;
    this.writable[touched] = writable;
    this.touched = touched + 1;
  }

  private footprint(words: Int32Array, thread: number, from: number): number {
    const { footprints, touchedWord, touchedOld, touched, classes, hit, shown } = this;
    const table = this.automata.nodes;
    const { ofWord } = classes;
    const accounts = table[from * NODE + N_HELD] !== table[this.reached * NODE + N_HELD];
    let watchedAtEnd = false;
    hit.fill(0);
    if (accounts) hit.fill(1, 0, shown.length);
    footprints.begin();
    for (let i = 0; i < touched; i++) {
      const word = touchedWord[i]!;
      const difference = touchedOld[i]! ^ words[word]!;
      footprints.add(word, this.observed[i]!, difference === 0 ? 0 : this.writable[i]!);
      if (difference === 0) continue;
      if (this.watchedAtEnd[word] === 1) watchedAtEnd = true;
      const watching = ofWord[word]!;
      for (let c = 0; c < watching.length; c += 2)
        if ((watching[c + 1]! & difference) !== 0) hit[watching[c]!] = 1;
    }
    for (let c = 0; c < hit.length; c++) if (hit[c] === 1) footprints.add(words.length + c, 1, 1);
    for (let p = 0; p < shown.length; p++) shown[p] = hit[p]!;
    const daemon = this.daemon[thread] === 1;
    this.closing = daemon
      ? this.finals ||
        (this.checksEnd && (accounts || watchedAtEnd || this.isQuiet(from) !== this.isQuiet(this.reached)))
      : table[this.reached * NODE + N_KIND] === Kind.DONE;
    // Two ends of threads that must end need no order: nothing is said before the later one, whichever that is.
    if (this.closing && this.ordersEnd) footprints.add(-1, 1, daemon ? 1 : 0);
    return footprints.end();
  }

  private isQuiet(node: number): boolean {
    const table = this.automata.nodes;
    return table[node * NODE + N_KIND] === Kind.DONE || (table[node * NODE + N_FLAGS]! & AT_REST) !== 0;
  }

  private makeRoom(): void {
    const needed = this.touched + 1;
    this.touchedWord = grown(this.touchedWord, needed);
    this.touchedOld = grown(this.touchedOld, needed);
    this.observed = grown(this.observed, needed);
    this.writable = grown(this.writable, needed);
  }
}
