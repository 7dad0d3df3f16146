import { SingleBar } from 'cli-progress';
import { byteSize, duration, grouped, short } from '../report/numbers.ts';
import type { Progress } from '../search/explore.ts';

/** Shows how a search is going. */
export interface ProgressDisplay {
  /** Tells the newest figures; cheap. */
  readonly update: (progress: Progress) => void;
  /** Removes the line from the terminal. */
  readonly stop: () => void;
}

const INTERVAL_MS = 10_000;
/** A search that is over sooner shows nothing. */
const QUIET_SECONDS = 0.3;

const PHASES = { nearby: 'looking nearby', search: 'searching', counterexample: 'shortening' } as const;

/**
 * `searching  12.3 s  4 120 233 states  1.2 M states/s  13 002 111 transitions  depth 1 204  310 MB`. The rate is that of the
 * last interval. How much is left is not known and not guessed.
 */
export function progressLine(progress: Progress, statesPerSecond: number): string {
  const { phase, states, transitions, depth, bytes, seconds } = progress;
  return [
    PHASES[phase],
    duration(seconds),
    `${grouped(states)} states`,
    `${short(statesPerSecond)} states/s`,
    ...(phase === 'search' ? [`${grouped(transitions)} transitions`, `depth ${grouped(depth)}`] : []),
    byteSize(bytes),
  ].join('  ');
}

/** One overwritten line on a terminal, a line every 10 s elsewhere, nothing if `quiet`; on standard error. */
export function showProgress(quiet: boolean): ProgressDisplay {
  if (quiet) return { update: () => undefined, stop: () => undefined };
  const meter = new Meter();
  return process.stderr.isTTY ? onTerminal(meter) : inLog(meter);
}

/** Keeps the newest figures and the rate since they were last shown. */
class Meter {
  newest: Progress | null = null;
  private shown: Pick<Progress, 'phase' | 'states' | 'seconds'> = { phase: 'search', states: 0, seconds: 0 };
  private rate = 0;

  line(): string {
    if (this.newest === null) return '';
    const { phase, states, seconds } = this.newest;
    if (phase !== this.shown.phase) this.shown = { phase, states: 0, seconds: this.shown.seconds };
    const elapsed = seconds - this.shown.seconds;
    if (elapsed >= 0.5) {
      this.rate = (states - this.shown.states) / elapsed;
      this.shown = { phase, states, seconds };
    } else if (this.rate === 0 && elapsed > 0) this.rate = (states - this.shown.states) / elapsed;
    return progressLine(this.newest, this.rate);
  }
}

function onTerminal(meter: Meter): ProgressDisplay {
  let bar: SingleBar | null = null;
  return {
    update(progress) {
      meter.newest = progress;
      if (bar === null && progress.seconds > QUIET_SECONDS) {
        bar = new SingleBar({
          stream: process.stderr,
          format: () => meter.line(),
          clearOnComplete: true,
          hideCursor: true,
          gracefulExit: false,
          fps: 4,
        });
        bar.start(1, 0);
      }
      bar?.update(0);
    },
    stop: () => bar?.stop(),
  };
}

function inLog(meter: Meter): ProgressDisplay {
  const timer = setInterval(() => {
    if (meter.newest !== null) process.stderr.write(`${meter.line()}\n`);
  }, INTERVAL_MS);
  return {
    update: (progress) => {
      meter.newest = progress;
    },
    stop: () => clearInterval(timer),
  };
}
