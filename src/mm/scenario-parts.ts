/** Pieces that scenarios are made of. */
import type { RequestPlan } from './machine.ts';
import type { Plan, PlannedAction, ProcessThread, ScenarioParameter } from './scenario.ts';

export const DEVICE_SLOT = 0;
export const CPU_SLOT = 1;

export const UNMAPPED = 'try_to_unmap installed a swap PTE';
export const MOVED = 'the device moved the data';
export const FORKED = 'fork copied an address space';
export const SWAPPED_IN = 'do_swap_page mapped a page';
export const RECLAIMED = 'reclaim freed a page';

export function load(slot: number, page = 0): PlannedAction {
  return { do: 'load', page, slot };
}

export function store(slot: number, page = 0): PlannedAction {
  return { do: 'store', page, slot };
}

export function request(changes: Partial<RequestPlan>): RequestPlan {
  return {
    direction: 'read',
    mm: 0,
    page: 0,
    slot: DEVICE_SLOT,
    reference: 'odirect',
    asynchronous: false,
    after: -1,
    ...changes,
  };
}

export const EMPTY: Plan = {
  pages: 1,
  populated: 1,
  frames: 3,
  mms: 1,
  offsets: 2,
  backend: 'file',
  requests: [],
  flags: 0,
  threads: [],
  swapped: false,
  reclaim: true,
  strict: false,
  mustReach: [],
  sometimes: [],
};

export function thread(name: string, mm: number, ...actions: readonly PlannedAction[]): ProcessThread {
  return { name, mm, actions };
}

export const BACKEND: ScenarioParameter = {
  name: 'backend',
  summary: 'swap device: asynchronous file, asynchronous with stable writes, synchronous zram',
  values: ['file', 'stable', 'zram'],
  default: 'file',
};
