import type { ProgramSource } from '../../src/cpus/source.ts';
import { describe, expect, test } from 'vitest';
import { Conditions } from '../../src/core/conditions.ts';
import { ModelError as SourceModelError } from '../../src/core/errors.ts';
import { Kind, type KindCode } from '../../src/core/operations.ts';
import { Layout } from '../../src/core/words.ts';
import type { Cpus } from '../../src/cpus/cpus.ts';
import { controlWord } from '../../src/cpus/drive.ts';
import { CpuFailure as SourceCpuFailure } from '../../src/cpus/failures.ts';
import { Abort } from '../../src/cpus/free-cpu.ts';
import type { PendingOperation } from '../../src/cpus/performed.ts';
import { Global, LINE, lineOf, Own } from '../../src/cpus/shared-memory.ts';
import { Watch } from '../../src/cpus/watch.ts';
import { isValue, toy } from '../programs/toy.ts';
import {
  build,
  compiled,
  ControlledCpus,
  CpuFailure,
  enumerate,
  explore,
  ModelError,
  stress,
} from './compiled.ts';

const PATIENCE_MS = 100;
const GATE = controlWord(Global.GATE);
const ON_WORD = 0;

/** Two CPUs that are what a test says they are, and a watch over them. */
function standing(cpus: readonly { sleeps: boolean; on?: number; kind?: KindCode; finished?: boolean }[]) {
  const layout = new Layout();
  const word = layout.word('word', { init: 1 });
  const program = toy('watched', () => ({
    threads: Object.fromEntries(cpus.map((_, cpu) => [`cpu${cpu}`, () => word.untilIs(0)])),
    atEnd: [isValue('', word, 0)],
  }));
  const control = new Int32Array(new SharedArrayBuffer((Global.LINES + cpus.length) * LINE * 4));
  cpus.forEach(({ sleeps, on = ON_WORD, finished = false }, cpu) => {
    control[lineOf(cpu) + Own.SLEEPS] = sleeps ? 7 : 8;
    control[lineOf(cpu) + Own.SLEEPS_ON] = on;
    control[lineOf(cpu) + Own.FINISHED] = finished ? 1 : 0;
  });
  const pendingOf = (cpu: number): PendingOperation => {
    return { kind: cpus[cpu]!.kind ?? Kind.LOCK, word: 0, x: -1, y: 1, resting: false };
  };
  const fake = {
    program: { ...program, layout, conditions: new Conditions() },
    words: layout.initial(),
    control,
    pendingOf,
    nameOf: (cpu: number) => `cpu${cpu}`,
  };
  const watch = new Watch(fake as unknown as Cpus, PATIENCE_MS);
  /** Looks until `ms` are over; what was thrown. */
  const look = (ms: number, meanwhile = (): void => undefined): unknown => {
    try {
      for (let waited = 0; waited < ms; waited += 5) {
        watch.look(5);
        meanwhile();
      }
      return null;
    } catch (error) {
      return error;
    }
  };
  return { control, look, aborted: () => control[Global.ABORT] === Abort.NOW };
}

describe('a watch', () => {
  test('ends an iteration in which all sleep and none can move', () => {
    const { look, aborted } = standing([{ sleeps: true }, { sleeps: false, finished: true }]);
    expect(look(20)).toBeNull();
    expect(aborted()).toBe(true);
  });

  test('waits while one of them is awake', () => {
    const { look, aborted } = standing([{ sleeps: true }, { sleeps: false }]);
    expect(look(PATIENCE_MS)).toBeNull();
    expect(aborted()).toBe(false);
    const error = look(50);
    expect(error).toBeInstanceOf(SourceCpuFailure);
    expect(String(error)).toMatch(/CPU cpu1 gives no answer/);
  });

  test('does not take who waits at the gate for one who cannot move, though its lock is held', () => {
    const { look, aborted } = standing([{ sleeps: true }, { sleeps: true, on: GATE }]);
    expect(look(PATIENCE_MS)).toBeNull();
    expect(aborted()).toBe(false);
    const error = look(50);
    expect(error).toBeInstanceOf(SourceModelError);
    expect(String(error)).toMatch(/a wake-up was lost: cpu1 sleeps/);
  });

  test('does not take who could move for one who cannot', () => {
    const { look, aborted } = standing([{ sleeps: true, kind: Kind.LOAD }, { sleeps: true }]);
    expect(look(PATIENCE_MS)).toBeNull();
    expect(aborted()).toBe(false);
    expect(String(look(50))).toMatch(/a wake-up was lost: cpu0 sleeps/);
  });

  test('has patience with those who take steps', () => {
    const { control, look, aborted } = standing([{ sleeps: false }, { sleeps: true }]);
    expect(look(5 * PATIENCE_MS, () => control[Global.CLOCK]!++)).toBeNull();
    expect(aborted()).toBe(false);
  });

  test('but not with those who go on after they were told to give up', () => {
    const { control, look } = standing([{ sleeps: false }, { sleeps: true }]);
    control[Global.ABORT] = Abort.NOW;
    expect(look(PATIENCE_MS, () => control[Global.CLOCK]!++)).toBeNull();
    const error = look(20, () => control[Global.CLOCK]!++);
    expect(error).toBeInstanceOf(SourceCpuFailure);
    expect(String(error)).toMatch(/CPU cpu0 gives no answer/);
  });
});

const strange = (name: string, request: unknown = null) =>
  compiled('test/programs/cpus/strange.js', name, request);

async function thrownBy(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('nothing was thrown'),
    (error: unknown) => error,
  );
}

/** Runs the second thread to its end, under control. */
async function controlled(source: ProgramSource): Promise<void> {
  const cpus = await ControlledCpus.start(source);
  try {
    await cpus.reset();
    for (let i = 0; i < 3; i++) await cpus.run(1, 1, 0);
  } finally {
    await cpus.stop();
  }
}

test('who hangs inside an atomic block is named, and not those who wait at the gate', async () => {
  const error = await thrownBy(
    stress(strange('hangsInside'), { durationMs: 60_000, maxIterations: 5, patienceMs: 300 }),
  );
  expect(error).toBeInstanceOf(CpuFailure);
  expect(String(error)).toMatch(/CPU bad \(worker thread \d+\) gives no answer/);
  expect(String(error)).not.toMatch(/good|better/);
});

describe.each([
  ['throws at once', /boom/],
  ['is no generator', /boom/],
  ['forgets the star', /yielded what is no operation; perhaps `yield` is meant to be `yield\*`/],
  ['waits inside', /until.*in the middle of an atomic block.*only its first operation may wait/s],
])('a thread that %s is an error that names it', (how, text) => {
  const source = strange('broken', how);

  test.each([
    ['in the search', (): Promise<unknown> => explore(build(source))],
    ['under control', (): Promise<unknown> => controlled(source)],
    ['enumerated', (): Promise<unknown> => enumerated(source)],
    ['free-running', (): Promise<unknown> => stress(source, { durationMs: 60_000, maxIterations: 20 })],
  ])('%s', async (_, run) => {
    const error = await thrownBy((async () => run())());
    expect(error).toBeInstanceOf(ModelError);
    expect(String(error)).toMatch(/thread bad\b/);
    expect(String(error)).toMatch(text);
    expect(String(error)).not.toMatch(/thread good/);
  });
});

async function enumerated(source: ProgramSource) {
  const cpus = await ControlledCpus.start(source);
  try {
    return await enumerate(cpus);
  } finally {
    await cpus.stop();
  }
}

test('unsigned operands mean the same int32 to the search, to the enumeration and to free CPUs', async () => {
  const source = strange('unsigned');
  const searched = await explore(build(source));
  expect(searched.violation?.kind).toBe('assertion');
  const message = 'the words are 2147483647,7,1';
  expect(searched.violation?.message).toBe(message);
  const { violations, exhausted } = await enumerated(source);
  expect(exhausted).toBe(true);
  expect(violations.map((violation) => violation.message)).toEqual([message]);
  const stressed = await stress(source, { durationMs: 60_000, maxIterations: 50 });
  expect(stressed).toMatchObject({ iterations: 50, violations: 50, kinds: { assertion: 50 } });
  expect(stressed.first?.violation.message).toBe(message);
  expect([...stressed.covered].sort()).toEqual([
    'handed the int32',
    'it wraps around',
    'the bit alone',
    'the bit was set',
    'the other bit is left',
  ]);
});

test('what a thread holds before its first operation counts for all of them', async () => {
  const source = strange('heldAtStart');
  const found = { kind: 'leak', message: '1 held' };
  expect((await explore(build(source))).violation).toMatchObject(found);
  const { violations } = await enumerated(source);
  expect(violations).toMatchObject([found]);
  expect(violations[0]!.moves).toEqual([]);
  const { first, violations: hits } = await stress(source, { durationMs: 60_000, maxIterations: 10 });
  expect(hits).toBe(10);
  expect(first!.violation).toEqual(found);
  expect(first!.steps).toEqual([]);
});
