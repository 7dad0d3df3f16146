/**
 * Depth-first search over distinct states: (variables, mutex holders, per thread position and registers). Counts states and
 * transitions as the format defines them; executions are not told apart.
 */
import { grown } from '../growable.ts';
import { ENDED, STOPPED, UNSTARTED } from '../npl/kinds.ts';
import { NeutralMachine } from '../npl/machine.ts';
import type { NeutralProgram } from '../npl/program.ts';
import { NEW, VisitedSet } from '../visited.ts';
import { outcomeHigh, outcomeLow } from './outcomes.ts';

export class StatefulSearch {
  /** Enabled events summed over all states. */
  transitions = 0;
  /** Final states by how they end, in states. */
  readonly ends = { complete: 0, blocked: 0, deadlocked: 0 };
  /** Whether some transition fails an assertion. */
  violated = false;
  private readonly machine: NeutralMachine;
  private readonly visited = new VisitedSet();
  private readonly finals = new VisitedSet();
  private readonly results = new VisitedSet();
  /** By depth: a bit for each thread that has not gone yet. */
  private left = new Int32Array(64);
  private started = false;
  private finished = false;

  /** Throws an InputError for a program that has an index out of range. */
  constructor(program: NeutralProgram) {
    this.machine = new NeutralMachine(program);
  }

  get states(): number {
    return this.visited.size;
  }

  /** Distinct final values of the variables over complete executions. */
  get finalStates(): number {
    return this.finals.size;
  }

  /** Distinct final values of variables and registers over complete executions. */
  get outcomes(): number {
    return this.results.size;
  }

  /** Bytes held by the sets. */
  get bytes(): number {
    return this.visited.bytes + this.finals.bytes + this.results.bytes;
  }

  /** Goes on for about `steps` transitions. Returns true when everything is explored. */
  run(steps: number): boolean {
    const { machine } = this;
    if (!this.started) {
      this.started = true;
      this.violated = machine.violations > 0;
      this.enter();
    }
    for (let n = 0; n < steps && !this.finished; n++) {
      const { depth } = machine;
      const mask = this.left[depth]!;
      if (mask === 0) {
        if (depth === 0) this.finished = true;
        else machine.undo();
        continue;
      }
      this.left[depth] = mask & (mask - 1);
      machine.step(31 - Math.clz32(mask & -mask));
      if (machine.violations > 0) this.violated = true;
      this.enter();
    }
    return this.finished;
  }

  /** Looks at the state just reached; one seen before has nothing left to do. */
  private enter(): void {
    const { machine } = this;
    this.left = grown(this.left, machine.depth + 1);
    this.left[machine.depth] = 0;
    const low = machine.variablesLow ^ machine.restLow;
    const high = machine.variablesHigh ^ machine.restHigh;
    if (this.visited.insert(low, high) !== NEW) return;
    let mask = 0;
    for (let t = 0; t < machine.threads; t++)
      if (machine.enabled(t)) {
        mask |= 1 << t;
        this.transitions++;
      }
    this.left[machine.depth] = mask;
    if (mask === 0) this.end();
  }

  private end(): void {
    const { machine } = this;
    let waits = false;
    for (let t = 0; t < machine.threads; t++) {
      const kind = machine.kindOf(t);
      if (kind === STOPPED) {
        this.ends.blocked++;
        return;
      }
      waits ||= kind !== ENDED && kind !== UNSTARTED;
    }
    if (waits) {
      this.ends.deadlocked++;
      return;
    }
    this.ends.complete++;
    this.finals.insert(machine.variablesLow, machine.variablesHigh);
    this.results.insert(outcomeLow(machine), outcomeHigh(machine));
  }
}
