/** The steps from one automaton node as Promela: for each way that a step went, its guard, its assignments and where it leads. */
import type { Clause } from '../core/conditions.ts';
import { Kind, mayWait, type KindCode } from '../core/operations.ts';
import type { Automata } from '../search/automata.ts';
import type { Ways } from '../search/step-paths.ts';
import { N_FLAGS, N_KIND, N_WORD, N_X, N_Y, N_Z, NODE, RIDES } from '../search/tables.ts';
import { after, before, masked, requirement, type Observed, type Value } from './promela-value.ts';

/** One transition: everything from the guard to the last assignment is one atomic step. */
export interface PromelaStep {
  /** All must hold. */
  readonly guard: readonly string[];
  readonly assignments: readonly string[];
  /** The automaton node it leads to. */
  readonly target: number;
}

/** The ways from one node. */
export interface PromelaSteps {
  readonly steps: readonly PromelaStep[];
  /** What must hold for the head to be enabled; null: it always is. */
  readonly enabled: string | null;
  /** Can the head be executed with the guard of no step true? Then SPIN has come to what the search never saw. */
  readonly open: boolean;
}

/** Translates the steps from `head` that went the given ways. `names` are the variables of the words. */
export function promelaSteps(
  automata: Automata,
  names: readonly string[],
  head: number,
  ways: Ways,
): PromelaSteps {
  const steps: PromelaStep[] = [];
  const { word, kind, x, y, z } = operationOf(automata, head);
  collect(automata, names, head, ways, { guard: new Set(), values: new Map() }, steps);
  const clauses = kind === Kind.UNTIL_CONDITION ? conditionText(automata, names, x) : null;
  const enabled =
    clauses ?? (mayWait(kind) ? requirement(before(names[word]!), { kind, x, y, z, result: 0 }) : null);
  return { steps, enabled, open: isOpen(kind, x, steps, enabled) };
}

/** A spelling of condition `id`. */
function conditionText(automata: Automata, names: readonly string[], id: number): string {
  const clause = ({ word, mask, value, negated }: Clause) => masked(names[word]!, mask, value, !negated);
  const alternatives = automata.program.conditions.alternativesOf(id);
  return alternatives.map((clauses) => `(${clauses.map(clause).join(' && ')})`).join(' || ');
}

interface Node {
  readonly kind: KindCode;
  readonly word: number;
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

function operationOf({ nodes }: Automata, node: number): Node {
  const at = node * NODE;
  return {
    kind: nodes[at + N_KIND]! as KindCode,
    word: nodes[at + N_WORD]!,
    x: nodes[at + N_X]!,
    y: nodes[at + N_Y]!,
    z: nodes[at + N_Z]!,
  };
}

/** What a step has required and done so far. */
interface Progress {
  readonly guard: ReadonlySet<string>;
  readonly values: ReadonlyMap<number, Value>;
}

/** Follows the ways depth first; the values are those before the step with all that the step has done to them. */
function collect(
  automata: Automata,
  names: readonly string[],
  node: number,
  ways: Ways,
  { guard, values }: Progress,
  steps: PromelaStep[],
): void {
  const { word, ...operation } = operationOf(automata, node);
  for (const [i, result] of ways.results.entries()) {
    const observed: Observed = { ...operation, result };
    const value = values.get(word) ?? before(names[word]!);
    const needed =
      operation.kind === Kind.UNTIL_CONDITION
        ? `(${conditionText(automata, names, operation.x)})`
        : requirement(value, observed);
    const progress = {
      guard: needed === null ? guard : new Set([...guard, needed]),
      values: touchesNoWord(operation.kind) ? values : new Map([...values, [word, after(value, observed)]]),
    };
    const target = automata.next(node, result);
    if ((automata.nodes[target * NODE + N_FLAGS]! & RIDES) !== 0)
      collect(automata, names, target, ways.next[i]!, progress, steps);
    else steps.push({ guard: [...progress.guard], assignments: assignments(names, progress.values), target });
  }
}

function touchesNoWord(kind: KindCode): boolean {
  return kind >= Kind.UNTIL_CONDITION;
}

function assignments(names: readonly string[], values: ReadonlyMap<number, Value>): string[] {
  return [...values].flatMap(([word, { changed, text }]) => (changed ? [`${names[word]} = ${text}`] : []));
}

function isOpen(kind: KindCode, x: number, steps: readonly PromelaStep[], enabled: string | null): boolean {
  if (kind === Kind.CHOOSE) return steps.length < x;
  const required = steps.map(({ guard }) =>
    guard.filter((part) => part !== enabled && part !== `(${enabled})`),
  );
  if (required.some((guard) => guard.length === 0)) return false;
  const [first, second, third] = required;
  // One test, once true and once not.
  if (first?.length !== 1 || second?.length !== 1 || third !== undefined) return true;
  return first[0]!.replace(' == ', ' != ') !== second[0] && second[0]!.replace(' == ', ' != ') !== first[0];
}
