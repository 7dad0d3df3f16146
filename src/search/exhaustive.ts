/**
 * Exhaustive depth-first search over packed integer tables. Eager: all successors of a state are generated and inserted at
 * once, only new ones are kept on the stack; applying a stacked record turns it in place into its undo record, so depth costs
 * no recursion. (design.md section 6; the search keeps no predecessor links: shortest.ts finds the counterexample.)
 *
 * A state "finishes" if some run from it ends with all non-daemon threads done. States for which that is not known when they
 * leave the stack are settled afterwards (liveness.ts); one that never finishes is a deadlock or livelock.
 */
import { isEnabled, Kind, newValue, resultOf } from '../core/operations.ts';
import type { Property } from '../core/program.ts';
import type { ViolationKind } from '../core/violation.ts';
import { AT_REST, EDGE, HAS_RESULT, NODE, N_FLAGS, N_HELD, N_KIND, N_NEXT, N_WORD, N_X, N_Y, N_Z, RIDES, type Automata } from './automata.ts';
import { grown } from './growable.ts';
import type { Decision } from './decision.ts';
import { Unsettled } from './liveness.ts';
import { NEW, SEEN_FINISHES, VisitedSet } from './visited.ts';
import { nodeHigh, nodeLow, wordHigh, wordLow, wordTables } from './zobrist.ts';

/** Trailer of a stack record, after its (word, value) pairs. */
const TRAILER = 6;
const T_WRITES = 0;
const T_THREAD = 1;
const T_NODE = 2;
const T_LOW = 3;
const T_HIGH = 4;
const T_SLOT = 5;
/** T_THREAD: the thread in bits 0–7, APPLIED once the record holds the old values, the answer of `choose` from bit 16 up. */
const THREAD = 255;
const APPLIED = 256;
const CHOICE_SHIFT = 16;

/** What stopped {@link ExhaustiveSearch.run}. */
export type SearchStatus = 'running' | 'complete' | 'violation';

export class ExhaustiveSearch {
  readonly automata: Automata;
  readonly visited: VisitedSet;
  /** Transitions generated so far. */
  transitions = 0;
  /** Greatest depth of the stack so far, in steps. */
  maxDepth = 0;
  /** States in which all non-daemon threads have ended. */
  endStates = 0;
  /** Kind of the first violation met, if `run` said `violation`. */
  violation: ViolationKind | null = null;
  /** States that cannot finish, known once `run` said `complete`: keys as low, high pairs. */
  stuck: Int32Array = new Int32Array(0);

  private readonly words: Int32Array;
  private readonly nodes: Int32Array;
  private readonly held: Int32Array;
  private readonly daemon: Uint8Array;
  private readonly watched: Uint8Array;
  private readonly always: readonly Property[];
  private readonly unsettled = new Unsettled();
  private readonly low: Int32Array;
  private readonly high: Int32Array;
  private stack: Int32Array<ArrayBuffer> = new Int32Array(1 << 16);
  private top = 0;
  private depth = 0;
  private finishes = new Uint8Array(1 << 12);
  private stateLow = 0;
  private stateHigh = 0;
  private stateSlot = 0;
  private unfinished = 0;
  private entered = false;
  // The step just generated: words it wrote with their old values, and the node it led to.
  private readonly writtenWord = new Int32Array(256);
  private readonly writtenOld = new Int32Array(256);
  private written = 0;
  private reached = 0;
  private successorLow = 0;
  private successorHigh = 0;

  constructor(automata: Automata) {
    const { program } = automata;
    this.automata = automata;
    this.visited = new VisitedSet();
    this.words = program.layout.initial();
    this.nodes = Int32Array.from(automata.roots);
    this.held = new Int32Array(program.accounts.length);
    this.daemon = Uint8Array.from(program.threads, (thread) => (thread.daemon === true ? 1 : 0));
    this.watched = new Uint8Array(this.words.length);
    this.always = program.always;
    for (const property of program.always) for (const word of property.watches) this.watched[word.index] = 1;
    const tables = wordTables(this.words.length);
    this.low = tables.low;
    this.high = tables.high;
    this.enterInitial();
  }

  private enterInitial(): void {
    const { automata, words, nodes } = this;
    for (let w = 0; w < words.length; w++) {
      this.stateLow ^= wordLow(w, words[w]!);
      this.stateHigh ^= wordHigh(w, words[w]!);
    }
    for (let t = 0; t < nodes.length; t++) {
      const base = nodes[t]! * NODE;
      this.stateLow ^= nodeLow(nodes[t]!);
      this.stateHigh ^= nodeHigh(nodes[t]!);
      this.addHeld(automata.nodes[base + N_HELD]!, 1);
      const kind = automata.nodes[base + N_KIND]!;
      if (this.daemon[t] === 0 && kind !== Kind.DONE) this.unfinished++;
      if (kind === Kind.FAIL) this.violation = automata.failureOf(nodes[t]!).kind;
    }
    this.visited.insert(this.stateLow, this.stateHigh);
    this.stateSlot = this.visited.slot;
    this.violation ??= this.brokenProperty(true, this.unfinished === 0);
  }

  /** Explores about `budget` further transitions. Call again while it answers `running`. */
  run(budget: number): SearchStatus {
    if (this.violation !== null) return 'violation';
    const until = this.transitions + budget;
    for (;;) {
      if (!this.entered) {
        this.entered = true;
        this.generate();
        if (this.violation !== null) return 'violation';
        if (this.transitions >= until) return 'running';
      }
      if (this.top > 0 && (this.stack[this.top - TRAILER + T_THREAD]! & APPLIED) === 0) {
        this.apply();
        this.entered = false;
        continue;
      }
      this.leave();
      if (this.top === 0) break;
      this.undo();
    }
    this.stuck = this.unsettled.settle(this.visited);
    return 'complete';
  }

  /** The decisions that lead to the violation (or to the current state), as the search happened to come there. */
  path(): Decision[] {
    const decisions: Decision[] = [];
    for (let at = this.top; at > 0; ) {
      const trailer = at - TRAILER;
      const move = this.stack[trailer + T_THREAD]!;
      const violating = at === this.top && this.violation !== null && this.violation !== 'deadlock';
      if (violating || (move & APPLIED) !== 0)
        decisions.push({ thread: move & THREAD, choice: move >>> CHOICE_SHIFT });
      at = trailer - 2 * this.stack[trailer + T_WRITES]!;
    }
    return decisions.toReversed();
  }

  /** Bytes held by visited set, stack and unsettled list. */
  get bytes(): number {
    return this.visited.bytes + this.stack.byteLength + this.unsettled.bytes;
  }

  /** The state's key goes into the table as finishing, or the state into the list of those to be settled at the end. */
  private leave(): void {
    if (this.finishes[this.depth] === 0 && this.listSuccessors()) this.finishes[this.depth] = 1;
    if (this.finishes[this.depth] === 1)
      this.visited.setFinishes(this.stateLow, this.stateHigh, this.stateSlot);
  }

  /** All successors were seen without knowing that they finish: look again, and list them if it is still not known. */
  private listSuccessors(): boolean {
    const { unsettled, visited } = this;
    unsettled.begin(this.stateLow, this.stateHigh);
    for (let t = 0; t < this.nodes.length; t++) {
      const choices = this.choices(t);
      for (let choice = 0; choice < choices; choice++) {
        this.take(t, choice);
        const seen = visited.insert(this.successorLow, this.successorHigh);
        this.revert();
        if (seen === SEEN_FINISHES) {
          unsettled.cancel();
          return true;
        }
        unsettled.add(this.successorLow, this.successorHigh);
      }
    }
    unsettled.end();
    return false;
  }

  private choices(thread: number): number {
    const table = this.automata.nodes;
    const base = this.nodes[thread]! * NODE;
    const kind = table[base + N_KIND]!;
    const x = table[base + N_X]!;
    if (kind === Kind.CHOOSE) return x;
    if (kind === Kind.UNTIL_CONDITION) return this.automata.program.conditions.holds(x, this.words) ? 1 : 0;
    return isEnabled(kind, this.words[table[base + N_WORD]!]!, x, table[base + N_Y]!) ? 1 : 0;
  }

  /** Generates and inserts all successors of the current state; pushes the new ones. */
  private generate(): void {
    const { nodes, visited } = this;
    let generated = 0;
    let finishes = this.unfinished === 0 ? 1 : 0;
    for (let t = 0; t < nodes.length; t++) {
      const choices = this.choices(t);
      for (let choice = 0; choice < choices; choice++) {
        generated++;
        this.take(t, choice);
        const seen = visited.insert(this.successorLow, this.successorHigh);
        if (seen === NEW) {
          this.violation ??= this.inspect(t);
          this.push(t, choice);
          if (this.violation !== null) return;
        } else if (seen === SEEN_FINISHES) finishes = 1;
        this.revert();
      }
    }
    this.transitions += generated;
    if (this.unfinished === 0) this.endStates++;
    else if (generated === 0) this.violation ??= 'deadlock';
    this.finishes[this.depth] = finishes;
  }

  /** Takes one step of `thread` in place: `words` change, `written`… say what to revert, `successor…` is the new key. */
  private take(thread: number, choice: number): void {
    const { automata, words, writtenWord, writtenOld } = this;
    const from = this.nodes[thread]!;
    let table = automata.nodes;
    let node = from;
    let written = 0;
    for (;;) {
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
    }
    this.written = written;
    this.reached = node;
    let low = this.stateLow ^ nodeLow(from) ^ nodeLow(node);
    let high = this.stateHigh ^ nodeHigh(from) ^ nodeHigh(node);
    for (let i = 0; i < written; i++) {
      const word = writtenWord[i]!;
      const old = writtenOld[i]!;
      const value = words[word]!;
      if ((old | value) >>> 8 === 0) {
        low ^= this.low[(word << 8) | old]! ^ this.low[(word << 8) | value]!;
        high ^= this.high[(word << 8) | old]! ^ this.high[(word << 8) | value]!;
      } else {
        low ^= wordLow(word, old) ^ wordLow(word, value);
        high ^= wordHigh(word, old) ^ wordHigh(word, value);
      }
    }
    this.successorLow = low;
    this.successorHigh = high;
  }

  private revert(): void {
    for (let i = 0; i < this.written; i++) this.words[this.writtenWord[i]!] = this.writtenOld[i]!;
  }

  /** Looks at the new state that `take(thread)` has made; returns the kind of the violation it shows. */
  private inspect(thread: number): ViolationKind | null {
    const { automata, reached, written, writtenWord } = this;
    const table = automata.nodes;
    const from = this.nodes[thread]!;
    const kind = table[reached * NODE + N_KIND]!;
    if (kind === Kind.FAIL) return automata.failureOf(reached).kind;
    const heldFrom = table[from * NODE + N_HELD]!;
    const heldTo = table[reached * NODE + N_HELD]!;
    let evaluate = heldFrom !== heldTo;
    for (let i = 0; !evaluate && i < written; i++) evaluate = this.watched[writtenWord[i]!] === 1;
    const ends = this.unfinished - (kind === Kind.DONE && this.daemon[thread] === 0 ? 1 : 0) === 0;
    if (!evaluate && !ends) return null;
    this.addHeld(heldFrom, -1);
    this.addHeld(heldTo, 1);
    this.nodes[thread] = reached;
    const broken = this.brokenProperty(evaluate, ends);
    this.nodes[thread] = from;
    this.addHeld(heldTo, -1);
    this.addHeld(heldFrom, 1);
    return broken;
  }

  private brokenProperty(evaluate: boolean, ends: boolean): ViolationKind | null {
    const { words, held } = this;
    if (evaluate) for (const property of this.always) if (!property.holds(words, held)) return property.kind;
    if (ends && this.atRest())
      for (const property of this.automata.program.atEnd) if (!property.holds(words, held)) return property.kind;
    return null;
  }

  private atRest(): boolean {
    const table = this.automata.nodes;
    for (let t = 0; t < this.nodes.length; t++) {
      const base = this.nodes[t]! * NODE;
      if (table[base + N_KIND] !== Kind.DONE && (table[base + N_FLAGS]! & AT_REST) === 0) return false;
    }
    return true;
  }

  private addHeld(id: number, sign: number): void {
    const vector = this.automata.heldVectors[id]!;
    for (let a = 0; a < vector.length; a++) this.held[a] = this.held[a]! + sign * vector[a]!;
  }

  private push(thread: number, choice: number): void {
    const { written, writtenWord, words } = this;
    this.stack = grown(this.stack, this.top + 2 * written + TRAILER);
    const { stack } = this;
    let at = this.top;
    for (let i = 0; i < written; i++) {
      const word = writtenWord[i]!;
      stack[at++] = word;
      stack[at++] = words[word]!;
    }
    stack[at + T_WRITES] = written;
    stack[at + T_THREAD] = thread | (choice << CHOICE_SHIFT);
    stack[at + T_NODE] = this.reached;
    stack[at + T_LOW] = this.successorLow;
    stack[at + T_HIGH] = this.successorHigh;
    stack[at + T_SLOT] = this.visited.slot;
    this.top = at + TRAILER;
  }

  /** Swaps the values in the topmost record with the state's: applies it, or undoes it if it was applied. */
  private swap(): number {
    const { stack, words, nodes, automata } = this;
    const trailer = this.top - TRAILER;
    const first = trailer - 2 * stack[trailer + T_WRITES]!;
    for (let at = first; at < trailer; at += 2) {
      const word = stack[at]!;
      const value = stack[at + 1]!;
      stack[at + 1] = words[word]!;
      words[word] = value;
    }
    const thread = stack[trailer + T_THREAD]! & THREAD;
    const to = stack[trailer + T_NODE]!;
    const from = nodes[thread]!;
    nodes[thread] = to;
    stack[trailer + T_NODE] = from;
    const table = automata.nodes;
    if (this.daemon[thread] === 0) {
      if (table[to * NODE + N_KIND] === Kind.DONE) this.unfinished--;
      if (table[from * NODE + N_KIND] === Kind.DONE) this.unfinished++;
    }
    const heldFrom = table[from * NODE + N_HELD]!;
    const heldTo = table[to * NODE + N_HELD]!;
    if (heldFrom !== heldTo) {
      this.addHeld(heldFrom, -1);
      this.addHeld(heldTo, 1);
    }
    let keep = stack[trailer + T_LOW]!;
    stack[trailer + T_LOW] = this.stateLow;
    this.stateLow = keep;
    keep = stack[trailer + T_HIGH]!;
    stack[trailer + T_HIGH] = this.stateHigh;
    this.stateHigh = keep;
    keep = stack[trailer + T_SLOT]!;
    stack[trailer + T_SLOT] = this.stateSlot;
    this.stateSlot = keep;
    return first;
  }

  private apply(): void {
    this.swap();
    const at = this.top - TRAILER + T_THREAD;
    this.stack[at] = this.stack[at]! | APPLIED;
    this.depth++;
    if (this.depth > this.maxDepth) {
      this.maxDepth = this.depth;
      if (this.depth >= this.finishes.length) {
        const bigger = new Uint8Array(this.finishes.length * 2);
        bigger.set(this.finishes);
        this.finishes = bigger;
      }
    }
  }

  private undo(): void {
    const finishes = this.finishes[this.depth]!;
    this.top = this.swap();
    this.depth--;
    if (finishes === 1) this.finishes[this.depth] = 1;
  }
}
