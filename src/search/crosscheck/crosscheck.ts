/** One program explored by several engines: do they find the same? */
import type { Program } from '../../core/program.ts';
import type { Engine, EngineOptions, Findings } from './engine.ts';
import { ENGINES } from './engines.ts';

export interface CrosscheckOptions extends EngineOptions {
  /** Default: all there are. */
  readonly engines?: readonly Engine[];
  /** Told before each engine begins. */
  readonly onEngine?: (name: string) => void;
}

/** One engine's part. */
export interface CrosscheckRow extends Findings {
  readonly name: string;
  readonly seconds: number;
}

export interface Crosscheck {
  readonly rows: readonly CrosscheckRow[];
  /** What one engine found and another did not, in sentences; empty if they agree. */
  readonly differences: readonly string[];
  /** How many engines came to their end; with fewer than two nothing was compared in full. */
  readonly finished: number;
}

/**
 * Runs `program` on each engine, one after the other, and compares what they find: final states, violations, deadlocks, and numbers of
 * states. Engines that came to their end must agree; one that did not must have found nothing that those have not.
 *
 * `build` makes the program anew for each engine. The budget is that of each engine. Throws a ModelError when the program is wrong.
 */
export async function crosscheck(build: () => Program, options: CrosscheckOptions = {}): Promise<Crosscheck> {
  const rows: CrosscheckRow[] = [];
  for (const { name, run } of options.engines ?? ENGINES) {
    options.onEngine?.(name);
    const started = performance.now();
    const findings = await run(build(), options);
    const seconds = (performance.now() - started) / 1000;
    rows.push({ ...findings, finals: resting(findings.finals), name, seconds });
  }
  const differences: string[] = [];
  for (const whole of rows)
    for (const other of rows)
      if (whole !== other && whole.unfinished === null) differences.push(...missing(whole, other));
  return { rows, differences, finished: rows.filter(({ unfinished }) => unfinished === null).length };
}

/** Those final states in which every daemon rests: only there anything is checked, and reduced searches look only for them. */
function resting(finals: ReadonlySet<string> | null): ReadonlySet<string> | null {
  return finals === null ? null : new Set([...finals].filter((spelled) => !spelled.includes('.')));
}

/** How many differences of one kind are spelled out. */
const SHOWN = 3;

/** What `other` found and `whole`, which came to its end, did not; numbers of states are compared once. */
function missing(whole: CrosscheckRow, other: CrosscheckRow): string[] {
  const found: string[] = [];
  const lacks = (what: string, has: ReadonlySet<string> | null, lacking: ReadonlySet<string> | null) => {
    if (has === null || lacking === null) return;
    const extra = [...has].filter((item) => !lacking.has(item));
    for (const item of extra.slice(0, SHOWN))
      found.push(`${what} found by ${other.name}, not by ${whole.name}: ${item}`);
    if (extra.length > SHOWN)
      found.push(`${extra.length - SHOWN} more ${what}s found by ${other.name}, not by ${whole.name}`);
  };
  if (whole.stopsAtFirst) {
    const broken = other.violations.size > 0 || other.deadlocked;
    const told = whole.violations.size > 0 || whole.deadlocked || whole.livelock;
    if (broken && !told)
      found.push(`something is broken according to ${other.name}, nothing according to ${whole.name}`);
  } else {
    lacks('final state', other.finals, whole.finals);
    lacks('violation', other.violations, whole.violations);
    lacks('deadlock', other.deadlocks, whole.deadlocks);
    if (other.deadlocked && !whole.deadlocked)
      found.push(`deadlock found by ${other.name}, not by ${whole.name}`);
  }
  const counted = whole.states !== null && other.states !== null && other.unfinished === null;
  if (counted && whole.name < other.name && whole.states !== other.states)
    found.push(`${whole.name} counts ${whole.states} states, ${other.name} ${other.states}`);
  return found;
}
