/**
 * Runs a neutral program one event at a time, and back: words and automaton nodes in typed arrays, an undo log, and the key of
 * the state kept as it changes. One step allocates nothing once the automata know its edge.
 */
import { FEW, grown } from '../growable.ts';
import { wordHigh, wordLow } from '../zobrist.ts';
import { NeutralAutomata } from './automata.ts';
import { compileThread } from './code.ts';
import {
  AWAIT,
  COMPARE_EXCHANGE,
  ENDED,
  EXCHANGE,
  FENCE,
  FETCH_ADD,
  FIRST_EVENT,
  JOIN,
  LOAD,
  LOCK,
  SPAWN,
  STORE,
  TRYLOCK,
  UNLOCK,
} from './kinds.ts';
import { layOut, type Layout } from './layout.ts';
import type { NeutralProgram } from './program.ts';

/** The access of an event that touches no shared word (fence, join). */
export const NO_ACCESS = -1;

export class NeutralMachine {
  readonly program: NeutralProgram;
  readonly automata: NeutralAutomata;
  readonly layout: Layout;
  readonly threads: number;
  readonly words: Int32Array;
  /** By thread: where it stands. */
  readonly nodes: Int32Array;
  /** Events done. */
  depth = 0;
  /** How many of them, or of the starts, failed an assertion. */
  violations = 0;
  /** By depth: the thread, its node before the event, and the value of the word before the event. */
  stepThread = new Int32Array(FEW);
  stepNode = new Int32Array(FEW);
  stepBefore = new Int32Array(FEW);
  /** By depth: word * 2 + 1 if the event wrote, word * 2 if it read, or {@link NO_ACCESS}. */
  stepAccess = new Int32Array(FEW);
  /** By depth: the thread that the event started, or -1. */
  stepChild = new Int32Array(FEW);
  /** The keys of the variables, and of everything that is not a variable. */
  variablesLow = 0;
  variablesHigh = 0;
  restLow = 0;
  restHigh = 0;
  private stepViolations = new Int32Array(FEW);

  /** Compiles `program`. Throws an InputError if it uses a name that does not exist or an index that is out of range. */
  constructor(program: NeutralProgram) {
    this.program = program;
    this.layout = layOut(program);
    this.words = this.layout.initial.slice();
    this.automata = new NeutralAutomata(
      program.threads.map((thread) => compileThread(thread, this.layout)),
      this.layout,
    );
    this.threads = program.threads.length;
    this.nodes = Int32Array.from(program.threads, ({ spawned }, thread) =>
      spawned ? this.automata.unstarted(thread) : this.automata.starts[thread]!,
    );
    for (const [word, value] of this.words.entries()) this.mixWord(word, value);
    for (const [thread, node] of this.nodes.entries()) {
      this.mixNode(node);
      if (!program.threads[thread]!.spawned) this.violations += this.automata.startsViolated[thread]!;
    }
  }

  /** What `thread` does next: one of kinds.ts. */
  kindOf(thread: number): number {
    return this.automata.kinds[this.nodes[thread]!]!;
  }

  /** Whether `thread` can do its next event now. */
  enabled(thread: number): boolean {
    const node = this.nodes[thread]!;
    const kind = this.automata.kinds[node]!;
    if (kind < FIRST_EVENT) return false;
    switch (kind) {
      case LOCK:
      case AWAIT:
        return this.enabledAt(node, this.words[this.automata.words[node]!]!);
      case JOIN:
        return this.kindOf(this.automata.details[node]!) === ENDED;
      default:
        return true;
    }
  }

  /** Whether the event of `node` is enabled while its word holds `value`; joins are not asked. */
  enabledAt(node: number, value: number): boolean {
    const { kinds, details, as } = this.automata;
    if (kinds[node] === LOCK) return value === 0;
    return kinds[node] !== AWAIT || holds(details[node]!, value, as[node]!);
  }

  /** Whether the event of `node` can wait for a value of its word. */
  waitsForWord(node: number): boolean {
    const kind = this.automata.kinds[node]!;
    return kind === LOCK || kind === AWAIT;
  }

  /** What the event of `node` touches while its word holds `value`, spelled as in {@link stepAccess}. */
  accessAt(node: number, value: number): number {
    const { kinds, words, as } = this.automata;
    switch (kinds[node]) {
      case LOAD:
      case AWAIT:
        return 2 * words[node]!;
      case COMPARE_EXCHANGE:
        return 2 * words[node]! + Number(value === as[node]);
      case TRYLOCK:
        return 2 * words[node]! + Number(value === 0);
      case FENCE:
      case JOIN:
        return NO_ACCESS;
      default:
        return 2 * words[node]! + 1;
    }
  }

  /** What the next event of `thread` would touch now. */
  accessOf(thread: number): number {
    const node = this.nodes[thread]!;
    const word = this.automata.words[node]!;
    return this.accessAt(node, word < 0 ? 0 : this.words[word]!);
  }

  /** Does the next event of `thread`, which must be enabled. */
  step(thread: number): void {
    const { automata, words, depth } = this;
    if (depth === this.stepThread.length) this.makeRoom();
    const node = this.nodes[thread]!;
    const word = automata.words[node]!;
    const before = word < 0 ? 0 : words[word]!;
    const access = this.accessAt(node, before);
    this.stepThread[depth] = thread;
    this.stepNode[depth] = node;
    this.stepBefore[depth] = before;
    this.stepAccess[depth] = access;
    this.stepChild[depth] = -1;
    this.stepViolations[depth] = this.violations;
    this.depth = depth + 1;
    let result = before;
    let value = before;
    switch (automata.kinds[node]) {
      case STORE:
      case EXCHANGE:
        value = automata.as[node]!;
        break;
      case FETCH_ADD:
        value = (before + automata.as[node]!) | 0;
        break;
      case COMPARE_EXCHANGE:
        result = access & 1;
        if (result === 1) value = automata.bs[node]!;
        break;
      case TRYLOCK:
        result = access & 1;
        if (result === 1) value = thread + 1;
        break;
      case LOCK:
        value = thread + 1;
        break;
      case UNLOCK:
        value = 0;
        break;
      case SPAWN:
        value = 1;
        if (before === 0) this.start(automata.details[node]!, depth);
        break;
      default:
    }
    if (value !== before) this.write(word, before, value);
    const edge = automata.after(node, result);
    this.violations += edge & 1;
    this.move(thread, edge >> 1);
  }

  /** Takes the last event back. */
  undo(): void {
    const depth = --this.depth;
    const node = this.stepNode[depth]!;
    const word = this.automata.words[node]!;
    this.move(this.stepThread[depth]!, node);
    const child = this.stepChild[depth]!;
    if (child >= 0) this.move(child, this.automata.unstarted(child));
    if (word >= 0 && this.words[word] !== this.stepBefore[depth])
      this.write(word, this.words[word]!, this.stepBefore[depth]!);
    this.violations = this.stepViolations[depth]!;
  }

  private start(child: number, depth: number): void {
    // A thread that started with the program, or was spawned before, runs once all the same.
    if (!this.program.threads[child]!.spawned) return;
    this.stepChild[depth] = child;
    this.violations += this.automata.startsViolated[child]!;
    this.move(child, this.automata.starts[child]!);
  }

  private move(thread: number, node: number): void {
    this.mixNode(this.nodes[thread]!);
    this.nodes[thread] = node;
    this.mixNode(node);
  }

  private write(word: number, before: number, value: number): void {
    this.words[word] = value;
    this.mixWord(word, before);
    this.mixWord(word, value);
  }

  private mixNode(node: number): void {
    this.restLow ^= this.automata.lows[node]!;
    this.restHigh ^= this.automata.highs[node]!;
  }

  private mixWord(word: number, value: number): void {
    if (word < this.layout.variableWords) {
      this.variablesLow ^= wordLow(word, value);
      this.variablesHigh ^= wordHigh(word, value);
    } else {
      this.restLow ^= wordLow(word, value);
      this.restHigh ^= wordHigh(word, value);
    }
  }

  private makeRoom(): void {
    const needed = this.depth + 1;
    this.stepThread = grown(this.stepThread, needed);
    this.stepNode = grown(this.stepNode, needed);
    this.stepBefore = grown(this.stepBefore, needed);
    this.stepAccess = grown(this.stepAccess, needed);
    this.stepChild = grown(this.stepChild, needed);
    this.stepViolations = grown(this.stepViolations, needed);
  }
}

/** Relations in the order of RELATIONS. */
function holds(relation: number, a: number, b: number): boolean {
  switch (relation) {
    case 0:
      return a === b;
    case 1:
      return a !== b;
    case 2:
      return a < b;
    case 3:
      return a <= b;
    case 4:
      return a > b;
    default:
      return a >= b;
  }
}
