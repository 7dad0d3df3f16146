/** What one thread's next step touches, in the state it is taken in. */
import { Kind, newValue, resultOf } from '../../core/operations.ts';
import type { PackedState } from '../packed-state.ts';
import { AT_REST, N_FLAGS, N_KIND, N_WORD, N_X, N_Y, N_Z, NODE, RIDES } from '../tables.ts';
import { readMask, writtenMask } from './accesses.ts';
import type { Observables } from './observables.ts';
import type { Transfers } from './transfers.ts';

/**
 * The bits that a step needs to stay, stores to and changes, word by word, and the observables that nobody else may touch before the step is
 * taken. Add the step's answers one by one, from {@link clear} on.
 */
export class Footprint {
  /** One int32 bit mask for each word. */
  readonly written: Int32Array;
  readonly changed: Int32Array;
  /** Bits that others must not change: read, or seen by a property together with bits that the step changes. */
  readonly fixed: Int32Array;
  readonly words: number[] = [];
  readonly watched: number[] = [];
  /** 1 for each observable that others must leave alone. */
  readonly observed: Uint8Array;
  /** Does the step touch anything that others can see? */
  empty = true;
  /** Does the thread end with the step, or come to rest? */
  settles = false;

  private readonly transfers: Transfers;
  private readonly observables: Observables;
  private readonly undoWord: number[] = [];
  private readonly undoValue: number[] = [];

  constructor(transfers: Transfers, observables: Observables, words: number) {
    this.transfers = transfers;
    this.observables = observables;
    this.fixed = new Int32Array(words);
    this.written = new Int32Array(words);
    this.changed = new Int32Array(words);
    this.observed = new Uint8Array(observables.all.length);
  }

  clear(): void {
    for (const word of this.words) this.fixed[word] = this.written[word] = this.changed[word] = 0;
    for (const id of this.watched) this.observed[id] = 0;
    this.words.length = 0;
    this.watched.length = 0;
    this.empty = true;
    this.settles = false;
  }

  /** Adds the next step of `thread`, which must be enabled, with this answer of `choose`. False if it leaves the snapshot. */
  add(state: PackedState, thread: number, choice: number): boolean {
    const { transfers, undoWord, undoValue } = this;
    const { words } = state;
    const { nodes } = transfers;
    const from = state.nodes[thread]!;
    undoWord.length = undoValue.length = 0;
    let node = from;
    do {
      const base = node * NODE;
      const kind = nodes[base + N_KIND]!;
      const x = nodes[base + N_X]!;
      let result = choice;
      if (kind === Kind.UNTIL_CONDITION) this.addCondition(state, x);
      else if (kind < Kind.UNTIL_CONDITION) {
        const word = nodes[base + N_WORD]!;
        const y = nodes[base + N_Y]!;
        const z = nodes[base + N_Z]!;
        const old = words[word]!;
        const value = newValue(kind, old, x, y);
        this.touch(word, readMask(kind, x, z), writtenMask(kind, old, x, y), old ^ value);
        if (value !== old) {
          undoWord.push(word);
          undoValue.push(old);
          words[word] = value;
        }
        result = resultOf(kind, old, x, y, z);
      }
      node = transfers.next(node, result);
    } while (node >= 0 && (nodes[node * NODE + N_FLAGS]! & RIDES) !== 0);
    if (node >= 0) {
      this.watch(state, from, node);
      const base = node * NODE;
      if (nodes[base + N_KIND] === Kind.DONE || (nodes[base + N_FLAGS]! & AT_REST) !== 0) this.settles = true;
    }
    for (let i = undoWord.length - 1; i >= 0; i--) words[undoWord[i]!] = undoValue[i]!;
    return node >= 0;
  }

  private touch(word: number, read: number, written: number, changed: number): void {
    if ((read | written) === 0) return;
    this.empty = false;
    this.words.push(word);
    this.fixed[word]! |= read | this.observables.besides(word, changed);
    this.written[word]! |= written;
    this.changed[word]! |= changed;
  }

  private addCondition({ automata }: PackedState, id: number): void {
    for (const clauses of automata.program.conditions.alternativesOf(id))
      for (const { word, mask } of clauses) this.touch(word, mask, 0, 0);
  }

  /**
   * For each part of a property that the step touches: nobody may touch what the part looks at before the step. If the part's guard is 0
   * now and after the step, it is enough that nobody touches the guard: then the part holds before and after it, whatever else becomes
   * of it. `state` holds the words as they are after the step, and the accounts as before it.
   */
  private watch(state: PackedState, from: number, to: number): void {
    const { observables, transfers, undoWord, undoValue } = this;
    observables.begin();
    // A word written twice: the values in between cancel out.
    let value = 0;
    for (let i = undoWord.length - 1; i >= 0; i--) {
      const word = undoWord[i]!;
      const later = undoWord.indexOf(word, i + 1);
      value = later < 0 ? state.words[word]! : undoValue[later]!;
      observables.change(word, undoValue[i]!, value);
    }
    observables.holding(transfers.heldAt(from), transfers.heldAt(to));
    const changed = observables.changed();
    if (changed.length === 0) return;
    this.empty = false;
    const after = undoWord.map((word) => state.words[word]!);
    for (let i = undoWord.length - 1; i >= 0; i--) state.words[undoWord[i]!] = undoValue[i]!;
    for (const id of changed)
      for (const part of observables.partsOf[id]!) {
        const { guard, observables: looked } = observables.parts[part]!;
        // A guard that the step makes other than 0: what others do to the part after it breaks the part, and did not before it.
        const idle =
          guard >= 0 && !changed.includes(guard) && observables.valueOf(guard, state.words, state.held) === 0;
        if (idle) this.forbid(guard);
        else for (const other of looked) this.forbid(other);
      }
    undoWord.forEach((word, i) => (state.words[word] = after[i]!));
  }

  private forbid(id: number): void {
    if (this.observed[id] === 1) return;
    this.observed[id] = 1;
    this.watched.push(id);
  }
}
