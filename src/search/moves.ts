import { actsOnWord, isEnabled, Kind } from '../core/operations.ts';
import { OperationMemo, M_CHOICE, M_HIGH, M_LOW, M_NEXT, M_NODE, M_OLD, M_VALUE } from './operation-memo.ts';
import { endlessStep, MAX_RIDES, type PackedState } from './packed-state.ts';
import { N_FLAGS, N_HELD, N_HIGH, N_KIND, N_LOW, N_WORD, N_X, N_Y, NODE, RIDES } from './tables.ts';
import { wordHigh, wordLow } from './zobrist.ts';

/** Stands for the ghost accounts of thread 0 in the key of a projection, thread 1 one below, …: no word has such an index. */
const HELD_WORD = -0x3c0de;

/**
 * What each thread would do next in the current state, kept from state to state: a thread's moves change only when it moves itself
 * or when a word changes that its next step reads or writes, and most steps touch one word. A search that steps to and fro by
 * thousands computes about one thread's moves a state instead of all.
 *
 * Move number `(thread << shift) + choice` is described by the arrays below; all are valid until the next {@link refresh}.
 * Differences are to be XORed to the state's own: the key, and the projection on what the program's properties read (watched words,
 * accounts).
 */
export class Moves {
  /** By thread: in how many ways it can take its next step. */
  readonly choices: Int32Array;
  /** All moves together. */
  enabledMoves = 0;
  /** log2 of the moves set aside for each thread. */
  shift = 0;
  /** By move: difference of the key; of the projection. */
  low: Int32Array<ArrayBuffer>;
  high: Int32Array<ArrayBuffer>;
  watchedLow: Int32Array<ArrayBuffer>;
  watchedHigh: Int32Array<ArrayBuffer>;
  /** By move: the node it leads to. */
  reached: Int32Array<ArrayBuffer>;
  /** By move: how many words it changes; `width` int32s are set aside for each, pairs of word and new value. */
  written: Int32Array<ArrayBuffer>;
  writes: Int32Array<ArrayBuffer>;
  readonly width: number;

  private readonly state: PackedState;
  private readonly memo: OperationMemo;
  /** Threads whose moves must be computed again. */
  private stale: number;
  /**
   * By word: the threads whose moves hang on it, and some that did once. Part of what a search goes by: fewer threads are found to
   * commute where there are more.
   */
  readonly dependents: Int32Array<ArrayBuffer>;
  private readonly watched: Uint8Array;
  /** By condition: the words it reads. */
  private readonly conditionWords: (readonly number[])[] = [];
  /** Words changed in the middle of a step that is being computed, and their values before. */
  private readonly changedWord: number[] = [];
  private readonly changedOld: number[] = [];

  constructor(state: PackedState) {
    const { program } = state.automata;
    const threads = state.nodes.length;
    const words = state.words.length;
    this.state = state;
    this.memo = new OperationMemo(state.automata);
    this.width = 2 * words;
    this.choices = new Int32Array(threads);
    this.low = new Int32Array(threads);
    this.high = new Int32Array(threads);
    this.watchedLow = new Int32Array(threads);
    this.watchedHigh = new Int32Array(threads);
    this.reached = new Int32Array(threads);
    this.written = new Int32Array(threads);
    this.writes = new Int32Array(threads * this.width);
    this.stale = 2 ** threads - 1;
    this.dependents = new Int32Array(words);
    this.watched = new Uint8Array(words);
    for (const property of [...program.always, ...program.atEnd, ...(program.sometimes ?? [])])
      for (const word of property.watches) this.watched[word.index] = 1;
  }

  /** The state was changed: `word` has another value. */
  wordChanged(word: number): void {
    this.stale |= this.dependents[word]!;
    this.dependents[word] = 0;
  }

  /** The state was changed: `thread` stands at another node. */
  threadMoved(thread: number): void {
    this.stale |= 1 << thread;
  }

  /** The state was changed altogether. */
  forget(): void {
    this.stale = 2 ** this.choices.length - 1;
  }

  /** Brings the moves of all threads up to date. */
  refresh(): void {
    let { stale } = this;
    if (stale === 0) return;
    while (stale !== 0) {
      const thread = 31 - Math.clz32(stale);
      stale ^= 1 << thread;
      this.compute(thread);
    }
    this.stale = 0;
    const { choices } = this;
    let enabled = 0;
    for (let t = 0; t < choices.length; t++) enabled += choices[t]!;
    this.enabledMoves = enabled;
  }

  /**
   * Threads before `thread` in the program's order that can move and whose moves commute with `move`, one of `thread`: neither
   * writes a word that the other's steps read or write, so that they lead to the same state in either order.
   */
  commuting(move: number, thread: number): number {
    const { choices } = this;
    const disturbed = this.disturbed(move, move + 1);
    let commuting = 0;
    for (let t = 0; t < thread; t++) {
      if (choices[t] === 0 || ((disturbed >>> t) & 1) === 1) continue;
      const first = t << this.shift;
      if (((this.disturbed(first, first + choices[t]!) >>> thread) & 1) === 0) commuting |= 1 << t;
    }
    return commuting;
  }

  /** The threads whose moves hang on a word that one of the moves `from` … `to - 1` writes. */
  private disturbed(from: number, to: number): number {
    const { dependents, writes, written, width } = this;
    let threads = 0;
    for (let move = from; move < to; move++) {
      const first = move * width;
      const end = first + 2 * written[move]!;
      for (let at = first; at < end; at += 2) threads |= dependents[writes[at]!]!;
    }
    return threads;
  }

  /** Exchanges the words that `move` writes with its notes of their values: takes the step's writes, or takes them back. */
  swapWrites(move: number): void {
    const { writes } = this;
    const { words } = this.state;
    const end = move * this.width + 2 * this.written[move]!;
    for (let at = move * this.width; at < end; at += 2) {
      const word = writes[at]!;
      const value = writes[at + 1]!;
      writes[at + 1] = words[word]!;
      words[word] = value;
    }
  }

  /** The projection of the current state, relative to that of the initial one. */
  projection(): { readonly low: number; readonly high: number } {
    const { automata, words, nodes } = this.state;
    const initial = automata.program.layout.initial();
    let low = 0;
    let high = 0;
    words.forEach((value, word) => {
      if (this.watched[word] === 0) return;
      low ^= wordLow(word, initial[word]!) ^ wordLow(word, value);
      high ^= wordHigh(word, initial[word]!) ^ wordHigh(word, value);
    });
    nodes.forEach((node, thread) => {
      const before = automata.nodes[automata.roots[thread]! * NODE + N_HELD]!;
      const after = automata.nodes[node * NODE + N_HELD]!;
      low ^= wordLow(HELD_WORD - thread, before) ^ wordLow(HELD_WORD - thread, after);
      high ^= wordHigh(HELD_WORD - thread, before) ^ wordHigh(HELD_WORD - thread, after);
    });
    return { low, high };
  }

  private compute(thread: number): void {
    const { state } = this;
    const table = state.automata.nodes;
    const node = state.nodes[thread]!;
    const kind = table[node * NODE + N_KIND]!;
    const choices = kind < Kind.LOCK ? 1 : this.ways(thread, node, kind);
    this.choices[thread] = choices;
    const first = thread << this.shift;
    for (let choice = 0; choice < choices; choice++) this.walk(thread, node, choice, first + choice);
  }

  /** In how many ways `thread` can move from `node`, whose operation may wait or branch. */
  private ways(thread: number, node: number, kind: number): number {
    const { state } = this;
    const table = state.automata.nodes;
    const x = table[node * NODE + N_X]!;
    if (kind === Kind.CHOOSE) {
      if (x > 1 << this.shift) this.widen(x);
      return x;
    }
    if (kind === Kind.UNTIL_CONDITION) return this.awaits(thread, x);
    if (!actsOnWord(kind) || kind >= Kind.DONE) return kind < Kind.DONE ? 1 : 0;
    const word = table[node * NODE + N_WORD]!;
    this.dependents[word] = this.dependents[word]! | (1 << thread);
    return isEnabled(kind, state.words[word]!, x, table[node * NODE + N_Y]!) ? 1 : 0;
  }

  /** Whether condition `id` holds, 1 or 0; `thread` hangs on its words. */
  private awaits(thread: number, id: number): number {
    const { conditions } = this.state.automata.program;
    const words = (this.conditionWords[id] ??= conditions.wordsOf(id));
    for (let i = 0; i < words.length; i++)
      this.dependents[words[i]!] = this.dependents[words[i]!]! | (1 << thread);
    return conditions.holds(id, this.state.words) ? 1 : 0;
  }

  /** Describes move `move`, the step that `thread` takes from node `from` by `choice`. */
  private walk(thread: number, from: number, choice: number, move: number): void {
    const { state, dependents, watched } = this;
    const { table: memo } = this.memo;
    const { words } = state;
    const bit = 1 << thread;
    let table = state.automata.nodes;
    let node = from;
    let low = 0;
    let high = 0;
    let watchedLow = 0;
    let watchedHigh = 0;
    let rides = 0;
    this.written[move] = 0;
    for (;;) {
      const word = table[node * NODE + N_WORD]!;
      const old = words[word]!;
      const at = this.memo.slot(node, old, choice);
      if (memo[at + M_NODE] !== node || memo[at + M_OLD] !== old || memo[at + M_CHOICE] !== choice) {
        this.memo.work(at, node, old, choice);
        table = state.automata.nodes;
      }
      const value = memo[at + M_VALUE]!;
      const next = memo[at + M_NEXT]!;
      if (actsOnWord(table[node * NODE + N_KIND]!)) dependents[word] = dependents[word]! | bit;
      const goesOn = (table[next * NODE + N_FLAGS]! & RIDES) !== 0;
      if (value !== old) {
        low ^= memo[at + M_LOW]!;
        high ^= memo[at + M_HIGH]!;
        if (watched[word] === 1) {
          watchedLow ^= memo[at + M_LOW]!;
          watchedHigh ^= memo[at + M_HIGH]!;
        }
        this.note(move, word, value);
        if (goesOn) {
          this.changedWord.push(word);
          this.changedOld.push(old);
          words[word] = value;
        }
      }
      node = next;
      if (!goesOn) break;
      if (++rides > MAX_RIDES) throw endlessStep(state.automata, node);
    }
    if (rides > 0) this.changeBack();
    const held = table[from * NODE + N_HELD]!;
    const heldAfter = table[node * NODE + N_HELD]!;
    if (held !== heldAfter) {
      watchedLow ^= wordLow(HELD_WORD - thread, held) ^ wordLow(HELD_WORD - thread, heldAfter);
      watchedHigh ^= wordHigh(HELD_WORD - thread, held) ^ wordHigh(HELD_WORD - thread, heldAfter);
    }
    this.reached[move] = node;
    this.low[move] = low ^ table[from * NODE + N_LOW]! ^ table[node * NODE + N_LOW]!;
    this.high[move] = high ^ table[from * NODE + N_HIGH]! ^ table[node * NODE + N_HIGH]!;
    this.watchedLow[move] = watchedLow;
    this.watchedHigh[move] = watchedHigh;
  }

  /** Notes that `move` writes `value` to `word`; the last write to a word counts. */
  private note(move: number, word: number, value: number): void {
    const { writes } = this;
    const written = this.written[move]!;
    const end = move * this.width + 2 * written;
    let at = move * this.width;
    while (at < end && writes[at] !== word) at += 2;
    writes[at] = word;
    writes[at + 1] = value;
    if (at === end) this.written[move] = written + 1;
  }

  /** Takes back the changes made in the middle of a step. */
  private changeBack(): void {
    const { changedWord, changedOld } = this;
    const { words } = this.state;
    for (let i = changedWord.length - 1; i >= 0; i--) words[changedWord[i]!] = changedOld[i]!;
    changedWord.length = 0;
    changedOld.length = 0;
  }

  /** Sets more moves aside for each thread; those of threads already up to date move along. */
  private widen(needed: number): void {
    const before = 1 << this.shift;
    while (1 << this.shift < needed) this.shift++;
    const after = 1 << this.shift;
    const spread = (from: Int32Array, size: number): Int32Array<ArrayBuffer> => {
      const to = new Int32Array(this.choices.length * after * size);
      for (let t = 0; t < this.choices.length; t++)
        to.set(from.subarray(t * before * size, (t + 1) * before * size), t * after * size);
      return to;
    };
    this.low = spread(this.low, 1);
    this.high = spread(this.high, 1);
    this.watchedLow = spread(this.watchedLow, 1);
    this.watchedHigh = spread(this.watchedHigh, 1);
    this.reached = spread(this.reached, 1);
    this.written = spread(this.written, 1);
    this.writes = spread(this.writes, this.width);
  }
}
