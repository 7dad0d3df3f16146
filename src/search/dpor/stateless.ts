/** What the stateless searches share: a depth-first walk over executions that can be stopped after any step and gone on with. */
import type { Execution } from './execution.ts';
import { LimitReached } from '../npl/limit.ts';

/** Told what a search meets. */
export interface Recorder {
  /** Events executed. */
  events: number;
  /** Executions cut because all that could go on was asleep. */
  sleepSetBlocked: number;
  /** Set: the search stops where it is. */
  halted: boolean;
  /** The execution has come to its end: nothing can go on. */
  record(): void;
}

export abstract class StatelessSearch {
  protected readonly execution: Execution;
  protected readonly recorder: Recorder;
  private readonly maxEvents: number;
  private started = false;
  private finished = false;

  /** @param maxEvents most events of one execution */
  constructor(execution: Execution, recorder: Recorder, maxEvents = Infinity) {
    this.execution = execution;
    this.recorder = recorder;
    this.maxEvents = maxEvents;
  }

  /**
   * Goes on for at most about `steps` events. Returns true when everything is explored. Throws {@link LimitReached} when an
   * execution passes the limit.
   */
  run(steps: number): boolean {
    const { execution, recorder } = this;
    const until = recorder.events + steps;
    if (!this.started) this.enter(0);
    this.started = true;
    while (!this.finished && !recorder.halted && recorder.events < until) {
      const { depth } = execution;
      const move = this.choose(depth);
      if (move >= 0) {
        if (depth === this.maxEvents)
          throw new LimitReached('events', `an execution has more than ${this.maxEvents} events`);
        execution.step(move);
        recorder.events++;
        this.enter(depth + 1);
      } else if (depth === 0) this.finished = true;
      else {
        execution.undo();
        this.leave(depth - 1, execution.moves[depth - 1]!);
      }
    }
    return this.finished;
  }

  /** Prepares the choices at `depth`, just reached. */
  protected abstract enter(depth: number): void;

  /** The next move to execute at `depth`, or -1 if there is none left. */
  protected abstract choose(depth: number): number;

  /** All that begins with `move` at `depth` is explored. */
  protected abstract leave(depth: number, move: number): void;
}
