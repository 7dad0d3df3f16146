/**
 * One execution of a program of generators: words and automaton nodes in integer tables, each step with its footprint, and taken back
 * again.
 *
 * An execution does not stop where a rule is broken: it goes on to its end, or races of what comes after would never be seen. Not
 * told is what is broken by steps that happen after one that broke a rule: no run comes to them.
 *
 * Each thread takes at most `maxSteps` steps: then it stands still for ever, and the execution is cut. That makes every execution
 * finite, and what is explored a plain set: all executions in which no thread takes more steps.
 */
import { isEnabled, Kind, mayWait } from '../../core/operations.ts';
import type { Property } from '../../core/program.ts';
import type { FoundViolation } from '../../core/schedule.ts';
import type { Automata } from '../automata.ts';
import { FEW, grown } from '../growable.ts';
import { PackedState } from '../packed-state.ts';
import { AT_REST, N_FLAGS, N_KIND, N_WORD, N_X, N_Y, NODE } from '../tables.ts';
import { Execution, IMPOSSIBLE, THREAD_BITS, THREAD_MASK, type RaceHandler } from './execution.ts';
import { OrderClasses } from './order-classes.ts';
import { StepTracer, type TracerOptions } from './step-tracer.ts';

export interface ProgramExecutionOptions extends TracerOptions {
  /** Most steps of each thread. */
  readonly maxSteps: number;
  /** Told each rule that a step breaks, if no step that happens before it broke one. */
  readonly onBroken?: (violation: FoundViolation) => void;
  /** Told each state in which all threads that must end have ended, no rule broken on the way, while the execution stands there. */
  readonly onEnd?: (state: PackedState) => void;
}

/** What kind of rule a step breaks: one of every state (or its thread fails), one of the end. */
const ALWAYS = 1;
const AT_END = 2;

export class ProgramExecution extends Execution {
  readonly automata: Automata;
  readonly state: PackedState;
  /** True once a wait was met that the footprints so far do not know: what was explored is worthless, see {@link OrderClasses}. */
  stale = false;
  /** True once a state with two or more successors has been met. */
  branching = false;
  /** How often the end-of-run properties were evaluated. */
  restStates = 0;
  /** How many steps of the execution break a rule. */
  violations = 0;
  /** By depth: {@link ALWAYS} or {@link AT_END} if the step breaks such a rule, else 0. */
  private broke = new Int32Array(FEW);

  private readonly maxSteps: number;
  private readonly onBroken: ProgramExecutionOptions['onBroken'];
  private readonly onEnd: ProgramExecutionOptions['onEnd'];
  private readonly classes: OrderClasses;
  private readonly tracer: StepTracer;
  /** By depth: the node that the step began at. */
  private nodes = new Int32Array(FEW);
  /** By depth: in how many ways the step could go. */
  private ways = new Int32Array(FEW);
  /** By depth: where its entries begin in `changedWord` and `changedBits`; one more for the end of the last. */
  private changes = new Int32Array(FEW + 1);
  private changedWord = new Int32Array(256);
  /** Value before XOR value after: the same in every execution of the trace, whatever the other bits are. */
  private changedBits = new Int32Array(256);
  /** By depth: where its races begin in `racing`; one more for the end of the last. */
  private races = new Int32Array(FEW + 1);
  private racing = new Int32Array(256);
  private readonly scratch: Int32Array;
  private readonly waitScratch: Int32Array;

  constructor(automata: Automata, options: ProgramExecutionOptions) {
    super(automata.program.threads.length);
    this.automata = automata;
    this.maxSteps = options.maxSteps;
    this.onBroken = options.onBroken;
    this.onEnd = options.onEnd;
    this.state = new PackedState(automata);
    this.classes = new OrderClasses(automata);
    this.tracer = new StepTracer(automata, this.classes, options);
    this.scratch = this.state.words.slice();
    this.waitScratch = this.state.words.slice();
  }

  /** Bytes held by the tables. */
  get bytes(): number {
    const { clocks, changedWord, changedBits, racing } = this;
    return clocks.byteLength + changedWord.byteLength + changedBits.byteLength + racing.byteLength;
  }

  /** Does some thread stand still because it has taken all its steps? */
  get cut(): boolean {
    for (let t = 0; t < this.threads; t++)
      if (this.kindOf(t) < Kind.DONE && this.stepsOf(t) >= this.maxSteps) return true;
    return false;
  }

  override conflict(a: number, b: number): boolean {
    return this.tracer.footprints.dependent(a, b);
  }

  override step(move: number): void {
    const { state, tracer, last, threads } = this;
    const thread = move & THREAD_MASK;
    const from = state.nodes[thread]!;
    const at = this.depth;
    this.makeRoom();
    this.ways[at] = state.choices(thread);
    const access = tracer.take(state.words, thread, from, move >>> THREAD_BITS);
    this.logChanges(at);
    state.move(thread, tracer.reached);
    if (this.classes.learn()) this.stale = true;
    const { clocks } = this;
    const row = at * threads;
    const own = last[thread]!;
    this.moves[at] = move;
    this.accesses[at] = access;
    this.nodes[at] = from;
    this.before[at] = own;
    for (let t = 0; t < threads; t++) clocks[row + t] = own < 0 ? 0 : clocks[own * threads + t]!;
    this.order(at, row, access);
    const ordinal = clocks[row + thread]! + 1;
    this.ordinal[at] = ordinal;
    clocks[row + thread] = ordinal;
    last[thread] = at;
    this.depth = at + 1;
    this.judge(at);
    if (this.onEnd !== undefined && state.unfinished === 0 && this.violations === 0) this.onEnd(state);
  }

  override undo(): void {
    const { state, last } = this;
    const at = --this.depth;
    const thread = this.moves[at]! & THREAD_MASK;
    last[thread] = this.before[at]!;
    if (this.broke[at] !== 0) this.violations--;
    state.move(thread, this.nodes[at]!);
    this.toggle(at, state.words);
  }

  override enabledMask(): number {
    const { state, threads } = this;
    let mask = 0;
    for (let t = 0; t < threads; t++) {
      const choices = state.choices(t);
      if (choices === 0 || this.stepsOf(t) >= this.maxSteps) continue;
      if (choices > 1 || mask !== 0) this.branching = true;
      mask |= 1 << t;
    }
    return mask;
  }

  override branches(thread: number): number {
    return this.state.choices(thread);
  }

  override racesOfEvent(at: number, handler: RaceHandler): void {
    const move = this.moves[at]!;
    const node = this.nodes[at]!;
    const own = this.before[at]!;
    const end = this.races[at + 1]!;
    for (let r = this.races[at]!; r < end; r++) handler.race(this.racing[r]!, move, node, own, at);
    const kind = this.automata.nodes[node * NODE + N_KIND]!;
    if (mayWait(kind) && kind !== Kind.CHOOSE) this.racesOfWait(move, node, own, at, handler);
  }

  override racesOfUndone(handler: RaceHandler): void {
    const { state, depth } = this;
    for (let t = 0; t < this.threads; t++) {
      const kind = this.kindOf(t);
      if (kind < Kind.DONE && state.choices(t) === 0 && this.stepsOf(t) < this.maxSteps)
        this.racesOfWait(t, state.nodes[t]!, this.last[t]!, depth, handler);
    }
    // A branch taken disables the others, as a lock does.
    for (let at = 0; at < depth; at++) {
      const ways = this.ways[at]!;
      if (ways === 1) continue;
      const taken = this.moves[at]!;
      const thread = taken & THREAD_MASK;
      for (let way = 0; way < ways; way++) {
        const move = thread | (way << THREAD_BITS);
        if (move !== taken) handler.race(at, move, this.nodes[at]!, this.before[at]!, depth);
      }
    }
  }

  override accessWithout(
    earlier: number,
    depths: Int32Array,
    count: number,
    move: number,
    node: number,
  ): number {
    const { scratch, state, depth } = this;
    scratch.set(state.words);
    let kept = 0;
    for (let at = earlier; at < depth; at++)
      if (kept < count && depths[kept] === at) kept++;
      else this.toggle(at, scratch);
    if (!this.enabledOn(node, scratch)) return IMPOSSIBLE;
    const access = this.tracer.take(scratch, move & THREAD_MASK, node, move >>> THREAD_BITS);
    if (this.classes.learn()) this.stale = true;
    return access;
  }

  /** Kind of the operation that `thread` would do next. */
  kindOf(thread: number): number {
    return this.automata.nodes[this.state.nodes[thread]! * NODE + N_KIND]!;
  }

  private stepsOf(thread: number): number {
    const last = this.last[thread]!;
    return last < 0 ? 0 : this.ordinal[last]!;
  }

  /** Joins the clocks of the events that this one depends on, latest first: those not known by then are races. */
  private order(at: number, row: number, access: number): void {
    const { clocks, moves, ordinal, accesses } = this;
    const { footprints } = this.tracer;
    let r = this.races[at]!;
    for (let i = at - 1; i >= 0; i--) {
      if (clocks[row + (moves[i]! & THREAD_MASK)]! >= ordinal[i]!) continue;
      if (!footprints.dependent(accesses[i]!, access)) continue;
      if (r === this.racing.length) this.racing = grown(this.racing, r + 1);
      this.racing[r++] = i;
      this.absorb(row, i);
    }
    this.races[at + 1] = r;
  }

  private logChanges(at: number): void {
    const { tracer, state } = this;
    let end = this.changes[at]!;
    this.changedWord = grown(this.changedWord, end + tracer.touched);
    this.changedBits = grown(this.changedBits, end + tracer.touched);
    for (let i = 0; i < tracer.touched; i++) {
      const word = tracer.touchedWord[i]!;
      const difference = tracer.touchedOld[i]! ^ state.words[word]!;
      if (difference === 0) continue;
      this.changedWord[end] = word;
      this.changedBits[end++] = difference;
    }
    this.changes[at + 1] = end;
  }

  /** Takes the changes of the step at depth `at` back, or makes them again. */
  private toggle(at: number, words: Int32Array): void {
    const { changedWord, changedBits } = this;
    const end = this.changes[at + 1]!;
    for (let i = this.changes[at]!; i < end; i++)
      words[changedWord[i]!] = words[changedWord[i]!]! ^ changedBits[i]!;
  }

  /** Could the step that begins at `node` be taken on these words? */
  private enabledOn(node: number, words: Int32Array): boolean {
    const table = this.automata.nodes;
    const base = node * NODE;
    const kind = table[base + N_KIND]!;
    const x = table[base + N_X]!;
    if (kind === Kind.UNTIL_CONDITION) return this.automata.program.conditions.holds(x, words);
    return isEnabled(kind, words[table[base + N_WORD]!]!, x, table[base + N_Y]!);
  }

  /**
   * Tells the steps that made this one wait: each that took it from enabled to waiting and does not happen before its thread came
   * here. All steps that change what it waits for are ordered, so the latest that does happen before ends the search.
   */
  private racesOfWait(move: number, node: number, own: number, end: number, handler: RaceHandler): void {
    const { state, depth } = this;
    const words = this.waitScratch;
    words.set(state.words);
    for (let at = depth - 1; at >= end; at--) this.toggle(at, words);
    let after = this.enabledOn(node, words);
    for (let at = end - 1; at >= 0; at--) {
      if (this.changes[at] === this.changes[at + 1] || !this.changesWait(at, node)) {
        this.toggle(at, words);
        continue;
      }
      if (this.happensBefore(at, own)) return;
      this.toggle(at, words);
      const before = this.enabledOn(node, words);
      if (before && !after) handler.race(at, move, node, own, end);
      after = before;
    }
  }

  /** Did the step at depth `at` change bits that the operation of `node` waits for? */
  private changesWait(at: number, node: number): boolean {
    const table = this.automata.nodes;
    const base = node * NODE;
    const x = table[base + N_X]!;
    const end = this.changes[at + 1]!;
    for (let i = this.changes[at]!; i < end; i++) {
      const word = this.changedWord[i]!;
      if (table[base + N_KIND] !== Kind.UNTIL_CONDITION) {
        if (word === table[base + N_WORD] && (this.changedBits[i]! & x) !== 0) return true;
        continue;
      }
      const bits = this.classes.bitsRead(x);
      for (let b = 0; b < bits.length; b += 2)
        if (bits[b] === word && (bits[b + 1]! & this.changedBits[i]!) !== 0) return true;
    }
    return false;
  }

  /** Does the step just taken, at depth `at`, break a rule? Only those are asked whose answer it may have changed. */
  private judge(at: number): void {
    this.broke[at] = 0;
    const always = this.brokenAlways();
    const found = always ?? this.brokenAtEnd();
    if (found === null) return;
    this.violations++;
    this.broke[at] = always === null ? AT_END : ALWAYS;
    if (this.onBroken === undefined) return;
    for (let i = 0; i < at; i++) if (this.broke[i] !== 0 && this.comesFirst(i, at)) return;
    this.onBroken(found);
  }

  /**
   * Was the rule that the step at depth `i` breaks broken before that of the step at `at`, in every schedule of the trace? A rule
   * of the end is broken only when the threads that must end have ended, whichever of them is last.
   */
  private comesFirst(i: number, at: number): boolean {
    const first = this.broke[i];
    const after = this.happensBefore(i, at);
    if (first === ALWAYS && (after || this.broke[at] === ALWAYS)) return after;
    const { threads } = this.automata.program;
    for (let t = 0; t < this.threads; t++) {
      const last = this.last[t]!;
      if (threads[t]!.daemon === true || last < 0) continue;
      if (first === ALWAYS) {
        if (this.happensBefore(i, last)) return true;
      } else if (!this.happensBefore(last, at)) return false;
    }
    return first === ALWAYS ? false : after;
  }

  private brokenAlways(): FoundViolation | null {
    const { tracer, state, automata } = this;
    if (automata.nodes[tracer.reached * NODE + N_KIND] === Kind.FAIL)
      return automata.failureOf(tracer.reached);
    const { always } = automata.program;
    for (let p = 0; p < always.length; p++)
      if (tracer.shown[p] === 1 && !always[p]!.holds(state.words, state.held)) return this.told(always[p]!);
    return null;
  }

  private brokenAtEnd(): FoundViolation | null {
    const { tracer, state } = this;
    const { atEnd } = this.automata.program;
    if (!tracer.closing || atEnd.length === 0 || state.unfinished > 0 || !this.atRest()) return null;
    this.restStates++;
    for (const property of atEnd) if (!property.holds(state.words, state.held)) return this.told(property);
    return null;
  }

  private told(property: Property): FoundViolation {
    return { kind: property.kind, message: property.explain(this.state.words, this.state.held) };
  }

  /** Has no daemon anything half done? */
  private atRest(): boolean {
    const table = this.automata.nodes;
    for (let t = 0; t < this.threads; t++) {
      const base = this.state.nodes[t]! * NODE;
      if (table[base + N_KIND] !== Kind.DONE && (table[base + N_FLAGS]! & AT_REST) === 0) return false;
    }
    return true;
  }

  protected override makeRoom(): boolean {
    if (!super.makeRoom()) return false;
    const { length } = this.moves;
    this.broke = grown(this.broke, length);
    this.nodes = grown(this.nodes, length);
    this.ways = grown(this.ways, length);
    this.changes = grown(this.changes, length + 1);
    this.races = grown(this.races, length + 1);
    return true;
  }
}
