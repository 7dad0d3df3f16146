import { InputError } from '../core/errors.ts';
import { suggest } from '../core/nearest.ts';
import { LINE_WIDTH, wrap } from '../report/text.ts';
import { EXIT } from './exit.ts';
import { notYet } from './not-yet.ts';
import { print, printJson } from './print.ts';
import type { ParameterEntry, Registry } from './registry.ts';

/** A name, and what is said about it; what belongs to the name above is indented. */
type Row = readonly [name: string, text: string];

interface List {
  readonly name: 'scenarios' | 'kernels' | 'patches';
  readonly heading: string;
  readonly rows: (registry: Registry) => readonly Row[];
  readonly entries: (registry: Registry) => readonly unknown[];
}

function parameterRow(p: ParameterEntry): Row {
  return [`  ${p.name}=${p.default}`, `${p.summary} (${p.values.join(', ')})`];
}

const LISTS: readonly List[] = [
  {
    name: 'scenarios',
    heading: 'Scenarios (lostwrite explore <scenario> --set name=value)',
    rows: ({ scenarios, common = [] }) => [
      ...scenarios.flatMap(({ name, summary, parameters }) => [
        [name, summary] as const,
        ...parameters.map(parameterRow),
      ]),
      ...(common.length === 0 ? [] : [['(every scenario)', 'parameters that all of them have'] as const]),
      ...common.map(parameterRow),
    ],
    entries: ({ scenarios, common = [] }) =>
      scenarios.map(({ name, summary, parameters }) => ({
        name,
        summary,
        parameters: [
          ...parameters,
          ...common.filter((p) => !parameters.some((own) => own.name === p.name)),
        ].map((p) => ({ name: p.name, summary: p.summary, values: p.values, default: p.default })),
      })),
  },
  {
    name: 'kernels',
    heading: 'Kernels (--kernel)',
    rows: ({ kernels }) => kernels.map(({ name, epoch, summary }) => [name, `${epoch}: ${summary}`] as const),
    entries: ({ kernels }) => kernels.map(({ name, epoch, summary }) => ({ name, epoch, summary })),
  },
  {
    name: 'patches',
    heading: 'Patches and their hunks (--apply PATCH or PATCH#HUNK, --revert likewise)',
    rows: ({ patches }) =>
      patches.flatMap(({ id, aliases, title, hunks }) => [
        [id, `${title}${aliases.length === 0 ? '' : ` (also: ${aliases.join(', ')})`}`] as const,
        ...hunks.map((hunk) => [`  #${hunk.id}`, hunk.summary] as const),
      ]),
    entries: ({ patches }) =>
      patches.map(({ id, aliases, title, hunks }) => ({
        id,
        aliases,
        title,
        hunks: hunks.map((hunk) => ({ id: hunk.id, summary: hunk.summary })),
      })),
  },
];

/** `lostwrite list`: names with one line each; all lists if none is named. Returns the exit code. */
export function listCommand(
  registry: Registry,
  what: string | undefined,
  options: { readonly json?: boolean },
): number {
  if (what === 'races') throw notYet('list races');
  const names = LISTS.map(({ name }) => name);
  const chosen = LISTS.filter(({ name }) => what === undefined || name === what);
  if (chosen.length === 0)
    throw new InputError(
      `list: expected ${names.join(', ')} or nothing, found '${what}'`,
      suggest(what ?? '', names),
    );
  if (options.json === true) {
    const lists = Object.fromEntries(chosen.map(({ name, entries }) => [name, entries(registry)]));
    printJson({ schema: 'lostwrite/list@1', ...lists });
    return EXIT.met;
  }
  for (const [i, { heading, rows }] of chosen.entries()) {
    if (i > 0) print(['']);
    if (chosen.length > 1) print([heading]);
    print(table(rows(registry)));
  }
  return EXIT.met;
}

/** Two columns, the second wrapped under itself. */
function table(rows: readonly Row[]): string[] {
  const width = Math.min(34, Math.max(0, ...rows.map(([name]) => name.length))) + 2;
  const margin = ' '.repeat(width + 2);
  return rows.flatMap(([name, text]) => {
    const lead = `  ${name}`.padEnd(width + 2);
    // A name too long for its column has a line of its own.
    const own = lead.length > width + 2;
    const lines = wrap(text, LINE_WIDTH - margin.length).map(
      (line, i) => (i === 0 && !own ? lead : margin) + line,
    );
    return own ? [lead].concat(lines) : lines;
  });
}
