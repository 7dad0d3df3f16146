/** Several searchers in one thread, taking turns at random over one visited set: what one does not do, another does. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { fold } from '../../../src/core/control.ts';
import type { Program } from '../../../src/core/program.ts';
import { Automata } from '../../../src/search/automata.ts';
import { ExhaustiveSearch } from '../../../src/search/exhaustive.ts';
import { Unsettled } from '../../../src/search/liveness.ts';
import { allocateControl, Control, Word } from '../../../src/search/parallel/control.ts';
import { allocateLog, SharedAutomata } from '../../../src/search/parallel/shared-automata.ts';
import { allocateTable, SharedVisitedSet } from '../../../src/search/parallel/shared-visited.ts';
import { PackedState } from '../../../src/search/packed-state.ts';
import { Stepper } from '../../../src/search/stepper.ts';
import { VisitedSet } from '../../../src/search/visited.ts';
import { machines, MACHINE_WORDS, type RandomMachine } from '../../programs/parallel/machines.ts';
import { randomProgram } from '../../programs/random.ts';
import { toy } from '../../programs/toy.ts';
import { randomPrograms } from '../random-programs.ts';

const RUNS = Number(process.env['LOSTWRITE_COOPERATION_RUNS'] ?? 400);
const parameters = { numRuns: RUNS, seed: Number(process.env['LOSTWRITE_COOPERATION_SEED'] ?? 5190) };

/** Numbers from 0 up to 2^31, drawn from a seed. */
function numbers(seed: number): () => number {
  let state = seed | 1;
  return () => (state = Math.imul(state, 1_103_515_245) + 12_345) >>> 8;
}

interface Outcome {
  readonly status: 'complete' | 'violation';
  readonly states: number;
  readonly transitions: number;
  readonly endStates: number;
  readonly restStates: number;
  readonly nodes: number;
  readonly stuck: readonly string[];
}

function spelled(keys: Int32Array): string[] {
  return Array.from({ length: keys.length / 2 }, (_, i) => `${keys[2 * i]},${keys[2 * i + 1]! & ~1}`).sort();
}

/** Explores with `searchers` searchers that take turns; then alone, over automata numbered alike. */
function bothWays(program: Program, searchers: number, seed: number) {
  const control = new Control(allocateControl(1));
  control.words[Word.LOG_CAPACITY] = 4;
  const log = allocateLog();
  let newest: SharedArrayBuffer | null = null;
  const exchange = { send: (table: SharedArrayBuffer) => void (newest = table), receive: () => newest! };
  const visited = new SharedVisitedSet({ table: allocateTable(4), control, searcher: 0, exchange });
  const random = numbers(seed);
  const all = Array.from(
    { length: searchers },
    (_, i) => new ExhaustiveSearch(new SharedAutomata(program, log, control), { visited, begins: i === 0 }),
  );
  let given = 0;
  let status: 'complete' | 'violation' = 'complete';
  const working = all.map((_, i) => i === 0);
  while (working.includes(true) && status === 'complete') {
    const turn = random() % searchers;
    const search = all[turn]!;
    if (working[turn]) {
      const said = search.run(1 + (random() % 7));
      if (said === 'violation') {
        status = said;
        requirePath(search);
      } else working[turn] = said === 'running';
    } else {
      const giver = random() % searchers;
      const path = working[giver] ? all[giver]!.donate() : null;
      if (path !== null) {
        search.adopt(path);
        requireAt(search, path);
        working[turn] = true;
        given++;
      }
    }
  }
  const unsettled = new Unsettled();
  for (const search of all) unsettled.absorb(search.unsettled.entries);
  const last = new SharedAutomata(program, log, control);
  last.catchUp();
  const together: Outcome = {
    status,
    states: visited.size,
    transitions: all.reduce((sum, { transitions }) => sum + transitions, 0),
    endStates: all.reduce((sum, { endStates }) => sum + endStates, 0),
    restStates: all.reduce((sum, { restStates }) => sum + restStates, 0),
    nodes: last.nodeCount,
    stuck: status === 'complete' ? spelled(unsettled.settle(visited)) : [],
  };
  return { together, alone: alone(program, log, control), bytes: visited.bytes, given };
}

function alone(program: Program, log: SharedArrayBuffer, control: Control): Outcome & { bytes: number } {
  const automata = new SharedAutomata(program, log, control);
  const search = new ExhaustiveSearch(automata, { visited: new VisitedSet(4) });
  while (search.run(1e9) === 'running');
  const { transitions, endStates, restStates, visited, violation } = search;
  const status = violation === null ? 'complete' : 'violation';
  const stuck = status === 'complete' ? spelled(search.settle()) : [];
  return {
    status,
    states: visited.size,
    transitions,
    endStates,
    restStates,
    nodes: automata.nodeCount,
    stuck,
    bytes: visited.bytes,
  };
}

/** The path leads to the violation that the search says it met. */
function requirePath(search: ExhaustiveSearch): void {
  const stepper = new Stepper(search.automata);
  for (const { thread, choice } of search.path()) {
    expect(stepper.choices(thread)).toBeGreaterThan(choice);
    stepper.step(thread, choice);
  }
  const { program } = search.automata;
  const stands = program.threads.every((_, t) => stepper.choices(t) === 0) && !stepper.finished();
  const kind = stepper.violation()?.kind ?? (stands ? 'deadlock' : null);
  expect(kind).toBe(search.violation);
}

/** Whoever adopts says at once how it came there. */
function requireAt(search: ExhaustiveSearch, path: Int32Array): void {
  const moves = search.path().map(({ thread, choice }) => thread | (choice << 16));
  expect(moves).toEqual([...path]);
}

/** True if the two found the same: all figures of a complete search, else only that there is a violation. */
function sameOutcome({
  together,
  alone: { bytes: lonely, ...one },
  bytes,
}: ReturnType<typeof bothWays>): void {
  expect(together.status).toBe(one.status);
  if (one.status === 'violation') return;
  expect(together).toEqual(one);
  expect(bytes).toBe(lonely);
}

const seeds = fc.integer({ min: 0, max: 2 ** 30 });

test('random programs: the same states, transitions, ends and verdict', () => {
  const met = { complete: 0, violations: 0, shared: 0 };
  fc.assert(
    fc.property(randomPrograms, fc.integer({ min: 2, max: 4 }), seeds, (random, searchers, seed) => {
      const outcome = bothWays(randomProgram(random), searchers, seed);
      sameOutcome(outcome);
      met[outcome.alone.status === 'complete' ? 'complete' : 'violations']++;
      if (outcome.given > 0) met.shared++;
    }),
    parameters,
  );
  expect(Math.min(...Object.values(met))).toBeGreaterThan(RUNS / 10);
});

test('a long way after a short one that began far off: nothing that is known of the states on the way is lost', () => {
  const depth = 5000;
  const far = 4300;
  const program = toy('for-ever', ({ layout }) => {
    const count = layout.word('count');
    const other = layout.word('other');
    return {
      threads: {
        counts: function* () {
          for (let i = 0; i < depth; i++) {
            fold('count', i);
            yield* count.add(1);
          }
          for (;;) {
            fold('spin');
            yield* other.store(0);
          }
        },
        // Last, so that the search goes on counting and leaves this for later.
        reads: function* () {
          yield* other.load();
        },
      },
    };
  });
  const automata = new Automata(program);
  const visited = new VisitedSet();
  const search = new ExhaustiveSearch(automata, { visited, begins: false });
  const state = new PackedState(automata);
  visited.insert(state.low, state.high);
  const path = new Int32Array(far);
  for (const move of path) {
    state.take(move, 0);
    state.advance(move);
  }
  visited.insert(state.low, state.high);
  search.adopt(path);
  expect(search.run(1e9)).toBe('complete');
  search.adopt(new Int32Array(0));
  expect(search.run(1e9)).toBe('complete');
  // None can finish.
  expect(search.settle()).toHaveLength(2 * visited.size);
});

const bit = fc.integer({ min: 0, max: 1 });
const randomMachines: fc.Arbitrary<RandomMachine[]> = fc.array(
  fc.array(
    fc.record({
      reads: fc.integer({ min: 0, max: MACHINE_WORDS - 1 }),
      on: fc.tuple(...[0, 1].map(() => reaction())) as unknown as fc.Arbitrary<RandomMachine[number]['on']>,
    }),
    { minLength: 2, maxLength: 6 },
  ),
  { minLength: 2, maxLength: 3 },
);

function reaction(): fc.Arbitrary<RandomMachine[number]['on'][0]> {
  return fc.record({
    writes: fc.option(bit),
    word: fc.integer({ min: 0, max: MACHINE_WORDS - 1 }),
    next: fc.integer({ min: 0, max: 6 }),
  });
}

test('random machines: the same states cannot finish', () => {
  const met = { stuck: 0, partly: 0, shared: 0 };
  fc.assert(
    fc.property(randomMachines, fc.integer({ min: 2, max: 4 }), seeds, (threads, searchers, seed) => {
      const outcome = bothWays(machines(threads), searchers, seed);
      sameOutcome(outcome);
      const { stuck, states } = outcome.together;
      if (stuck.length > 0) met.stuck++;
      if (stuck.length > 0 && stuck.length < states) met.partly++;
      if (outcome.given > 0) met.shared++;
    }),
    parameters,
  );
  expect(Math.min(...Object.values(met))).toBeGreaterThan(RUNS / 10);
});
