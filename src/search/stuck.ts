import type { FoundViolation } from '../core/schedule.ts';
import { KeyIndex } from './key-index.ts';
import { deadlockOf, type Target } from './shortest.ts';
import type { Stepper } from './stepper.ts';

/** Looks for the nearest of the states with these keys (low, high pairs): from them the program can never end. */
export function stuckTarget(keys: Int32Array): Target {
  const stuck = new KeyIndex();
  for (let i = 0; i < keys.length; i += 2) stuck.insert(keys[i]!, keys[i + 1]!);
  return (stepper, enabled) => {
    const [low, high] = stepper.key();
    if (!stuck.has(low, high)) return null;
    return enabled === 0 ? deadlockOf(stepper) : livelockOf(stepper);
  };
}

function livelockOf(stepper: Stepper): FoundViolation {
  const names = stepper.program.threads
    .filter((thread, t) => thread.daemon !== true && !stepper.hasEnded(t))
    .map((thread) => thread.name);
  const blocked = stepper.program.threads.flatMap((thread, t) =>
    thread.daemon !== true && !stepper.hasEnded(t) && stepper.choices(t) === 0
      ? [`${thread.name} waits at ${stepper.pendingOperation(t)} ${stepper.pendingWord(t)}`]
      : [],
  );
  const detail = blocked.length > 0 ? ` (now ${blocked.join('; ')})` : '';
  return { kind: 'livelock', message: `from here no schedule lets ${names.join(' and ')} finish${detail}` };
}
