/**
 * Local automata: how generators become fast. Between two operations a thread is deterministic in the values it was handed,
 * so its local state is a node of a lazily built automaton: node → pending operation, edge by observed value → next node.
 * A node is made once, by resuming (or re-running) only that thread's generator; after that a search touches integer tables
 * only. (design.md section 3.)
 */
import { ModelError } from '../core/errors.ts';
import { foldKey } from '../core/frames.ts';
import { hasResult, Kind, KIND_NAMES, mayWait, type Operation } from '../core/operations.ts';
import { validateProgram, type Program } from '../core/program.ts';
import { Violation, type ViolationKind } from '../core/violation.ts';
import { grown } from './growable.ts';
import type { Position } from '../core/schedule.ts';
import { describe, positionFromFrames, positionFromStack, userDepth, userLines } from './positions.ts';
import { advance, ENDED, startRun, type ThreadRun } from './runs.ts';

/** int32s of one node in {@link Automata.nodes}. */
export const NODE = 8;
/** Offsets inside a node. */
export const N_KIND = 0;
export const N_WORD = 1;
export const N_X = 2;
export const N_Y = 3;
export const N_Z = 4;
/** Without a result: the next node or -1. With one: the first edge or -1. */
export const N_NEXT = 5;
/** Bit 0: rides; bit 1: at rest; bit 2: the operation has a result. */
export const N_FLAGS = 6;
/** Index into {@link Automata.heldVectors}. */
export const N_HELD = 7;

export const RIDES = 1;
export const AT_REST = 2;
export const HAS_RESULT = 4;

/** int32s of one edge in {@link Automata.edges}: observed value, next node, next edge of the same node or -1. */
export const EDGE = 3;

/** What building the automata may cost before it is given up as unbounded. */
export interface AutomataOptions {
  /** Nodes of all threads together; default 2,000,000. */
  readonly maxNodes?: number;
  /** False: every history is a node of its own, except at declared fold points. Default true. */
  readonly fold?: boolean;
}

/** Thrown when the automata grow past their limit: an unfolded loop, or a counter that never stops. */
export class AutomataLimitError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'AutomataLimitError';
  }
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
  /** Everything `check` and `cover` named so far, on any path of any thread. */
  readonly covered = new Set<string>();
  /** How many histories ended in a node that was already there. */
  folds = 0;
  /** Positions that could not be folded because a frame of the call stack is not instrumented. */
  readonly unfolded = new Set<string>();

  private readonly maxNodes: number;
  private readonly fold: boolean;
  private readonly threadOf: number[] = [];
  private readonly parentOf: number[] = [];
  private readonly parentValue: number[] = [];
  private readonly positions: Position[] = [];
  private readonly failures = new Map<number, { kind: ViolationKind; message: string }>();
  private readonly edgeNotes = new Map<string, readonly string[]>();
  private readonly byKey = new Map<string, number>();
  private readonly heldIds = new Map<string, number>();
  private readonly identities = new WeakMap<object, number>();
  private identityCount = 0;
  private readonly live = new Map<number, ThreadRun>();
  private readonly wholePaths = new Map<string, boolean>();

  constructor(program: Program, options: AutomataOptions = {}) {
    this.program = validateProgram(program);
    this.maxNodes = options.maxNodes ?? 2_000_000;
    this.fold = options.fold ?? true;
    this.roots = new Int32Array(program.threads.length);
    for (let thread = 0; thread < program.threads.length; thread++) {
      this.roots[thread] = this.resume(this.start(thread), -1, 0);
    }
  }

  /** The node reached from `node` when its operation answers `value`; made if it is new. May reallocate the tables. */
  extend(node: number, value: number): number {
    const known = this.next(node, value);
    if (known >= 0) return known;
    return this.resume(this.runTo(node), node, value);
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
  failureOf(node: number): { readonly kind: ViolationKind; readonly message: string } {
    return this.failures.get(node) ?? { kind: 'assertion', message: 'unknown failure' };
  }

  /** Where the node's operation stands in the source. */
  positionOf(node: number): Position {
    return this.positions[node] ?? { function: '?', callers: [], source: '' };
  }

  /** Notes made when `value` was observed at `node`. */
  notesOf(node: number, value: number): readonly string[] {
    return this.edgeNotes.get(`${node}:${value}`) ?? [];
  }

  /** Bytes held by the integer tables. */
  get bytes(): number {
    return this.nodes.byteLength + this.edges.byteLength;
  }

  private describeNode(node: number): string {
    return describe(this.positionOf(node));
  }

  private start(thread: number): ThreadRun {
    return startRun(this.program, thread, this.covered);
  }

  private advance(run: ThreadRun, value: number): Operation | Violation {
    return advance(run, value, this.program, (node) => this.describeNode(node));
  }

  /** Moves a run that stands at node `parent` on by `value` and returns the node it comes to, new or folded. */
  private resume(run: ThreadRun, parent: number, value: number): number {
    const outcome = this.advance(run, value);
    const { context } = run;
    const violation = outcome instanceof Violation ? outcome : null;
    const operation = violation === null ? (outcome as Operation) : { ...ENDED, kind: Kind.FAIL };
    const notes = context.notes;
    const key = this.keyOf(run, operation, violation, parent, value);
    const known = key === null ? undefined : this.byKey.get(key);
    const node = known ?? this.make(run, operation, parent, value);
    if (known === undefined) {
      if (key !== null) this.byKey.set(key, node);
      if (violation !== null) this.failures.set(node, { kind: violation.kind, message: violation.message });
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
    const node = this.nodeCount++;
    if (node >= this.maxNodes) throw new AutomataLimitError(this.describeGrowth(run.context.thread));
    this.nodes = grown(this.nodes, (node + 1) * NODE);
    const base = node * NODE;
    this.nodes.set(
      [
        operation.kind,
        operation.word,
        operation.x,
        operation.y,
        operation.z,
        -1,
        (operation.rides && parent >= 0 ? RIDES : 0) |
          (run.context.resting ? AT_REST : 0) |
          (hasResult(operation.kind) ? HAS_RESULT : 0),
        this.heldId(run.context.held),
      ],
      base,
    );
    if (operation.rides && mayWait(operation.kind))
      throw new ModelError(`${KIND_NAMES[operation.kind]} in the middle of an atomic block: only its first operation may wait`);
    this.threadOf.push(run.context.thread);
    this.parentOf.push(parent);
    this.parentValue.push(value);
    this.positions.push(positionFromFrames(run.frames) ?? positionFromStack(run.context.stack));
    return node;
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

  /**
   * What determines everything the thread does from here on, or null if that cannot be told: the call stack with its live
   * values (or the declared fold point), the pending operation, the ghost accounts.
   */
  private keyOf(
    run: ThreadRun,
    operation: Operation,
    violation: Violation | null,
    parent: number,
    value: number,
  ): string | null {
    const { context } = run;
    const thread = context.thread;
    if (violation !== null) return `${thread} fail ${violation.kind} ${violation.message}`;
    const tail = `${operation.kind},${operation.word},${operation.x},${operation.y},${operation.z},${operation.rides ? 1 : 0},${context.atomicDepth},${context.resting ? 1 : 0}|${context.held.join()}`;
    if (operation.kind === Kind.DONE) return `${thread} done ${tail}`;
    if (context.foldPoint !== null) return `${thread} fold ${context.foldPoint}#${tail}`;
    if (!this.fold) return null;
    const stack = foldKey(run.frames, (object) => this.identityOf(object));
    if (stack === null || !this.isWhole(run, parent, value)) return null;
    return `${thread} ${stack}#${tail}`;
  }

  /**
   * Is every generator on the run's call stack instrumented? One that is not would hide its locals from the key. Checked once
   * for each path of call sites, by a re-run that captures the V8 stack.
   */
  private isWhole(run: ThreadRun, parent: number, value: number): boolean {
    const path = `${run.context.thread}:${run.frames.frames.map((frame) => frame.site).join()}`;
    let whole = this.wholePaths.get(path);
    if (whole === undefined) {
      const again = parent < 0 ? this.start(run.context.thread) : this.rerunTo(parent);
      again.context.capture = true;
      this.advance(again, value);
      whole = userLines(again.context.stack).length === userDepth(again.frames);
      this.wholePaths.set(path, whole);
      if (!whole) this.unfolded.add(again.context.stack);
    }
    return whole;
  }

  private identityOf(object: object): number {
    let id = this.identities.get(object);
    if (id === undefined) {
      id = ++this.identityCount;
      this.identities.set(object, id);
    }
    return id;
  }

  /** A run that stands at `node`: the live one if it is there, else a re-run along the recorded values. */
  private runTo(node: number): ThreadRun {
    const thread = this.threadOf[node]!;
    const live = this.live.get(thread);
    if (live !== undefined && live.node === node) {
      this.live.delete(thread);
      return live;
    }
    return this.rerunTo(node);
  }

  private rerunTo(node: number): ThreadRun {
    const path: number[] = [];
    for (let n = node; n >= 0; n = this.parentOf[n]!) path.push(n);
    path.reverse();
    const run = this.start(this.threadOf[node]!);
    for (const n of path) {
      const outcome = this.advance(run, this.parentValue[n]!);
      run.node = n;
      this.compare(n, outcome);
    }
    return run;
  }

  /** A re-run that yields another operation than recorded: the program is not deterministic; never ignored. */
  private compare(node: number, outcome: Operation | Violation): void {
    const base = node * NODE;
    const { nodes } = this;
    if (
      !(outcome instanceof Violation) &&
      outcome.kind === nodes[base] &&
      outcome.word === nodes[base + N_WORD] &&
      outcome.x === nodes[base + N_X] &&
      outcome.y === nodes[base + N_Y] &&
      outcome.z === nodes[base + N_Z]
    )
      return;
    const thread = this.program.threads[this.threadOf[node]!]!.name;
    const before = this.parentOf[node]!;
    throw new ModelError(
      [
        `thread ${thread} is not deterministic: run twice with the same values, it did two things`,
        `  first run:  ${this.describeOperation(nodes[base]!, nodes[base + N_WORD]!)} at ${describe(this.positionOf(node))}`,
        `  second run: ${outcome instanceof Violation ? `violation "${outcome.message}"` : this.describeOperation(outcome.kind, outcome.word)}, after ${before < 0 ? 'the start' : describe(this.positionOf(before))}`,
        '  likely causes: Date, Math.random, a variable shared between runs (closure or module), iteration order of objects',
      ].join('\n'),
    );
  }

  private describeOperation(kind: number, word: number): string {
    return `${KIND_NAMES[kind]} ${this.program.layout.words[word]?.name ?? ''}`.trim();
  }

  private describeGrowth(thread: number): string {
    const counts = new Map<string, number>();
    for (let n = Math.max(0, this.nodeCount - 20_000); n < this.positions.length; n++) {
      if (this.threadOf[n] !== thread) continue;
      const at = describe(this.positions[n]!);
      counts.set(at, (counts.get(at) ?? 0) + 1);
    }
    const top = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 3);
    return [
      `the local automata passed ${this.maxNodes} nodes: a loop of thread ${this.program.threads[thread]!.name} has unbounded history`,
      ...top.map(([at, n]) => `  grows at ${at} (${n} of the newest nodes)`),
      '  fold the loop (instrument the module, or declare fold() at its head), or drop the counter that makes each turn differ',
    ].join('\n');
  }
}
