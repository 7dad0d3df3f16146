/**
 * What the other threads can do while one thread stands still: an over-approximation that forgets which of their positions and which
 * values go together (thread-modular, non-relational: a set of nodes for each thread, a set of values for each word; Flanagan and
 * Qadeer, SPIN 2003, without the environment relation). It knows the values that the state has now: while a thread holds a lock nobody
 * else gets past it, a trylock of it fails, and what nobody writes keeps its value, so that only one edge leads on from a load.
 */
import { Kind } from '../../core/operations.ts';
import type { Clause } from '../../core/conditions.ts';
import { grown } from '../growable.ts';
import type { PackedState } from '../packed-state.ts';
import { N_KIND, N_WORD, N_X, NODE } from '../tables.ts';
import type { Footprint } from './footprint.ts';
import type { Interference } from './interference.ts';
import {
  DIRECT_IDS,
  DISABLED,
  type Transfers,
  X_CHANGED,
  X_NEXT,
  X_OBSERVED,
  X_OBSERVED_COUNT,
  X_READ,
  X_VALUE,
  X_WRITTEN,
} from './transfers.ts';

/** A word with more values than this may have any. */
const MOST_VALUES = 8;

export class Others {
  private readonly state: PackedState;
  private readonly transfers: Transfers;
  private readonly alternatives = new Map<number, readonly (readonly Clause[])[]>();

  private round = 0;
  /** The round in which a node was reached, a word was first asked for. */
  private readonly nodeRound: Int32Array;
  private readonly wordRound: Int32Array;
  /** Numbers of values, see {@link Transfers.idOf}; and for each word and low number the round in which the word may first have it. */
  private readonly values: Int32Array;
  private readonly idRound: Int32Array;
  /** How many values a word has; MOST_VALUES + 1: any. */
  private readonly valueCount: Int32Array;
  /** Nodes reached that act on the word. */
  private readonly actors: number[][];
  private readonly actorCount: Int32Array;
  /** (node, value) pairs, those before `done` looked at. First come, first served: the next steps of all threads are looked at first. */
  private work: Int32Array<ArrayBuffer> = new Int32Array(256);
  private done = 0;
  private workCount = 0;
  private readonly waiting: number[] = [];
  private footprint!: Footprint;
  private all!: Interference;
  private conflict = false;

  constructor(state: PackedState, transfers: Transfers) {
    this.state = state;
    this.transfers = transfers;
    const words = state.words.length;
    this.nodeRound = new Int32Array(transfers.nodeCount);
    this.wordRound = new Int32Array(words);
    this.values = new Int32Array(words * MOST_VALUES);
    this.idRound = new Int32Array(words * DIRECT_IDS);
    this.valueCount = new Int32Array(words);
    this.actors = Array.from({ length: words }, () => []);
    this.actorCount = new Int32Array(words);
  }

  /**
   * Can no thread but `thread` do anything that depends on `footprint`, a step of `thread` from the current state, before `thread`
   * moves? False also where that is not known. If true, `all` is all that they can do before. Cost: proportional to the nodes that the
   * others can reach, 1-10 microseconds.
   */
  areIndependent(thread: number, footprint: Footprint, all: Interference): boolean {
    this.round++;
    this.footprint = footprint;
    this.all = all;
    all.clear();
    this.conflict = false;
    this.workCount = 0;
    this.done = 0;
    this.waiting.length = 0;
    const { nodes } = this.state;
    for (let t = 0; t < nodes.length; t++) {
      if (t === thread) continue;
      if (nodes[t]! >= this.transfers.nodeCount) return false;
      this.reach(nodes[t]!);
    }
    do this.applyAll();
    while (!this.conflict && this.wakeWaiting());
    return !this.conflict;
  }

  private reach(node: number): void {
    if (this.nodeRound[node] === this.round) return;
    this.nodeRound[node] = this.round;
    const { nodes } = this.transfers;
    const base = node * NODE;
    const kind = nodes[base + N_KIND]!;
    if (kind >= Kind.DONE) return;
    if (kind === Kind.UNTIL_CONDITION) {
      this.waiting.push(node);
      return;
    }
    if (kind >= Kind.CHOOSE) {
      this.applyToAny(node);
      return;
    }
    const word = nodes[base + N_WORD]!;
    this.know(word);
    this.actors[word]![this.actorCount[word]!++] = node;
    const count = this.valueCount[word]!;
    if (count > MOST_VALUES) this.applyToAny(node);
    else for (let i = 0; i < count; i++) this.push(node, this.values[word * MOST_VALUES + i]!);
  }

  private know(word: number): void {
    if (this.wordRound[word] === this.round) return;
    this.wordRound[word] = this.round;
    this.actorCount[word] = 0;
    const id = this.transfers.idOf(word, this.state.words[word]!);
    this.valueCount[word] = 1;
    this.values[word * MOST_VALUES] = id;
    if (id < DIRECT_IDS) this.idRound[word * DIRECT_IDS + id] = this.round;
  }

  private push(node: number, value: number): void {
    if (this.workCount + 2 > this.work.length) this.work = grown(this.work, this.workCount + 2);
    this.work[this.workCount++] = node;
    this.work[this.workCount++] = value;
  }

  /** Looks at all pairs of an operation and a value that it may find. The inner loop: everything at hand. */
  private applyAll(): void {
    const { transfers, footprint, all, nodeRound, round, valueCount } = this;
    const { nodes } = transfers;
    const {
      written: mineWritten,
      fixed: mineFixed,
      changed: mineChanged,
      observed: mineObserved,
    } = footprint;
    const { read: allRead, written: allWritten, changed: allChanged, observed: allObserved } = all;
    while (this.done < this.workCount && !this.conflict) {
      const node = this.work[this.done]!;
      const old = this.work[this.done + 1]!;
      this.done += 2;
      const transfer = transfers.of(node, old);
      const { table } = transfers;
      const next = table[transfer + X_NEXT]!;
      const word = nodes[node * NODE + N_WORD]!;
      if (next === DISABLED) {
        all.awaited[word] = 1;
        continue;
      }
      const read = table[transfer + X_READ]!;
      const written = table[transfer + X_WRITTEN]!;
      if (read !== 0) allRead[word]! |= read;
      let clash = mineChanged[word]! & read;
      if (written !== 0) {
        const changed = table[transfer + X_CHANGED]!;
        allWritten[word]! |= written;
        allChanged[word]! |= changed;
        clash |= (mineWritten[word]! & written) | (mineFixed[word]! & changed);
      }
      const count = table[transfer + X_OBSERVED_COUNT]!;
      if (count !== 0) {
        const { observed } = transfers;
        const first = table[transfer + X_OBSERVED]!;
        for (let i = first; i < first + count; i++) {
          const id = observed[i]!;
          allObserved[id] = 1;
          clash |= mineObserved[id]!;
        }
      }
      if (clash !== 0) {
        this.conflict = true;
        return;
      }
      if (next >= 0 && nodeRound[next] !== round) this.reach(next);
      const value = table[transfer + X_VALUE]!;
      if (value !== old && valueCount[word]! <= MOST_VALUES && !this.mayHave(word, value))
        this.addValue(word, value);
    }
  }

  private note(transfer: number, word: number): void {
    const { footprint, all } = this;
    const { table, observed } = this.transfers;
    const read = table[transfer + X_READ]!;
    const written = table[transfer + X_WRITTEN]!;
    const changed = table[transfer + X_CHANGED]!;
    all.read[word]! |= read;
    all.written[word]! |= written;
    all.changed[word]! |= changed;
    if (
      ((footprint.written[word]! & written) |
        (footprint.fixed[word]! & changed) |
        (footprint.changed[word]! & read)) !==
      0
    )
      this.conflict = true;
    const first = table[transfer + X_OBSERVED]!;
    for (let i = first + table[transfer + X_OBSERVED_COUNT]! - 1; i >= first; i--) {
      all.observed[observed[i]!] = 1;
      if (footprint.observed[observed[i]!] === 1) this.conflict = true;
    }
  }

  /** Is `value` among those of `word`? */
  private mayHave(word: number, value: number): boolean {
    if (value < DIRECT_IDS) return this.idRound[word * DIRECT_IDS + value] === this.round;
    const first = word * MOST_VALUES;
    for (let i = first; i < first + this.valueCount[word]!; i++) if (this.values[i] === value) return true;
    return false;
  }

  /** `word` may have one value more. */
  private addValue(word: number, value: number): void {
    const count = this.valueCount[word]!;
    this.valueCount[word] = count + 1;
    const actors = this.actors[word]!;
    const actorCount = this.actorCount[word]!;
    if (count === MOST_VALUES) {
      for (let i = 0; i < actorCount; i++) this.applyToAny(actors[i]!);
      return;
    }
    this.values[word * MOST_VALUES + count] = value;
    if (value < DIRECT_IDS) this.idRound[word * DIRECT_IDS + value] = this.round;
    for (let i = 0; i < actorCount; i++) this.push(actors[i]!, value);
  }

  /** The operation of `node` may find anything, or touches no word: all ways on. */
  private applyToAny(node: number): void {
    const { transfers } = this;
    const transfer = transfers.ofAny(node);
    this.note(transfer, transfers.nodes[node * NODE + N_WORD]!);
    const { table, successors } = transfers;
    const first = table[transfer + X_NEXT]!;
    for (let i = first + table[transfer + X_VALUE]! - 1; i >= first; i--) this.reach(successors[i]!);
  }

  /** Looks again at threads that wait for a condition; true if one of them may go on. */
  private wakeWaiting(): boolean {
    let woken = false;
    for (let i = this.waiting.length - 1; i >= 0; i--) {
      const node = this.waiting[i]!;
      if (!this.mayHold(this.transfers.nodes[node * NODE + N_X]!)) continue;
      this.waiting.splice(i, 1);
      woken = true;
      this.applyToAny(node);
    }
    return woken;
  }

  /** May the condition come to hold? If it may, it has been read. */
  private mayHold(id: number): boolean {
    let alternatives = this.alternatives.get(id);
    if (alternatives === undefined) {
      alternatives = this.state.automata.program.conditions.alternativesOf(id);
      this.alternatives.set(id, alternatives);
    }
    for (const clauses of alternatives) for (const { word } of clauses) this.all.awaited[word] = 1;
    if (!alternatives.some((clauses) => clauses.every((clause) => this.maySatisfy(clause)))) return false;
    for (const clauses of alternatives)
      for (const { word, mask } of clauses) {
        this.all.read[word]! |= mask;
        if ((this.footprint.changed[word]! & mask) !== 0) this.conflict = true;
      }
    return true;
  }

  private maySatisfy({ word, mask, value, negated }: Clause): boolean {
    this.know(word);
    const count = this.valueCount[word]!;
    if (count > MOST_VALUES) return true;
    const first = word * MOST_VALUES;
    for (let i = first; i < first + count; i++)
      if (((this.transfers.valueOf(word, this.values[i]!) & mask) === value) !== negated) return true;
    return false;
  }
}
