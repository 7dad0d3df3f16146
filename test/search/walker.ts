/** The reachable states of a program, by the plain stepper and a map of spelled-out states: what the fast searches must count. */
import type { Program } from '../../src/core/program.ts';
import { Automata, type AutomataOptions } from '../../src/search/automata.ts';
import { Stepper } from '../../src/search/stepper.ts';

export interface Walk {
  readonly states: number;
  readonly transitions: number;
  /** Words and ended threads of each state in which all threads that must end have ended. */
  readonly ends: Set<string>;
  readonly endStates: number;
  readonly deadlocks: Set<string>;
  readonly violations: Set<string>;
  /** States from which no end can be reached: keys, low and high joined, sorted. */
  readonly stuck: readonly string[];
  /** Keys of all states. */
  readonly keys: Set<string>;
  readonly automata: Automata;
}

/** Walks through all states; a state that breaks a rule has no successors. */
export function walk(program: Program, options: AutomataOptions = {}): Walk {
  const automata = new Automata(program, options);
  const stepper = new Stepper(automata);
  const index = new Map<string, number>();
  const states: { readonly words: Int32Array; readonly nodes: Int32Array }[] = [];
  const keys: string[] = [];
  const before: number[][] = [];
  const finishing: number[] = [];
  const ends = new Set<string>();
  const deadlocks = new Set<string>();
  const violations = new Set<string>();
  let transitions = 0;
  const visit = (from: number | null): void => {
    const spelled = `${stepper.words.join()} ${stepper.nodes.join()}`;
    let state = index.get(spelled);
    if (state === undefined) {
      state = index.size;
      index.set(spelled, state);
      states.push({ words: stepper.words.slice(), nodes: stepper.nodes.slice() });
      keys.push(stepper.key().join());
      before.push([]);
    }
    if (from !== null) before[state]!.push(from);
  };
  visit(null);
  for (let s = 0; s < states.length; s++) {
    const { words, nodes } = states[s]!;
    const load = () => {
      stepper.words.set(words);
      stepper.nodes.set(nodes);
    };
    load();
    const violation = stepper.violation();
    const shown = `${words.join()} ${program.threads.map((_, t) => (stepper.hasEnded(t) ? 'x' : '.')).join('')}`;
    if (violation !== null) {
      violations.add(`${violation.kind}: ${violation.message}`);
      continue;
    }
    if (stepper.finished()) {
      ends.add(shown);
      finishing.push(s);
    }
    let moves = 0;
    for (let t = 0; t < nodes.length; t++) {
      load();
      const choices = stepper.choices(t);
      for (let choice = 0; choice < choices; choice++) {
        load();
        stepper.step(t, choice);
        moves++;
        visit(s);
      }
    }
    transitions += moves;
    if (moves === 0 && !finishing.includes(s)) deadlocks.add(shown);
  }
  const endStates = finishing.length;
  const finishes = new Set(finishing);
  for (let s = finishing.pop(); s !== undefined; s = finishing.pop())
    for (const from of before[s]!)
      if (!finishes.has(from)) {
        finishes.add(from);
        finishing.push(from);
      }
  const stuck = keys.filter((_, s) => !finishes.has(s)).sort();
  return {
    states: states.length,
    transitions,
    ends,
    endStates,
    deadlocks,
    violations,
    stuck,
    keys: new Set(keys),
    automata,
  };
}
