/** One scenario for each row of semantics.md table 7 that the model can express: GUP flavours and what may part them. */
import { LOAD_CHECK } from './ideal.ts';
import type { Backend } from './machine.ts';
import type { Parameters, Plan, PlannedAction, Scenario } from './scenario.ts';
import {
  BACKEND,
  CPU_SLOT,
  DEVICE_SLOT,
  EMPTY,
  FORKED,
  MOVED,
  RECLAIMED,
  SWAPPED_IN,
  UNMAPPED,
  load,
  request,
  store,
  thread,
} from './scenario-parts.ts';

/** A row of table 7: W or R, GET or PIN, and the event that may part reference and page table. */
function row(name: string, summary: string, plan: (parameters: Parameters) => Partial<Plan>): Scenario {
  return {
    name,
    summary: `table 7: ${summary}`,
    parameters: [BACKEND],
    plan: (parameters) => ({
      ...EMPTY,
      strict: true,
      backend: parameters['backend'] as Backend,
      ...plan(parameters),
    }),
  };
}

function writeGupVsSwapout(reference: 'get' | 'pin', ...actions: readonly PlannedAction[]): Partial<Plan> {
  return {
    frames: 4,
    requests: [request({ reference })],
    threads: [thread('user', 0, ...actions), thread('reader', 0, { do: 'direct_io', request: 0 })],
    mustReach: [MOVED, UNMAPPED, SWAPPED_IN, RECLAIMED],
  };
}

/** W reference, then fork, then a store, all by one thread: no race needed. */
function gupThenFork(reference: 'get' | 'pin'): Partial<Plan> {
  return {
    mms: 2,
    reclaim: false,
    requests: [request({ reference, asynchronous: true })],
    threads: [
      thread('parent', 0, { do: 'submit', request: 0 }, { do: 'fork', child: 1 }, store(CPU_SLOT), {
        do: 'wait',
        request: 0,
      }),
    ],
    mustReach: [MOVED, FORKED],
  };
}

function gupRacingFork(reference: 'get' | 'pin'): Partial<Plan> {
  return {
    mms: 2,
    reclaim: false,
    requests: [request({ reference })],
    threads: [
      thread('parent', 0, { do: 'fork', child: 1 }, store(CPU_SLOT)),
      thread('reader', 0, { do: 'direct_io', request: 0 }),
    ],
    mustReach: [MOVED, FORKED],
  };
}

/** A reading reference, and a device that looks through it after the process has stored. */
function readGup(
  reference: 'get' | 'pin',
  before: readonly PlannedAction[],
  changes: Partial<Plan>,
): Partial<Plan> {
  return {
    requests: [request({ direction: 'write', reference, asynchronous: true, slot: CPU_SLOT, after: 0 })],
    flags: 1,
    threads: [
      thread(
        'user',
        0,
        ...before,
        { do: 'submit', request: 0 },
        store(CPU_SLOT),
        { do: 'raise', flag: 0 },
        { do: 'wait', request: 0 },
      ),
    ],
    mustReach: [MOVED, LOAD_CHECK],
    ...changes,
  };
}

const FORK: PlannedAction = { do: 'fork', child: 1 };

/** Rows of table 7 in its order; the letter is the row's. */
export const TABLE_ROWS: Readonly<Record<string, Scenario>> = {
  b: row('get-swapout-load', 'b: W+GET, swapout, read fault, then write', () =>
    writeGupVsSwapout('get', load(CPU_SLOT), store(CPU_SLOT)),
  ),
  c: row('get-swapout-store', 'c: W+GET, swapout, write fault', () =>
    writeGupVsSwapout('get', store(CPU_SLOT)),
  ),
  f: row('get-then-fork', 'f: W+GET, then fork, parent writes', () => gupThenFork('get')),
  h: row('fork-then-get', 'h: fork, then W+GET by the parent', () => ({
    mms: 2,
    reclaim: false,
    requests: [request({ reference: 'get' })],
    threads: [thread('parent', 0, FORK, { do: 'direct_io', request: 0 }), thread('user', 0, store(CPU_SLOT))],
    mustReach: [MOVED, FORKED],
  })),
  i: row('get-vs-fork', 'i: W+GET fast racing fork', () => gupRacingFork('get')),
  k: row('pin-swapout', 'k: W+PIN, swapout', () => writeGupVsSwapout('pin', load(CPU_SLOT), store(CPU_SLOT))),
  l: row('pin-then-fork', 'l: W+PIN, then fork', () => gupThenFork('pin')),
  m: row('pin-vs-fork', 'm: W+PIN fast racing fork', () => gupRacingFork('pin')),
  n: row('read-pin-unshared', 'n: R+PIN of an unshared page whose PTE becomes read-only, then write', () =>
    readGup('pin', [load(DEVICE_SLOT)], { mustReach: [MOVED, LOAD_CHECK, UNMAPPED, SWAPPED_IN, RECLAIMED] }),
  ),
  o: row('read-pin-shared', 'o: R+PIN of a shared page, then write', () =>
    readGup('pin', [FORK], { mms: 2, reclaim: false, mustReach: [MOVED, FORKED] }),
  ),
  p: row('read-get-shared', 'p: R+GET of a shared page, then write', () =>
    readGup('get', [FORK], { mms: 2, reclaim: false, mustReach: [MOVED, FORKED] }),
  ),
  q: row('read-get-swapout', 'q: R+GET of an unshared page, swapout, then write', () =>
    readGup('get', [load(DEVICE_SLOT)], { mustReach: [MOVED, LOAD_CHECK, UNMAPPED, SWAPPED_IN, RECLAIMED] }),
  ),
  'r-get': row('read-get-zero-page', 'r: R+GET of the zero page, then write', () =>
    readGup('get', [], { populated: 0, reclaim: false, mustReach: [MOVED] }),
  ),
  'r-pin': row('read-pin-zero-page', 'r: R+PIN of the zero page, then write', () =>
    readGup('pin', [], { populated: 0, reclaim: false, mustReach: [MOVED] }),
  ),
};
