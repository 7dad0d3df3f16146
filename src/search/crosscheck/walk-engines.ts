/**
 * The two engines without any reduction: every schedule one by one, and every state once. A run ends where a rule is broken; what
 * comes after is not looked at.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Program } from '../../core/program.ts';
import { Automata } from '../automata.ts';
import { Inspector } from '../inspector.ts';
import { limitOf } from '../limits.ts';
import { PackedState } from '../packed-state.ts';
import { Stepper } from '../stepper.ts';
import { NEW, VisitedSet } from '../visited.ts';
import { spellState, type Engine, type EngineOptions, type Findings } from './engine.ts';

/** Steps after which the schedules are given up unless said otherwise. */
const MOST_STEPS = 2_000_000;
/** Steps of one run after which it is taken to have no end. */
const MOST_DEPTH = 10_000;
const SLICE = 1 << 14;

/** Every schedule, one after the other; gives up after two million steps unless said otherwise. */
export const NAIVE: Engine = {
  name: 'naive',
  run: (program, options) => walked(program, null, options.maxNaiveSteps ?? MOST_STEPS, options),
};

/** Every state once, told apart by 63-bit keys. */
export const STATEFUL: Engine = {
  name: 'stateful',
  run: (program, options) => walked(program, new VisitedSet(), Infinity, options),
};

async function walked(
  program: Program,
  visited: VisitedSet | null,
  most: number,
  { budgetMs = Infinity, signal }: EngineOptions,
): Promise<Findings> {
  const started = performance.now();
  let walk: Walk | null = null;
  let unfinished: string | null = null;
  try {
    walk = new Walk(new Automata(program), visited);
    while (!walk.run(SLICE)) {
      if (signal?.aborted === true) unfinished = 'interrupted';
      else if (walk.steps >= most) unfinished = `more than ${most} steps`;
      else if (performance.now() - started > budgetMs) unfinished = 'the time budget is used up';
      if (unfinished !== null) break;
      await nextTurn();
    }
  } catch (error) {
    const limit = limitOf(error);
    if (limit === null) throw error;
    unfinished = limit.message;
  }
  return {
    unfinished: unfinished ?? (walk?.endless === true ? 'runs without end' : null),
    finals: walk?.finals ?? new Set(),
    violations: walk?.violations ?? new Set(),
    deadlocks: walk?.deadlocks ?? new Set(),
    stopsAtFirst: false,
    livelock: false,
    deadlocked: (walk?.deadlocks.size ?? 0) > 0,
    states: visited?.size ?? null,
    steps: walk?.steps ?? 0,
    executions: visited === null ? (walk?.runs ?? 0) : null,
  };
}

/** A depth-first walk with a stack of its own. */
class Walk {
  readonly finals = new Set<string>();
  readonly violations = new Set<string>();
  readonly deadlocks = new Set<string>();
  steps = 0;
  /** Runs that came to their end. */
  runs = 0;
  /** A run was given up because it is too long. */
  endless = false;
  private readonly state: PackedState;
  private readonly inspector: Inspector;
  private readonly stepper: Stepper;
  private readonly visited: VisitedSet | null;
  /** By depth: the words and nodes of the state; the thread to be tried next, and its choice. */
  private readonly saved: { words: Int32Array; nodes: Int32Array; thread: number; choice: number }[] = [];

  constructor(automata: Automata, visited: VisitedSet | null) {
    this.state = new PackedState(automata);
    this.inspector = new Inspector(this.state);
    this.stepper = new Stepper(automata);
    this.visited = visited;
    visited?.insert(this.state.low, this.state.high);
    this.arrive(this.inspector.initial() !== null);
  }

  /** Goes on for about `budget` steps; true when all is walked. */
  run(budget: number): boolean {
    const { state } = this;
    const until = this.steps + budget;
    while (this.steps < until) {
      const top = this.saved.at(-1);
      if (top === undefined) return true;
      state.words.set(top.words);
      state.nodes.set(top.nodes);
      state.refresh();
      while (top.thread < state.nodes.length && top.choice >= state.choices(top.thread)) {
        top.thread++;
        top.choice = 0;
      }
      if (top.thread === state.nodes.length) this.saved.pop();
      else this.step(top.thread, top.choice++);
    }
    return false;
  }

  private step(thread: number, choice: number): void {
    const { state } = this;
    this.steps++;
    state.take(thread, choice);
    const violates = this.inspector.successor(thread) !== null;
    state.advance(thread);
    if (this.visited !== null && this.visited.insert(state.low, state.high) !== NEW) return;
    this.arrive(violates);
  }

  /** Looks at the state, and puts it on the stack if something can follow. */
  private arrive(violates: boolean): void {
    const { state, stepper } = this;
    if (violates) {
      stepper.words.set(state.words);
      stepper.nodes.set(state.nodes);
      const { kind, message } = stepper.violation()!;
      this.violations.add(`${kind}: ${message}`);
      this.runs++;
      return;
    }
    if (state.unfinished === 0) this.finals.add(spellState(state));
    if (state.enabled() === 0) {
      this.runs++;
      if (state.unfinished > 0) this.deadlocks.add(spellState(state));
    } else if (this.visited === null && this.saved.length >= MOST_DEPTH) this.endless = true;
    else
      this.saved.push({
        words: state.words.slice(),
        nodes: state.nodes.slice(),
        thread: 0,
        choice: 0,
      });
  }
}
