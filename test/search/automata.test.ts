import { describe, expect, test } from 'vitest';
import { atomic, fold, hold, holding, rest } from '../../src/core/control.ts';
import { ModelError } from '../../src/core/errors.ts';
import { Order } from '../../src/core/operations.ts';
import type { Program } from '../../src/core/program.ts';
import { buildProgram } from '../../src/mm/programs.ts';
import { Automata } from '../../src/search/automata.ts';
import { ExhaustiveSearch } from '../../src/search/exhaustive.ts';
import { AutomataLimitError } from '../../src/search/growth.ts';
import { Stepper } from '../../src/search/stepper.ts';
import { AT_REST, N_FLAGS, N_HELD, NODE, RIDES } from '../../src/search/tables.ts';
import { toy } from '../programs/toy.ts';
import { freshCounters, loopOf, sharedHelper } from '../programs/folding.ts';
import { walk } from './walker.ts';

describe('histories with the same future are one node', () => {
  test('a declared fold point: one node for each value, however it was come by', () => {
    const walked = walk(loopOf('declared'));
    // Nodes: load, store, end of the one; store, end of the other. Flag unset; set; seen; told.
    expect(walked.automata.nodeCount).toBe(5);
    expect(walked.states).toBe(4);
  });

  test('an instrumented loop needs none', () => {
    const walked = walk(loopOf('instrumented'));
    expect(walked.automata.nodeCount).toBe(5);
    expect(walked.states).toBe(4);
  });

  test('without folding the loop never ends: the automata are given up at their limit', () => {
    expect(() => walk(loopOf('instrumented'), { fold: false, maxNodes: 200 })).toThrow(AutomataLimitError);
  });

  test('an object that the run itself made may change under the same identity: not folded', () => {
    const walked = walk(freshCounters(3));
    // The counter object must count: exactly three turns are taken, so the word ends at 3.
    expect([...walked.ends].map((end) => end.split(' ')[0])).toEqual(['3,0']);
  });

  test('why histories are not folded is told with the limit', () => {
    const program = freshCounters(1_000_000);
    expect(() => walk(program, { maxNodes: 100 })).toThrow(
      /not folded: a live value was made by the run itself \(an instance of Counter\), at /,
    );
  });

  test('objects that were there before the run count by identity', () => {
    const walked = walk(sharedHelper());
    // Each thread comes back to where it began.
    expect(walked.automata.folds).toBe(2);
    expect(walked.automata.nodeCount).toBe(2);
  });
});

test('an operation that differs in any operand is another node, also at one fold point', () => {
  const program = toy('operands', ({ layout }) => {
    const word = layout.word('w');
    return {
      threads: {
        T: function* () {
          const seen = yield* word.load();
          fold('same label');
          if (seen === 0) yield* word.fetchUpdate(0, 1, 1);
          else yield* word.fetchUpdate(0, 1, 2);
        },
      },
    };
  });
  const automata = new Automata(program);
  const root = automata.roots[0]!;
  expect(automata.extend(root, 0)).not.toBe(automata.extend(root, 1));
});

test('what a thread holds in flight is a part of where it stands', () => {
  const program = toy('accounts', ({ layout }) => {
    const word = layout.word('w');
    return {
      threads: {
        T: function* () {
          if ((yield* word.load()) === 0) hold(0, 1);
          fold('same label');
          yield* word.load();
          yield* word.store(holding(0));
        },
      },
      accounts: ['references'],
    };
  });
  const automata = new Automata(program);
  const root = automata.roots[0]!;
  const [holds, empty] = [automata.extend(root, 0), automata.extend(root, 1)];
  expect(holds).not.toBe(empty);
  const heldAt = (node: number) => [...automata.heldVectors[automata.nodes[node * NODE + N_HELD]!]!];
  expect([heldAt(root), heldAt(holds), heldAt(empty)]).toEqual([[0], [1], [0]]);
});

test('a riding operation at the head of a thread is a step; folded back to, it rides', () => {
  const program = toy('ghost-loop', ({ layout }) => {
    const word = layout.word('w');
    const ghost = layout.word('g', { ghost: true });
    return {
      threads: {
        T: function* () {
          for (;;) {
            fold('head');
            yield* ghost.xor(1);
            if ((yield* word.fetchAdd(1)) === 2) return;
          }
        },
      },
    };
  });
  const stepper = new Stepper(new Automata(program));
  const steps = [];
  while (stepper.choices(0) > 0)
    steps.push(
      stepper
        .recordedStep(0)
        .accesses.map(({ operation }) => operation)
        .join('+'),
    );
  expect(steps).toEqual(['xor', 'fetch_add+xor', 'fetch_add+xor', 'fetch_add']);
});

test('one fold point at the head of an atomic block and further in: only the latter rides', () => {
  const program = toy('atomic-loop', ({ layout }) => {
    const word = layout.word('w');
    const untilThree = function* () {
      for (;;) {
        fold('turn');
        if ((yield* word.fetchAdd(1)) === 3) return;
      }
    };
    return {
      threads: {
        T: function* () {
          yield* word.load();
          yield* atomic(untilThree());
        },
      },
    };
  });
  const stepper = new Stepper(new Automata(program));
  stepper.step(0);
  expect(stepper.recordedStep(0).accesses.map(({ after }) => after)).toEqual([1, 2, 3, 4]);
  expect(stepper.choices(0)).toBe(0);
});

test('being at rest is a part of where a daemon stands', () => {
  const program = toy('rests', ({ layout }) => {
    const word = layout.word('w');
    return {
      threads: {
        T: function* () {
          if ((yield* word.load()) === 0) rest();
          fold('same label');
          yield* word.load();
        },
      },
    };
  });
  const automata = new Automata(program);
  const root = automata.roots[0]!;
  const flags = [0, 1].map((seen) => automata.nodes[automata.extend(root, seen) * NODE + N_FLAGS]! & AT_REST);
  expect(flags).toEqual([AT_REST, 0]);
});

test('the order of an access is kept with the node key, its ride in the node', () => {
  const program = toy('orders', ({ layout }) => {
    const word = layout.word('w');
    return {
      threads: {
        T: function* () {
          const seen = yield* word.load();
          fold('same label');
          yield* word.store(1, seen === 0 ? Order.RELEASE : Order.PLAIN);
        },
      },
    };
  });
  const automata = new Automata(program);
  const root = automata.roots[0]!;
  const [release, plain] = [automata.extend(root, 0), automata.extend(root, 1)];
  expect(release).not.toBe(plain);
  expect(automata.nodes[release * NODE + N_FLAGS]! & RIDES).toBe(0);
});

test('waiting in the middle of an atomic block is a model error with its position', () => {
  const program = toy('wait-inside', ({ layout }) => {
    const ghost = layout.word('g', { ghost: true });
    const word = layout.word('w');
    return {
      threads: {
        T: function* () {
          yield* word.load();
          yield* ghost.untilIs(1);
        },
      },
    };
  });
  const automata = new Automata(program);
  expect(() => automata.extend(automata.roots[0]!, 0)).toThrow(ModelError);
  expect(() => automata.extend(automata.roots[0]!, 0)).toThrow(
    /^thread \w+: until in the middle of an atomic block, at .*automata\.test\.[jt]s:\d+\): only its first operation may wait$/,
  );
});

test('verify runs the threads again and finds what no other re-run has met', () => {
  let late = false;
  const program = toy('late', ({ layout }) => {
    const word = layout.word('w');
    return {
      threads: {
        T: function* () {
          yield* word.load();
          yield* word.store(late ? 2 : 1);
        },
      },
    };
  });
  const automata = new Automata(program);
  automata.extend(automata.extend(automata.roots[0]!, 0), 0);
  automata.verify(100);
  late = true;
  expect(() => automata.verify(100)).toThrow(
    /^thread T is not deterministic: .*\n.*store w \(0, 1, 0\).*\n.*store w \(0, 2, 0\)/,
  );
});

describe('automata that follow the history of others number their nodes alike', () => {
  const size = (automata: Automata) => automata.nodeCount * NODE;
  const seed = (kernel: string) =>
    buildProgram({ scenario: 'swapout-vs-odirect', kernel, apply: [], revert: [], set: {} }).program;

  function explored(program: Program, transitions: number): Automata {
    const automata = new Automata(program);
    const search = new ExhaustiveSearch(automata);
    while (search.run(1 << 12) === 'running' && search.transitions < transitions);
    return automata;
  }

  test.each(['v5.18', 'v5.19'])('the seed on %s: the same tables, folds and all', (kernel) => {
    const first = explored(seed(kernel), 100_000);
    const second = new Automata(seed(kernel));
    const half = first.extensions >> 1;
    second.follow(first.history().slice(0, 2 * half));
    second.follow(first.history(half));
    expect(first.extensions).toBeGreaterThan(300);
    expect(first.folds).toBeGreaterThan(20);
    expect(second.folds).toBe(first.folds);
    expect(second.nodes.slice(0, size(second))).toEqual(first.nodes.slice(0, size(first)));
    expect(second.edges).toEqual(first.edges);
    // What was seen to hold sometimes is known to the search alone.
    const sometimes = new Set((first.program.sometimes ?? []).map(({ name }) => name));
    expect(second.covered).toEqual(new Set([...first.covered].filter((name) => !sometimes.has(name))));
    expect(second.history()).toEqual(first.history());
  });

  test('a history of something else is refused', () => {
    const automata = new Automata(sharedHelper());
    expect(() => automata.follow(Int32Array.of(77, 0))).toThrow(/node 77 of a history is not there/);
  });
});
