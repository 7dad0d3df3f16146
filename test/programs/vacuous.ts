/** Programs about which a search can say little. */
import { assert } from '../../src/core/control.ts';
import type { Program } from '../../src/core/program.ts';
import { toy } from './toy.ts';

/** The checks sit behind a value that nobody writes. */
export function neverChecked(): Program {
  return toy('never-checked', ({ layout }) => {
    const flag = layout.word('flag');
    return {
      threads: {
        T0: function* () {
          if ((yield* flag.load()) === 1) assert(false, 'never here');
        },
        T1: function* () {
          yield* flag.load();
        },
      },
      mustReach: ['never here'],
    };
  });
}

/** Every run waits for what nobody does: there is no complete execution. */
export function neverComplete(): Program {
  return toy('never-complete', ({ layout }) => {
    const flag = layout.word('flag');
    const data = layout.word('data');
    return {
      threads: {
        T0: function* () {
          yield* data.store(1);
          yield* flag.untilIs(1);
          assert((yield* data.load()) === 2, 'never evaluated');
        },
        T1: function* () {
          yield* data.load();
        },
      },
      mustReach: ['never evaluated'],
    };
  });
}

/** The second thread can only start when the first has ended: one schedule. */
export function oneSchedule(): Program {
  return toy('one-schedule', ({ layout }) => {
    const started = layout.word('started');
    return {
      threads: {
        T0: function* () {
          yield* started.store(1);
        },
        T1: function* () {
          yield* started.untilIs(1);
        },
      },
    };
  });
}
