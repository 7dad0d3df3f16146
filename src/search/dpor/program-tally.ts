/** What is counted over the executions of a program, each at its end. */
import type { PackedState } from '../packed-state.ts';
import { NEW, VisitedSet } from '../visited.ts';
import { wordHigh, wordLow } from '../zobrist.ts';
import type { ProgramExecution } from './program-execution.ts';
import type { Recorder } from './stateless.ts';

export interface ProgramTallyOptions {
  /** Count executions of a trace that had been executed before: takes 12-21 bytes a trace. Default false. */
  readonly duplicates?: boolean;
  /** Told each execution that ends in a deadlock, while it stands there. */
  readonly onDeadlock?: (state: PackedState) => void;
  /** Told each execution that is cut although a thread must still end, while it stands there. */
  readonly onCut?: (state: PackedState) => void;
}

export class ProgramTally implements Recorder {
  events = 0;
  sleepSetBlocked = 0;
  halted = false;
  /** Executions whose threads have all ended (daemons may wait for ever). */
  complete = 0;
  /** Deadlocks: nothing can move, and a thread that must end has not. */
  blocked = 0;
  /** A thread had taken all the steps allowed. */
  cut = 0;
  /** A rule was broken on the way. */
  violating = 0;
  /** Complete or cut, with all threads that must end ended. */
  ended = 0;
  /** Executions of a trace that had been executed before, if they are counted. */
  duplicate = 0;
  /** Most steps of one execution. */
  longest = 0;
  private readonly execution: ProgramExecution;
  private readonly options: ProgramTallyOptions;
  private readonly traces = new VisitedSet();

  constructor(execution: ProgramExecution, options: ProgramTallyOptions = {}) {
    this.execution = execution;
    this.options = options;
  }

  /** Bytes held. */
  get bytes(): number {
    return this.traces.bytes;
  }

  record(): void {
    const { execution, options } = this;
    if (execution.stale) this.halted = true;
    if (execution.depth > this.longest) this.longest = execution.depth;
    if (options.duplicates === true && !this.isNew()) this.duplicate++;
    const ended = execution.state.unfinished === 0;
    if (execution.violations > 0) this.violating++;
    else if (execution.cut) {
      this.cut++;
      if (ended) this.ended++;
      else options.onCut?.(execution.state);
    } else if (ended) {
      this.complete++;
      this.ended++;
    } else {
      this.blocked++;
      options.onDeadlock?.(execution.state);
    }
  }

  /** Enters the trace just executed: the sum over its events of a number for (move, clock), the same for all its schedules. */
  private isNew(): boolean {
    const { execution } = this;
    let low = 0;
    let high = 0;
    for (let at = 0; at < execution.depth; at++) {
      let l = execution.moves[at]! + 1;
      let h = ~execution.moves[at]!;
      for (let t = 0; t < execution.threads; t++) {
        const count = execution.clock(at, t);
        l = wordLow(l, count);
        h = wordHigh(h, count);
      }
      low = (low + l) | 0;
      high = (high + h) | 0;
    }
    return this.traces.insert(low, high) === NEW;
  }
}
