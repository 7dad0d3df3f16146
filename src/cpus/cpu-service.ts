import { threadId } from 'node:worker_threads';
import { ModelError } from '../core/errors.ts';
import { ControlledCpu } from './controlled-cpu.ts';
import { FreeCpu, type RaceSetup } from './free-cpu.ts';
import { Seat, type CpuSetup } from './seat.ts';
import type { OperationDetail } from './thread-on-cpu.ts';

/** What a CPU hands over when it leaves its loop. */
export interface CpuReport {
  /** Position and notes of each operation of the last run, if the CPU was set up to keep them. */
  readonly trace: readonly OperationDetail[];
  /** Names told to `check` and `cover`. */
  readonly covered: readonly string[];
}

/** What a worker thread offers to its controller through comlink: set up, run, report. Nothing of it is called per step. */
export class CpuService {
  private seat: Seat | null = null;

  /** Builds the program here. Returns the worker's `threadId`. */
  async load(setup: CpuSetup): Promise<number> {
    this.seat = await Seat.take(setup);
    return threadId;
  }

  /** Runs under control until told to leave. Blocks the worker thread; then hands over its report. */
  serve(): CpuReport {
    const seat = this.seated();
    new ControlledCpu(seat).serve();
    return this.report(seat);
  }

  /** Races freely until told to leave. Blocks the worker thread; then hands over its report. */
  race(setup: RaceSetup): CpuReport {
    const seat = this.seated();
    new FreeCpu(seat, setup).race();
    return this.report(seat);
  }

  private report({ thread }: Seat): CpuReport {
    return { trace: thread.trace, covered: [...thread.covered] };
  }

  private seated(): Seat {
    if (this.seat === null) throw new ModelError('a CPU was started before it was set up');
    return this.seat;
  }
}
