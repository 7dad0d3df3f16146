/**
 * Local automata: how generators become fast. Between two operations a thread is deterministic in the values it was handed,
 * so its local state is a node of a lazily built automaton: node → pending operation, edge by observed value → next node.
 * A node is made once, by resuming (or re-running) only that thread's generator; after that a search touches integer tables
 * only. (design.md section 3.)
 */
import { ModelError } from '../core/errors.ts';
import { hasResult, Kind, KIND_NAMES, mayWait, type Operation } from '../core/operations.ts';
import { Reached } from '../core/frames.ts';
import { validateProgram, type Program } from '../core/program.ts';
import type { FoundViolation, Position } from '../core/schedule.ts';
import { Violation } from '../core/violation.ts';
import { requireSame, type Outcome } from './determinism.ts';
import { FoldKeys } from './fold-keys.ts';
import { grown } from './growable.ts';
import { AutomataLimitError, describeGrowth } from './growth.ts';
import { NodePositions } from './node-positions.ts';
import { describe, positionOfRun } from '../core/positions.ts';
import { advance, ENDED, startRun, type ThreadRun } from '../core/runs.ts';
import {
  AT_REST,
  EDGE,
  HAS_RESULT,
  N_FLAGS,
  N_KIND,
  N_NEXT,
  N_WORD,
  N_X,
  N_Y,
  N_Z,
  NODE,
  RIDES,
} from './tables.ts';
import { nodeHigh, nodeLow } from './zobrist.ts';

/** What building the automata may cost before it is given up as unbounded. */
export interface AutomataOptions {
  /** Nodes of all threads together; default 500,000. */
  readonly maxNodes?: number;
  /** False: every history is a node of its own, except at declared fold points. Default true. */
  readonly fold?: boolean;
}

/** The automata of all threads of one program, shared by everything that explores it in this process. */
export class Automata {
  readonly program: Program;
  /** NODE int32s a node; reallocated when it grows: read it again after every {@link extend}. */
  nodes: Int32Array<ArrayBuffer> = new Int32Array(NODE * 1024);
  /** EDGE int32s an edge; reallocated when it grows. */
  edges: Int32Array<ArrayBuffer> = new Int32Array(EDGE * 2048);
  nodeCount = 0;
  edgeCount = 0;
  /** Root node of each thread. */
  readonly roots: Int32Array;
  /** Distinct ghost-account vectors, one int32 for each account. */
  readonly heldVectors: Int32Array[] = [];
  /**
   * Everything `check` and `cover` named so far, on any path of any thread, and the properties of `program.sometimes` that the searches
   * on these automata have seen hold.
   */
  readonly covered = new Set<string>();
  /** Every place of instrumented modules come to so far, on any path of any thread. */
  readonly reached = new Reached();
  /** How many histories ended in a node that was already there. */
  folds = 0;
  /** Entries of {@link history}. */
  extensions = 0;

  /** Every (node, value) that was extended, in order. */
  private log: Int32Array<ArrayBuffer> = new Int32Array(1 << 12);
  private readonly maxNodes: number;
  private readonly keys: FoldKeys;
  private readonly threadOf: number[] = [];
  private readonly parentOf: number[] = [];
  private readonly parentValue: number[] = [];
  private readonly positions = new NodePositions();
  private readonly failures = new Map<number, FoundViolation>();
  private readonly edgeNotes = new Map<string, readonly string[]>();
  private readonly byKey = new Map<string, number>();
  private readonly heldIds = new Map<string, number>();
  private readonly live = new Map<number, ThreadRun>();

  constructor(program: Program, options: AutomataOptions = {}) {
    this.program = validateProgram(program);
    this.maxNodes = options.maxNodes ?? 500_000;
    this.keys = new FoldKeys(options.fold ?? true);
    this.roots = new Int32Array(program.threads.length);
    for (let thread = 0; thread < program.threads.length; thread++) {
      this.roots[thread] = this.resume(this.start(thread), -1, 0);
    }
  }

  /** The node reached from `node` when its operation answers `value`; made if it is new. May reallocate the tables. */
  extend(node: number, value: number): number {
    const known = this.next(node, value);
    if (known >= 0) return known;
    const made = this.resume(this.runTo(node), node, value);
    this.log = grown(this.log, 2 * this.extensions + 2);
    this.log[2 * this.extensions] = node;
    this.log[2 * this.extensions++ + 1] = value;
    return made;
  }

  /**
   * How these automata came to be, from the extension numbered `from` on: (node, value) pairs. Automata of the same program that
   * {@link follow} the whole of it number their nodes alike. A copy.
   */
  history(from = 0): Int32Array<ArrayBuffer> {
    return this.log.slice(2 * from, 2 * this.extensions);
  }

  /** Makes the extensions of a {@link history} that continues the one of these automata. */
  follow(history: Int32Array): void {
    for (let at = 0; at < history.length; at += 2) {
      const node = history[at]!;
      if (node >= this.nodeCount)
        throw new ModelError(`program ${this.program.name}: node ${node} of a history is not there yet`);
      this.extend(node, history[at + 1]!);
    }
  }

  /** The node reached from `node` by `value`, or -1 if no search has been there yet. */
  next(node: number, value: number): number {
    const { nodes, edges } = this;
    const base = node * NODE;
    if ((nodes[base + N_FLAGS]! & HAS_RESULT) === 0) return nodes[base + N_NEXT]!;
    for (let e = nodes[base + N_NEXT]!; e >= 0; e = edges[e * EDGE + 2]!)
      if (edges[e * EDGE]! === value) return edges[e * EDGE + 1]!;
    return -1;
  }

  /** Why a FAIL node fails. */
  failureOf(node: number): FoundViolation {
    return this.failures.get(node) ?? { kind: 'assertion', message: 'unknown failure' };
  }

  /** Where the node's operation stands in the source. */
  positionOf(node: number): Position {
    return this.positions.of(node) ?? { function: '?', callers: [], source: '' };
  }

  /** The site of the node's operation, or -1 if it stands in no instrumented module. */
  siteOf(node: number): number {
    return this.positions.siteOf(node);
  }

  /** Notes made when `value` was observed at `node`. */
  notesOf(node: number, value: number): readonly string[] {
    return this.edgeNotes.get(`${node}:${value}`) ?? [];
  }

  /** Bytes held by the integer tables. */
  get bytes(): number {
    return this.nodes.byteLength + this.edges.byteLength + this.log.byteLength;
  }

  /**
   * Runs the threads again along the histories recorded so far, newest first, until about `budget` operations have been
   * compared. Throws a ModelError if one comes out differently: the last resort for what no ordinary re-run has met.
   */
  verify(budget: number): void {
    const inner = new Set(this.parentOf);
    let left = budget;
    for (let node = this.nodeCount - 1; node >= 0 && left > 0; node--) {
      if (!inner.has(node)) left -= this.rerunTo(node).length;
    }
  }

  private start(thread: number): ThreadRun {
    return startRun(this.program, thread, this.covered, this.reached);
  }

  private advance(run: ThreadRun, value: number): Operation | Violation {
    return advance(run, value, this.program, (node) => describe(this.positionOf(node)));
  }

  /** Moves a run that stands at node `parent` on by `value` and returns the node it comes to, new or folded. */
  private resume(run: ThreadRun, parent: number, value: number): number {
    const outcome = this.advance(run, value);
    const { context } = run;
    const { notes } = context;
    const operation = outcome instanceof Violation ? { ...ENDED, kind: Kind.FAIL } : outcome;
    const key =
      outcome instanceof Violation
        ? `${context.thread} fail ${outcome.kind} ${outcome.message}`
        : this.keys.keyOf(run, operation, () => this.again(run, outcome, parent, value));
    let node = key === null ? undefined : this.byKey.get(key);
    if (node === undefined) {
      node = this.make(run, operation, parent, value);
      if (key !== null) this.byKey.set(key, node);
      if (outcome instanceof Violation)
        this.failures.set(node, { kind: outcome.kind, message: outcome.message });
      run.node = node;
      if (operation.kind < Kind.DONE) this.live.set(context.thread, run);
    } else this.folds++;
    if (parent >= 0) {
      this.link(parent, value, node);
      if (notes.length > 0) this.edgeNotes.set(`${parent}:${value}`, notes);
    }
    return node;
  }

  private make(run: ThreadRun, operation: Operation, parent: number, value: number): number {
    const { thread, resting, held } = run.context;
    const node = this.nodeCount++;
    if (node >= this.maxNodes) throw this.limitError(thread);
    const { kind, word, x, y, z, rides } = operation;
    if (rides && mayWait(kind))
      throw new ModelError(
        `thread ${this.program.threads[thread]!.name}: ${KIND_NAMES[kind]} in the middle of an atomic block, at ${describe(positionOfRun(run))}: only its first operation may wait`,
      );
    const flags = (rides ? RIDES : 0) | (resting ? AT_REST : 0) | (hasResult(kind) ? HAS_RESULT : 0);
    this.nodes = grown(this.nodes, (node + 1) * NODE);
    this.nodes.set(
      [kind, word, x, y, z, -1, flags, this.heldId(held), nodeLow(node), nodeHigh(node)],
      node * NODE,
    );
    this.threadOf.push(thread);
    this.parentOf.push(parent);
    this.parentValue.push(value);
    this.positions.add(run);
    return node;
  }

  private limitError(thread: number): AutomataLimitError {
    const newest: Position[] = [];
    for (let node = this.nodeCount - 1; node >= 0 && newest.length < 1000; node--) {
      const position = this.threadOf[node] === thread ? this.positions.of(node) : null;
      if (position !== null) newest.push(position);
    }
    return new AutomataLimitError(
      describeGrowth(this.program.threads[thread]!.name, this.maxNodes, newest, this.keys.unfolded),
    );
  }

  private heldId(held: Int32Array): number {
    const key = held.join();
    let id = this.heldIds.get(key);
    if (id === undefined) {
      id = this.heldVectors.length;
      this.heldVectors.push(Int32Array.from(held));
      this.heldIds.set(key, id);
    }
    return id;
  }

  private link(parent: number, value: number, node: number): void {
    const base = parent * NODE;
    if ((this.nodes[base + N_FLAGS]! & HAS_RESULT) === 0) {
      this.nodes[base + N_NEXT] = node;
      return;
    }
    const edge = this.edgeCount++;
    this.edges = grown(this.edges, (edge + 1) * EDGE);
    this.edges.set([value, node, this.nodes[base + N_NEXT]!], edge * EDGE);
    this.nodes[base + N_NEXT] = edge;
  }

  /** A run that stands at `node`: the live one if it is there, else a re-run along the recorded values. */
  private runTo(node: number): ThreadRun {
    const thread = this.threadOf[node]!;
    const live = this.live.get(thread);
    if (live !== undefined && live.node === node) {
      this.live.delete(thread);
      return live;
    }
    return this.rerunTo(node).run;
  }

  /** A fresh run brought to `node` along the recorded values, compared at every step. */
  private rerunTo(node: number): { readonly run: ThreadRun; readonly length: number } {
    const path: number[] = [];
    for (let n = node; n >= 0; n = this.parentOf[n]!) path.push(n);
    const thread = this.threadOf[node]!;
    const run = this.start(thread);
    for (const n of path.toReversed()) {
      const outcome = this.advance(run, this.parentValue[n]!);
      const at = () => this.positionOf(n);
      requireSame(this.program, thread, this.recorded(n), at, told(outcome), () => positionOfRun(run));
      run.node = n;
    }
    return { run, length: path.length };
  }

  /** The same history as that of `first`, run again with its call stack captured. */
  private again(first: ThreadRun, outcome: Operation, parent: number, value: number): ThreadRun {
    const { thread } = first.context;
    const run = parent < 0 ? this.start(thread) : this.rerunTo(parent).run;
    run.context.capture = true;
    const second = this.advance(run, value);
    const at = () => positionOfRun(first);
    requireSame(this.program, thread, told(outcome), at, told(second), () => positionOfRun(run));
    return run;
  }

  private recorded(node: number): Outcome {
    const { nodes } = this;
    const at = node * NODE;
    return {
      kind: nodes[at + N_KIND]!,
      word: nodes[at + N_WORD]!,
      x: nodes[at + N_X]!,
      y: nodes[at + N_Y]!,
      z: nodes[at + N_Z]!,
      failure: this.failures.get(node)?.message ?? '',
    };
  }
}

function told(outcome: Operation | Violation): Outcome {
  if (outcome instanceof Violation) return { ...ENDED, kind: Kind.FAIL, failure: outcome.message };
  const { kind, word, x, y, z } = outcome;
  return { kind, word, x, y, z, failure: '' };
}
