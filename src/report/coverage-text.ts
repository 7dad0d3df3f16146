/** What a search has not come to, for a reader who wants to know what its verdict is about. */
import type { Coverage, Place } from '../search/coverage.ts';
import type { Verdict } from '../search/verdict.ts';
import { counted, grouped } from './numbers.ts';
import { paragraph } from './text.ts';

/** Which schedules the figures are of. */
function extent({ sampling, bound }: Verdict): string {
  if (sampling !== null) return ' in the schedules drawn';
  return bound?.cutOff === true ? ' within the bound' : '';
}

/** One line for every summary; none if there is nothing to tell. */
export function coverageLine(verdict: Verdict, listed: boolean): string[] {
  const { coverage } = verdict;
  if (coverage === undefined || coverage.operations === null) return [];
  const { reached, all, functions } = coverage.operations;
  const rest = reached < all || coverage.oneSided.length > 0 || coverage.neverDone.length > 0;
  const more = listed || !rest ? '' : '; --coverage lists the rest';
  return [
    `Reached ${grouped(reached)} of ${grouped(all)} operations and calls in ${counted(functions, 'function')}${extent(verdict)}${more}.`,
  ];
}

/** The section that `--coverage` adds below the closing block. */
export function coverageSection(verdict: Verdict): string[] {
  const { coverage } = verdict;
  if (coverage === undefined) return ['', ...paragraph(`Coverage: ${unknown(verdict)}`)];
  return ['', `Coverage${extent(verdict)}:`, ...sections(coverage)];
}

function unknown({ verdict, limit }: Verdict): string {
  if (verdict === 'violation')
    return 'not told. The search ended at the violation: what it had not come to by then says nothing.';
  return `not told. The search was cut off (${limit?.which ?? 'a limit'}): what it had not come to by then says nothing.`;
}

function sections(coverage: Coverage): string[] {
  const { operations, neverReached, neverDone, oneSided, neverEntered, unused } = coverage;
  const told = [
    ...(operations === null
      ? paragraph(
          'Operations never reached are not known: no module of the program is instrumented by the fold pass.',
          '  ',
        )
      : block('operations and calls never reached, in functions that were entered', groups(neverReached))),
    ...block(
      'waited for, and never done',
      neverDone.map(({ operation, ...place }) => `${operation} at ${where(place)}`),
    ),
    ...block(
      'operations with one outcome only',
      oneSided.map(({ operation, never, ...place }) => `${operation} at ${where(place)} ${never}`),
    ),
    ...block(
      'functions never entered',
      neverEntered.map(({ file, functions }) => `${file}: ${named(functions)}`),
    ),
    ...block('files of which nothing was entered', unused),
  ];
  return told.length === 0 ? ['  everything was reached, and every outcome seen'] : told;
}

function where({ function: name, source }: Place): string {
  return `${source} (${name})`;
}

/** `f, g, body (3)`: some functions of a file have the same name. */
function named(functions: readonly string[]): string {
  return [...new Set(functions)]
    .map((name) => {
      const count = functions.filter((other) => other === name).length;
      return count === 1 ? name : `${name} (${count})`;
    })
    .join(', ');
}

function block(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`  ${title}:`, ...lines.flatMap((line) => paragraph(line, '    '))];
}

/** `src/mm/memory.ts:32 34 35 (do_swap_page)`: a line for each function. */
function groups(places: readonly Place[]): string[] {
  const lines = new Map<string, Set<string>>();
  for (const { function: name, source } of places) {
    const [, file = source, line = ''] = /^(.*):(\d+)$/.exec(source) ?? [];
    const key = JSON.stringify([file, name]);
    lines.set(key, (lines.get(key) ?? new Set()).add(line));
  }
  return [...lines].map(([key, numbers]) => {
    const [file, name] = JSON.parse(key) as [string, string];
    return `${file}:${[...numbers].join(', ')} (${name})`;
  });
}
