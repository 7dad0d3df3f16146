/** The scenarios: the seed race and its relatives, and one for each row of semantics.md table 7 that the model can express. */
import { LOAD_CHECK } from './ideal.ts';
import type { Backend, RequestPlan } from './machine.ts';
import type {
  Parameters,
  Plan,
  PlannedAction,
  ProcessThread,
  Scenario,
  ScenarioParameter,
} from './scenario.ts';

const DEVICE_SLOT = 0;
const CPU_SLOT = 1;

const UNMAPPED = 'try_to_unmap installed a swap PTE';
const MOVED = 'the device moved the data';
const FORKED = 'fork copied an address space';
const SWAPPED_IN = 'do_swap_page mapped a page';
const RECLAIMED = 'reclaim freed a page';

function load(slot: number, page = 0): PlannedAction {
  return { do: 'load', page, slot };
}

function store(slot: number, page = 0): PlannedAction {
  return { do: 'store', page, slot };
}

function request(changes: Partial<RequestPlan>): RequestPlan {
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

const EMPTY: Plan = {
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
};

function thread(name: string, mm: number, ...actions: readonly PlannedAction[]): ProcessThread {
  return { name, mm, actions };
}

const BACKEND: ScenarioParameter = {
  name: 'backend',
  summary: 'swap device: asynchronous file, asynchronous with stable writes, synchronous zram',
  values: ['file', 'stable', 'zram'],
  default: 'file',
};

const ACCESS: ScenarioParameter = {
  name: 'access',
  summary: 'what the user thread does to the page',
  values: ['load-store', 'store'],
  default: 'load-store',
};

function accesses(parameters: Parameters, page = 0): readonly PlannedAction[] {
  return parameters['access'] === 'store'
    ? [store(CPU_SLOT, page)]
    : [load(CPU_SLOT, page), store(CPU_SLOT, page)];
}

const SWAPOUT_VS_ODIRECT: Scenario = {
  name: 'swapout-vs-odirect',
  summary: 'the seed race: a page is swapped out while O_DIRECT reads a file into it, and touched again',
  parameters: [
    ACCESS,
    BACKEND,
    { name: 'fork', summary: 'another thread of the process forks', values: [false, true], default: false },
    {
      name: 'second_thread',
      summary: 'a second thread of the process swaps the page in',
      values: ['none', 'load', 'store'],
      default: 'none',
    },
    {
      name: 'pages',
      summary: 'pages of the buffer, each with its own direct I/O request',
      values: [1, 2],
      default: 1,
    },
    {
      name: 'reclaim',
      summary: 'how often kswapd tries to reclaim a page, any page',
      values: [1, 2, 3, 4, 'endless'],
      default: 'endless',
    },
  ],
  plan(parameters) {
    const pages = Number(parameters['pages']);
    const fork = parameters['fork'] === true;
    const second = parameters['second_thread'];
    const all = Array.from({ length: pages }, (_, page) => page);
    const extra: ProcessThread[] = [];
    if (second !== 'none')
      extra.push(thread('user2', 0, second === 'store' ? store(CPU_SLOT) : load(CPU_SLOT)));
    if (fork) extra.push(thread('forker', 0, { do: 'fork', child: 1 }));
    return {
      ...EMPTY,
      pages,
      populated: pages,
      frames: pages + 3 + (fork ? 1 : 0),
      mms: fork ? 2 : 1,
      offsets: pages * (fork ? 2 : 1) + 1,
      backend: parameters['backend'] as Backend,
      requests: all.map((page) => request({ page })),
      threads: [
        thread('user', 0, ...all.flatMap((page) => accesses(parameters, page))),
        ...all.map((page) =>
          thread(pages === 1 ? 'reader' : `reader${page}`, 0, { do: 'direct_io', request: page }),
        ),
        ...extra,
      ],
      mustReach: [
        MOVED,
        UNMAPPED,
        SWAPPED_IN,
        RECLAIMED,
        ...(parameters['access'] === 'store' ? [] : [LOAD_CHECK]),
        ...(fork ? [FORKED] : []),
      ],
    };
  },
};

const SWAP_STABLE_WRITES: Scenario = {
  name: 'swap-stable-writes',
  summary: 'a page under writeback to a device that needs stable pages is swapped in and stored to',
  parameters: [
    ACCESS,
    { ...BACKEND, default: 'stable' },
    {
      name: 'reclaim',
      summary: 'how often kswapd tries to reclaim a page, any page',
      values: [1, 2, 3, 4, 'endless'],
      default: 'endless',
    },
  ],
  plan(parameters) {
    return {
      ...EMPTY,
      backend: parameters['backend'] as Backend,
      threads: [thread('user', 0, ...accesses(parameters))],
      mustReach: [UNMAPPED, SWAPPED_IN, RECLAIMED],
    };
  },
};

const SWAP_FORK: Scenario = {
  name: 'swap-fork',
  summary: 'a swapped-out page is inherited: the parent stores, the child loads',
  parameters: [BACKEND],
  plan(parameters) {
    return {
      ...EMPTY,
      mms: 2,
      frames: 4,
      flags: 1,
      backend: parameters['backend'] as Backend,
      threads: [
        thread('parent', 0, { do: 'fork', child: 1 }, { do: 'raise', flag: 0 }, store(CPU_SLOT)),
        thread('child', 1, { do: 'await', flag: 0 }, load(CPU_SLOT), store(DEVICE_SLOT)),
      ],
      mustReach: [UNMAPPED, 'fork copied a swap PTE', LOAD_CHECK],
    };
  },
};

const SWAPCACHE_BYPASS: Scenario = {
  name: 'swapcache-bypass',
  summary: 'two threads swap the same page in past the swap cache while reclaim swaps it out again',
  parameters: [
    {
      name: 'reclaim',
      summary: 'how often kswapd tries to reclaim a page, any page',
      values: [1, 2, 3, 4, 'endless'],
      default: 2,
    },
  ],
  plan() {
    return {
      ...EMPTY,
      backend: 'zram',
      frames: 4,
      threads: [thread('user1', 0, store(CPU_SLOT)), thread('user2', 0, load(DEVICE_SLOT))],
      mustReach: ['the swap cache was bypassed', LOAD_CHECK],
    };
  },
};

const SWAPIN_RACE: Scenario = {
  name: 'swapin-race',
  summary: 'two threads of a process fault on the same swapped-out page',
  parameters: [{ ...BACKEND, default: 'zram' }],
  plan(parameters) {
    return {
      ...EMPTY,
      swapped: true,
      reclaim: false,
      backend: parameters['backend'] as Backend,
      threads: [
        thread('user1', 0, store(CPU_SLOT)),
        thread('user2', 0, load(DEVICE_SLOT), store(DEVICE_SLOT)),
      ],
      mustReach: [SWAPPED_IN, LOAD_CHECK],
    };
  },
};

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

/** Every scenario, in the order `lostwrite list` shows them. */
export const SCENARIOS: readonly Scenario[] = [
  SWAPOUT_VS_ODIRECT,
  SWAP_STABLE_WRITES,
  SWAP_FORK,
  SWAPCACHE_BYPASS,
  SWAPIN_RACE,
  ...Object.values(TABLE_ROWS),
];
