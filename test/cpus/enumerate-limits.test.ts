import { describe, expect, test } from 'vitest';
import { fold } from '../../src/core/control.ts';
import { ModelError } from '../../src/core/errors.ts';
import type { Program } from '../../src/core/program.ts';
import { enumerate } from '../../src/cpus/enumerate.ts';
import type { Enumeration, EnumerationProgress } from '../../src/cpus/enumeration.ts';
import { lostUpdate, unchecked } from '../programs/counters.ts';
import { countingForever, nondeterministic, throwing } from '../programs/odd.ts';
import { isValue, toy } from '../programs/toy.ts';
import { complete, spelled, parallel, writer } from './all-schedules.ts';
import { InProcess } from './in-process.ts';

describe('limits', () => {
  test('an endless daemon is cut, and the result says so', async () => {
    const program = toy('endless', ({ layout }) => {
      const [a, b] = [layout.word('a'), layout.word('b')];
      return {
        threads: { A: writer(a, 1, 1) },
        daemons: {
          *clock() {
            for (;;) {
              fold('tick');
              yield* b.xor(1);
            }
          },
        },
      };
    });
    const found = await enumerate(new InProcess(program), { maxSteps: 50 });
    // The step of A before all ticks, and after them, where it sleeps: its place among them makes no difference.
    expect(found.executions).toEqual({ complete: 0, blocked: 0, cut: 2 });
    expect(found.limit).toBeNull();
    expect(found.exhausted).toBe(false);
  });

  test('an execution of exactly maxSteps steps is not cut', async () => {
    const program = parallel(({ layout }) => [writer(layout.word('a'), 1, 5)]);
    expect((await enumerate(new InProcess(program), { maxSteps: 5 })).exhausted).toBe(true);
    const cut = await enumerate(new InProcess(program), { maxSteps: 4 });
    expect(cut.executions).toEqual({ complete: 0, blocked: 0, cut: 1 });
    expect(cut.steps).toBe(4);
  });

  test('and neither is one of as many steps in turns', async () => {
    expect((await enumerate(new InProcess(unchecked(2)), { maxSteps: 4 })).exhausted).toBe(true);
    const cut = await enumerate(new InProcess(unchecked(2)), { maxSteps: 3 });
    expect(cut.executions).toMatchObject({ complete: 0, cut: 4 });
  });

  test('maxExecutions, stopAtViolation, budgetMs and the signal end it', async () => {
    const run = async (options: Parameters<typeof enumerate>[1]): Promise<Enumeration> =>
      enumerate(new InProcess(lostUpdate(3)), options);
    expect(await run({ maxExecutions: 4 })).toMatchObject({ limit: 'executions', exhausted: false });
    const all = await run({});
    const ended = all.executions.complete + all.executions.blocked;
    expect(await run({ maxExecutions: ended })).toMatchObject({ limit: null, exhausted: true });
    const stopped = await run({ stopAtViolation: true });
    expect(stopped).toMatchObject({ limit: 'violation', violations: [{ kind: 'assertion' }] });
    expect(await run({ budgetMs: 0 })).toMatchObject({ limit: 'time', exhausted: false });
    expect(await run({ signal: AbortSignal.abort() })).toMatchObject({ limit: 'interrupted', steps: 0 });
  });

  test('a limit that comes with the last step ends nothing', async () => {
    const abort = new AbortController();
    class Aborting extends InProcess {
      override run(thread: number, count: number, choice: number): ReturnType<InProcess['run']> {
        abort.abort();
        return super.run(thread, count, choice);
      }
    }
    const found = await enumerate(new Aborting(lostUpdate(1, 2)), { signal: abort.signal });
    expect(found).toMatchObject({ limit: null, exhausted: true, executions: complete(1) });
  });

  test('tells how far it is, and can be aborted by a timer meanwhile', async () => {
    const told: EnumerationProgress[] = [];
    const found = await enumerate(new InProcess(unchecked(7)), {
      onProgress: (progress) => told.push(progress),
      signal: AbortSignal.timeout(250),
    });
    expect(found.limit).toBe('interrupted');
    expect(told.length).toBeGreaterThanOrEqual(3);
    expect(told.at(-1)!.steps).toBeGreaterThan(told[0]!.steps);
    expect(told.at(-1)!.executions).toBeGreaterThan(told[0]!.executions);
  });
});

describe('hand-overs', () => {
  test('an execution of n threads that do not meet takes one for each', async () => {
    const executor = new InProcess(
      parallel(({ layout }) => [0, 1, 2].map((t) => writer(layout.word(`w${t}`), 1, 100))),
    );
    const found = await enumerate(executor, { maxExecutions: 1 });
    expect(found.steps).toBe(300);
    expect(executor.handovers).toBe(3);
  });

  test('what a thread throws where it should not have come is not told; what it throws elsewhere is', async () => {
    const make = (property: boolean): Program =>
      toy('overrun', ({ layout }) => {
        const a = layout.word('a');
        return {
          threads: {
            *A() {
              yield* a.store(1);
              yield* a.store(2);
              throw new TypeError('a must never be 1');
            },
          },
          always: property ? [isValue('a stays 0', a, 0)] : [],
        };
      });
    const found = await enumerate(new InProcess(make(true)));
    expect(spelled(found)).toEqual(new Set(['assertion: a is 1, not 0']));
    expect(found.violations[0]!.moves).toHaveLength(1);
    await expect(enumerate(new InProcess(make(false)))).rejects.toThrow('a must never be 1');
    await expect(enumerate(new InProcess(throwing()))).rejects.toThrow('cannot read properties');
  });
});

describe('a program that does not repeat itself', () => {
  test('a body with state of its own is named with thread, step, what was expected and found', async () => {
    let turns = 0;
    const program = toy('shared-state', ({ layout }) => {
      const [a, b] = [layout.word('a'), layout.word('b')];
      return {
        threads: {
          *A() {
            yield* a.load();
            yield* a.store(++turns);
          },
          *B() {
            yield* a.store(100);
            yield* b.store(1);
          },
        },
      };
    });
    const failed = enumerate(new InProcess(program));
    await expect(failed).rejects.toThrow(ModelError);
    await expect(failed).rejects.toThrow(
      /^leftover state: A, step 1, .*expected store a \(operands 0, 1\) next, found store a \(operands 0, 2\) next/,
    );
  });

  test('a thread that is not where it was', async () => {
    let calls = 0;
    const again = enumerate(new InProcess(nondeterministic(() => (calls++ % 2 === 0 ? 0 : 1))));
    await expect(again).rejects.toThrow(/leftover state: T0/);
  });

  test('a thread that starts otherwise', async () => {
    let runs = 0;
    const program = toy('starts', ({ layout }) => {
      const word = layout.word('a');
      return {
        threads: {
          *A() {
            yield* word.store(runs++);
          },
          *B() {
            yield* word.load();
          },
        },
      };
    });
    await expect(enumerate(new InProcess(program))).rejects.toThrow(/leftover state: A, step 0/);
  });

  test('an endless loop without an end to its executions is only cut', async () => {
    const found = await enumerate(new InProcess(countingForever()), { maxSteps: 20 });
    expect(found.executions.cut).toBeGreaterThan(0);
    expect(found.exhausted).toBe(false);
  });
});
