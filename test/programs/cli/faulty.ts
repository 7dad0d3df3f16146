import { isMainThread } from 'node:worker_threads';
import { fold, rest } from '../../../src/core/control.ts';
import type { Steps } from '../../../src/core/operations.ts';
import type { ProgramThread } from '../../../src/core/program.ts';
import type { Word } from '../../../src/core/words.ts';

/** What a thread of {@link faulty} does on a worker thread, and there only: the search sees nothing of it. */
export const FAULTS = ['exit', 'throw', 'spin', 'differ'] as const;

/** Any other fault than those is none. */
function* betray(fault: string, word: Word): Steps<void> {
  if (isMainThread) return;
  // In a worker thread this ends that thread only.
  if (fault === 'exit') process.exit(7);
  if (fault === 'throw') throw new Error('the generator is broken');
  if (fault === 'spin') for (;;);
  if (fault === 'differ') yield* word.add(0);
}

/** Two threads count without a lock, and the second one goes wrong between its two accesses. */
export function faultyThreads(fault: string, count: Word): ProgramThread[] {
  return [
    {
      name: 'cpu0',
      *body() {
        yield* count.store((yield* count.load()) + 1);
      },
    },
    {
      name: 'cpu1',
      *body() {
        const seen = yield* count.load();
        yield* betray(fault, count);
        yield* count.store(seen + 1);
      },
    },
  ];
}

/** A daemon that always has something to do. */
export function tireless(word: Word): ProgramThread {
  return {
    name: 'ticker',
    daemon: true,
    *body() {
      for (;;) {
        fold('tick');
        rest();
        yield* word.xor(1);
      }
    },
  };
}

/** As a thread of {@link faultyThreads}, after many stores to a word of its own. */
export function wordyThread(name: string, own: Word, count: Word): ProgramThread {
  return {
    name,
    *body() {
      for (let n = 0; n < 150; n++) yield* own.store(n);
      yield* count.store((yield* count.load()) + 1);
    },
  };
}

/** A thread that takes long to end. */
export function longThread(name: string, word: Word, steps: number): ProgramThread {
  return {
    name,
    *body() {
      for (let n = 0; n < steps; n++) yield* word.store(n & 1);
    },
  };
}
