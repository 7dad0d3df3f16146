/** Programs whose shortest schedule into a violation is not the one with the fewest threads or preemptions. */
import { assert, choose, fail, fold, rest } from '../../src/core/control.ts';
import type { Program } from '../../src/core/program.ts';
import { isValue, toy } from './toy.ts';

/**
 * `flag` must remain 0. Alone sets it in five steps; Help and User do so in three, with a preemption; the last thread must end and
 * has nothing to do with it.
 */
export function aloneOrTogether(): Program {
  return toy('alone-or-together', ({ layout }) => {
    const flag = layout.word('flag');
    const help = layout.word('help');
    const other = layout.word('other');
    return {
      threads: {
        *Alone() {
          for (let i = 0; i < 4; i++) yield* other.load();
          yield* flag.store(1);
        },
        *Help() {
          yield* help.store(1);
          yield* help.store(0);
        },
        *User() {
          yield* help.untilIs(1);
          yield* flag.store(1);
        },
        *Bystander() {
          yield* other.store(1);
        },
      },
      always: [isValue('the flag is down', flag, 0)],
    };
  });
}

/** Two properties of one kind: Quick breaks the one at once, Slow the other after three steps. */
export function twoRules(): Program {
  return toy('two-rules', ({ layout }) => {
    const a = layout.word('a');
    const b = layout.word('b');
    return {
      threads: {
        *Quick() {
          yield* a.store(1);
        },
        *Slow() {
          yield* b.load();
          yield* b.load();
          yield* b.store(1);
        },
      },
      always: [isValue('a is 0', a, 0), isValue('b is 0', b, 0)],
    };
  });
}

/** Ends in a failed assertion or in a loop without end, as `choose` answers. */
export function failsOrSpins(): Program {
  return toy('fails-or-spins', ({ layout }) => {
    const never = layout.word('never');
    return {
      threads: {
        *chooses() {
          assert((yield* choose(2)) === 1, 'zero');
          for (;;) {
            fold('spin');
            if ((yield* never.load()) === 1) return;
          }
        },
      },
    };
  });
}

/**
 * The second word must remain 0. By itself Slow sets it in five steps; Gives and Takes do so in two without a preemption; and Chooses
 * does with Takes in four, or alone in three, breaking the rule of the first word on its way.
 */
export function throughAnotherRule(withSlow: boolean): Program {
  return toy('through-another-rule', ({ layout }) => {
    const a = layout.word('a');
    const b = layout.word('b');
    const given = layout.word('given');
    const other = layout.word('other');
    const slow = {
      *Slow() {
        for (let i = 0; i < 4; i++) yield* other.load();
        yield* b.store(1);
      },
      *Gives() {
        yield* given.store(1);
      },
    };
    return {
      threads: {
        *Chooses() {
          if ((yield* choose(2)) === 1) return yield* given.store(1);
          yield* a.store(1);
          yield* b.store(1);
        },
        *Takes() {
          yield* given.untilIs(1);
          yield* b.store(1);
        },
        ...(withSlow ? slow : {}),
      },
      always: [isValue('b is 0', b, 0), isValue('a is 0', a, 0)],
    };
  });
}

/** A thread that fails in two ways. */
export function failsInTwoWays(): Program {
  return toy('fails-in-two-ways', ({ layout }) => {
    const word = layout.word('word');
    return {
      threads: {
        *fails() {
          const early = (yield* choose(2)) === 0;
          if (early) fail('leak', 'early');
          yield* word.load();
          fail('lost-write', 'late');
        },
      },
    };
  });
}

/** What is checked at the end is wrong whether or not the daemon, which is at rest, has moved. */
export function restingDaemon(): Program {
  return toy('resting-daemon', ({ layout }) => {
    const word = layout.word('word');
    const ticks = layout.word('ticks');
    return {
      threads: {
        *writes() {
          yield* word.store(1);
        },
      },
      daemons: {
        *clock() {
          for (;;) {
            fold('tick');
            rest();
            yield* ticks.xor(1);
          }
        },
      },
      atEnd: [isValue('the word is 0', word, 0)],
    };
  });
}
