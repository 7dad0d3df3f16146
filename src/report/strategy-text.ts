/** What strategies other than exhaustive say of themselves, in sentences that cannot be misread. */
import type { DporFigures, PctGuarantee, SamplingFigures, Verdict } from '../search/verdict.ts';
import { spellStrategy } from '../search/strategy.ts';
import { counted, duration, grouped, probability, short } from './numbers.ts';
import { quoted } from './saved-schedule.ts';

/** `exhaustive`; `bounded:2`; `pct:3, seed 1`. */
export function strategyText({ strategy, reduction, sampling }: Verdict): string {
  return `${spellStrategy(strategy)}${reduction === null ? '' : ' with reduction'}${sampling === null ? '' : `, seed ${sampling.seed}`}`;
}

/** What partial-order reduction left out, if it was on. */
export function reductionRemark({ reduction }: Verdict): string[] {
  if (reduction === null) return [];
  return [
    `Schedules that differ from explored ones only in the order of independent steps were left out (partial-order reduction, ${reduction.passes} passes); none of them can break a rule that no explored one breaks.`,
  ];
}

/** The arguments that choose the strategy again, with a blank before them; none for exhaustive. */
export function strategyArguments({ strategy, reduction, sampling }: Verdict): string {
  if (strategy.name === 'exhaustive') return reduction === null ? '' : ' --reduction';
  const name = ` --strategy ${quoted(spellStrategy(strategy))}`;
  return sampling === null ? name : `${name} --seed ${sampling.seed} --schedules ${sampling.asked}`;
}

/** What the schedule of a violation is among all that violate. */
export function whichSchedule({ violation, bound, sampling, dpor }: Verdict): string {
  if (violation?.minimised !== undefined) return 'minimised failing schedule';
  if (violation?.shortest === true) return 'shortest failing schedule';
  if (sampling !== null)
    return sampling.failedTrial !== null
      ? `failing schedule, number ${grouped(sampling.failedTrial)} of the trial runs (not the shortest; --strategy exhaustive looks for that)`
      : `failing schedule, number ${grouped(sampling.schedules)} of those drawn (not the shortest; --strategy exhaustive looks for that)`;
  if (bound !== null) return 'failing schedule with the fewest preemptions, and of those the shortest';
  if (dpor !== undefined)
    return 'failing schedule as it was met (not the shortest; --strategy exhaustive looks for that)';
  return 'failing schedule (a limit ended the search for the shortest)';
}

/** The figures of a sample. */
export function sampleFigures(verdict: Verdict, sampling: SamplingFigures): string[] {
  const { states, transitions, seconds, violation } = verdict;
  const { schedules, complete, blocked, cut, partialOrders, finalStates, longest } = sampling;
  return [
    `${counted(schedules, 'schedule')}: ${grouped(complete)} complete, ${grouped(blocked)} blocked, ${grouped(cut)} cut${violation === null || blocked > 0 || sampling.failedTrial !== null ? '' : ', the last broke a rule'}`,
    ...(complete === 0
      ? []
      : [counted(partialOrders, 'distinct partial order'), counted(finalStates, 'distinct final state')]),
    counted(states, 'state'),
    counted(transitions, 'step'),
    `longest ${counted(longest, 'step')}`,
    duration(seconds),
    ...(seconds >= 0.1 ? [`${short(schedules / seconds)} schedules/s`] : []),
  ];
}

/** The figures of a search that executes one of each trace. */
export function dporFigures({ transitions, seconds }: Verdict, dpor: DporFigures): string[] {
  const { complete, blocked, cut, longest } = dpor;
  const all = complete + blocked + cut;
  return [
    `${counted(all, 'execution')}: ${grouped(complete)} complete, ${grouped(blocked)} blocked, ${grouped(cut)} cut`,
    counted(transitions, 'step'),
    `longest ${counted(longest, 'step')}`,
    duration(seconds),
    ...(seconds >= 0.1 ? [`${short(all / seconds)} executions/s`] : []),
  ];
}

/** What it means that no trace breaks a rule. */
export function dporMeaning(dpor: DporFigures, threads: number): string[] {
  const these = threads === 1 ? 'this thread' : `these ${threads} threads`;
  const compared = 'No states are kept and compared, so this rests on no hash.';
  if (dpor.cut === 0)
    return [
      `One schedule of each trace of ${these} was executed to its end (sequential consistency): no rule is broken, and all threads that must end do. Schedules of one trace differ only in the order of steps that have nothing to do with each other.`,
      'A proof about this program, as large as it is here; not about other sizes, memory models, or what the model leaves out.',
      compared,
    ];
  return [
    `One schedule of each trace of ${these} in which no thread takes more than ${counted(dpor.maxSteps, 'step')} was executed (sequential consistency): no rule is broken in any, and none ends in a deadlock.`,
    `In ${counted(dpor.cut, 'execution')} a thread would have gone on: nothing is known about what comes then, nor whether every state can still finish (livelock). --strategy dpor:N allows each thread N steps.`,
    compared,
  ];
}

/** What it means that every schedule within the bound keeps the rules. */
export function boundMeaning(verdict: Verdict, threads: number): string[] {
  const { strategy, collisionProbability, dpor } = verdict;
  if (dpor !== undefined) return dporMeaning(dpor, threads);
  const most = strategy.name === 'bounded' ? strategy.preemptions : 0;
  return [
    `Every schedule of ${threads === 1 ? 'this thread' : `these ${threads} threads`} with at most ${counted(most, 'preemption')} was explored (sequential consistency): no rule is broken in any of them, and none of them ends in a deadlock.`,
    `Schedules with ${grouped(most + 1)} or more preemptions were not explored: nothing is known about them. A preemption takes the turn from a thread that could have gone on.`,
    'Whether every state can still finish (livelock) is not judged within a bound.',
    `Two different states were taken for one with probability below ${probability(collisionProbability)}.`,
  ];
}

/** Why a bound is no restriction here, if it is none. */
export function boundRemark({ bound }: Verdict): string[] {
  if (bound === null || bound.cutOff) return [];
  return [
    `The bound of ${counted(bound.preemptions, 'preemption')} cut nothing off: schedules with more lead nowhere else, so the search was exhaustive.`,
  ];
}

/** What it means that a sample broke no rule. */
export function sampleMeaning({ limit }: Verdict, sampling: SamplingFigures): string[] {
  const { schedules, asked, cut } = sampling;
  return [
    `A sample, not a proof: no rule was broken in the ${counted(schedules, 'schedule')} drawn at random; schedules that were not drawn may break one.`,
    ...(limit === null
      ? []
      : [`The budget ended it after ${grouped(schedules)} of ${grouped(asked)} schedules (--budget).`]),
    ...cutRemark(cut, sampling.maxSteps),
    ...(sampling.guarantee === null ? [] : guaranteeText(sampling.guarantee, schedules)),
  ];
}

/** What it means that a sample says nothing. */
export function vacuousSample({ neverReached }: Verdict, sampling: SamplingFigures): string[] {
  const { schedules, complete, cut, maxSteps } = sampling;
  return [
    `No rule was broken in the ${counted(schedules, 'schedule')} drawn, but that means nothing here:`,
    ...(complete === 0
      ? ['none of them came to its end, so nothing that is checked there was ever checked;']
      : []),
    ...(neverReached.length === 0
      ? []
      : [`never reached: ${neverReached.join('; ')} (more --schedules might).`]),
    ...cutRemark(cut, maxSteps),
  ];
}

function cutRemark(cut: number, maxSteps: number): string[] {
  if (cut === 0) return [];
  return [
    `${counted(cut, 'schedule')} ${cut === 1 ? 'was' : 'were'} cut after ${grouped(maxSteps)} steps: whether they would have ended, or broken a rule later, is unknown.`,
  ];
}

function guaranteeText(
  { depth, threads, steps, probability: each, voidBecause }: PctGuarantee,
  schedules: number,
): string[] {
  const power = depth === 1 ? '' : depth === 2 ? ' k' : ` k^${depth - 1}`;
  const figures = depth === 1 ? `${threads}` : `${threads} x ${steps}${depth === 2 ? '' : `^${depth - 1}`}`;
  const bound = `1/(n${power}) = 1/(${figures}) or about ${probability(each)}, with n = ${counted(threads, 'thread')} and k = ${counted(steps, 'step')} (half as many again as the longest trial run)`;
  if (voidBecause !== null) return [`No PCT guarantee: the bound would be ${bound}, but ${voidBecause}.`];
  const all = -Math.expm1(schedules * Math.log1p(-each));
  return [
    `PCT guarantee: a bug of depth ${depth} or less (one that shows whenever certain ${counted(depth, 'step')} come in a certain order) is met by each schedule with probability at least ${bound}; by the ${grouped(schedules)} together with at least ${percent(all)}.`,
    'It holds if no schedule takes more than k steps (of those drawn none did), and for bugs that do not depend on the answers of choose().',
  ];
}

/** Rounded down, as it is a lower bound; never 100 %. */
function percent(value: number): string {
  return value < 0.001 ? `${probability(value * 100)}%` : `${(Math.floor(value * 999.9) / 10).toFixed(1)}%`;
}
