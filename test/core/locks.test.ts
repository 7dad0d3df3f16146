import { describe, expect, test } from 'vitest';
import { formatOwner, Mutex, RwSemaphore, SeqCount, SpinLock } from '../../src/core/locks.ts';
import type { Steps } from '../../src/core/operations.ts';
import type { Layout } from '../../src/core/words.ts';
import { explore } from '../../src/search/explore.ts';
import { toy } from '../programs/toy.ts';

type Body = () => Steps<void>;

/** What a program of these two threads shows first. */
async function shown(make: (layout: Layout) => readonly [Body, Body]): Promise<string | null> {
  const program = toy('locks', ({ layout }) => {
    const [A, B] = make(layout);
    return { threads: { A, B } };
  });
  const { violation } = await explore(program);
  return violation === null ? null : `${violation.kind}: ${violation.message}`;
}

const idle: Body = function* () {
  yield* [];
};

describe('releasing what one does not hold is a lock-rule violation', () => {
  test('spinlock and mutex: by another thread, and twice', async () => {
    for (const [Lock, what] of [
      [SpinLock, 'spinlock'],
      [Mutex, 'mutex'],
    ] as const) {
      const message = `lock-rule: ${what} l: released by thread 0, which does not hold it`;
      expect(
        await shown((layout) => {
          const lock = new Lock(layout, 'l');
          return [() => lock.unlock(), () => lock.lock()];
        }),
      ).toBe(message);
      expect(
        await shown((layout) => {
          const lock = new Lock(layout, 'l');
          const twice: Body = function* () {
            yield* lock.lock();
            yield* lock.unlock();
            yield* lock.unlock();
          };
          return [twice, idle];
        }),
      ).toBe(message);
    }
  });

  test('rw-semaphore: a reader that is none, a writer that is none, a reader for a writer', async () => {
    const reader = 'lock-rule: s: up_read by thread 0, which does not hold it';
    const writer = 'lock-rule: rwsem s.writer: released by thread 0, which does not hold it';
    const after = (lock: 'downRead' | 'downWrite' | null, unlock: 'upRead' | 'upWrite') =>
      shown((layout) => {
        const semaphore = new RwSemaphore(layout, 's');
        return [
          function* () {
            if (lock !== null) yield* semaphore[lock]();
            yield* semaphore[unlock]();
          },
          idle,
        ];
      });
    expect(await after(null, 'upRead')).toBe(reader);
    expect(await after('downWrite', 'upRead')).toBe(reader);
    expect(await after(null, 'upWrite')).toBe(writer);
    expect(await after('downRead', 'upWrite')).toBe(writer);
    expect(await after('downRead', 'upRead')).toBeNull();
    expect(await after('downWrite', 'upWrite')).toBeNull();
  });

  test('seqcount: a section inside another, a section ended by another thread', async () => {
    const begin = (layout: Layout) => new SeqCount(layout, 'q');
    expect(
      await shown((layout) => {
        const seq = begin(layout);
        const write: Body = function* () {
          yield* seq.writeBegin();
          yield* seq.writeEnd();
        };
        return [write, write];
      }),
    ).toBe('lock-rule: q: write section begun while another is open');
    expect(
      await shown((layout) => {
        const seq = begin(layout);
        return [() => seq.writeEnd(), idle];
      }),
    ).toBe('lock-rule: q: write section ended by thread 0, which did not begin it');
  });
});

test('taking a spinlock twice is a deadlock; a trylock then fails instead', async () => {
  expect(
    await shown((layout) => {
      const lock = new SpinLock(layout, 'l');
      return [
        function* () {
          yield* lock.lock();
          yield* lock.lock();
        },
        idle,
      ];
    }),
  ).toBe('deadlock: deadlock: A waits at lock l (held by A, last written by A in step 1)');
  expect(
    await shown((layout) => {
      const lock = new SpinLock(layout, 'l');
      return [
        function* () {
          yield* lock.lock();
          if (yield* lock.trylock()) yield* lock.lock();
          yield* lock.unlock();
        },
        idle,
      ];
    }),
  ).toBeNull();
});

test('owners are spelled by thread', () => {
  expect([formatOwner(0), formatOwner(3)]).toEqual(['free', 'held by thread 2']);
  const program = toy('spelled', ({ layout }) => {
    const semaphore = new RwSemaphore(layout, 's');
    return { threads: { A: () => semaphore.downRead() } };
  });
  const values = [0, 2, (0b101 << 6) | 0];
  expect(values.map((value) => program.layout.format(0, value))).toEqual([
    'free',
    'write-held by thread 1',
    'read-held by thread 0, 2',
  ]);
});
