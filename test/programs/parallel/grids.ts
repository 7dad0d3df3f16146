/** Programs with many states, for several searchers, and what may go wrong in their worker threads. */
import { isMainThread } from 'node:worker_threads';
import { fold } from '../../../src/core/control.ts';
import type { Steps } from '../../../src/core/operations.ts';
import type { Program } from '../../../src/core/program.ts';
import type { Word } from '../../../src/core/words.ts';
import { isValue, toy } from '../toy.ts';

export interface GridRequest {
  readonly threads: number;
  readonly rounds: number;
  /** What the first thread does in worker threads, and there only, before its last round; default nothing. */
  readonly fault?: 'exit' | 'throw' | 'spin' | 'differ';
  /** Is it wrong that all come to the end? */
  readonly wrong?: boolean;
  /** Must they all have counted to this at once sometimes? */
  readonly meet?: number;
}

function* betray(fault: GridRequest['fault'], word: Word): Steps<void> {
  if (isMainThread) return;
  // In a worker thread this ends that thread only.
  if (fault === 'exit') process.exit(7);
  if (fault === 'throw') throw new Error('the generator is broken');
  if (fault === 'spin') for (;;);
  if (fault === 'differ') yield* word.add(Math.floor(performance.now() * 1e6) | 1);
}

/** Threads that each count a word of their own up to `rounds`: (rounds + 1) ^ threads states. */
export function grid({ threads, rounds, fault, wrong = false, meet }: GridRequest): Program {
  const program = toy('grid', ({ layout }) => {
    const words = layout.array(threads, (i) => `count[${i}]`);
    const body = (word: Word, t: number) =>
      function* (): Steps<void> {
        for (let i = 0; i < rounds; i++) {
          fold('round', i);
          if (t === 0 && i === rounds - 1) yield* betray(fault, word);
          yield* word.add(1);
        }
      };
    return {
      threads: Object.fromEntries(words.map((word, t) => [`T${t}`, body(word, t)])),
      atEnd: wrong ? [isValue('nobody has counted', words[0]!, 0)] : [],
    };
  });
  const meeting = {
    name: 'they meet',
    watches: program.layout.words,
    holds: (values: Int32Array) => values.every((value) => value === meet),
  };
  return meet === undefined ? program : { ...program, sometimes: [meeting] };
}
