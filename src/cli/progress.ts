import { SingleBar } from 'cli-progress';
import type { EnumerationProgress } from '../cpus/enumeration.ts';
import type { StressProgress } from '../cpus/stress.ts';
import { byteSize, counted, duration, grouped, short } from '../report/numbers.ts';
import { LINE_WIDTH } from '../report/text.ts';
import { range } from '../report/truncated.ts';
import type { CheckProgress } from '../search/dpor/check.ts';
import type { SizeEstimate } from '../search/estimate.ts';
import type { Progress } from '../search/limits.ts';

/** Shows how something long is going. */
export interface ProgressDisplay<P> {
  /** Tells the newest figures; cheap. */
  readonly update: (progress: P) => void;
  /** Removes the line from the terminal. */
  readonly stop: () => void;
}

const INTERVAL_MS = 10_000;
/** A search that is over sooner shows nothing. */
const QUIET_SECONDS = 0.3;

const PHASES = {
  nearby: 'looking nearby',
  search: 'searching',
  counterexample: 'shortening',
  bounded: 'searching within the bound',
  dpor: 'executing one of each trace',
  sampling: 'sampling',
  minimising: 'minimising',
} as const;

/**
 * `searching  12.3 s  4 120 233 states  1.2 M states/s  depth 1 204  310 MB  of 12 M to 30 M, about 20 s left`. The rate is that of
 * the last interval. Shorter than 100 columns: depth and memory are left out where they do not fit.
 */
export function progressLine(progress: Progress, statesPerSecond: number): string {
  const { phase, states, depth, bytes, seconds, schedules, estimate } = progress;
  const head = [
    PHASES[phase],
    duration(seconds),
    ...(schedules === undefined ? [] : [counted(schedules, 'schedule')]),
    `${grouped(states)} states`,
    `${short(statesPerSecond)} states/s`,
  ];
  const memory = byteSize(bytes);
  const size = estimate === undefined ? [] : [sizeText(estimate, states, statesPerSecond)];
  const deep = phase === 'search' ? [`depth ${grouped(depth)}`] : [];
  const lines = [
    [...head, ...deep, memory, ...size],
    [...head, memory, ...size],
    [...head, ...size],
  ].map((items) => items.join('  '));
  return lines.find((line) => line.length <= LINE_WIDTH) ?? lines[0]!.slice(0, LINE_WIDTH);
}

/** `of 12 M to 30 M, about 20 s left`; `no estimate`. */
function sizeText(estimate: SizeEstimate | null, states: number, statesPerSecond: number): string {
  if (estimate === null) return 'no estimate';
  const left = statesPerSecond > 0 ? (estimate.states - states) / statesPerSecond : 0;
  return `of ${range(estimate)}${left >= 1 ? `, about ${roughly(left)} left` : ''}`;
}

/** One unit is enough for a guess. */
function roughly(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  return seconds < 36 * 3600 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
}

/** `racing  3.2 s  1 203 iterations  402 iterations/s  3 hits`. */
export function raceLine({ iterations, violations, seconds }: StressProgress): string {
  return [
    'racing',
    duration(seconds),
    counted(iterations, 'iteration'),
    `${short(seconds > 0 ? iterations / seconds : 0)} iterations/s`,
    counted(violations, 'hit'),
  ].join('  ');
}

/** `running schedules  3.2 s  1 203 executions  376 executions/s  93 102 steps`. */
export function enumerationLine({ executions, steps, seconds }: EnumerationProgress): string {
  return [
    'running schedules',
    duration(seconds),
    counted(executions, 'execution'),
    `${short(seconds > 0 ? executions / seconds : 0)} executions/s`,
    counted(steps, 'step'),
  ].join('  ');
}

/** `checking big0  3.2 s  41 203 executions  1 302 408 events`. */
export function checkLine({ program, executions, states, events, seconds }: CheckProgress): string {
  return [
    `checking ${program}`,
    duration(seconds),
    states > 0 ? counted(states, 'state') : counted(executions, 'execution'),
    counted(events, states > 0 ? 'transition' : 'event'),
  ].join('  ');
}

/** One overwritten line on a terminal, a line every 10 s elsewhere, nothing if `quiet`; on standard error. */
export function showProgress(quiet: boolean): ProgressDisplay<Progress> {
  const meter = new Meter();
  return display(quiet, (newest) => meter.line(newest));
}

/** As {@link showProgress}, for CPUs that race. */
export function showRacing(quiet: boolean): ProgressDisplay<StressProgress> {
  return display(quiet, raceLine);
}

/** As {@link showProgress}, for CPUs that go through all schedules. */
export function showEnumerating(quiet: boolean): ProgressDisplay<EnumerationProgress> {
  return display(quiet, enumerationLine);
}

/** As {@link showProgress}, for the check of a neutral program. */
export function showChecking(quiet: boolean): ProgressDisplay<CheckProgress> {
  return display(quiet, checkLine);
}

interface Timed {
  readonly seconds: number;
}

function display<P extends Timed>(quiet: boolean, line: (newest: P) => string): ProgressDisplay<P> {
  if (quiet) return { update: () => undefined, stop: () => undefined };
  return process.stderr.isTTY ? onTerminal(line) : inLog(line);
}

/** Keeps the rate since figures were last shown. */
class Meter {
  private shown: Pick<Progress, 'phase' | 'states' | 'seconds'> = { phase: 'search', states: 0, seconds: 0 };
  private rate = 0;

  line(newest: Progress): string {
    const { phase, states, seconds } = newest;
    if (phase !== this.shown.phase) this.shown = { phase, states: 0, seconds: this.shown.seconds };
    const elapsed = seconds - this.shown.seconds;
    if (elapsed >= 0.5) {
      this.rate = (states - this.shown.states) / elapsed;
      this.shown = { phase, states, seconds };
    } else if (this.rate === 0 && elapsed > 0) this.rate = (states - this.shown.states) / elapsed;
    return progressLine(newest, this.rate);
  }
}

function onTerminal<P extends Timed>(line: (newest: P) => string): ProgressDisplay<P> {
  let bar: SingleBar | null = null;
  let newest: P;
  return {
    update(progress) {
      newest = progress;
      if (bar === null && progress.seconds > QUIET_SECONDS) {
        bar = new SingleBar({
          stream: process.stderr,
          format: () => line(newest),
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

function inLog<P extends Timed>(line: (newest: P) => string): ProgressDisplay<P> {
  let newest: P | null = null;
  const timer = setInterval(() => {
    if (newest !== null) process.stderr.write(`${line(newest)}\n`);
  }, INTERVAL_MS);
  return {
    update: (progress) => {
      newest = progress;
    },
    stop: () => clearInterval(timer),
  };
}
