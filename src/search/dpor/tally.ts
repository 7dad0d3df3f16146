/** What is counted over executions: each at its end, traces and final states told apart by 63-bit keys. */
import { NEW, VisitedSet } from '../visited.ts';
import { COMPLETE, BLOCKED, type NeutralExecution } from './neutral-execution.ts';
import type { Recorder } from './stateless.ts';
import { outcomeHigh, outcomeLow } from './outcomes.ts';

/** log2 of the slots of a set at first: most programs are small, and clearing large tables would take longer than they. */
const SMALL = 5;

/** Number of maximal executions (or traces) by how they end. */
export interface Endings {
  complete: number;
  blocked: number;
  deadlocked: number;
}

export class Tally implements Recorder {
  readonly executions: Endings = { complete: 0, blocked: 0, deadlocked: 0 };
  readonly traces: Endings = { complete: 0, blocked: 0, deadlocked: 0 };
  /** Executions of a trace that had been executed before. */
  duplicate = 0;
  /** Executions cut because all that could go on was asleep. */
  sleepSetBlocked = 0;
  halted = false;
  /** Traces with a failed assertion. */
  violating = 0;
  /** Events executed. */
  events = 0;
  /** Most events in one execution. */
  maxEvents = 0;
  private readonly execution: NeutralExecution;
  private readonly seen = new VisitedSet(SMALL);
  private readonly finals = new VisitedSet(SMALL);
  private readonly results = new VisitedSet(SMALL);

  constructor(execution: NeutralExecution) {
    this.execution = execution;
  }

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
  record(): void {
    const { execution } = this;
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
