/** What is said of a search that a limit ended: how large the rest is, and how to go on. */
import type { SizeEstimate } from '../search/estimate.ts';
import type { Limit, Verdict } from '../search/verdict.ts';
import { duration, grouped, short } from './numbers.ts';
import { quoted } from './saved-schedule.ts';

/** What was kept of a search. */
export interface KeptCheckpoint {
  /** Null: none was written. */
  readonly file: string | null;
  /** How much of the search it holds. */
  readonly seconds: number;
  /** Does it hold all of it? */
  readonly final: boolean;
  /** Why the last one could not be written, or null. */
  readonly failure: string | null;
}

const GO_ON: Readonly<Record<Limit, string>> = {
  states: 'raise --max-states, or make the scenario smaller with --set',
  time: 'raise --budget or leave it out, or make the scenario smaller with --set',
  memory: 'raise --max-memory or use a machine with more memory, or make the scenario smaller with --set',
  automata: 'the program itself must change as said above; a larger budget will not help',
  interrupted: 'start it again and let it run; nothing is kept of it',
  collision: 'use --strategy dpor, which keeps no states, or another size of the scenario (--set)',
};

/** What to add to the command that goes on, so that it does not end where this one did. */
const ADD: Readonly<Record<Limit, (verdict: Verdict) => string>> = {
  states: ({ states }) => ` --max-states ${2 * states}`,
  time: () => '',
  memory: () => ' --max-memory SIZE',
  automata: () => '',
  interrupted: () => '',
  collision: () => '',
};

/** The sentences, in their order. */
export function truncatedMeaning(verdict: Verdict, kept: KeptCheckpoint | null): string[] {
  const { limit } = verdict;
  return [
    `Inconclusive: ${limit?.message ?? 'a limit ended the search'}.`,
    'No rule was broken in what was explored; the rest is unknown.',
    ...(verdict.estimate === undefined ? [] : [sizeSentence(verdict, verdict.estimate)]),
    ...(limit === null ? [] : goOn(verdict, limit.which, kept)),
  ];
}

function goOn(verdict: Verdict, which: Limit, kept: KeptCheckpoint | null): string[] {
  if (kept === null || which === 'automata') return [`To go on: ${GO_ON[which]}.`];
  const { file, seconds, final, failure } = kept;
  const lost = failure === null ? [] : [`Not all of it is kept: ${failure}.`];
  if (file === null)
    return failure === null
      ? [
          'It ended before the search of all states had begun: there is nothing to resume yet.',
          `To go on: ${GO_ON[which]}.`,
        ]
      : [`Nothing is kept: ${failure}.`, `To go on: ${GO_ON[which]}.`];
  const held = final ? '' : ` from ${duration(seconds)}`;
  return [...lost, `To go on${held}: npx lostwrite explore --resume ${quoted(file)}${ADD[which](verdict)}`];
}

/** `Size: about 12 M to 30 M states, of which 4 100 000 were searched.` */
function sizeSentence({ states }: Verdict, estimate: SizeEstimate | null): string {
  if (estimate === null) return `Size: no estimate; more than ${grouped(states)} states.`;
  if (estimate.low === estimate.high)
    return `Size: ${grouped(estimate.low)} states, of which ${grouped(states)} were searched.`;
  return `Size: about ${range(estimate)} states (a guess), of which ${grouped(states)} were searched.`;
}

/** `12 M to 30 M`, or the number if it is known. */
export function range({ low, high }: SizeEstimate): string {
  const [from, to] = [short(low), short(high)];
  return from === to ? from : `${from} to ${to}`;
}
