/**
 * A schedule as a race diagram, the way kernel changelogs draw them: one column for each CPU that takes part, time downwards.
 */
import type { Program } from '../core/program.ts';
import type { FoundViolation, Position, Schedule } from '../core/schedule.ts';
import { replay, type Replay, type ReplayedStep } from '../search/replay.ts';
import { heading, layColumns, place, type Columns } from './columns.ts';
import { Sight } from './sight.ts';
import { ascii, LINE_WIDTH, paragraph } from './text.ts';
import { linesOf } from './trace-lines.ts';

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
  const { program, steps, violation } = replayed;
  const taking = program.threads.map(({ name }) => name).filter((name) => steps.some(({ thread }) => thread === name));
  const digits = String(steps.length).length;
  const columns = layColumns(taking.map(ascii), options.all === true ? digits : Math.max(3, 2 * digits + 1));
  const body = new Body(columns, taking, options.all ?? false, new Sight(program, steps));
  for (const group of groupsOf(steps)) body.add(group);
  return [
    ...heading(columns),
    ...body.lines,
    ...(violation === null ? [] : ['', ...conclusion(violation, options.explanation ?? [])]),
  ];
}

function conclusion({ kind, message }: FoundViolation, explanation: readonly string[]): string[] {
  return [...paragraph(`${kind.replaceAll('-', ' ').toUpperCase()}: ${message}`), ...explanation.flatMap((line) => paragraph(line, '  '))];
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
    if (last !== undefined && last.steps[0]!.thread === step.thread && samePath(last.path, path)) last.steps.push(step);
    else groups.push({ first: i + 1, path, steps: [step] });
  });
  return groups;
}

/** Outermost function first. */
function pathOf(position: Position): string[] {
  return [position.function, ...position.callers].filter((name) => name !== '' && name !== '?').toReversed().map(ascii);
}

function samePath(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i]);
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

  add({ steps, path, first }: Group): void {
    const { thread, preempts } = steps[0]!;
    const lines = linesOf(steps, first, this.sight, this.all);
    if (preempts) this.put(this.last, '', '<preempted>');
    if (lines.length > 0) {
      const single = lines.length === 1 && !this.all ? lines[0] : undefined;
      const before = this.shown.get(thread) ?? [];
      const called = path.at(-1) ?? '';
      if (single !== undefined && thread === this.last && path.length > 1 && samePath(before, path.slice(0, -1)))
        this.put(thread, single.label, `  ${called}(): ${single.text.trimStart()}`);
      else {
        this.enter(thread, before, path);
        for (const { label, text } of lines) this.put(thread, label, text);
      }
    }
    this.last = thread;
  }

  /** The name of the function, with the callers that the column does not show yet. */
  private enter(thread: string, before: readonly string[], path: readonly string[]): void {
    if (path.length === 0 || (thread === this.last && samePath(before, path))) return;
    this.shown.set(thread, path);
    if (samePath(before, path)) return this.put(thread, '', `... ${path.at(-1)}()`);
    let common = 0;
    while (common < before.length && before[common] === path[common]) common++;
    const start = Math.min(common, path.length - 1);
    const column = this.taking.indexOf(thread);
    const room = LINE_WIDTH - this.columns.margin - 2 - column * this.columns.offset;
    let text = path.slice(start).map((name) => `${name}()`).join(' > ');
    for (let from = start + 1; text.length > room && from < path.length; from++)
      text = `... > ${path.slice(from).map((name) => `${name}()`).join(' > ')}`;
    this.put(thread, '', text);
  }

  private put(thread: string, label: string, text: string): void {
    this.lines.push(...place(this.columns, this.taking.indexOf(thread), label, text));
  }
}
