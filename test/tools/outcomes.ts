/** What a program can come to, with and without reduction: rules broken, deadlocks, ends, and whether some state cannot finish. */
import type { Program } from '../../src/core/program.ts';
import { Automata } from '../../src/search/automata.ts';
import { Inspector } from '../../src/search/inspector.ts';
import { PackedState } from '../../src/search/packed-state.ts';
import { ReducedPass } from '../../src/search/reduction/reduced-pass.ts';
import { Stepper } from '../../src/search/stepper.ts';

export interface Outcomes {
  readonly violations: ReadonlySet<string>;
  readonly deadlocks: ReadonlySet<string>;
  readonly ends: ReadonlySet<string>;
  readonly stuck: boolean;
  readonly covered: ReadonlySet<string>;
  readonly states: number;
}

function spelled({ words, nodes }: PackedState): string {
  return `${words.join()} ${nodes.join()}`;
}

/** `kind: message` of what the state shows. */
function brokenBy(stepper: Stepper, { words, nodes }: PackedState): string {
  stepper.words.set(words);
  stepper.nodes.set(nodes);
  const { kind, message } = stepper.violation()!;
  return `${kind}: ${message}`;
}

/** Every state, by brute force; violating states are not left. Null if there are more than `limit`. */
export function everything(automata: Automata, limit = Infinity): Outcomes | null {
  const state = new PackedState(automata);
  const inspector = new Inspector(state);
  const stepper = new Stepper(automata);
  const violations = new Set<string>();
  const deadlocks = new Set<string>();
  const ends = new Set<string>();
  const numbers = new Map<string, number>();
  const before: number[][] = [];
  const open: { readonly words: Int32Array; readonly nodes: Int32Array; readonly number: number }[] = [];
  const finishing: number[] = [];
  const arrive = (from: number, broken: boolean): void => {
    const key = spelled(state);
    const known = numbers.get(key);
    const number = known ?? numbers.size;
    if (known === undefined) {
      numbers.set(key, number);
      before.push([]);
      if (broken) violations.add(brokenBy(stepper, state));
      else open.push({ words: state.words.slice(), nodes: state.nodes.slice(), number });
    }
    if (from >= 0) before[number]!.push(from);
    // What follows a violation is not asked whether it finishes.
    if (broken || state.unfinished === 0) finishing.push(number);
  };
  arrive(-1, inspector.initial() !== null);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (numbers.size > limit) return null;
    const load = () => {
      state.words.set(next.words);
      state.nodes.set(next.nodes);
      state.refresh();
    };
    load();
    if (inspector.ended()) ends.add(spelled(state));
    if (state.enabled() === 0 && state.unfinished > 0) deadlocks.add(spelled(state));
    for (let t = 0; t < state.nodes.length; t++) {
      load();
      const choices = state.choices(t);
      for (let choice = 0; choice < choices; choice++) {
        load();
        state.take(t, choice);
        const broken = inspector.successor(t) !== null;
        state.advance(t);
        arrive(next.number, broken);
      }
    }
  }
  const finishes = new Set<number>();
  for (let n = finishing.pop(); n !== undefined; n = finishing.pop()) {
    if (finishes.has(n)) continue;
    finishes.add(n);
    finishing.push(...before[n]!);
  }
  return {
    violations,
    deadlocks,
    ends,
    stuck: finishes.size < numbers.size,
    covered: new Set(automata.covered),
    states: numbers.size,
  };
}

/**
 * The same by the reduced search, on automata of its own. The first pass is given up after `learn` transitions: the later it is, the
 * more is known when the second begins.
 */
export function reduced(program: Program, learn = Infinity): Outcomes & { readonly passes: number } {
  const automata = new Automata(program);
  const nobody = () => {};
  new ReducedPass(automata, { violation: nobody, deadlock: nobody, end: nobody }).run(learn);
  const stepper = new Stepper(automata);
  for (let passes = 1; ; passes++) {
    const violations = new Set<string>();
    const deadlocks = new Set<string>();
    const ends = new Set<string>();
    const pass = new ReducedPass(automata, {
      violation: (state) => violations.add(brokenBy(stepper, state)),
      deadlock: (state) => deadlocks.add(spelled(state)),
      end: (state) => ends.add(spelled(state)),
    });
    if (pass.violation !== null) violations.add(brokenBy(stepper, new PackedState(automata)));
    else while (pass.run(1 << 20) === 'running');
    if (pass.outdated()) continue;
    return {
      violations,
      deadlocks,
      ends,
      stuck: pass.stuck.length > 0,
      covered: new Set(automata.covered),
      states: pass.visited.size,
      passes,
    };
  }
}
