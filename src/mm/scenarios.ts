/** The scenarios: the seed race and its relatives, and the rows of table 7. */
import { LOAD_CHECK } from './ideal.ts';
import type { Backend } from './machine.ts';
import type { Parameters, PlannedAction, ProcessThread, Scenario, ScenarioParameter } from './scenario.ts';
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
import { TABLE_ROWS } from './table7.ts';

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
      sometimes: ['a page is swapped out while the device has it'],
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
      sometimes:
        parameters['backend'] === 'zram' ? [] : ['a page is mapped while the swap device writes it out'],
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
      sometimes: ['two processes have the page in one swap slot'],
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

/** Every scenario, in the order `lostwrite list` shows them. */
export const SCENARIOS: readonly Scenario[] = [
  SWAPOUT_VS_ODIRECT,
  SWAP_STABLE_WRITES,
  SWAP_FORK,
  SWAPCACHE_BYPASS,
  SWAPIN_RACE,
  ...Object.values(TABLE_ROWS),
];
