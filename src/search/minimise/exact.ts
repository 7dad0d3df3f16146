/**
 * The smallest schedule by search: subsets of the threads, small ones first, until one can bring the violation about alone; then,
 * among all subsets of that size, the fewest preemptions, and with them the fewest steps (bounded.ts).
 *
 * A schedule in which only the threads of a set S move is one of the program in which the others never start, so the search of S
 * is a search of the whole program with fewer moves: what it finds is a schedule, and if it comes to its end without, there
 * is none for S nor for any part of S.
 */
import type { Automata } from '../automata.ts';
import { BoundedSearch } from '../bounded.ts';
import { LimitReached } from '../limits.ts';
import { shortestCounterexample } from '../shortest.ts';
import type { Target } from './target.ts';
import { countBits, type Failing, type Trial } from './trial.ts';

/** Called now and then with the states of the step so far; may throw to give up (budget, Ctrl-C). */
export type Pause = (states: number, transitions: number, bytes: number) => Promise<void>;

export interface ExactOptions {
  /** Each of the two searches gives up after so many states of all subsets together. */
  readonly maxStates: number;
  readonly pause: Pause;
}

/** The error that says that a step came to its number of states. */
export function notFinished(states: number): LimitReached {
  return new LimitReached('states', `not finished within ${states.toLocaleString('en')} states`);
}

/** Counts the states that the searches of one step have met together. */
class Work {
  states = 0;
  private readonly options: ExactOptions;

  constructor(options: ExactOptions) {
    this.options = options;
  }

  /** `more`: states of the search that is running. Throws a LimitReached. */
  async pause(more: number, transitions: number, bytes: number): Promise<void> {
    const states = this.states + more;
    if (states >= this.options.maxStates) throw notFinished(this.options.maxStates);
    await this.options.pause(states, transitions, bytes);
  }

  /** A search has come to its end. */
  async add(states: number): Promise<void> {
    this.states += states;
    await this.pause(0, 0, 0);
  }
}

/**
 * A schedule with the fewest threads, if there is one with fewer than `fewerThan`; else null. It is a shortest one of the first
 * such subset. Throws a LimitReached, or what `pause` throws, when nothing is known; `onNone` is told of each size for which it
 * is known that there is none.
 */
export async function fewestThreads(
  automata: Automata,
  target: Target,
  trial: Trial,
  fewerThan: number,
  options: ExactOptions & {
    readonly onNone: (threads: number) => void;
    readonly onStates: (n: number) => void;
  },
): Promise<Failing | null> {
  const work = new Work(options);
  const { required } = target;
  try {
    for (let size = 1; size < fewerThan; size++) {
      for (const threads of subsets(automata.roots.length, size, required)) {
        const found = await shortestCounterexample(automata, {
          aim: target.by(threads),
          pause: (states, transitions, bytes) => work.pause(states, transitions, bytes),
          onEnd: (states) => (work.states += states),
        });
        if (found !== null) return trial.follow(found.decisions);
        await work.pause(0, 0, 0);
      }
      options.onNone(size);
    }
    return null;
  } finally {
    options.onStates(work.states);
  }
}

/**
 * The schedule with the fewest preemptions of all in which at most `threads` threads move, and of those with the fewest steps; null
 * if there is none. Throws as {@link fewestThreads}; `onNone` is told of each number of preemptions for which there is none,
 * `onBetter` of the schedules with the fewest preemptions as they are found, before it is known which has the fewest steps.
 */
export async function fewestPreemptions(
  automata: Automata,
  target: Target,
  trial: Trial,
  threads: number,
  options: ExactOptions & {
    readonly onNone: (preemptions: number) => void;
    readonly onBetter: (found: Failing) => void;
    readonly onStates: (n: number) => void;
  },
): Promise<Failing | null> {
  const work = new Work(options);
  let open = subsets(automata.roots.length, threads, target.required);
  try {
    for (let preemptions = 0; open.length > 0; preemptions++) {
      let best: Failing | null = null;
      const next: number[] = [];
      for (const subset of open) {
        const search = new BoundedSearch(automata, preemptions, target.by(subset));
        while (search.run(SLICE) === 'running')
          await work.pause(search.states.size, search.transitions, search.bytes);
        await work.add(search.states.size);
        if (search.violation !== null) {
          const found = trial.follow(search.path());
          if (found !== null && (best === null || found.size.steps < best.size.steps)) best = found;
          if (best !== null) options.onBetter(best);
        } else if (search.cutOff()) next.push(subset);
      }
      if (best !== null) return best;
      options.onNone(preemptions);
      open = next;
    }
    return null;
  } finally {
    options.onStates(work.states);
  }
}

/** Steps between looks at the clock. */
const SLICE = 1 << 16;

/** The sets of `size` of `count` threads that contain all of `required`, as bit masks, ascending. */
export function subsets(count: number, size: number, required: number): number[] {
  const found: number[] = [];
  const extend = (mask: number, from: number): void => {
    const left = size - countBits(mask);
    if (left === 0) found.push(mask);
    for (let t = from; left > 0 && t < count; t++)
      if (((required >> t) & 1) === 0) extend(mask | (1 << t), t + 1);
  };
  extend(required, 0);
  return found.toSorted((a, b) => a - b);
}
