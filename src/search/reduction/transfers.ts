/**
 * What an operation does when it finds a given value, once worked out and then looked up: a snapshot of the automata as they were when
 * it was made. Nodes and edges that were not known then do not exist here.
 */
import { isEnabled, newValue, resultOf } from '../../core/operations.ts';
import type { Automata } from '../automata.ts';
import { grown } from '../growable.ts';
import { EdgeTable } from '../npl/edges.ts';
import { EDGE, HAS_RESULT, N_FLAGS, N_HELD, N_KIND, N_NEXT, N_WORD, N_X, N_Y, N_Z, NODE } from '../tables.ts';
import { mayWriteMask, readMask, writtenMask } from './accesses.ts';
import type { Observables } from './observables.ts';

/** int32s of a transfer. */
const TRANSFER = 7;
/** The node it leads to; UNKNOWN; or DISABLED. */
export const X_NEXT = 0;
/** The number of the word's value afterwards, see {@link Transfers.idOf}. */
export const X_VALUE = 1;
/** Bits read, stored to, changed. */
export const X_READ = 2;
export const X_WRITTEN = 3;
export const X_CHANGED = 4;
/** Where in `observed` the observables begin that it changes, and how many they are. */
export const X_OBSERVED = 5;
export const X_OBSERVED_COUNT = 6;

/** The automata did not know where the result leads when the snapshot was taken. */
export const UNKNOWN = -1;
export const DISABLED = -2;

/**
 * Values of a word whose numbers are looked up in arrays; those of others in hash tables. Every value gets a number: if only the first ones
 * did, what is concluded in a state would depend on what was met before it.
 */
export const DIRECT_IDS = 64;

export class Transfers {
  /** TRANSFER int32s a transfer; reallocated when it grows. */
  table: Int32Array<ArrayBuffer> = new Int32Array(TRANSFER * 1024);
  /** Observables of all transfers; reallocated when it grows. */
  observed: Int32Array<ArrayBuffer> = new Int32Array(1024);
  /** See {@link ofAny}. */
  readonly successors: number[] = [];
  /** The snapshot: as in `Automata`. */
  readonly nodes: Int32Array;
  readonly edges: Int32Array;
  readonly nodeCount: number;

  private readonly automata: Automata;
  private readonly observables: Observables;
  /** For each node and number of a value: where its transfer stands, or -1. */
  private readonly byValue: Int32Array;
  private readonly byHighValue = new EdgeTable();
  private readonly ids = new EdgeTable();
  private readonly values: readonly number[][];
  private readonly byNode: Int32Array;
  private length = 0;
  private observedCount = 0;
  /** (node, result) pairs that were asked for and not known, and nodes of which all ways on were asked for. */
  private readonly missed: number[] = [];
  private readonly followed: number[] = [];

  constructor(automata: Automata, observables: Observables) {
    this.automata = automata;
    this.observables = observables;
    this.nodeCount = automata.nodeCount;
    this.byNode = new Int32Array(automata.nodeCount).fill(-1);
    this.byValue = new Int32Array(automata.nodeCount * DIRECT_IDS).fill(-1);
    this.values = automata.program.layout.words.map(() => []);
    this.nodes = automata.nodes.slice(0, automata.nodeCount * NODE);
    this.edges = automata.edges.slice(0, automata.edgeCount * EDGE);
  }

  /** A number for a value of `word`, from 0 up, the same for as long as this lives. */
  idOf(word: number, value: number): number {
    const known = this.ids.get(word, value);
    if (known >= 0) return known;
    const id = this.values[word]!.push(value) - 1;
    this.ids.set(word, value, id);
    return id;
  }

  /** The value of `word` with this number. */
  valueOf(word: number, id: number): number {
    return this.values[word]![id]!;
  }

  /** Where in `table` the transfer of `node` stands, which acts on a word, when it finds the value numbered `id`. */
  of(node: number, id: number): number {
    const at = node * DIRECT_IDS + id;
    const known = id < DIRECT_IDS ? this.byValue[at]! : this.byHighValue.get(node, id);
    if (known >= 0) return known;
    const made = this.make(node, this.valueOf(this.nodes[node * NODE + N_WORD]!, id));
    if (id < DIRECT_IDS) this.byValue[at] = made;
    else this.byHighValue.set(node, id, made);
    return made;
  }

  /** The node that `result` leads to from `node`, or UNKNOWN. */
  next(node: number, result: number): number {
    const { nodes, edges } = this;
    const base = node * NODE;
    let next = nodes[base + N_NEXT]!;
    if ((nodes[base + N_FLAGS]! & HAS_RESULT) !== 0) {
      while (next >= 0 && edges[next * EDGE] !== result) next = edges[next * EDGE + 2]!;
      if (next >= 0) next = edges[next * EDGE + 1]!;
    }
    return next;
  }

  /** All nodes that `node` is known to lead to. A fresh array. */
  successorsOf(node: number): number[] {
    const base = node * NODE;
    const first = this.nodes[base + N_NEXT]!;
    if ((this.nodes[base + N_FLAGS]! & HAS_RESULT) === 0) return first < 0 ? [] : [first];
    const found: number[] = [];
    for (let e = first; e >= 0; e = this.edges[e * EDGE + 2]!) found.push(this.edges[e * EDGE + 1]!);
    return found;
  }

  /**
   * The transfer of `node` if nothing is known of what it finds. X_NEXT says where in `successors` the nodes begin that it leads to,
   * X_VALUE how many they are.
   */
  ofAny(node: number): number {
    const known = this.byNode[node]!;
    if (known >= 0) return known;
    const made = this.makeAny(node);
    this.byNode[node] = made;
    return made;
  }

  /** What threads hold at `node`. */
  heldAt(node: number): Int32Array {
    return this.automata.heldVectors[this.nodes[node * NODE + N_HELD]!]!;
  }

  /** Do the automata know by now what was asked for in vain? Then what was concluded from the snapshot may be wrong. */
  outdated(): boolean {
    const { nodes } = this.automata;
    for (const node of this.followed)
      if (nodes[node * NODE + N_NEXT] !== this.nodes[node * NODE + N_NEXT]) return true;
    for (let i = 0; i < this.missed.length; i += 2)
      if (this.automata.next(this.missed[i]!, this.missed[i + 1]!) >= 0) return true;
    return false;
  }

  private make(node: number, old: number): number {
    const base = node * NODE;
    const { nodes, observables } = this;
    const kind = nodes[base + N_KIND]!;
    const x = nodes[base + N_X]!;
    const y = nodes[base + N_Y]!;
    const z = nodes[base + N_Z]!;
    if (!isEnabled(kind, old, x, y)) return this.add(DISABLED, 0, 0, 0, 0, []);
    const value = newValue(kind, old, x, y);
    const result = resultOf(kind, old, x, y, z);
    const next = this.next(node, result);
    if (next < 0) this.missed.push(node, result);
    observables.begin();
    observables.change(nodes[base + N_WORD]!, old, value);
    if (next >= 0) observables.holding(this.heldAt(node), this.heldAt(next));
    const read = readMask(kind, x, z);
    const id = this.idOf(nodes[base + N_WORD]!, value);
    return this.add(next, id, read, writtenMask(kind, old, x, y), old ^ value, observables.changed());
  }

  private makeAny(node: number): number {
    this.followed.push(node);
    const base = node * NODE;
    const { nodes, observables } = this;
    const kind = nodes[base + N_KIND]!;
    const x = nodes[base + N_X]!;
    const written = mayWriteMask(kind, x, nodes[base + N_Y]!);
    const observed = new Set(written === 0 ? [] : observables.at(nodes[base + N_WORD]!));
    const next = this.successorsOf(node);
    for (const to of next) {
      observables.begin();
      observables.holding(this.heldAt(node), this.heldAt(to));
      for (const id of observables.changed()) observed.add(id);
    }
    const first = this.successors.length;
    this.successors.push(...next);
    const read = readMask(kind, x, nodes[base + N_Z]!);
    return this.add(first, next.length, read, written, written, [...observed]);
  }

  private add(
    next: number,
    value: number,
    read: number,
    written: number,
    changed: number,
    observed: readonly number[],
  ): number {
    const made = this.length;
    this.length += TRANSFER;
    this.table = grown(this.table, this.length);
    this.observed = grown(this.observed, this.observedCount + observed.length);
    this.observed.set(observed, this.observedCount);
    this.table.set([next, value, read, written, changed, this.observedCount, observed.length], made);
    this.observedCount += observed.length;
    return made;
  }
}
