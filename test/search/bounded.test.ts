import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Program, Property } from '../../src/core/program.ts';
import { buildProgram } from '../../src/mm/programs.ts';
import { Automata } from '../../src/search/automata.ts';
import { BoundedSearch } from '../../src/search/bounded.ts';
import { explore } from '../../src/search/explore.ts';
import { replay } from '../../src/search/replay.ts';
import { Stepper } from '../../src/search/stepper.ts';
import { grid, lockedCounter, lostUpdate, unchecked } from '../programs/counters.ts';
import { philosophers, spinForever, ticketLock } from '../programs/locks.ts';
import { randomProgram } from '../programs/random.ts';
import { neverChecked, oneSchedule } from '../programs/vacuous.ts';
import { enumerate, type Enumeration } from './naive.ts';
import { racingPrograms, randomPrograms } from './random-programs.ts';
import { walk } from './walker.ts';

function bounded(program: Program, bound: number): BoundedSearch {
  const search = new BoundedSearch(new Automata(program), bound);
  while (search.run(7) === 'running');
  return search;
}

/** States within the bound, by plain enumeration of (state, last thread, preemptions). Null if one of them breaks a rule. */
function statesWithin(program: Program, bound: number): Set<string> | null {
  const stepper = new Stepper(new Automata(program));
  const seen = new Set<string>();
  const states = new Set<string>();
  const open: { words: Int32Array; nodes: Int32Array; last: number; spent: number }[] = [];
  const add = (last: number, spent: number) => {
    const state = `${stepper.words.join()} ${stepper.nodes.join()}`;
    const key = `${state} ${last} ${spent}`;
    if (seen.has(key)) return;
    seen.add(key);
    states.add(state);
    open.push({ words: stepper.words.slice(), nodes: stepper.nodes.slice(), last, spent });
  };
  add(-1, 0);
  for (let from = open.pop(); from !== undefined; from = open.pop()) {
    const { words, nodes, last, spent } = from;
    const load = () => {
      stepper.words.set(words);
      stepper.nodes.set(nodes);
    };
    load();
    if (stepper.violation() !== null) return null;
    const lastGoesOn = last >= 0 && stepper.choices(last) > 0;
    let moves = 0;
    for (let t = 0; t < nodes.length; t++) {
      load();
      const choices = stepper.choices(t);
      moves += choices;
      const after = spent + (lastGoesOn && t !== last ? 1 : 0);
      for (let choice = 0; choice < choices && after <= bound; choice++) {
        load();
        stepper.step(t, choice);
        add(t, after);
      }
    }
    load();
    if (moves === 0 && !stepper.finished()) return null;
  }
  return states;
}

const BOUNDS = [0, 1, 2, 3];

function sameAsEnumerated(program: () => Program, all: Enumeration, bound: number): void {
  const search = bounded(program(), bound);
  const within = new Set([...all.preemptionsOf].filter(([, least]) => least <= bound).map(([what]) => what));
  if (within.size === 0) {
    expect(search.violation).toBeNull();
    expect(search.states.size).toBe(statesWithin(program(), bound)!.size);
    return;
  }
  expect(search.violation).not.toBeNull();
  expect(statesWithin(program(), bound)).toBeNull();
  expect(search.path()).toHaveLength(all.fewest!.steps);
  expect(search.preemptions).toBe(all.fewest!.preemptions);
}

/** `program` with the rule that memory is never as in the end state that takes the most preemptions to come to. */
function forbiddingTheHardestEnd(program: Program, all: Enumeration): Program {
  const [end] = [...all.preemptionsOfEnd].toSorted(([, a], [, b]) => b - a);
  const words = end?.[0].split(' ')[0] ?? '';
  const forbidden: Property = {
    name: 'never like this',
    kind: 'leak',
    watches: program.layout.words,
    holds: (now) => now.join() !== words,
    explain: () => `memory is ${words}`,
  };
  return { ...program, always: [...program.always, forbidden] };
}

async function sameVerdict(program: () => Program, all: Enumeration, preemptions: number): Promise<void> {
  const { verdict, violation } = await explore(program(), { strategy: { name: 'bounded', preemptions } });
  if (all.fewest === null || all.fewest.preemptions > preemptions) {
    expect(['proved', 'proved-within-bound', 'vacuous']).toContain(verdict);
    return;
  }
  expect(verdict).toBe('violation');
  const what = violation!.kind === 'deadlock' ? 'deadlock' : `${violation!.kind}: ${violation!.message}`;
  expect(all.preemptionsOf.get(what)).toBe(violation!.preemptions);
  expect(violation!.preemptions).toBe(all.fewest.preemptions);
  expect(violation!.schedule.steps).toHaveLength(all.fewest.steps);
  expect(replay(program(), violation!.schedule).violation?.kind).toBe(violation!.kind);
}

describe('random small programs, against all schedules enumerated by brute force', () => {
  test('same violations and states within each bound; fewest preemptions, then fewest steps', async () => {
    const runs = Number(process.env['LOSTWRITE_CROSSCHECK_RUNS'] ?? 400);
    const met = { within0: 0, within1: 0, more: 0, none: 0 };
    await fc.assert(
      fc.asyncProperty(fc.oneof(randomPrograms, racingPrograms), async (random) => {
        let all = enumerate(randomProgram(random), 3_000);
        fc.pre(all !== null);
        let program = () => randomProgram(random);
        if (all.fewest === null && random.init[0]! < 3) {
          const kept = all;
          program = () => forbiddingTheHardestEnd(randomProgram(random), kept);
          all = enumerate(program(), 3_000)!;
        }
        for (const bound of BOUNDS) {
          sameAsEnumerated(program, all, bound);
          await sameVerdict(program, all, bound);
        }
        const { preemptions } = all.fewest ?? { preemptions: -1 };
        met[preemptions < 0 ? 'none' : preemptions > 1 ? 'more' : preemptions > 0 ? 'within1' : 'within0']++;
      }),
      { numRuns: runs, seed: 1518 },
    );
    // The programs must keep being of every sort; otherwise the above says little.
    expect(Math.min(...Object.values(met))).toBeGreaterThan(runs / 60);
  });

  test('without a bound: the states of the exhaustive search, and nothing cut off', () => {
    let compared = 0;
    fc.assert(
      fc.property(randomPrograms, (random) => {
        const walked = walk(randomProgram(random));
        const search = bounded(randomProgram(random), Infinity);
        expect(search.violation !== null).toBe(walked.violations.size + walked.deadlocks.size > 0);
        if (search.violation !== null) return;
        compared++;
        expect(search.cutOff()).toBe(false);
        expect(search.states.size).toBe(walked.states);
        expect(search.endStates).toBe(walked.endStates);
      }),
      { numRuns: 300, seed: 7 },
    );
    expect(compared).toBeGreaterThan(50);
  });
});

describe('exact counts', () => {
  test.each([
    // Two threads that count to three: along one edge of the grid, then the other: all but the inner states.
    ['no preemption', () => grid(2, 3), 0, 12, true],
    // One preemption is enough to be anywhere with either thread going on: further ones lead nowhere new.
    ['one preemption', () => grid(2, 3), 1, 16, false],
    // All but the 8 states in which all three are on their way.
    ['one preemption of three threads', () => grid(3, 3), 1, 56, true],
    ['as many as there can be', () => grid(2, 3), 5, 16, false],
    ['waiting is no preemption', () => lockedCounter(2), 0, 16, false],
  ])('%s', (_, program, bound, states, cutOff) => {
    const search = bounded(program(), bound);
    expect({ states: search.states.size, cutOff: search.cutOff(), violation: search.violation }).toEqual({
      states,
      cutOff,
      violation: null,
    });
  });
});

describe('verdicts', () => {
  const within = (program: Program, preemptions: number) =>
    explore(program, { strategy: { name: 'bounded', preemptions } });

  test('a lost update needs one preemption', async () => {
    expect(await within(lostUpdate(2), 0)).toMatchObject({
      verdict: 'proved-within-bound',
      violation: null,
      bound: { preemptions: 0, cutOff: true },
    });
    expect(await within(lostUpdate(2), 1)).toMatchObject({
      verdict: 'violation',
      violation: { kind: 'assertion', preemptions: 1, shortest: false },
    });
  });

  test('philosophers deadlock after one preemption: the others then stop by themselves', async () => {
    expect(await within(philosophers(3), 0)).toMatchObject({ verdict: 'proved-within-bound' });
    expect(await within(philosophers(3), 1)).toMatchObject({
      verdict: 'violation',
      violation: { kind: 'deadlock', preemptions: 1 },
    });
  });

  test('a bound that cuts nothing off is an exhaustive proof, with its figures', async () => {
    const proof = await explore(ticketLock(2));
    expect({ ...(await within(ticketLock(2), 1000)), seconds: 0 }).toEqual({
      ...proof,
      seconds: 0,
      strategy: { name: 'bounded', preemptions: 1000 },
      bound: { preemptions: 1000, cutOff: false },
    });
  });

  test('then a livelock is found as well', async () => {
    expect(await within(spinForever(), 1000)).toMatchObject({
      verdict: 'violation',
      violation: { kind: 'livelock' },
    });
  });

  test('what says little is vacuous', async () => {
    expect(await within(neverChecked(), 0)).toMatchObject({
      verdict: 'vacuous',
      neverReached: ['never here'],
    });
    expect(await within(oneSchedule(), 3)).toMatchObject({ neverReached: ['a second schedule'] });
  });

  test('limits say how far it came', async () => {
    expect(
      await explore(grid(5, 9), { strategy: { name: 'bounded', preemptions: 99 }, maxStates: 5000 }),
    ).toMatchObject({
      verdict: 'truncated',
      limit: {
        which: 'states',
        message: expect.stringMatching(
          /\(--max-states\) after all schedules with at most \d+ preemptions?$/,
        ) as string,
      },
    });
  });

  test('the same every time', async () => {
    const [first, second] = [await within(lostUpdate(3), 2), await within(lostUpdate(3), 2)];
    expect({ ...second, seconds: 0 }).toEqual({ ...first, seconds: 0 });
    expect((await within(unchecked(3), 1)).states).toBe(statesWithin(unchecked(3), 1)!.size);
  });
});

describe('swapout-vs-odirect on v5.18', () => {
  // The shortest failing schedule has 81 steps and 3 preemptions; a longer one needs only one.
  const { program } = buildProgram({
    scenario: 'swapout-vs-odirect',
    kernel: 'v5.18',
    apply: [],
    revert: [],
    set: {},
  });

  test('no schedule without preemptions loses a write, nor does any that comes to the interesting part', async () => {
    expect(await explore(program, { strategy: { name: 'bounded', preemptions: 0 } })).toMatchObject({
      verdict: 'vacuous',
      violation: null,
    });
  });

  test('one preemption is enough', async () => {
    const verdict = await explore(program, { strategy: { name: 'bounded', preemptions: 3 } });
    expect(verdict).toMatchObject({
      verdict: 'violation',
      violation: { kind: 'lost-write', preemptions: 1, shortest: false },
    });
    expect(verdict.violation?.schedule.steps).toHaveLength(103);
    expect(replay(program, verdict.violation!.schedule).violation).toMatchObject({ kind: 'lost-write' });
  });
});
