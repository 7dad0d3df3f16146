import { InputError } from '../core/errors.ts';
import { suggest } from '../core/nearest.ts';
import { LINE_WIDTH, wrap } from '../report/text.ts';
import { notYet } from './not-yet.ts';
import { print, printJson } from './print.ts';
import type { Registry } from './registry.ts';

const LISTS = ['scenarios', 'kernels', 'patches'] as const;
type ListName = (typeof LISTS)[number];

/** `lostwrite list`: names with one line each; all lists if none is named. Returns the exit code. */
export function listCommand(registry: Registry, what: string | undefined, options: { readonly json?: boolean }): number {
  if (what === 'races') throw notYet('list races');
  const chosen = what === undefined ? LISTS : LISTS.filter((name) => name === what);
  if (chosen.length === 0) throw new InputError(`list: expected scenarios, kernels or patches, found '${what}'`, suggest(what ?? '', LISTS));
  if (options.json === true) printJson({ schema: 'lostwrite/list@1', ...Object.fromEntries(chosen.map((name) => [name, entries(registry, name)])) });
  else print(chosen.flatMap((name, i) => [...(i === 0 ? [] : ['']), ...(chosen.length > 1 ? [heading(name)] : []), ...lines(registry, name)]));
  return 0;
}

function entries(registry: Registry, name: ListName): readonly unknown[] {
  switch (name) {
    case 'scenarios':
      return registry.scenarios.map((scenario) => ({
        name: scenario.name,
        summary: scenario.summary,
        parameters: scenario.parameters.map(({ name: parameter, summary, values, default: standard }) => ({
          name: parameter,
          summary,
          values,
          default: standard,
        })),
      }));
    case 'kernels':
      return registry.kernels.map(({ name: kernel, epoch, summary }) => ({ name: kernel, epoch, summary }));
    case 'patches':
      return registry.patches.map(({ id, aliases, title, hunks }) => ({
        id,
        aliases,
        title,
        hunks: hunks.map((hunk) => ({ id: hunk.id, summary: hunk.summary })),
      }));
  }
}

function heading(name: ListName): string {
  switch (name) {
    case 'scenarios':
      return 'Scenarios (lostwrite explore <scenario> --set name=value)';
    case 'kernels':
      return 'Kernels (--kernel)';
    case 'patches':
      return 'Patches and their hunks (--apply PATCH or PATCH#HUNK, --revert likewise)';
  }
}

function lines(registry: Registry, name: ListName): string[] {
  switch (name) {
    case 'scenarios':
      return table(
        registry.scenarios.flatMap((scenario) => [
          [scenario.name, scenario.summary],
          ...scenario.parameters.map((p) => [`  ${p.name}=${p.default}`, `${p.summary} (${p.values.join(', ')})`] as [string, string]),
        ]),
      );
    case 'kernels':
      return table(registry.kernels.map((kernel) => [kernel.name, `${kernel.epoch}: ${kernel.summary}`]));
    case 'patches':
      return table(
        registry.patches.flatMap((patch) => [
          [patch.id, `${patch.title}${patch.aliases.length === 0 ? '' : ` (also: ${patch.aliases.join(', ')})`}`],
          ...patch.hunks.map((hunk) => [`  #${hunk.id}`, hunk.summary] as [string, string]),
        ]),
      );
  }
}

/** Two columns, the second wrapped under itself. */
function table(rows: readonly (readonly string[])[]): string[] {
  const width = Math.min(34, Math.max(0, ...rows.map(([name = '']) => name.length))) + 2;
  return rows.flatMap(([name = '', text = '']) => {
    const lead = `  ${name.padEnd(width)}`;
    const [first = '', ...rest] = wrap(text, LINE_WIDTH - lead.length);
    const more = rest.length === 0 ? [] : wrap(rest.join(' '), LINE_WIDTH - width - 2);
    return [`${lead}${first}`.trimEnd(), ...more.map((line) => ' '.repeat(width + 2) + line)];
  });
}
