import { Conditions } from '../../../src/core/conditions.ts';
import { check, fold } from '../../../src/core/control.ts';
import { InputError } from '../../../src/core/errors.ts';
import { SpinLock } from '../../../src/core/locks.ts';
import { suggest } from '../../../src/core/nearest.ts';
import type { Steps } from '../../../src/core/operations.ts';
import type { ParameterValue, Program, Property } from '../../../src/core/program.ts';
import { Layout, type Word } from '../../../src/core/words.ts';
import { compiledModule } from '../../../src/cli/compiled-module.ts';
import type { ProgramRequest, Registry, ScenarioEntry } from '../../../src/cli/registry.ts';
import { FAULTS, faultyThreads, longThread, tireless, wordyThread } from './faulty.ts';
import { pager } from './pager.ts';

type Parameters = Readonly<Record<string, ParameterValue>>;
type Shape = Pick<Program, 'name' | 'layout' | 'threads'> & Partial<Program>;

function program(shape: Shape): Program {
  return {
    parameters: {},
    conditions: new Conditions(),
    accounts: [],
    always: [],
    atEnd: [],
    mustReach: [],
    ...shape,
  };
}

function everyIncrementCounts(count: Word): Property {
  return {
    name: 'every increment counts',
    kind: 'lost-write',
    watches: [count],
    holds: (words) => words[count.index] === 2,
    explain: (words) => `two increments, but the counter is ${words[count.index]}`,
  };
}

/** Two threads count without a lock; with `atomic`, with one operation. */
function counter(parameters: Parameters): Program {
  const layout = new Layout();
  const count = layout.word('counter');
  function* increment(): Steps<void> {
    if (parameters['atomic'] === true) yield* count.add(1);
    else yield* count.store((yield* count.load()) + 1);
  }
  return program({
    name: 'counter',
    layout,
    threads: ['cpu0', 'cpu1'].map((name) => ({ name, body: () => increment() })),
    atEnd: [everyIncrementCounts(count)],
  });
}

/** Threads that never meet: 12 ** threads states. */
function wide(parameters: Parameters): Program {
  const layout = new Layout();
  const threads = Array.from({ length: Number(parameters['threads']) }, (_, i) => {
    const word = layout.word(`word[${i}]`);
    return {
      name: `cpu${i}`,
      *body(): Steps<void> {
        for (let n = 0; n < 11; n++) yield* word.store(n + 1);
      },
    };
  });
  return program({ name: 'wide', layout, threads });
}

/** Two locks taken in two orders. */
function abba(): Program {
  const layout = new Layout();
  const [a, b] = [new SpinLock(layout, 'a'), new SpinLock(layout, 'b')];
  function* both(first: SpinLock, second: SpinLock): Steps<void> {
    yield* first.lock();
    yield* second.lock();
    yield* second.unlock();
    yield* first.unlock();
  }
  return program({
    name: 'abba',
    layout,
    threads: [
      { name: 'cpu0', body: () => both(a, b) },
      { name: 'cpu1', body: () => both(b, a) },
    ],
  });
}

/** One thread polls for what the other takes back if it is quick. */
function poll(): Program {
  const layout = new Layout();
  const flag = layout.word('flag');
  return program({
    name: 'poll',
    layout,
    threads: [
      {
        name: 'waiter',
        *body(): Steps<void> {
          do fold('poll');
          while (!(yield* flag.is(1)));
        },
      },
      {
        name: 'setter',
        *body(): Steps<void> {
          yield* flag.store(1);
          yield* flag.store(0);
        },
      },
    ],
  });
}

/** A check that no schedule comes to. */
function empty(): Program {
  const layout = new Layout();
  const never = layout.word('never');
  return program({
    name: 'empty',
    layout,
    mustReach: ['the interesting part'],
    threads: [
      {
        name: 'cpu0',
        *body(): Steps<void> {
          if (yield* never.is(1)) check('the interesting part');
        },
      },
    ],
  });
}

/** As counter, but one thread goes wrong on worker threads. */
function broken(parameters: Parameters): Program {
  const layout = new Layout();
  const count = layout.word('counter');
  const threads = faultyThreads(String(parameters['fault']), count);
  return program({ name: 'broken', layout, threads, atEnd: [everyIncrementCounts(count)] });
}

/** As counter, beside a daemon that always has something to do. */
function endless(): Program {
  const layout = new Layout();
  const count = layout.word('counter');
  const [first, second] = faultyThreads('none', count);
  const threads = [first!, second!, tireless(layout.word('ticks'))];
  return program({ name: 'endless', layout, threads, atEnd: [everyIncrementCounts(count)] });
}

/** Two threads that take a million steps each. */
function long(): Program {
  const layout = new Layout();
  const threads = ['cpu0', 'cpu1'].map((name) => longThread(name, layout.word(name), 1e6));
  return program({ name: 'long', layout, threads });
}

/** As counter, with long schedules. */
function wordy(): Program {
  const layout = new Layout();
  const count = layout.word('counter');
  const threads = ['cpu0', 'cpu1'].map((name) => wordyThread(name, layout.word(name), count));
  return program({ name: 'wordy', layout, threads, atEnd: [everyIncrementCounts(count)] });
}

const BUILDERS: Readonly<Record<string, (parameters: Parameters) => Program>> = {
  counter,
  pager,
  wide,
  abba,
  poll,
  empty,
  broken,
  endless,
  long,
  wordy,
};

const flag = (name: string, summary: string) => ({ name, summary, values: [false, true], default: false });

const SCENARIOS: readonly ScenarioEntry[] = [
  { name: 'counter', summary: 'two threads count', parameters: [flag('atomic', 'count with one operation')] },
  {
    name: 'pager',
    summary: 'a store while another CPU unmaps the page',
    parameters: [flag('recheck', 'check the PTE again under the lock')],
  },
  {
    name: 'wide',
    summary: 'threads that never meet',
    parameters: [{ name: 'threads', summary: 'how many', values: [2, 4, 8], default: 8 }],
  },
  { name: 'abba', summary: 'two locks in two orders', parameters: [] },
  { name: 'poll', summary: 'waiting for what was taken back', parameters: [] },
  { name: 'empty', summary: 'nothing is checked', parameters: [] },
  {
    name: 'broken',
    summary: 'counter, and a thread that goes wrong on a worker thread',
    parameters: [{ name: 'fault', summary: 'how', values: FAULTS, default: 'exit' }],
  },
  { name: 'endless', summary: 'counter beside a daemon that never rests', parameters: [] },
  { name: 'long', summary: 'two threads that take a million steps each', parameters: [] },
  { name: 'wordy', summary: 'two threads count after much else', parameters: [] },
];

const KERNELS = [
  { name: 'v1', epoch: 'E0', summary: 'the old one' },
  { name: 'v2', epoch: 'E1', summary: 'the new one' },
];

const PATCHES = [
  { id: 'abc123', aliases: ['fix'], title: 'toy: the fix', hunks: [{ id: 'H1', summary: 'all of it' }] },
];

function pick<T>(what: string, name: string, from: readonly T[], nameOf: (entry: T) => readonly string[]): T {
  const found = from.find((entry) => nameOf(entry).includes(name));
  if (found === undefined)
    throw new InputError(`unknown ${what} '${name}'`, suggest(name, from.flatMap(nameOf)));
  return found;
}

function build(request: ProgramRequest) {
  const scenario = pick('scenario', request.scenario, SCENARIOS, (entry) => [entry.name]);
  pick('kernel', request.kernel, KERNELS, (entry) => [entry.name]);
  for (const change of [...request.apply, ...request.revert]) {
    const [id = '', hunk] = change.split('#');
    const patch = pick('patch', id, PATCHES, (entry) => [entry.id, ...entry.aliases]);
    if (hunk !== undefined) pick(`hunk of ${id}`, hunk, patch.hunks, (entry) => [entry.id]);
  }
  const parameters: Record<string, ParameterValue> = Object.fromEntries(
    scenario.parameters.map((p) => [p.name, p.default]),
  );
  for (const [name, value] of Object.entries(request.set)) {
    const parameter = pick('parameter', name, scenario.parameters, (entry) => [entry.name]);
    parameters[name] = pick(`value of ${name}`, value, parameter.values, (entry) => [String(entry)]);
  }
  return {
    program: BUILDERS[scenario.name]!(parameters),
    kernel: request.kernel,
    switches: { fixed: request.apply.length > 0 },
    request,
  };
}

/** What worker threads build again from the request. */
export function toyProgram(request: ProgramRequest): Program {
  return build(request).program;
}

/** Programs small enough to know every answer; the same interface as Linux. */
export const TOYS: Registry = {
  scenarios: SCENARIOS,
  kernels: KERNELS,
  patches: PATCHES,
  build,
  source: (request) => ({
    module: compiledModule('./toys.ts', import.meta.url),
    build: 'toyProgram',
    request,
  }),
  explain: (_, schedule) => [`step ${schedule.steps.length} is the one that loses it`],
};
