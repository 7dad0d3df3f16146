/** Threads that break more than a rule: they die, throw, hang, or remember what they must not. */
import type { Steps } from '../../../src/core/operations.ts';
import type { Program } from '../../../src/core/program.ts';
import { isValue, toy } from '../toy.ts';

/** Thread `bad` does `then` after its first step; thread `good` takes `steps` steps. */
function bad(name: string, then: () => void, steps = 3): Program {
  return toy(name, ({ layout }) => {
    const word = layout.word('word');
    return {
      threads: {
        *bad(): Steps<void> {
          yield* word.store(1);
          then();
          yield* word.store(2);
        },
        *good(): Steps<void> {
          for (let i = 0; i < steps; i++) yield* word.load();
        },
      },
    };
  });
}

/** In a worker thread `process.exit` ends that thread only. */
export function dies(): Program {
  return bad('dies', () => process.exit(7));
}

export function throws(): Program {
  return bad('throws', () => {
    throw new TypeError('boom');
  });
}

export function hangs(): Program {
  return bad('hangs', () => {
    for (;;);
  });
}

/** Breaks a rule with its first step; only a CPU that runs past it, before anybody has looked, comes to the throw. */
export function overruns(): Program {
  return toy('overruns', ({ layout }) => {
    const word = layout.word('word');
    return {
      threads: {
        *bad(): Steps<void> {
          yield* word.store(1);
          yield* word.load();
          throw new TypeError('boom');
        },
        *good(): Steps<void> {
          yield* word.load();
        },
      },
      always: [isValue('word stays 0', word, 0)],
    };
  });
}

/** A counter outside the generator: the second run of the same thread is not the first. */
export function remembers(): Program {
  const runs = { begun: 0 };
  return toy('remembers', ({ layout }) => {
    const word = layout.word('word');
    return {
      threads: {
        *cpu0(): Steps<void> {
          yield* word.store(++runs.begun);
          yield* word.load();
        },
        *cpu1(): Steps<void> {
          yield* word.load();
        },
      },
    };
  });
}
