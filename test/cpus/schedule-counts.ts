/** How many schedules a program has, without running them: paths counted in its graph of states. */
import type { Program } from '../../src/core/program.ts';
import { Automata } from '../../src/search/automata.ts';
import { KeyIndex } from '../../src/search/key-index.ts';
import { Stepper } from '../../src/search/stepper.ts';

/** What the graph of states shows. */
export interface ScheduleCount {
  /** Complete schedules: from the start to a broken rule or to a state in which nothing can move; Infinity: some never end. */
  readonly schedules: number;
  /** False if the count was given up: then `schedules` is a lower bound, and the rest is incomplete. */
  readonly exact: boolean;
  readonly states: number;
  /** States in which nothing can move and no rule is broken, as words and ended threads. */
  readonly ends: ReadonlySet<string>;
  /** States in which nothing can move although a thread must. */
  readonly deadlocks: ReadonlySet<string>;
}

interface Open {
  readonly state: number;
  readonly words: Int32Array;
  readonly nodes: Int32Array;
  thread: number;
  choice: number;
  paths: number;
}

const ON_PATH = -1;

/**
 * Counts the complete schedules of `program`: paths from a state are the sum of the paths from its successors. Gives up once more
 * than `limit` are certain or `maxStates` have been seen.
 */
export function countSchedules(program: Program, limit = Infinity, maxStates = 1_000_000): ScheduleCount {
  const stepper = new Stepper(new Automata(program));
  const index = new KeyIndex();
  const paths: number[] = [];
  const ends = new Set<string>();
  const deadlocks = new Set<string>();
  const open: Open[] = [];
  const counted = (schedules: number, exact: boolean): ScheduleCount => ({
    schedules,
    exact,
    states: index.size,
    ends,
    deadlocks,
  });

  /** Paths from the stepper's state if they are known at once, {@link ON_PATH} if it lies behind; else null, and it is opened. */
  const visit = (): number | null => {
    const { size } = index;
    const state = index.insert(...stepper.key());
    if (state < size) return paths[state]!;
    paths[state] = stepper.violation() === null ? ON_PATH : 1;
    if (paths[state] === 1) return 1;
    const { words, nodes } = stepper;
    open.push({ state, words: words.slice(), nodes: nodes.slice(), thread: 0, choice: 0, paths: 0 });
    return null;
  };

  let known = visit();
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    if (known === ON_PATH) return counted(Infinity, true);
    top.paths += known ?? 0;
    known = null;
    if (top.paths > limit || index.size > maxStates) return counted(top.paths, false);
    stepper.words.set(top.words);
    stepper.nodes.set(top.nodes);
    while (top.thread < top.nodes.length && top.choice >= stepper.choices(top.thread)) {
      top.thread++;
      top.choice = 0;
    }
    if (top.thread < top.nodes.length) {
      stepper.step(top.thread, top.choice++);
      known = visit();
      continue;
    }
    if (top.paths === 0) {
      const ended = program.threads.map((_, t) => (stepper.hasEnded(t) ? 'x' : '.')).join('');
      (stepper.finished() ? ends : deadlocks).add(`${top.words.join()} ${ended}`);
      top.paths = 1;
    }
    known = top.paths;
    paths[top.state] = known;
    open.pop();
  }
  return counted(known ?? 0, true);
}
