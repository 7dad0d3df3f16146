/** What a scenario is: who does what. It never says in which order; the search finds that. */
import { InputError } from '../core/errors.ts';
import { suggest } from '../core/nearest.ts';
import type { ParameterValue } from '../core/program.ts';
import type { Action } from './agents.ts';
import type { Backend, RequestPlan } from './machine.ts';
import type { SometimesName } from './sometimes.ts';

/** A parameter that `--set name=value` changes. */
export interface ScenarioParameter {
  readonly name: string;
  readonly summary: string;
  readonly values: readonly ParameterValue[];
  readonly default: ParameterValue;
}

/** A thread of a process. Tokens of stores are made by the builder. */
export interface ProcessThread {
  readonly name: string;
  readonly mm: number;
  readonly actions: readonly PlannedAction[];
}

/** An {@link Action} before its token is known. */
export type PlannedAction =
  | Exclude<Action, { do: 'store' }>
  | { readonly do: 'store'; readonly page: number; readonly slot: number };

/** What the builder makes a program of. Parameters that every scenario has (reclaim, pagevec, …) are added by it. */
export interface Plan {
  readonly pages: number;
  readonly populated: number;
  readonly frames: number;
  readonly mms: number;
  readonly offsets: number;
  readonly backend: Backend;
  readonly requests: readonly RequestPlan[];
  readonly flags: number;
  readonly threads: readonly ProcessThread[];
  /** Are the populated pages swapped out at the start? */
  readonly swapped: boolean;
  /** Is there a kswapd? */
  readonly reclaim: boolean;
  /** Fork does not excuse a lost FOLL_GET reference (table 7). */
  readonly strict: boolean;
  readonly mustReach: readonly string[];
  /** States that some schedule must come to, see sometimes.ts. */
  readonly sometimes: readonly SometimesName[];
}

/** Parameter values by name. */
export type Parameters = Readonly<Record<string, ParameterValue>>;

export interface Scenario {
  readonly name: string;
  readonly summary: string;
  readonly parameters: readonly ScenarioParameter[];
  readonly plan: (parameters: Parameters) => Plan;
}

/** Parameters of every scenario. */
export const COMMON_PARAMETERS: readonly ScenarioParameter[] = [
  {
    name: 'reclaim',
    summary: 'how often kswapd tries to reclaim a page, any page',
    values: [1, 2, 3, 4, 'endless'],
    default: 1,
  },
  {
    name: 'pagevec',
    summary: 'new pages may wait in a per-CPU LRU pagevec, which holds a reference',
    values: [true, false],
    default: true,
  },
  {
    name: 'swap_full',
    summary: 'swap is more than half full: a swap-in frees the swap cache where it can',
    values: [false, true],
    default: false,
  },
];

/** The scenario's own parameters and the common ones (of which it may redefine the default). */
export function parametersOf(scenario: Scenario): readonly ScenarioParameter[] {
  const own = new Set(scenario.parameters.map((parameter) => parameter.name));
  return [...scenario.parameters, ...COMMON_PARAMETERS.filter((parameter) => !own.has(parameter.name))];
}

/** Defaults overridden by `set`; an InputError names an unknown parameter or value. */
export function resolveParameters(scenario: Scenario, set: Readonly<Record<string, string>>): Parameters {
  const parameters = parametersOf(scenario);
  const resolved: Record<string, ParameterValue> = {};
  for (const parameter of parameters) resolved[parameter.name] = parameter.default;
  for (const [name, text] of Object.entries(set)) {
    const parameter = parameters.find((candidate) => candidate.name === name);
    if (parameter === undefined) {
      const names = parameters.map((candidate) => candidate.name);
      throw new InputError(`scenario ${scenario.name} has no parameter "${name}"`, suggest(name, names));
    }
    const value = parameter.values.find((candidate) => String(candidate) === text);
    if (value === undefined)
      throw new InputError(
        `--set ${name}: expected one of ${parameter.values.map(String).join(', ')}, got "${text}"`,
        parameter.summary,
      );
    resolved[name] = value;
  }
  return resolved;
}
