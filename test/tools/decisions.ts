/** Is what may move alone a function of the state, or does it depend on how the state was reached? */
import type { Program } from '../../src/core/program.ts';
import { Automata } from '../../src/search/automata.ts';
import { PackedState } from '../../src/search/packed-state.ts';
import { ALL, AmpleSets } from '../../src/search/reduction/ample.ts';
import { ReducedPass } from '../../src/search/reduction/reduced-pass.ts';

/** Decisions compared, how many of them let a thread move alone, and the states in which the two decided differently. */
export interface Decided {
  decisions: number;
  alone: number;
  readonly different: string[];
}

/**
 * Walks at random through states of the program. In each, one that has come all the way (and carries on what it knows from step to step)
 * decides, and one made for this state alone.
 */
export function decideTwice(program: Program, walks: readonly (readonly number[])[]): Decided {
  const automata = new Automata(program);
  const nobody = () => {};
  new ReducedPass(automata, { violation: nobody, deadlock: nobody, end: nobody }).run(1 << 14);
  const state = new PackedState(automata);
  let old = new AmpleSets(automata, state);
  let known = automata.extensions;
  const decided: Decided = { decisions: 0, alone: 0, different: [] };
  for (const walk of walks) {
    state.reset();
    for (const number of walk) {
      // They have to know the same of the automata.
      if (known < automata.extensions) {
        old = new AmpleSets(automata, state);
        known = automata.extensions;
      }
      const chosen = old.choose();
      const fresh = new AmpleSets(automata, state).choose();
      decided.decisions++;
      if (chosen !== ALL) decided.alone++;
      if (chosen !== fresh) decided.different.push(`${state.words.join()} ${state.nodes.join()}`);
      const able = program.threads.map((_, t) => t).filter((t) => state.choices(t) > 0);
      if (able.length === 0) break;
      const thread = chosen === ALL ? able[number % able.length]! : chosen;
      const choices = state.choices(thread);
      state.take(thread, (number >> 4) % choices);
      state.advance(thread);
      if (chosen !== ALL && choices === 1) old.moved(thread);
    }
  }
  return decided;
}
