/**
 * The model as the tests of src/mm run it: the compiled and instrumented dist, which global-setup has just built, loaded by Node
 * itself. The modules that Vitest transforms are the same program but search 2.6 times slower, and these tests search a lot.
 */
import { createRequire } from 'node:module';
import type * as programsModule from '../../src/mm/programs.ts';
import type * as exploreModule from '../../src/search/explore.ts';
import type * as boundedModule from '../../src/search/bounded.ts';
import type * as coverageModule from '../../src/search/coverage.ts';
import type * as minimiseModule from '../../src/search/minimise/minimise.ts';
import type * as shortestModule from '../../src/search/shortest.ts';
import type * as automataModule from '../../src/search/automata.ts';
import type * as packedStateModule from '../../src/search/packed-state.ts';
import type * as reducedSearchModule from '../../src/search/reduction/reduced-search.ts';
import type * as stepperModule from '../../src/search/stepper.ts';
import type * as kernelsModule from '../../src/mm/kernels.ts';
import type * as patchesModule from '../../src/mm/patches.ts';
import type * as tableModule from '../../src/mm/table7.ts';
import type * as scenariosModule from '../../src/mm/scenarios.ts';
import type * as machineModule from '../../src/mm/machine.ts';
import type * as pgtableModule from '../../src/mm/pgtable.ts';
import type * as idealModule from '../../src/mm/ideal.ts';
import type * as agentsModule from '../../src/mm/agents.ts';
import type * as invariantsModule from '../../src/mm/invariants.ts';
import type * as accountsModule from '../../src/mm/accounts.ts';
import type * as tokensModule from '../../src/mm/tokens.ts';
import type * as errorsModule from '../../src/core/errors.ts';
import type * as pageioModule from '../../src/mm/page_io.ts';
import type * as directioModule from '../../src/mm/direct-io.ts';
import type { Access, Schedule } from '../../src/core/schedule.ts';
import type { BuiltProgram } from '../../src/mm/programs.ts';
import type { ExploreOptions } from '../../src/search/explore.ts';
import type { Verdict } from '../../src/search/verdict.ts';

const load = createRequire(import.meta.url);

export const { buildProgram, explainViolation } = load(
  '../../dist/src/mm/programs.js',
) as typeof programsModule;
export const { explore } = load('../../dist/src/search/explore.js') as typeof exploreModule;
export const { BoundedSearch } = load('../../dist/src/search/bounded.js') as typeof boundedModule;
export const { coverageOf } = load('../../dist/src/search/coverage.js') as typeof coverageModule;
export const { minimise } = load('../../dist/src/search/minimise/minimise.js') as typeof minimiseModule;
export const { ReducedSearch } = load(
  '../../dist/src/search/reduction/reduced-search.js',
) as typeof reducedSearchModule;
export const { replayDecisions, shortestCounterexample } = load(
  '../../dist/src/search/shortest.js',
) as typeof shortestModule;
export const { Automata } = load('../../dist/src/search/automata.js') as typeof automataModule;
export const { PackedState } = load('../../dist/src/search/packed-state.js') as typeof packedStateModule;
export const { Stepper } = load('../../dist/src/search/stepper.js') as typeof stepperModule;
export const { configureKernel, hunksNamed, kernelNamed, KERNELS } = load(
  '../../dist/src/mm/kernels.js',
) as typeof kernelsModule;
export const { PATCHES } = load('../../dist/src/mm/patches.js') as typeof patchesModule;
export const { SCENARIOS } = load('../../dist/src/mm/scenarios.js') as typeof scenariosModule;
export const { TABLE_ROWS } = load('../../dist/src/mm/table7.js') as typeof tableModule;
export const { Machine, PAGE, SWAP_MAP } = load('../../dist/src/mm/machine.js') as typeof machineModule;
export const pgtable = load('../../dist/src/mm/pgtable.js') as typeof pgtableModule;
export const ideal = load('../../dist/src/mm/ideal.js') as typeof idealModule;
export const agents = load('../../dist/src/mm/agents.js') as typeof agentsModule;
export const { alwaysProperties, endProperties } = load(
  '../../dist/src/mm/invariants.js',
) as typeof invariantsModule;
export const { accountNames } = load('../../dist/src/mm/accounts.js') as typeof accountsModule;
export const { Tokens } = load('../../dist/src/mm/tokens.js') as typeof tokensModule;
export const { InputError } = load('../../dist/src/core/errors.js') as typeof errorsModule;
export const { swap_device } = load('../../dist/src/mm/page_io.js') as typeof pageioModule;
export const { dma_engine } = load('../../dist/src/mm/direct-io.js') as typeof directioModule;

/** Kernel changes and scenario parameters, as on the command line. */
export interface Variant {
  readonly apply?: readonly string[];
  readonly revert?: readonly string[];
  readonly set?: Readonly<Record<string, string>>;
}

/** Without pagevecs and with one pass of kswapd: the smallest form of a scenario. */
export const SMALL = { reclaim: '1', pagevec: 'false' } as const;

export function build(
  scenario: string,
  kernel: string,
  { apply = [], revert = [], set = {} }: Variant = {},
): BuiltProgram {
  return buildProgram({ scenario, kernel, apply, revert, set });
}

/** Builds and explores; a verdict that is no answer (truncated) is an error. */
export async function run(
  scenario: string,
  kernel: string,
  variant: Variant = {},
  options: ExploreOptions = {},
): Promise<Verdict> {
  const verdict = await explore(build(scenario, kernel, variant).program, {
    maxStates: 40_000_000,
    ...options,
  });
  if (verdict.verdict === 'truncated') throw new Error(`${scenario} on ${kernel}: ${verdict.limit?.message}`);
  return verdict;
}

/** The verdict in one word: `proved`, `vacuous`, or the kind of the violation. */
export function outcome(verdict: Verdict): string {
  return verdict.violation?.kind ?? verdict.verdict;
}

/** {@link outcome} of a scenario on a kernel. */
export async function outcomeOf(scenario: string, kernel: string, variant: Variant = {}): Promise<string> {
  return outcome(await run(scenario, kernel, variant));
}

/** One access of a schedule, values spelled as in traces. */
export interface Event {
  /** 1-based. */
  readonly step: number;
  readonly thread: string;
  readonly word: string;
  readonly operation: string;
  readonly before: string;
  readonly after: string;
  /** The kernel functions the access was made in, innermost first. */
  readonly path: readonly string[];
  readonly notes: readonly string[];
}

/** All accesses of a schedule in their order. */
export function eventsOf({ machine: { layout } }: BuiltProgram, schedule: Schedule): readonly Event[] {
  const spell = (access: Access, value: number): string => {
    const word = layout.find(access.word);
    return word === undefined ? String(value) : layout.format(word.index, value);
  };
  return schedule.steps.flatMap((step, i) =>
    step.accesses.map((access) => ({
      step: i + 1,
      thread: step.thread,
      word: access.word,
      operation: access.operation,
      before: spell(access, access.before),
      after: spell(access, access.after),
      path: [access.position.function, ...access.position.callers],
      notes: access.notes,
    })),
  );
}

/** What a step of a trace must be: words and values as traces spell them, a function anywhere in its call path. */
export interface Expected {
  readonly thread?: string;
  readonly in?: string;
  readonly word?: string;
  readonly before?: string | RegExp;
  readonly after?: string | RegExp;
  readonly operation?: string;
}

function agrees(wanted: string | RegExp | undefined, found: string): boolean {
  return wanted === undefined || (typeof wanted === 'string' ? wanted === found : wanted.test(found));
}

function matches(expected: Expected, event: Event): boolean {
  return (
    (expected.thread === undefined || expected.thread === event.thread) &&
    (expected.in === undefined || event.path.includes(expected.in)) &&
    (expected.word === undefined || expected.word === event.word) &&
    (expected.operation === undefined || expected.operation === event.operation) &&
    agrees(expected.before, event.before) &&
    agrees(expected.after, event.after)
  );
}

/**
 * The first of `expected` that the trace does not contain, in this order and possibly with other steps between; null if it
 * contains all.
 */
export function firstMissing(events: readonly Event[], expected: readonly Expected[]): Expected | null {
  let from = 0;
  for (const step of expected) {
    const found = events.findIndex((event, i) => i >= from && matches(step, event));
    if (found < 0) return step;
    from = found + 1;
  }
  return null;
}
