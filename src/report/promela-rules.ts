/**
 * The rules that some state breaks, as Promela: a monitor process whose only transition is enabled in such states, asserts that they
 * do not occur, and leads nowhere; and a `provided` clause that keeps all threads from going on. Nothing of this adds a state: what the
 * monitor reads beside the words are sums over the threads' nodes. A program without broken rules has no monitor.
 */
import { Kind } from '../core/operations.ts';
import type { Automata } from '../search/automata.ts';
import type { BrokenProperty, Survey } from '../search/survey.ts';
import { AT_REST, N_FLAGS, N_HELD, N_KIND, NODE } from '../search/tables.ts';
import { comment, identifier } from './promela-text.ts';
import { literal, masked } from './promela-value.ts';

export interface Rules {
  /** Macros and variables. */
  readonly declarations: readonly string[];
  /** What the heading of each thread's process ends in. */
  readonly provided: string;
  /** The assignments of a step of `thread` from node `head` to node `target`, for the monitor's sake. */
  readonly effects: (thread: number, head: number, target: number) => readonly string[];
  readonly monitor: readonly string[];
}

const NONE: Rules = { declarations: [], provided: '', effects: () => [], monitor: [] };

/** The rules that `surveyed` found broken. `names` are the variables of the words. */
export function promelaRules(automata: Automata, surveyed: Survey, names: readonly string[]): Rules {
  if (surveyed.violating === 0) return NONE;
  const { broken } = surveyed;
  const counters = [
    counter('failed', 'threads that have failed', automata, (node) =>
      kindOf(automata, node) === Kind.FAIL ? 1 : 0,
    ),
    ...(broken.length === 0 ? [] : accountCounters(automata)),
    ...(broken.some(({ atEnd }) => atEnd) ? endCounters(automata) : []),
  ];
  const accounts = automata.program.accounts.map(accountName);
  const macros = broken.map((rule, i) => [
    comment(`${rule.property.kind}: ${rule.property.name}: broken in these valuations of what it reads`),
    `#define BROKEN_${i} (${formula(rule, names, accounts)})`,
  ]);
  const all = ['failed != 0', ...broken.map((_, i) => `BROKEN_${i}`)].join(' || ');
  return {
    declarations: [
      '',
      ...counters.flatMap(({ declaration }) => declaration),
      ...macros.flat(),
      `#define BROKEN (${all})`,
    ],
    provided: ' provided (!BROKEN)',
    effects: (thread, head, target) => counters.flatMap(({ effect }) => effect(thread, head, target)),
    monitor: [
      '',
      comment('asserts that no rule is broken; where one is, this is all that can happen'),
      'active proctype monitor() {',
      '  end: do',
      '    :: d_step { BROKEN -> if :: failed != 0 -> assert(failed == 0) :: else -> assert(false) fi }',
      '  od;',
      '}',
    ],
  };
}

/** A global variable that is a sum over the nodes at which the threads stand. */
interface Counter {
  readonly declaration: readonly string[];
  readonly effect: (thread: number, head: number, target: number) => readonly string[];
}

function counter(
  name: string,
  what: string,
  { roots }: Automata,
  share: (node: number, thread: number) => number,
): Counter {
  let initial = 0;
  for (const [thread, root] of roots.entries()) initial += share(root, thread);
  return {
    declaration: [comment(what), `short ${name} = ${literal(initial)};`],
    effect: (thread, head, target) => {
      const change = share(target, thread) - share(head, thread);
      return change === 0 ? [] : [`${name} = ${name} + ${literal(change)}`];
    },
  };
}

function accountName(account: string, i: number): string {
  return identifier(`held${i}`, account);
}

function accountCounters(automata: Automata): Counter[] {
  const { program, nodes, heldVectors } = automata;
  return program.accounts.map((account, i) =>
    counter(
      accountName(account, i),
      `held of account ${account}`,
      automata,
      (node) => heldVectors[nodes[node * NODE + N_HELD]!]![i]!,
    ),
  );
}

/** The properties of the end are checked where both are zero. */
function endCounters(automata: Automata): Counter[] {
  const { nodes, program } = automata;
  return [
    counter('unfinished', 'threads that must end and have not', automata, (node, thread) =>
      program.threads[thread]!.daemon === true || kindOf(automata, node) === Kind.DONE ? 0 : 1,
    ),
    counter('busy', 'threads that have neither ended nor are at rest', automata, (node) =>
      kindOf(automata, node) === Kind.DONE || (nodes[node * NODE + N_FLAGS]! & AT_REST) !== 0 ? 0 : 1,
    ),
  ];
}

function kindOf({ nodes }: Automata, node: number): number {
  return nodes[node * NODE + N_KIND]!;
}

/** True of the valuations, of those that occur. */
function formula(
  { property, atEnd, valuations }: BrokenProperty,
  names: readonly string[],
  accounts: readonly string[],
): string {
  const variables = [...property.watches.map(({ index }) => names[index]!), ...accounts];
  const values = anyOf(variables, 0, valuations);
  return atEnd ? `unfinished == 0 && busy == 0 && ${values}` : values;
}

/** A decision tree over the variables from number `at` on: what valuations have in common is tested once. */
function anyOf(variables: readonly string[], at: number, valuations: readonly (readonly number[])[]): string {
  const variable = variables[at];
  if (variable === undefined) return 'true';
  const byValue = new Map<number, (readonly number[])[]>();
  for (const valuation of valuations) {
    const value = valuation[at]!;
    const same = byValue.get(value);
    if (same === undefined) byValue.set(value, [valuation]);
    else same.push(valuation);
  }
  const branches = [...byValue].map(([value, same]) => {
    const rest = anyOf(variables, at + 1, same);
    const test = masked(variable, -1, value);
    return rest === 'true' ? `(${test})` : `(${test} && ${rest})`;
  });
  return branches.length === 1 ? branches[0]! : `(${branches.join(' || ')})`;
}
