import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Program } from '../core/program.ts';
import { Automata, type AutomataOptions } from './automata.ts';
import { BoundedSearch } from './bounded.ts';
import { checkLimits, limitOf, type LimitOptions } from './limits.ts';
import { coverageOf } from './coverage.ts';
import { countPreemptions } from './preemptions.ts';
import { reportOf } from './schedule-of.ts';
import { replayDecisions } from './shortest.ts';
import type { Strategy } from './strategy.ts';
import { VERIFIED_OPERATIONS, vacuities } from './vacuity.ts';
import type { Limit, Verdict } from './verdict.ts';
import { collisionProbability } from './zobrist.ts';

const SLICE = 1 << 16;

/**
 * Explores all schedules of `program` with at most `strategy.preemptions` preemptions. The violation reported has the fewest
 * preemptions, and of those the fewest steps. Null if the bound cut nothing off: then every state has been visited and no rule is
 * broken, and the exhaustive search can say the rest.
 *
 * Whether every state can still finish is not asked: that is about all schedules, not about those within the bound. Deadlocks
 * are found. Throws a ModelError when the program itself is wrong. 50–150 bytes for each pair of a state and the thread that
 * would go on.
 */
export async function exploreBounded(
  program: Program,
  strategy: Extract<Strategy, { name: 'bounded' }>,
  options: LimitOptions & AutomataOptions,
): Promise<Verdict | null> {
  const started = performance.now();
  const automata = new Automata(program, options);
  const search = new BoundedSearch(automata, strategy.preemptions);
  const seconds = () => (performance.now() - started) / 1000;
  const bytes = () => search.bytes + automata.bytes;
  const figures = () => ({
    strategy,
    reduction: null,
    sampling: null,
    states: search.states.size,
    transitions: search.transitions,
    depth: search.maxDepth,
    endStates: search.endStates,
    seconds: seconds(),
    bytesPerState: search.bytes / search.states.size,
    collisionProbability: collisionProbability(search.pairCount),
    automatonNodes: automata.nodeCount,
  });
  try {
    while (search.run(SLICE) === 'running') {
      const { transitions, depth } = search;
      const states = search.states.size;
      const progress = {
        phase: 'bounded',
        states,
        transitions,
        depth,
        bytes: bytes(),
        seconds: seconds(),
      } as const;
      checkLimits(options, progress);
      await nextTurn();
    }
  } catch (error) {
    const limit = limitOf(error);
    if (limit === null) throw error;
    return {
      ...figures(),
      ...UNBROKEN,
      bound: { preemptions: strategy.preemptions, cutOff: true },
      verdict: 'truncated',
      limit: { which: limit.which, message: `${limit.message} ${doneSoFar(search.preemptions)}` },
      neverReached: vacuities(automata, null),
    };
  }
  if (search.violation !== null) return { ...figures(), ...violated(automata, search, strategy.preemptions) };
  automata.verify(VERIFIED_OPERATIONS);
  if (!search.cutOff()) return null;
  const neverReached = vacuities(automata, search);
  // Within a bound a program may never come to its end though it can beyond.
  const vacuous = neverReached.length > 0 || search.endStates === 0;
  return {
    ...figures(),
    ...UNBROKEN,
    bound: { preemptions: strategy.preemptions, cutOff: true },
    verdict: vacuous ? 'vacuous' : 'proved-within-bound',
    limit: null,
    neverReached,
    coverage: coverageOf(automata),
  };
}

const UNBROKEN = { violation: null } as const;

function doneSoFar(preemptions: number): string {
  if (preemptions === 0) return 'before the schedules without preemptions were all explored';
  const done = preemptions - 1;
  return `after all schedules with at most ${done} preemption${done === 1 ? '' : 's'}`;
}

function violated(automata: Automata, search: BoundedSearch, preemptions: number) {
  const decisions = search.path();
  const { steps, violation } = replayDecisions(automata, decisions);
  return {
    bound: { preemptions, cutOff: true },
    verdict: 'violation' as const,
    violation: reportOf(automata, steps, violation, {
      preemptions: countPreemptions(automata, decisions),
      shortest: false,
    }),
    limit: null as { readonly which: Limit; readonly message: string } | null,
    neverReached: [],
  };
}
