import type { CallStack } from './context.ts';
import type { Position } from './schedule.ts';
import { siteOf, type FrameStack } from './frames.ts';
import type { ThreadRun } from './runs.ts';

/** Helpers of src/core yield operations on behalf of their callers; readers of a trace want the caller. */
function isCore(file: string): boolean {
  return /(^|\/)src\/core\//.test(file);
}

/**
 * Names for readers: `do_swap_page$map` is a part of `do_swap_page` and shows as that; `$act` is a part of nothing and does not
 * show at all. A part called by its whole shows once.
 *
 * @param names innermost first
 */
function readable(names: readonly string[]): readonly string[] {
  const whole = names.map((name) => name.replace(/\$.*$/, '')).filter((name) => name !== '');
  const shown = whole.filter((name, i) => name !== whole[i + 1]);
  return shown.length === 0 ? names.slice(0, 1) : shown;
}

/** The position that the fold pass recorded, or null if no frame of the call stack is instrumented. */
export function positionFromFrames(stack: FrameStack): Position | null {
  // A function that returned without waiting leaves a frame without a site.
  const sites = stack.frames
    .filter((frame) => frame.site >= 0)
    .map((frame) => siteOf(frame.site))
    .filter((site) => !isCore(site.file))
    .toReversed();
  const top = sites[0];
  if (top === undefined) return null;
  const [name = '?', ...callers] = readable(sites.map((site) => site.functionName));
  return { function: name, callers, source: `${top.file}:${top.line}` };
}

/** The site of {@link positionFromFrames}, or -1 if there is none. */
export function siteFromFrames(stack: FrameStack): number {
  const frame = stack.frames.findLast(({ site }) => site >= 0 && !isCore(siteOf(site).file));
  return frame?.site ?? -1;
}

interface StackLine {
  readonly function: string;
  readonly file: string;
  readonly line: string;
}

/** The generators of a captured V8 stack, innermost first, without src/core and without the engine that drives them. */
export function userLines(callStack: CallStack | null): StackLine[] {
  const lines: StackLine[] = [];
  for (const text of (callStack?.stack ?? '').split('\n').slice(1)) {
    const match = /^\s*at (?:(.*?) \()?(?:file:\/\/)?(.*?):(\d+):\d+\)?$/.exec(text);
    if (match === null) continue;
    const [, name = '<anonymous>', file = '', line = ''] = match;
    if (/\/src\/core\/runs\.[jt]s$/.test(file)) break;
    if (isCore(file)) continue;
    lines.push({ function: name.replace(/^.*\./, ''), file, line });
  }
  return lines;
}

/** The position told by a captured V8 stack, for programs that are not instrumented. */
export function positionFromStack(callStack: CallStack | null): Position {
  const lines = userLines(callStack);
  const top = lines[0];
  if (top === undefined) return { function: '?', callers: [], source: '' };
  return {
    function: top.function,
    callers: lines.slice(1).map((line) => line.function),
    source: `${top.file.replace(/^.*\/(?=(src|test|dist)\/)/, '')}:${top.line}`,
  };
}

/** Where `run` stands. */
export function positionOfRun(run: ThreadRun): Position {
  return positionFromFrames(run.frames) ?? positionFromStack(run.context.callStack);
}

/** How many instrumented frames outside src/core stand on the stack. */
export function userDepth(stack: FrameStack): number {
  return stack.frames.filter((frame) => frame.site >= 0 && !isCore(siteOf(frame.site).file)).length;
}

/** `do_swap_page <- handle_pte_fault <- handle_mm_fault (src/mm/memory.ts:412)`. */
export function describe(position: Position): string {
  const path = [position.function, ...position.callers].join(' <- ');
  return position.source === '' ? path : `${path} (${position.source})`;
}
