/** The Mazurkiewicz traces of a program by brute force: every schedule, brought into the smallest of its trace. */
import type { Automata } from '../../../src/search/automata.ts';
import { OrderClasses } from '../../../src/search/dpor/order-classes.ts';
import { StepTracer } from '../../../src/search/dpor/step-tracer.ts';
import { PackedState } from '../../../src/search/packed-state.ts';

interface Event {
  readonly name: string;
  readonly thread: number;
  readonly footprint: number;
}

/**
 * The distinct traces of all maximal schedules, runs going on where a rule is broken; null if there are more than `limit` schedules.
 * `automata` must know every node already: then the dependence relation is the one in which a search ends.
 */
export function countTraces(automata: Automata, limit: number): number | null {
  const classes = new OrderClasses(automata);
  const tracer = new StepTracer(automata, classes);
  const state = new PackedState(automata);
  const traces = new Set<string>();
  let schedules = 0;
  const done: Event[] = [];
  const walk = (): boolean => {
    let moved = false;
    for (let t = 0; t < state.nodes.length; t++) {
      const choices = state.choices(t);
      for (let choice = 0; choice < choices; choice++) {
        moved = true;
        const words = state.words.slice();
        const from = state.nodes[t]!;
        const footprint = tracer.take(state.words, t, from, choice);
        state.move(t, tracer.reached);
        done.push({ name: `${String.fromCodePoint(97 + t)}${choice}`, thread: t, footprint });
        const within = walk();
        done.pop();
        state.move(t, from);
        state.words.set(words);
        if (!within) return false;
      }
    }
    if (!moved) {
      if (++schedules > limit) return false;
      traces.add(smallest(done, tracer));
    }
    return true;
  };
  return walk() ? traces.size : null;
}

/** The lexicographically smallest order that keeps dependent events as they are. */
function smallest(events: readonly Event[], { footprints }: StepTracer): string {
  const left = [...events];
  let spelled = '';
  while (left.length > 0) {
    let best = -1;
    for (let i = 0; i < left.length; i++) {
      const free = left
        .slice(0, i)
        .every((e) => e.thread !== left[i]!.thread && !footprints.dependent(e.footprint, left[i]!.footprint));
      if (free && (best < 0 || left[i]!.name < left[best]!.name)) best = i;
    }
    spelled += left[best]!.name;
    left.splice(best, 1);
  }
  return spelled;
}
