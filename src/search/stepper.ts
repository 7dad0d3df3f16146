/**
 * One state of a program and the moves from it: the plain, readable engine. Counterexamples, replay and cross-checks use it;
 * the searches make the same moves in place (packed-state.ts).
 */
import { hasResult, isEnabled, Kind, KIND_NAMES, newValue, resultOf } from '../core/operations.ts';
import type { Program } from '../core/program.ts';
import type { Access, FoundViolation, Step } from '../core/schedule.ts';
import type { Automata } from './automata.ts';
import { endlessStep, MAX_RIDES } from './packed-state.ts';
import { AT_REST, N_FLAGS, N_HELD, N_KIND, N_WORD, N_X, N_Y, N_Z, NODE, RIDES } from './tables.ts';
import { nodeHigh, nodeLow, wordHigh, wordLow } from './zobrist.ts';

export class Stepper {
  readonly program: Program;
  readonly automata: Automata;
  /** The words; int32 each; changed by {@link step}. */
  readonly words: Int32Array;
  /** The automaton node of each thread. */
  readonly nodes: Int32Array;

  constructor(automata: Automata) {
    this.automata = automata;
    this.program = automata.program;
    this.words = this.program.layout.initial();
    this.nodes = Int32Array.from(automata.roots);
  }

  /** Back to the initial state. */
  reset(): void {
    this.words.set(this.program.layout.initial());
    this.nodes.set(this.automata.roots);
  }

  /** In how many ways thread `thread` can take its next step: 0 if it is blocked or has ended, n at `choose(n)`, else 1. */
  choices(thread: number): number {
    const table = this.automata.nodes;
    const base = this.nodes[thread]! * NODE;
    const kind = table[base + N_KIND]!;
    const x = table[base + N_X]!;
    if (kind === Kind.CHOOSE) return x;
    if (kind === Kind.UNTIL_CONDITION) return this.program.conditions.holds(x, this.words) ? 1 : 0;
    return isEnabled(kind, this.words[table[base + N_WORD]!]!, x, table[base + N_Y]!) ? 1 : 0;
  }

  /** Takes one step of `thread`, which must be enabled; `choice` is the answer of `choose`. `record` collects the accesses. */
  step(thread: number, choice = 0, record?: Access[]): void {
    const { automata, words, nodes } = this;
    let node = nodes[thread]!;
    for (let rides = 0; ; rides++) {
      if (rides > MAX_RIDES) throw endlessStep(automata, node);
      const table = automata.nodes;
      const base = node * NODE;
      const kind = table[base + N_KIND]!;
      const word = table[base + N_WORD]!;
      const x = table[base + N_X]!;
      const y = table[base + N_Y]!;
      const before = words[word]!;
      const after = newValue(kind, before, x, y);
      const result = kind === Kind.CHOOSE ? choice : resultOf(kind, before, x, y, table[base + N_Z]!);
      words[word] = after;
      const next = automata.extend(node, result);
      if (record !== undefined) {
        record.push({
          operation: KIND_NAMES[kind]!,
          word: kind === Kind.CHOOSE || kind === Kind.FENCE ? '' : this.program.layout.words[word]!.name,
          before,
          after,
          result,
          position: automata.positionOf(node),
          notes: automata.notesOf(node, hasResult(kind) ? result : 0),
        });
      }
      node = next;
      if ((automata.nodes[node * NODE + N_FLAGS]! & RIDES) === 0) break;
    }
    nodes[thread] = node;
  }

  /** As {@link step}, and returns what happened. */
  recordedStep(thread: number, choice = 0): Step {
    const accesses: Access[] = [];
    this.step(thread, choice, accesses);
    return { thread: this.program.threads[thread]!.name, accesses: accesses as [Access, ...Access[]] };
  }

  /** Has `thread` come to its end (or failed)? */
  hasEnded(thread: number): boolean {
    return this.pendingKind(thread) >= Kind.DONE;
  }

  /** Spelling of the operation that `thread` would do next. */
  pendingOperation(thread: number): string {
    return KIND_NAMES[this.pendingKind(thread)]!;
  }

  /** Kind of the operation that `thread` would do next. */
  pendingKind(thread: number): number {
    return this.automata.nodes[this.nodes[thread]! * NODE + N_KIND]!;
  }

  /** Indices of the words that `thread`'s next operation touches: none, one, or those of a condition. */
  pendingWords(thread: number): readonly number[] {
    const table = this.automata.nodes;
    const base = this.nodes[thread]! * NODE;
    const kind = table[base + N_KIND]!;
    if (kind === Kind.UNTIL_CONDITION) return this.program.conditions.wordsOf(table[base + N_X]!);
    return kind >= Kind.CHOOSE ? [] : [table[base + N_WORD]!];
  }

  /** Have all threads that must end ended? */
  finished(): boolean {
    return this.program.threads.every(
      (thread, t) => thread.daemon === true || this.pendingKind(t) === Kind.DONE,
    );
  }

  /** {@link finished}, and no daemon has anything half done. */
  atEnd(): boolean {
    return (
      this.finished() &&
      this.program.threads.every(
        (_, t) =>
          this.pendingKind(t) === Kind.DONE ||
          (this.automata.nodes[this.nodes[t]! * NODE + N_FLAGS]! & AT_REST) !== 0,
      )
    );
  }

  /** Ghost accounts summed over all threads; a fresh array. */
  held(): Int32Array {
    const sum = new Int32Array(this.program.accounts.length);
    for (const node of this.nodes) {
      const vector = this.automata.heldVectors[this.automata.nodes[node * NODE + N_HELD]!]!;
      for (let a = 0; a < sum.length; a++) sum[a] = sum[a]! + vector[a]!;
    }
    return sum;
  }

  /** The state's key, computed afresh: [low, high]. */
  key(): readonly [number, number] {
    let low = 0;
    let high = 0;
    for (let w = 0; w < this.words.length; w++) {
      low ^= wordLow(w, this.words[w]!);
      high ^= wordHigh(w, this.words[w]!);
    }
    for (const node of this.nodes) {
      low ^= nodeLow(node);
      high ^= nodeHigh(node);
    }
    return [low, high];
  }

  /** The first violation that this state shows by itself (not deadlock), or null. */
  violation(): FoundViolation | null {
    for (let t = 0; t < this.nodes.length; t++)
      if (this.pendingKind(t) === Kind.FAIL) return this.automata.failureOf(this.nodes[t]!);
    const held = this.held();
    for (const property of this.program.always)
      if (!property.holds(this.words, held))
        return { kind: property.kind, message: property.explain(this.words, held) };
    if (this.atEnd())
      for (const property of this.program.atEnd)
        if (!property.holds(this.words, held))
          return { kind: property.kind, message: property.explain(this.words, held) };
    return null;
  }
}
