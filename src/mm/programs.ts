/** Programs by name and parameters: any worker can build the same one again. */
import { InputError, ModelError } from '../core/errors.ts';
import { suggest } from '../core/nearest.ts';
import type { ParameterValue, Program, ProgramThread } from '../core/program.ts';
import { accountNames } from './accounts.ts';
import { kswapd, kswapd$endless, lru_drain, $perform, type Action } from './agents.ts';
import { dma_engine } from './direct-io.ts';
import { alwaysProperties, endProperties } from './invariants.ts';
import { configureKernel } from './kernels.ts';
import { Machine } from './machine.ts';
import { swap_device } from './page_io.ts';

import {
  resolveParameters,
  type Parameters,
  type Plan,
  type PlannedAction,
  type Scenario,
} from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';
import { sometimes } from './sometimes.ts';
import type { Switches } from './switches.ts';

/** What identifies a program. */
export interface ProgramRequest {
  readonly scenario: string;
  readonly kernel: string;
  /** Patches or hunks (`seed`, `seed#H5`) applied to the kernel, then those reverted. */
  readonly apply: readonly string[];
  readonly revert: readonly string[];
  /** Scenario parameters as text. */
  readonly set: Readonly<Record<string, string>>;
}

/** A program with what it was built from. */
export interface BuiltProgram {
  readonly program: Program;
  readonly kernel: string;
  readonly switches: Readonly<Record<string, ParameterValue>>;
  readonly request: ProgramRequest;
  readonly machine: Machine;
}

/** The scenario called `name`; an InputError with the nearest names if there is none. */
export function scenarioNamed(name: string): Scenario {
  const found = SCENARIOS.find((scenario) => scenario.name === name);
  if (found !== undefined) return found;
  const names = SCENARIOS.map((scenario) => scenario.name);
  throw new InputError(`unknown scenario "${name}"`, suggest(name, names, 'lostwrite list scenarios'));
}

/** Builds the program; an InputError says what in the request is unknown. */
export function buildProgram(request: ProgramRequest): BuiltProgram {
  const scenario = scenarioNamed(request.scenario);
  const switches = configureKernel(request.kernel, request.apply, request.revert);
  const parameters = resolveParameters(scenario, request.set);
  const plan = scenario.plan(parameters);
  checkRequests(plan);
  const machine = machineOf(plan, parameters, switches);
  const program: Program = {
    name: scenario.name,
    parameters: {
      ...parameters,
      kernel: request.kernel,
      apply: request.apply.join(),
      revert: request.revert.join(),
    },
    layout: machine.layout,
    conditions: machine.conditions,
    threads: threadsOf(machine, plan, parameters),
    accounts: accountNames(machine),
    always: alwaysProperties(machine),
    atEnd: endProperties(machine),
    mustReach: plan.mustReach,
    sometimes: plan.sometimes.flatMap((name) => sometimes(machine, name) ?? []),
  };
  return { program, kernel: request.kernel, switches: { ...switches }, request, machine };
}

/** As {@link buildProgram}, the program alone: what worker threads build again from the request. */
export function linuxProgram(request: ProgramRequest): Program {
  return buildProgram(request).program;
}

/** The oracle cannot tell which of two writers that race for one byte comes last: such a plan is a mistake. */
function checkRequests(plan: Plan): void {
  const taken = new Set<string>();
  for (const { mm, page, slot, direction } of plan.requests) {
    const byte = `${mm}.${page}.${slot}`;
    if (direction === 'read' && taken.has(byte))
      throw new ModelError(`two device reads write byte ${slot} of page ${page}`);
    if (direction === 'read') taken.add(byte);
  }
  for (const { mm, actions } of plan.threads)
    for (const action of actions)
      if (action.do === 'store' && taken.has(`${mm}.${action.page}.${action.slot}`))
        throw new ModelError(
          `a thread stores to byte ${action.slot} of page ${action.page}, which a device read writes as well`,
        );
}

function machineOf(plan: Plan, parameters: Parameters, switches: Switches): Machine {
  return new Machine({
    switches,
    pages: plan.pages,
    frames: plan.frames,
    mms: plan.mms,
    offsets: plan.offsets,
    backend: plan.backend,
    requests: plan.requests,
    flags: plan.flags,
    populated: plan.populated,
    swapped: plan.swapped,
    pagevec: parameters['pagevec'] === true,
    swap_full: parameters['swap_full'] === true,
    strict: plan.strict,
  });
}

/** Each store gets a token of its own, named after its thread. */
function withTokens(
  k: Machine,
  name: string,
  mm: number,
  actions: readonly PlannedAction[],
): readonly Action[] {
  let stores = 0;
  return actions.map((action) =>
    action.do === 'store' ? { ...action, token: k.tokens.add(`${name}#${++stores}`, mm) } : action,
  );
}

function threadsOf(k: Machine, plan: Plan, parameters: Parameters): readonly ProgramThread[] {
  const threads: ProgramThread[] = plan.threads.map(({ name, mm, actions }) => {
    const planned = withTokens(k, name, mm, actions);
    return { name, body: () => $perform(k, mm, planned) };
  });
  plan.requests.forEach((_, r) => {
    threads.push({ name: plan.requests.length === 1 ? 'dma' : `dma${r}`, body: () => dma_engine(k, r) });
  });
  if (k.options.pagevec) threads.push({ name: 'lru', daemon: true, body: () => lru_drain(k) });
  if (!plan.reclaim) return threads;
  const attempts = parameters['reclaim'];
  threads.push(
    attempts === 'endless'
      ? { name: 'kswapd', daemon: true, body: () => kswapd$endless(k) }
      : { name: 'kswapd', body: () => kswapd(k, Number(attempts)) },
  );
  // A synchronous device writes in the thread that reclaims.
  if (!k.swap.synchronous_io) threads.push({ name: 'swapdev', daemon: true, body: () => swap_device(k) });
  return threads;
}

export { explainViolation } from './explain.ts';
