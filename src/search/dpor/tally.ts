/** What is counted over executions: each at its end, traces and final states told apart by 63-bit keys. */
import { NEW, VisitedSet } from '../visited.ts';
import { COMPLETE, BLOCKED, type Execution } from './execution.ts';
import { outcomeHigh, outcomeLow } from './outcomes.ts';

/** Number of maximal executions (or traces) by how they end. */
export interface Endings {
  complete: number;
  blocked: number;
  deadlocked: number;
}

export class Tally {
  readonly executions: Endings = { complete: 0, blocked: 0, deadlocked: 0 };
  readonly traces: Endings = { complete: 0, blocked: 0, deadlocked: 0 };
  /** Executions of a trace that had been executed before. */
  duplicate = 0;
  /** Executions cut because all that could go on was asleep. */
  sleepSetBlocked = 0;
  /** Traces with a failed assertion. */
  violating = 0;
  /** Events executed. */
  events = 0;
  /** Most events in one execution. */
  maxEvents = 0;
  private readonly seen = new VisitedSet();
  private readonly finals = new VisitedSet();
  private readonly results = new VisitedSet();

  /** Distinct final values of the variables over complete executions. */
  get finalStates(): number {
    return this.finals.size;
  }

  /** Distinct final values of variables and registers over complete executions. */
  get outcomes(): number {
    return this.results.size;
  }

  /** Bytes held. */
  get bytes(): number {
    return this.seen.bytes + this.finals.bytes + this.results.bytes;
  }

  /** Counts an execution that has come to its end. */
  record(execution: Execution): void {
    const { machine } = execution;
    const outcome = execution.outcome();
    const ending = outcome === COMPLETE ? 'complete' : outcome === BLOCKED ? 'blocked' : 'deadlocked';
    this.executions[ending]++;
    if (machine.depth > this.maxEvents) this.maxEvents = machine.depth;
    if (this.seen.insert(execution.traceLow, execution.traceHigh) !== NEW) {
      this.duplicate++;
      return;
    }
    this.traces[ending]++;
    if (machine.violations > 0) this.violating++;
    if (outcome !== COMPLETE) return;
    this.finals.insert(machine.variablesLow, machine.variablesHigh);
    this.results.insert(outcomeLow(machine), outcomeHigh(machine));
  }
}
