import { InputError } from '../core/errors.ts';
import { KeyIndex } from './key-index.ts';
import type { Stepper } from './stepper.ts';

/**
 * Is there no schedule from the stepper's state on that lets all non-daemon threads end? Searches everything reachable; the
 * stepper is left as it was. Throws an InputError after `maxStates` states without an answer.
 */
export function neverFinishes(stepper: Stepper, maxStates = 2_000_000): boolean {
  const { words, nodes } = stepper;
  const start = { words: words.slice(), nodes: nodes.slice() };
  const restore = (state: typeof start) => {
    words.set(state.words);
    nodes.set(state.nodes);
  };
  const seen = new KeyIndex();
  seen.insert(...stepper.key());
  const open = [start];
  let finishes = stepper.finished();
  for (let state = open.pop(); state !== undefined && !finishes; state = open.pop()) {
    for (let thread = 0; thread < nodes.length && !finishes; thread++) {
      restore(state);
      const choices = stepper.choices(thread);
      for (let choice = 0; choice < choices; choice++) {
        restore(state);
        stepper.step(thread, choice);
        finishes ||= stepper.finished();
        const { size } = seen;
        seen.insert(...stepper.key());
        if (seen.size > size) open.push({ words: words.slice(), nodes: nodes.slice() });
      }
    }
    if (seen.size > maxStates) {
      restore(start);
      throw new InputError(
        `the recorded livelock could not be checked again: more than ${maxStates} states follow it`,
      );
    }
  }
  restore(start);
  return !finishes;
}
