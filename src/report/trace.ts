/**
 * A schedule as a race diagram, the way kernel changelogs draw them: one column for each CPU that takes part, time downwards.
 */
import type { Program } from '../core/program.ts';
import type { Position, Schedule } from '../core/schedule.ts';
import type { Replay, ReplayedStep } from '../core/replayed.ts';
import { replay } from '../search/replay.ts';
import { heading, layColumns, place, roomOf, type Columns } from './columns.ts';
import { Sight } from './sight.ts';
import { ascii, paragraph } from './text.ts';
import { linesOf, type TraceLine } from './trace-lines.ts';
import { namedOwners } from '../core/owners.ts';

export interface TraceOptions {
  /** Every access of every step with its source position, ghost words too; nothing folded. Default false. */
  readonly all?: boolean;
  /** Lines that say why, printed below the violation. */
  readonly explanation?: readonly string[];
}

/** As {@link renderTrace}, from a program and a schedule that fits it. Throws a Divergence if it does not fit. */
export function traceOf(program: Program, schedule: Schedule, options: TraceOptions = {}): string[] {
  return renderTrace(replay(program, schedule), options);
}

/**
 * The lines of the diagram, ASCII, each shorter than 100 columns, without line ends. The number at the left edge is the step;
 * what follows without a number happened in the same step. Words are shown as `name before -> after` and only where they
 * change; of the reads only those of words that another thread changes in this schedule, with the step that wrote the value.
 */
export function renderTrace(replayed: Replay, options: TraceOptions = {}): string[] {
  const { program, steps } = replayed;
  const taking = program.threads
    .map(({ name }) => name)
    .filter((name) => steps.some(({ thread }) => thread === name));
  const digits = String(steps.length).length;
  const columns = layColumns(taking.map(ascii), options.all === true ? digits : Math.max(3, 2 * digits + 1));
  const body = new Body(columns, taking, options.all ?? false, new Sight(program, steps));
  const groups = groupsOf(steps);
  groups.forEach((group, i) => {
    const next = groups[i + 1];
    body.add(group, next?.steps[0]!.thread === group.steps[0]!.thread ? next : undefined);
  });
  const conclusion = renderConclusion(replayed, options.explanation ?? []);
  return [...heading(columns), ...body.lines, ...(conclusion.length === 0 ? [] : ['', ...conclusion])];
}

/** The lines below the diagram: what rule is broken, and why. None if no rule is. */
export function renderConclusion(
  { program, violation }: Pick<Replay, 'program' | 'violation'>,
  explanation: readonly string[],
): string[] {
  if (violation === null) return [];
  const { kind, message } = violation;
  const said = message.startsWith(`${kind}: `) ? message.slice(kind.length + 2) : message;
  return [
    ...paragraph(`${kind.replaceAll('-', ' ').toUpperCase()}: ${namedOwners(program, said)}`),
    ...explanation.flatMap((line) => paragraph(line, '  ')),
  ];
}

/** Consecutive steps of one thread in one function, called the same way. */
interface Group {
  readonly first: number;
  readonly path: readonly string[];
  readonly steps: ReplayedStep[];
}

function groupsOf(steps: readonly ReplayedStep[]): Group[] {
  const groups: Group[] = [];
  steps.forEach((step, i) => {
    const path = pathOf(step.accesses[0].position);
    const last = groups.at(-1);
    if (last !== undefined && last.steps[0]!.thread === step.thread && samePath(last.path, path))
      last.steps.push(step);
    else groups.push({ first: i + 1, path, steps: [step] });
  });
  return groups;
}

/** Outermost function first. */
function pathOf(position: Position): string[] {
  return [position.function, ...position.callers]
    .filter((name) => name !== '' && name !== '?')
    .toReversed()
    .map(ascii);
}

function samePath(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && commonLength(a, b) === a.length;
}

function commonLength(a: readonly string[], b: readonly string[]): number {
  let common = 0;
  while (common < a.length && common < b.length && a[common] === b[common]) common++;
  return common;
}

/** `do_swap_page() > set_pte_at()`. */
function calls(path: readonly string[]): string {
  return path.map((name) => `${name}()`).join(' > ');
}

class Body {
  readonly lines: string[] = [];
  private readonly columns: Columns;
  private readonly taking: readonly string[];
  private readonly all: boolean;
  private readonly sight: Sight;
  /** The path whose heading each thread's column shows last. */
  private readonly shown = new Map<string, readonly string[]>();
  private last = '';

  constructor(columns: Columns, taking: readonly string[], all: boolean, sight: Sight) {
    this.columns = columns;
    this.taking = taking;
    this.all = all;
    this.sight = sight;
  }

  /** `next` is the group after this one, if the same thread goes on. */
  add({ steps, path, first }: Group, next: Group | undefined): void {
    const { thread, preempts } = steps[0]!;
    const lines = linesOf(steps, first, this.sight, this.all);
    if (preempts) this.put(this.last, { label: '', text: '<preempted>' });
    const single = lines.length === 1 && !this.all ? lines[0] : undefined;
    const base = single === undefined ? undefined : this.baseOf(thread, path, next);
    if (single !== undefined && base !== undefined) {
      this.enter(thread, base);
      const prefix = `  ${path[base.length]}(): `;
      const brief = single.brief === undefined ? {} : { brief: prefix + single.brief.trimStart() };
      this.put(thread, { label: single.label, text: prefix + single.text.trimStart(), ...brief });
    } else if (lines.length > 0) {
      this.enter(thread, path);
      for (const line of lines) this.put(thread, line);
    }
    this.last = thread;
  }

  /**
   * A function with one line needs no heading of its own: the line stands under a caller that the column shows already or that
   * it shares with what comes next, the nearer of the two. Undefined if there is none, or if what comes next is called from here.
   */
  private baseOf(
    thread: string,
    path: readonly string[],
    next: Group | undefined,
  ): readonly string[] | undefined {
    const shown = thread === this.last ? (this.shown.get(thread) ?? []) : [];
    const above = commonLength(shown, path) === shown.length ? shown.length : 0;
    const shared = next === undefined ? 0 : commonLength(path, next.path);
    if (shared === path.length) return undefined;
    const length = Math.max(above, shared);
    return length > 0 && length < path.length ? path.slice(0, length) : undefined;
  }

  /** The name of the function, with the callers that the column does not show yet. */
  private enter(thread: string, path: readonly string[]): void {
    const before = this.shown.get(thread) ?? [];
    const same = samePath(before, path);
    if (path.length === 0 || (thread === this.last && same)) return;
    this.shown.set(thread, path);
    if (same) return this.put(thread, { label: '', text: `... ${path.at(-1)}()` });
    const start = Math.min(commonLength(before, path), path.length - 1);
    const room = roomOf(this.columns, this.taking.indexOf(thread));
    let text = calls(path.slice(start));
    for (let from = start + 1; text.length > room && from < path.length; from++)
      text = `... > ${calls(path.slice(from))}`;
    this.put(thread, { label: '', text });
  }

  private put(thread: string, { label, text, brief }: TraceLine): void {
    const column = this.taking.indexOf(thread);
    const fitting = brief !== undefined && text.length > roomOf(this.columns, column) ? brief : text;
    this.lines.push(...place(this.columns, column, label, fitting));
  }
}
