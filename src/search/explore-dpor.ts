import { setImmediate as nextTurn } from 'node:timers/promises';
import { InputError } from '../core/errors.ts';
import type { Program } from '../core/program.ts';
import { Automata, type AutomataOptions } from './automata.ts';
import type { Decision } from './decision.ts';
import { ProgramSearch } from './dpor/program-search.ts';
import { checkLimits, limitOf, type LimitOptions, type Progress } from './limits.ts';
import { neverFinishes } from './never-finishes.ts';
import type { PackedState } from './packed-state.ts';
import { countPreemptions } from './preemptions.ts';
import { reportOf } from './schedule-of.ts';
import { replayDecisions, shortestCounterexample } from './shortest.ts';
import { Stepper } from './stepper.ts';
import type { Strategy } from './strategy.ts';
import { VERIFIED_OPERATIONS, vacuities } from './vacuity.ts';
import type { DporFigures, Verdict } from './verdict.ts';
import { NEW, VisitedSet } from './visited.ts';

/** Steps between looks at the clock: few, as the races of a long execution take their time. */
const SLICE = 1 << 12;
/** Unless said otherwise each thread takes at most so many steps. */
const DEFAULT_MAX_STEPS = 1000;
/** Where a shorter schedule than the one met is looked for, breadth first. */
const NEARBY_STATES = 1_000_000;

/**
 * Executes every Mazurkiewicz trace of `program` once (optimal DPOR): no states are kept and compared, so the verdict rests on no
 * hash. A thread takes at most `strategy.maxSteps` steps; if one would go on, the verdict is `proved-within-bound` at best. The
 * violation reported is the shortest if one is near, else the one met.
 *
 * Without a bound that cuts anything `proved` means what it means of the exhaustive search: as every execution ends and none in a
 * deadlock, every state can still finish. Throws a ModelError when the program itself is wrong.
 *
 * Cost: 1-4 microseconds a step, traces may be exponentially more than states; memory of one execution.
 */
export async function exploreDpor(
  program: Program,
  strategy: Extract<Strategy, { name: 'dpor' }>,
  options: LimitOptions & AutomataOptions,
): Promise<Verdict> {
  const started = performance.now();
  const automata = new Automata(program, options);
  const { maxSteps = DEFAULT_MAX_STEPS } = strategy;
  const found: { path: Decision[] | null } = { path: null };
  const meet = () => {
    found.path ??= search.path();
    search.stop();
  };
  const stuck = new StuckStates(automata);
  const search = new ProgramSearch(automata, {
    maxSteps,
    onBroken: meet,
    onDeadlock: meet,
    onCut: (state) => {
      if (stuck.has(state)) meet();
    },
  });
  const seconds = () => (performance.now() - started) / 1000;
  const tell = (phase: Progress['phase'], states: number, transitions: number, bytes: number) =>
    checkLimits(options, {
      phase,
      states,
      transitions,
      depth: search.execution.depth,
      bytes: bytes + automata.bytes,
      seconds: seconds(),
      ...(phase === 'dpor' ? { schedules: executions(search) } : {}),
    });
  const figures = () => ({
    strategy,
    bound: null,
    sampling: null,
    reduction: null,
    dpor: dporFigures(search, maxSteps),
    states: search.events + 1,
    transitions: search.events,
    depth: search.tally.longest,
    endStates: search.tally.ended,
    seconds: seconds(),
    bytesPerState: search.execution.bytes / (search.events + 1),
    collisionProbability: 0,
    automatonNodes: automata.nodeCount,
  });
  try {
    while (!search.run(SLICE)) {
      tell('dpor', search.events, search.events, search.execution.bytes);
      await nextTurn();
    }
  } catch (error) {
    const limit = limitOf(error);
    if (limit === null) throw error;
    const neverReached = vacuities(automata, null);
    return { ...figures(), verdict: 'truncated', violation: null, limit, neverReached };
  }
  if (found.path !== null) {
    const { dpor } = figures();
    const near = await lookNearby(automata, (states, transitions, bytes) =>
      tell('counterexample', states, transitions, bytes),
    );
    const decisions = near ?? found.path;
    const { steps, violation } = replayDecisions(automata, decisions);
    const preemptions = countPreemptions(automata, decisions);
    const report = reportOf(automata, steps, violation, { preemptions, shortest: near !== null });
    return {
      ...figures(),
      dpor,
      depth: steps.length,
      verdict: 'violation',
      violation: report,
      limit: null,
      neverReached: [],
    };
  }
  automata.verify(VERIFIED_OPERATIONS);
  const { tally, execution } = search;
  const neverReached = vacuities(automata, { restStates: search.restStates, branches: execution.branching });
  const vacuous = neverReached.length > 0 || tally.ended === 0;
  return {
    ...figures(),
    verdict: vacuous ? 'vacuous' : tally.cut > 0 ? 'proved-within-bound' : 'proved',
    violation: null,
    limit: null,
    neverReached,
  };
}

/** The shortest counterexample if it is among the first states, else null; what a limit ends is given up. */
async function lookNearby(
  automata: Automata,
  tell: (states: number, transitions: number, bytes: number) => void,
): Promise<readonly Decision[] | null> {
  try {
    const found = await shortestCounterexample(automata, {
      maxStates: NEARBY_STATES,
      pause: async (states, transitions, bytes) => {
        tell(states, transitions, bytes);
        await nextTurn();
      },
    });
    return found?.decisions ?? null;
  } catch (error) {
    if (limitOf(error) === null) throw error;
    return null;
  }
}

/** States of the daemons that are looked at to find out whether they ever let the others go on. */
const MOST_DAEMON_STATES = 10_000;

/** Endless daemons hide a deadlock of the others: where none of those can move, it is asked whether they ever can. */
class StuckStates {
  private readonly stepper: Stepper;
  private readonly seen = new VisitedSet();

  constructor(automata: Automata) {
    this.stepper = new Stepper(automata);
  }

  /** Is this a state, not asked for before, from which the threads that must end certainly never will? */
  has({ words, nodes, automata: { program } }: PackedState): boolean {
    const { stepper, seen } = this;
    stepper.words.set(words);
    stepper.nodes.set(nodes);
    if (seen.insert(...stepper.key()) !== NEW) return false;
    if (program.threads.some(({ daemon }, t) => daemon !== true && stepper.choices(t) > 0)) return false;
    try {
      return neverFinishes(stepper, MOST_DAEMON_STATES);
    } catch (error) {
      // Too many states to say: then it is not said.
      if (error instanceof InputError) return false;
      throw error;
    }
  }
}

function executions({ tally }: ProgramSearch): number {
  return tally.complete + tally.blocked + tally.cut;
}

function dporFigures({ tally }: ProgramSearch, maxSteps: number): DporFigures {
  const { complete, blocked, cut, sleepSetBlocked, longest } = tally;
  return { complete, blocked, cut, asleep: sleepSetBlocked, longest, maxSteps };
}
