/** What the stateless searches share: a depth-first walk over executions that can be stopped after any step and gone on with. */
import { Execution } from './execution.ts';
import { Tally } from './tally.ts';
import { LimitReached } from '../npl/limit.ts';
import type { NeutralProgram } from '../npl/program.ts';

export abstract class StatelessSearch {
  readonly tally = new Tally();
  protected readonly execution: Execution;
  private readonly maxEvents: number;
  private started = false;
  private finished = false;

  /** @param maxEvents most events of one execution */
  constructor(program: NeutralProgram, maxEvents: number) {
    this.execution = new Execution(program);
    this.maxEvents = maxEvents;
  }

  /**
   * Goes on for at most about `steps` events. Returns true when everything is explored. Throws {@link LimitReached} when an
   * execution passes the limit.
   */
  run(steps: number): boolean {
    const { execution, tally } = this;
    const until = tally.events + steps;
    if (!this.started) this.enter(0);
    this.started = true;
    while (!this.finished && tally.events < until) {
      const depth = execution.depth;
      const thread = this.choose(depth);
      if (thread >= 0) {
        if (depth === this.maxEvents)
          throw new LimitReached('events', `an execution has more than ${this.maxEvents} events`);
        execution.step(thread);
        tally.events++;
        this.enter(depth + 1);
      } else if (depth === 0) this.finished = true;
      else {
        const last = execution.machine.stepThread[depth - 1]!;
        execution.undo();
        this.leave(depth - 1, last);
      }
    }
    return this.finished;
  }

  /** Prepares the choices at `depth`, just reached. */
  protected abstract enter(depth: number): void;

  /** The next thread to execute at `depth`, or -1 if there is none left. */
  protected abstract choose(depth: number): number;

  /** All that begins with `thread` at `depth` is explored. */
  protected abstract leave(depth: number, thread: number): void;
}
