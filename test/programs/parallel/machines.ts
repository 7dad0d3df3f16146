/** Threads that are random finite machines: they loop, end or run in circles for ever, but never wait. For what cannot finish. */
import { fold } from '../../../src/core/control.ts';
import type { Program } from '../../../src/core/program.ts';
import { toy } from '../toy.ts';

/** What a machine does in one of its states when it reads 0 or 1: writes a value (or nothing), goes to a state; too high: it ends. */
export interface Reaction {
  readonly writes: number | null;
  readonly word: number;
  readonly next: number;
}

/** For each state what it reads, and its reactions to 0 and to 1. */
export type RandomMachine = readonly {
  readonly reads: number;
  readonly on: readonly [Reaction, Reaction];
}[];

export const MACHINE_WORDS = 2;

export function machines(threads: readonly RandomMachine[]): Program {
  return toy('machines', ({ layout }) => {
    const words = layout.array(MACHINE_WORDS, (i) => `w${i}`);
    return {
      threads: Object.fromEntries(
        threads.map((machine, t) => [
          `T${t}`,
          function* () {
            for (let state = 0; state < machine.length;) {
              fold('state', state);
              const { reads, on } = machine[state]!;
              const reaction = on[(yield* words[reads]!.load()) === 0 ? 0 : 1];
              fold('react', state, reaction === on[0]);
              if (reaction.writes !== null) yield* words[reaction.word]!.store(reaction.writes);
              state = reaction.next;
            }
          },
        ]),
      ),
    };
  });
}
