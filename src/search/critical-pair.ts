/**
 * The two steps whose order decides: which of the races of a failing schedule, turned round, lets it pass.
 *
 * A race is a pair of conflicting steps of two threads with nothing in between that keeps their order (Abdulla et al., POPL 2014).
 * An equivalent schedule, which fails as well, has the two side by side; there they are swapped.
 */
import { Kind } from '../core/operations.ts';
import type { Step } from '../core/schedule.ts';
import type { Automata } from './automata.ts';
import type { Decision } from './decision.ts';
import { Stepper } from './stepper.ts';

/** Numbers of the two steps in the schedule, from 1, the earlier first. */
export interface CriticalPair {
  readonly first: number;
  readonly second: number;
}

/** A run that is not over after so many more steps than the schedule has is not called passed. */
const MORE_STEPS = 10_000;

/** What a step touches, by index of the word. */
interface Footprint {
  readonly thread: number;
  readonly touched: ReadonlySet<number>;
  readonly changed: ReadonlySet<number>;
}

/**
 * The critical pair of a failing schedule: of all races whose reversal lets the run come to its end with every rule kept, the one
 * that stands last. After the swap the other steps follow in the order of the schedule, each as soon as it can, then the
 * threads in turn until all that must end have ended. Null if no reversal passes: the order of two steps alone is not to blame.
 *
 * Cost: for each race a run; the square of the number of steps.
 */
export function criticalPair(automata: Automata, steps: readonly Step[]): CriticalPair | null {
  const decisions = decisionsOf(automata, steps);
  const footprints = steps.map((step, i) => footprintOf(automata, step, decisions[i]!.thread));
  const before = happensBefore(footprints);
  for (let second = steps.length - 1; second > 0; second--)
    for (let first = second - 1; first >= 0; first--)
      if (
        isRace(footprints, before, first, second) &&
        passes(automata, reversed(decisions, before, first, second))
      )
        return { first: first + 1, second: second + 1 };
  return null;
}

/** Who moved in each of these steps, and what `choose` answered. */
export function decisionsOf({ program }: Automata, steps: readonly Step[]): Decision[] {
  return steps.map(({ thread, accesses: [head] }) => ({
    thread: program.threads.findIndex(({ name }) => name === thread),
    choice: head.operation === 'choose' ? head.result : 0,
  }));
}

function footprintOf({ program }: Automata, { accesses }: Step, thread: number): Footprint {
  const touched = new Set<number>();
  const changed = new Set<number>();
  for (const { word, before, after } of accesses) {
    const found = program.layout.find(word);
    // Ghost words are the oracle's: two steps do not race because it took notes of both.
    if (found === undefined || found.options.ghost === true) continue;
    touched.add(found.index);
    if (before !== after) changed.add(found.index);
  }
  return { thread, touched, changed };
}

function conflict(a: Footprint, b: Footprint): boolean {
  for (const word of a.changed) if (b.touched.has(word)) return true;
  for (const word of b.changed) if (a.touched.has(word)) return true;
  return false;
}

/** For each step the set of steps before it that must come before it. */
function happensBefore(footprints: readonly Footprint[]): readonly ReadonlySet<number>[] {
  const before: Set<number>[] = [];
  footprints.forEach((footprint, i) => {
    const own = new Set<number>();
    for (let j = i - 1; j >= 0; j--) {
      if (own.has(j)) continue;
      const earlier = footprints[j]!;
      if (earlier.thread !== footprint.thread && !conflict(earlier, footprint)) continue;
      own.add(j);
      for (const k of before[j]!) own.add(k);
    }
    before.push(own);
  });
  return before;
}

function isRace(
  footprints: readonly Footprint[],
  before: readonly ReadonlySet<number>[],
  first: number,
  second: number,
): boolean {
  const a = footprints[first]!;
  const b = footprints[second]!;
  if (a.thread === b.thread || !conflict(a, b)) return false;
  for (let k = first + 1; k < second; k++) if (before[k]!.has(first) && before[second]!.has(k)) return false;
  return true;
}

/** The schedule with `second` just before `first`, after everything between them that does not depend on `first`. */
function reversed(
  decisions: readonly Decision[],
  before: readonly ReadonlySet<number>[],
  first: number,
  second: number,
): Decision[] {
  const between: Decision[] = [];
  const after: Decision[] = [];
  for (let k = first + 1; k < second; k++) (before[k]!.has(first) ? after : between).push(decisions[k]!);
  return [
    ...decisions.slice(0, first),
    ...between,
    decisions[second]!,
    decisions[first]!,
    ...after,
    ...decisions.slice(second + 1),
  ];
}

/** Does a run that goes on as told as far as it can, and then on to the end, keep every rule? */
function passes(automata: Automata, decisions: readonly Decision[]): boolean {
  const stepper = new Stepper(automata);
  const { threads } = stepper.program;
  const waiting = decisions.slice();
  let left = decisions.length + MORE_STEPS;
  const take = (thread: number, choice: number): boolean => {
    stepper.step(thread, choice);
    return stepper.violation() === null && --left > 0;
  };
  for (;;) {
    const next = waiting.findIndex((decision, i) => mayCome(stepper, waiting, decision, i));
    if (next < 0) break;
    const [{ thread, choice } = { thread: 0, choice: 0 }] = waiting.splice(next, 1);
    const answer =
      stepper.pendingKind(thread) === Kind.CHOOSE ? Math.min(choice, stepper.choices(thread) - 1) : 0;
    if (!take(thread, answer)) return false;
  }
  while (!stepper.atEnd()) {
    let moved = false;
    for (let thread = 0; thread < threads.length; thread++) {
      if (stepper.choices(thread) === 0 || stepper.atEnd()) continue;
      moved = true;
      if (!take(thread, 0)) return false;
    }
    if (!moved) return false;
  }
  return true;
}

/** The first decision of its thread that waits, and the thread can move. */
function mayCome(
  stepper: Stepper,
  waiting: readonly Decision[],
  { thread }: Decision,
  position: number,
): boolean {
  if (stepper.choices(thread) === 0) return false;
  for (let i = 0; i < position; i++) if (waiting[i]!.thread === thread) return false;
  return true;
}
