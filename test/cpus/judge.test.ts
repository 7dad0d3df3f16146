import { describe, expect, test } from 'vitest';
import { Kind } from '../../src/core/operations.ts';
import type { Program } from '../../src/core/program.ts';
import { Judge } from '../../src/cpus/judge.ts';
import type { PerformedOperation, PerformedStep, ThreadPosition } from '../../src/cpus/performed.ts';
import { requireSameStart, requireSameStep } from '../../src/cpus/repetition.ts';
import { isValue, toy } from '../programs/toy.ts';

/** A program with a word that nobody watches, one that is watched, an account, and a daemon; `looks` counts looks at the rule. */
function watched(breaks: (held: Int32Array) => boolean = () => false): { program: Program; looks: string[] } {
  const looks: string[] = [];
  const program = toy('watched', ({ layout }) => {
    layout.word('idle');
    const word = layout.word('word');
    const seen = (words: Int32Array, held: Int32Array) => `${words.join()} held ${held.join()}`;
    return {
      threads: { cpu0: () => word.add(1) },
      daemons: { device: () => word.add(1) },
      accounts: ['page', 'slot'],
      always: [
        {
          name: 'counted',
          kind: 'leak',
          watches: [word],
          holds: (words, held) => {
            looks.push(seen(words, held));
            return !breaks(held);
          },
          explain: seen,
        },
      ],
      atEnd: [isValue('at the end', word, 1)],
    };
  });
  return { program, looks };
}

const at = (held: readonly number[] = [0, 0], change: Partial<ThreadPosition> = {}): ThreadPosition => {
  return { kind: Kind.ADD, word: 1, x: 1, y: 0, resting: false, held, ...change };
};

function add(word: number, before: number, change: Partial<PerformedOperation> = {}): PerformedOperation {
  return { kind: Kind.ADD, word, x: 1, y: 0, z: 0, before, after: before + 1, result: 0, ...change };
}

function step(thread: number, operation: PerformedOperation, next: ThreadPosition = at()): PerformedStep {
  return { thread, worker: 1, operations: [operation], next };
}

function judging(program: Program, starts: readonly ThreadPosition[] = [at(), at()]): Judge {
  return new Judge(program, starts, (thread) => ({ kind: 'assertion', message: `thread ${thread} failed` }));
}

describe('Judge', () => {
  test('a value before or after that is not the one left there, or not what the operation makes', () => {
    const { program } = watched();
    const text = 'the word was left at 0: somebody wrote it out of turn';
    expect(() => judging(program).apply(step(0, add(1, 4)))).toThrow(text);
    expect(() => judging(program).apply(step(0, add(1, 0, { after: 3 })))).toThrow(text);
    expect(() => judging(program).apply(step(0, add(0, 1)))).toThrow('cpu0 did add idle 1 -> 2');
    const judge = judging(program);
    judge.apply(step(0, add(1, 0)));
    judge.apply(step(1, add(1, 1)));
    expect([...judge.words]).toEqual([0, 2]);
    expect(() => judge.apply(step(0, add(1, 1)))).toThrow('left at 2');
  });

  test('what choose and fence report of words is not looked at', () => {
    const judge = judging(watched().program);
    judge.apply(step(0, add(1, 9, { kind: Kind.CHOOSE, after: 9 })));
    judge.apply(step(0, add(1, 9, { kind: Kind.FENCE, after: 9 })));
    expect([...judge.words]).toEqual([0, 0]);
  });

  test('looks at the rules at the beginning, and again only where something has changed', () => {
    const { program, looks } = watched();
    const judge = judging(program);
    const look = (performed: PerformedStep | null): number => {
      if (performed !== null) judge.apply(performed);
      const { length } = looks;
      expect(judge.violation()).toBeNull();
      return looks.length - length;
    };
    expect(look(null)).toBe(1);
    expect(look(null)).toBe(0);
    expect(look(step(0, add(0, 0)))).toBe(0);
    expect(look(step(0, add(1, 0)))).toBe(1);
    expect(look(step(0, add(1, 1, { kind: Kind.LOAD, after: 1 })))).toBe(0);
    expect(look(step(0, add(0, 1), at([0, 1])))).toBe(1);
    expect(look(step(0, add(0, 2), at([0, 0])))).toBe(1);
    expect(look(step(1, add(0, 3), at([0, 0], { resting: true })))).toBe(1);
    expect(look(step(1, add(0, 4)))).toBe(1);
    expect(looks.slice(-4)).toEqual(['2,1 held 0,1', '3,1 held 0,0', '4,1 held 0,0', '5,1 held 0,0']);
  });

  test('a daemon that comes to rest ends the run, though nothing else has changed', () => {
    const judge = judging(watched().program);
    judge.apply(step(0, add(0, 0), at([0, 0], { kind: Kind.DONE })));
    expect(judge.violation()).toBeNull();
    expect([judge.finished(), judge.atEnd()]).toEqual([true, false]);
    judge.apply(step(1, add(0, 1), at([0, 0], { resting: true })));
    expect(judge.atEnd()).toBe(true);
    expect(judge.violation()).toEqual({ kind: 'assertion', message: 'word is 0, not 1' });
    // And is told again as long as it lasts.
    expect(judge.violation()).not.toBeNull();
  });

  test('what all threads hold counts together, from before their first steps', () => {
    const { program } = watched((held) => held[1] === 5);
    const judge = judging(program, [at([0, 2]), at([0, 3])]);
    expect(judge.violation()).toEqual({ kind: 'leak', message: '0,0 held 0,5' });
    expect(judging(program, [at([0, 2]), at([5, 2])]).violation()).toBeNull();
  });

  test('a thread that fails is told before any rule', () => {
    const judge = judging(watched(() => true).program);
    judge.apply(step(1, add(0, 0), at([0, 0], { kind: Kind.FAIL })));
    expect(judge.violation()).toEqual({ kind: 'assertion', message: 'thread 1 failed' });
  });

  test('stuck: somebody has not ended and nobody can move, not even a daemon', () => {
    const { program } = watched();
    const waits = at([0, 0], { kind: Kind.UNTIL, x: -1, y: 1 });
    expect(judging(program, [waits, waits]).stuck()).toBe(true);
    expect(judging(program, [waits, at()]).stuck()).toBe(false);
    expect(judging(program, [at([0, 0], { kind: Kind.DONE }), waits]).stuck()).toBe(false);
    expect(judging(program, [waits, waits]).waiting()).toEqual(['cpu0 waits at until word (0)']);
  });
});

describe('a step taken again', () => {
  const { program } = watched();
  const recorded = step(0, add(1, 0), at([2, 1]));
  const again = (found: PerformedStep) => () => requireSameStep(program, 7, recorded, found);

  test('is the same', () => {
    expect(again(structuredClone(recorded))).not.toThrow();
  });

  test.each([
    [[1, 1], '2 of page held, found 1 of page held'],
    [[3, 1], '2 of page held, found 3 of page held'],
    [[2, 0], '1 of slot held, found 0 of slot held'],
  ])('and then holds %j', (held, text) => {
    expect(again(step(0, add(1, 0), at(held)))).toThrow(
      `leftover state: cpu0, step 7, after the same schedule: expected ${text}`,
    );
  });

  test.each([
    { kind: Kind.XOR },
    { word: 0 },
    { x: 2 },
    { y: 1 },
    { z: 1 },
    { before: 1 },
    { after: 2 },
    { result: 1 },
  ])('and does %j', (change) => {
    expect(again(step(0, add(1, 0, change), at([2, 1])))).toThrow(
      /leftover state: cpu0, step 7.*expected add/,
    );
  });

  test.each([{ kind: Kind.LOAD }, { word: 0 }, { x: 2 }, { y: 1 }, { resting: true }])(
    'and then stands at %j',
    (change) => {
      expect(again(step(0, add(1, 0), at([2, 1], change)))).toThrow(/expected add word .* next, found/);
      expect(() => requireSameStart(program, [at(), at()], [at(), at([0, 0], change)])).toThrow(
        /leftover state: device, step 0/,
      );
    },
  );

  test('and has an operation less or more', () => {
    const two: PerformedStep = { ...recorded, operations: [add(1, 0), add(1, 1)] };
    expect(again(two)).toThrow(/expected the step to end, found add/);
    expect(() => requireSameStep(program, 1, two, recorded)).toThrow(/expected add.*found the step to end/);
  });
});
