/** Says in words what is wrong with a state from which the program cannot end. */
import type { FoundViolation, Step } from '../core/schedule.ts';
import type { Stepper } from './stepper.ts';
import { PackedState } from './packed-state.ts';
import { KeyIndex } from './key-index.ts';
import { namedOwners } from '../core/owners.ts';

/** `B waits at lock l (held by A, last written by A in step 3)` for each thread that must end and cannot move. */
function waiting(stepper: Stepper, steps: readonly Step[]): string[] {
  const { threads, layout } = stepper.program;
  return threads.flatMap((thread, t) => {
    if (thread.daemon === true || stepper.hasEnded(t) || stepper.choices(t) > 0) return [];
    const words = stepper.pendingWords(t).map((index) => {
      const name = layout.words[index]!.name;
      const step = steps.findLastIndex((s) =>
        s.accesses.some((a) => a.word === name && a.before !== a.after),
      );
      const writer =
        step < 0 ? 'never written' : `last written by ${steps[step]!.thread} in step ${step + 1}`;
      const value = namedOwners(stepper.program, layout.format(index, stepper.words[index]!));
      return `${name} (${value}, ${writer})`;
    });
    return [`${thread.name} waits at ${stepper.pendingOperation(t)} ${words.join(', ')}`];
  });
}

/** The violation of a state in which no thread can move, or from which the threads named can never end. */
export function describeStuck(stepper: Stepper, steps: readonly Step[]): FoundViolation {
  const blocked = waiting(stepper, steps);
  if (neverMovesAgain(stepper)) return { kind: 'deadlock', message: `deadlock: ${blocked.join('; ')}` };
  const names = stepper.program.threads
    .filter((thread, t) => thread.daemon !== true && !stepper.hasEnded(t))
    .map((thread) => thread.name);
  const now = blocked.length > 0 ? ` (now ${blocked.join('; ')})` : '';
  return { kind: 'livelock', message: `from here no schedule lets ${names.join(' and ')} finish${now}` };
}

/** Past this many states of the daemons alone the state is called a livelock. */
const MAX_DAEMON_STATES = 10_000;

/** Will no thread that must end ever take another step, whatever the daemons do? */
function neverMovesAgain(stepper: Stepper): boolean {
  const { threads } = stepper.program;
  const state = new PackedState(stepper.automata);
  const seen = new KeyIndex();
  const open: { readonly words: Int32Array; readonly nodes: Int32Array }[] = [];
  const load = (words: Int32Array, nodes: Int32Array) => {
    state.words.set(words);
    state.nodes.set(nodes);
    state.refresh();
  };
  const add = () => {
    const { size } = seen;
    if (seen.insert(state.low, state.high) === size)
      open.push({ words: state.words.slice(), nodes: state.nodes.slice() });
  };
  load(stepper.words, stepper.nodes);
  add();
  for (let from = open.pop(); from !== undefined; from = open.pop()) {
    if (seen.size > MAX_DAEMON_STATES) return false;
    for (let t = 0; t < threads.length; t++) {
      load(from.words, from.nodes);
      const choices = state.choices(t);
      if (choices > 0 && threads[t]!.daemon !== true) return false;
      for (let choice = 0; choice < choices; choice++) {
        load(from.words, from.nodes);
        state.take(t, choice);
        load(state.words, state.nodes.with(t, state.reached));
        add();
      }
    }
  }
  return true;
}

/** What the state of `stepper`, reached by `steps`, violates by itself; a state without any such violation can never end. */
export function describeViolation(stepper: Stepper, steps: readonly Step[]): FoundViolation {
  return stepper.violation() ?? describeStuck(stepper, steps);
}
