/** Loops whose histories can be folded, and some whose cannot. */
import { fold } from '../../src/core/control.ts';
import type { Steps } from '../../src/core/operations.ts';
import type { Program } from '../../src/core/program.ts';
import type { Word } from '../../src/core/words.ts';
import { toy } from './toy.ts';

/** One thread spins until the other has written. */
export function loopOf(how: 'declared' | 'instrumented'): Program {
  return toy('loop', ({ layout }) => {
    const flag = layout.word('flag');
    const out = layout.word('out');
    return {
      threads: {
        spins: how === 'declared' ? () => declared(flag, out) : () => instrumented(flag, out),
        writes: function* () {
          yield* flag.store(1);
        },
      },
    };
  });
}

function* declared(flag: Word, out: Word): Steps<void> {
  for (;;) {
    fold('spin');
    if ((yield* flag.load()) === 1) break;
  }
  fold('out');
  yield* out.store(1);
}

function* instrumented(flag: Word, out: Word): Steps<void> {
  while ((yield* flag.load()) === 0);
  yield* out.store(1);
}

class Counter {
  turns = 0;
}

/** Counts its turns in an object of its own: no two turns are the same, although the object is. */
export function freshCounters(turns: number): Program {
  return toy('fresh-counters', ({ layout }) => {
    const word = layout.word('w');
    const other = layout.word('other');
    return {
      threads: {
        counts: function* () {
          const counter = new Counter();
          while (counter.turns < turns) {
            yield* word.add(1);
            counter.turns++;
          }
        },
        reads: function* () {
          yield* other.load();
        },
      },
    };
  });
}

class Helper {
  private readonly word: Word;
  constructor(word: Word) {
    this.word = word;
  }
  *spin(): Steps<void> {
    while ((yield* this.word.load()) === 0);
  }
}

/** Two threads spin for ever in a method of one object made before they run. */
export function sharedHelper(): Program {
  return toy('shared-helper', ({ layout }) => {
    const helper = new Helper(layout.word('w'));
    return { threads: { A: () => helper.spin(), B: () => helper.spin() } };
  });
}
