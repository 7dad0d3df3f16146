/** Runs SPIN on a model: `spin -a`, gcc, pan; and reads what pan reports. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Measure } from './measured.ts';

/** What pan reported. */
export interface SpinRun {
  readonly stored: number;
  readonly matched: number;
  readonly errors: number;
  /** Did an assertion fail first? Without `all` the first error is the only one. */
  readonly assertion: boolean;
  /** Was there an invalid end state (a deadlock)? */
  readonly invalidEnd: boolean;
  readonly depth: number;
  /** Of pan alone, without `spin -a` and gcc. */
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

export interface SpinOptions {
  /** How to run pan; default: a shell that asks for the CPU time and believes pan's own account of its memory. */
  readonly measure?: Measure;
  /** About how many states to expect: sizes the hash table. */
  readonly states: number;
  /** No path is longer; default `states`. Sizes pan's stack. */
  readonly depth?: number;
  /** Go on after errors. */
  readonly all?: boolean;
}

/** A compiled verifier. */
export interface Verifier {
  /** Throws if pan stopped early (search depth, state vector, memory). */
  readonly run: (options: SpinOptions) => SpinRun;
  /** Of `spin -a` and gcc together. */
  readonly compileSeconds: number;
}

/** Are `spin` and `gcc` installed? */
export function hasSpin(): boolean {
  return spawnSync('spin', ['-V']).status === 0 && spawnSync('gcc', ['--version']).status === 0;
}

/**
 * Builds a verifier in a directory of its own, which is removed after `use`. Reduction is off, so that every interleaving counts.
 * Throws if a tool fails.
 *
 * @param optimise false: gcc -O0, for models so small that compiling them takes longest
 */
export function withSpin<T>(model: string, use: (verifier: Verifier) => T, optimise = true): T {
  const cwd = mkdtempSync(join(tmpdir(), 'lostwrite-spin-'));
  try {
    const started = performance.now();
    writeFileSync(join(cwd, 'model.pml'), model);
    // -o2: words that are written and never read belong to a state as all others.
    execFileSync('spin', ['-a', '-o2', 'model.pml'], { cwd, encoding: 'utf8', stdio: 'pipe' });
    const flags = [optimise ? '-O2' : '-O0', '-w', '-fwrapv', '-DSAFETY', '-DNOREDUCE', '-DVECTORSZ=4096'];
    execFileSync('gcc', [...flags, '-o', 'pan', 'pan.c'], { cwd, stdio: 'pipe' });
    const run = ({ states, depth = states, all = false, measure }: SpinOptions) => {
      const bits = Math.max(16, Math.ceil(Math.log2(states)));
      return runPan(cwd, [`-m${depth + 10}`, `-w${bits}`, '-n', ...(all ? ['-c0'] : [])], measure);
    };
    return use({ run, compileSeconds: (performance.now() - started) / 1000 });
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

/** Runs pan under bash's `times`, which counts the CPU seconds of what it has waited for, or as `measure` does. */
function runPan(cwd: string, args: readonly string[], measure?: Measure): SpinRun {
  const started = performance.now();
  const cost = measure?.('./pan', args, cwd);
  const report =
    cost?.stdout ??
    spawnSync('bash', ['-c', './pan "$@" 2>&1; times', 'pan', ...args], { cwd, encoding: 'utf8' }).stdout;
  const seconds = cost?.wall ?? (performance.now() - started) / 1000;
  const figure = (pattern: RegExp): number => {
    const found = pattern.exec(report)?.[1];
    if (found === undefined)
      throw new Error(`pan did not report ${pattern.source}:\n${report.slice(0, 4000)}`);
    return Number(found);
  };
  if (/max search depth too small|VECTORSZ|out of memory|aborting/.test(report))
    throw new Error(`pan gave up:\n${report.slice(0, 4000)}`);
  return {
    stored: figure(/([\d.e+]+) states, stored/),
    matched: figure(/([\d.e+]+) states, matched/),
    errors: figure(/errors: (\d+)/),
    assertion: report.includes('assertion violated'),
    invalidEnd: report.includes('invalid end state (at'),
    depth: figure(/depth reached (\d+)/),
    seconds,
    cpuSeconds: cost?.cpu ?? childSeconds(report),
    peakBytes: cost?.peakBytes ?? figure(/([\d.]+)\s+total actual memory usage/) * 2 ** 20,
  };
}

/** The last line of `times`: user and system time of the children. */
function childSeconds(report: string): number {
  const last = report.trimEnd().split('\n').at(-1) ?? '';
  let sum = 0;
  for (const [, minutes, seconds] of last.matchAll(/(\d+)m([\d.]+)s/g))
    sum += Number(minutes) * 60 + Number(seconds);
  return sum;
}
