/**
 * A surveyed program as Promela, the input language of SPIN, with the granularity of our own search: one process for each thread,
 * its automaton node as the program counter, one transition for each step. SPIN then stores the same number of states.
 * (design.md section 6.)
 */
import { Kind, KIND_NAMES } from '../core/operations.ts';
import { describe } from '../core/positions.ts';
import type { Program } from '../core/program.ts';
import type { Automata } from '../search/automata.ts';
import type { Survey } from '../search/survey.ts';
import { N_KIND, N_WORD, NODE } from '../search/tables.ts';
import { promelaHeader } from './promela-header.ts';
import { promelaRules, type Rules } from './promela-rules.ts';
import { promelaSteps, type PromelaStep } from './promela-step.ts';
import { comment, identifier, variableType } from './promela-text.ts';
import { literal } from './promela-value.ts';

/** What the model was made from, for its header: lines of plain text. */
export interface PromelaOptions {
  readonly title?: readonly string[];
}

/**
 * Writes the model. `surveyed` must be the whole state graph of these automata. Cost: linear in nodes and edges.
 *
 * @see https://spinroot.com/spin/Man/promela.html
 */
export function promela(automata: Automata, surveyed: Survey, options: PromelaOptions = {}): string {
  const { program } = automata;
  const names = program.layout.words.map(({ name }, i) => identifier(`w${i}`, name));
  const rules = promelaRules(automata, surveyed, names);
  const threads = program.threads.flatMap((_, thread) => process(automata, surveyed, names, rules, thread));
  const lines = [
    ...promelaHeader(automata, surveyed, options.title ?? [program.name]),
    '',
    ...memory(program, surveyed, names),
    ...rules.declarations,
    ...threads,
    ...rules.monitor,
  ];
  return `${lines.join('\n')}\n`;
}

function memory({ layout }: Program, { least, greatest }: Survey, names: readonly string[]): string[] {
  const initial = layout.initial();
  return names.map(
    (name, i) => `${variableType(least[i]!, greatest[i]!)} ${name} = ${literal(initial[i]!)};`,
  );
}

/** The process of one thread: its nodes in the order in which steps reach them, the root first. */
function process(
  automata: Automata,
  surveyed: Survey,
  names: readonly string[],
  rules: Rules,
  thread: number,
): string[] {
  const { name, daemon } = automata.program.threads[thread]!;
  const body: string[] = [];
  const found = new Set([automata.roots[thread]!]);
  let guesses = false;
  for (const node of found) {
    const label =
      daemon === true || kindOf(automata, node) === Kind.DONE ? `end${node}: S${node}:` : `S${node}:`;
    body.push(`  ${label} ${about(automata, node)}`);
    const ways = surveyed.paths.of(node);
    if (kindOf(automata, node) >= Kind.DONE) body.push('    false;');
    else if (ways === undefined) {
      // Pending in some state, executed in none.
      const { enabled } = promelaSteps(automata, names, node, { results: [], next: [] });
      body.push(`    ${enabled === null ? '' : `(${enabled}) -> `}goto unseen;`);
      guesses = true;
    } else {
      const { steps, enabled, open } = promelaSteps(automata, names, node, ways);
      for (const { target } of steps) found.add(target);
      const options = steps.map((step) => `      :: ${transition(rules, thread, node, step)}`);
      if (open) {
        options.push(`      :: ${otherwise(steps, enabled)} -> goto unseen`);
        guesses = true;
      }
      body.push('    if', ...options, '    fi;');
    }
  }
  if (guesses) body.push('  unseen: /* the search never came here */', '    assert(false);', '    false;');
  const heading = `active proctype ${identifier(`T${thread}`, name)}()${rules.provided}`;
  return ['', comment(name), `${heading} {`, ...body, '}'];
}

function kindOf({ nodes }: Automata, node: number): number {
  return nodes[node * NODE + N_KIND]!;
}

/** The head's operation and where it stands. */
function about(automata: Automata, node: number): string {
  const kind = kindOf(automata, node);
  if (kind === Kind.FAIL) return comment(`fail: ${automata.failureOf(node).message}`);
  if (kind === Kind.DONE) return comment('done');
  const word =
    kind < Kind.UNTIL_CONDITION
      ? ` ${automata.program.layout.words[automata.nodes[node * NODE + N_WORD]!]!.name}`
      : '';
  return comment(`${KIND_NAMES[kind]}${word}: ${describe(automata.positionOf(node))}`);
}

/** One step as a single Promela transition. */
function transition(rules: Rules, thread: number, head: number, step: PromelaStep): string {
  const { guard, target } = step;
  const effects = [...step.assignments, ...rules.effects(thread, head, target)];
  const condition = guard.map((part) => `(${part})`).join(' && ');
  const go = `goto S${target}`;
  if (effects.length === 0) return `${condition === '' ? 'true' : condition} -> ${go}`;
  const guarded = `${condition === '' ? '' : `${condition} -> `}${effects.join('; ')}`;
  return `d_step { ${guarded} }; ${go}`;
}

/** The guard of what the search never saw. `else` would also be true of a head that waits. */
function otherwise(steps: readonly PromelaStep[], enabled: string | null): string {
  if (enabled === null) return 'else';
  const seen = steps.map(({ guard }) => `(${guard.map((part) => `(${part})`).join(' && ')})`);
  return `((${enabled}) && !(${seen.join(' || ')}))`;
}
