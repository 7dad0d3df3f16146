import { confirmationText, type Confirmation } from './confirmation.ts';
import { coverageLine, coverageSection } from './coverage-text.ts';
import type { Verdict, VerdictName, ViolationReport } from '../search/verdict.ts';
import { minimisedText, sizeText } from './minimised-text.ts';
import { byteSize, counted, duration, grouped, probability, short } from './numbers.ts';
import { PLAIN, type Paint } from './paint.ts';
import { exploreArguments, quoted, type ProgramChoice } from './saved-schedule.ts';
import {
  boundMeaning,
  boundRemark,
  dporFigures,
  dporMeaning,
  reductionRemark,
  sampleFigures,
  sampleMeaning,
  strategyArguments,
  strategyText,
  vacuousSample,
  whichSchedule,
} from './strategy-text.ts';
import { LINE_WIDTH, paragraph, sideBySide, wrap } from './text.ts';
import { truncatedMeaning, type KeptCheckpoint } from './truncated.ts';

/** What a closing block is about. */
export interface SummaryOptions {
  readonly choice: ProgramChoice;
  /** Threads (CPUs and agents) of the program. */
  readonly threads: number;
  /** Where the schedule was written, or null if there is none. */
  readonly file: string | null;
  /** What worker threads said of the schedule, if they were asked. */
  readonly confirmation: Confirmation | null;
  /** True: list what was not reached. */
  readonly coverage?: boolean;
  /** The checkpoint of a truncated search; null or left out: none was to be written. */
  readonly kept?: KeptCheckpoint | null;
  readonly paint?: Paint;
}

/** What each verdict means, in sentences that cannot be misread. */
const MEANINGS: Readonly<
  Record<VerdictName, (verdict: Verdict, threads: number, options: SummaryOptions) => readonly string[]>
> = {
  proved: provedMeaning,
  violation: () => [],
  truncated: (verdict, _, { kept = null }) => truncatedMeaning(verdict, kept),
  vacuous: vacuity,
  'proved-within-bound': boundMeaning,
  sampled: (verdict) => (verdict.sampling === null ? [] : sampleMeaning(verdict, verdict.sampling)),
};

function provedMeaning(verdict: Verdict, threads: number): string[] {
  if (verdict.dpor !== undefined) return dporMeaning(verdict.dpor, threads);
  return [
    ...boundRemark(verdict),
    `Every schedule of ${threads === 1 ? 'this thread' : `these ${threads} threads`} was explored (sequential consistency): no rule is broken, and from every state all can still finish.`,
    ...reductionRemark(verdict),
    'A proof about this program, as large as it is here; not about other sizes, memory models, or what the model leaves out.',
    verdict.collisionProbability === 0 && verdict.states > 1
      ? 'States were compared in full: no two were taken for one.'
      : `Two different states were taken for one with probability below ${probability(verdict.collisionProbability)}.`,
  ];
}

function vacuity(verdict: Verdict): string[] {
  const { endStates, neverReached, bound, sampling } = verdict;
  if (sampling !== null) return vacuousSample(verdict, sampling);
  return [
    'No rule is broken, but that means nothing here:',
    ...(endStates === 0
      ? [
          `no schedule ${bound?.cutOff === true ? 'within the bound ' : ''}comes to the end, so nothing that is checked there was ever checked;`,
        ]
      : []),
    ...(neverReached.length === 0 ? [] : [`never reached: ${neverReached.join('; ')}.`]),
  ];
}

/**
 * The block that closes a search: it stands alone in a log. Lines without line ends, shorter than 100 columns.
 */
export function summary(verdict: Verdict, options: SummaryOptions): string[] {
  const { threads, coverage = false, paint = PLAIN } = options;
  const title = titleOf(options.choice);
  const how = `(${strategyText(verdict)}, ${counted(threads, 'thread')}, SC)`;
  const word = verdictWord(verdict);
  const head = `${title}   ${word}   ${how}`;
  const painted =
    head.length <= LINE_WIDTH
      ? [`${paint.strong(title)}   ${paintWord(verdict, paint)(word)}   ${how}`]
      : wrap(head, LINE_WIDTH, '  ');
  return [
    ...painted,
    ...figures(verdict),
    ...(verdict.violation === null ? [] : scheduleLines(verdict, verdict.violation, options)),
    ...[...MEANINGS[verdict.verdict](verdict, threads, options), ...coverageLine(verdict, coverage)].flatMap(
      (line) => paragraph(line, '  '),
    ),
    ...(coverage ? coverageSection(verdict) : []),
  ];
}

/** `swapout-vs-odirect on v5.18, hunk seed#H2 reverted`. */
export function titleOf({ program, kernel, apply, revert, parameters }: ProgramChoice): string {
  const set = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
  return [
    `${program} on ${kernel}`,
    ...apply.map((patch) => `+${patch}`),
    ...revert.map((patch) => `-${patch}`),
    ...(set.length === 0 ? [] : [`(${set.join(', ')})`]),
  ].join(' ');
}

function verdictWord({ verdict, violation, limit }: Verdict): string {
  if (violation !== null) return `VIOLATION  ${violation.kind.replaceAll('-', ' ')}`;
  const why = limit === null || verdict === 'sampled' ? '' : `  ${limit.which}`;
  return `${verdict.replaceAll('-', ' ').toUpperCase()}${why}`;
}

function paintWord({ verdict }: Verdict, paint: Paint): (text: string) => string {
  if (verdict === 'violation') return paint.bad;
  return verdict === 'proved' || verdict === 'proved-within-bound' ? paint.good : paint.doubtful;
}

/** Figures that would say nothing about so small or quick a search are left out. */
function figures(verdict: Verdict): string[] {
  const { states, transitions, depth, seconds, bytesPerState, endStates, violation, bound } = verdict;
  if (verdict.dpor !== undefined) return sideBySide(dporFigures(verdict, verdict.dpor), '  ');
  if (verdict.sampling !== null) return sideBySide(sampleFigures(verdict, verdict.sampling), '  ');
  const items = [
    counted(states, 'state'),
    counted(transitions, 'transition'),
    ...(violation === null ? [counted(endStates, 'end state')] : []),
    // An exhaustive search's depth is that of its stack: it says how the search went, and nothing about the program.
    ...(violation === null && bound?.cutOff === true ? [`depth ${grouped(depth)}`] : []),
    duration(seconds),
    ...(seconds >= 0.1 ? [`${short(transitions / seconds)} transitions/s`] : []),
    ...(states >= 10_000 ? [`${byteSize(bytesPerState)}/state`] : []),
  ];
  return sideBySide(items, '  ');
}

function scheduleLines(
  verdict: Verdict,
  violation: ViolationReport,
  { file, choice, confirmation }: SummaryOptions,
): string[] {
  const { schedule, preemptions, threads } = violation;
  const size = sizeText({ threads, preemptions, steps: schedule.steps.length });
  const line = `${whichSchedule(verdict)}: ${size}`;
  const confirmed = scheduleFacts(violation, confirmation);
  if (file === null)
    return [
      ...paragraph(`${line}; not written`, '  '),
      ...confirmed,
      ...paragraph(
        `again:   npx lostwrite explore ${exploreArguments(choice).join(' ')}${strategyArguments(verdict)} --out FILE`,
        '  ',
      ),
    ];
  return [
    ...paragraph(`${line} -> ${file}`, '  '),
    ...confirmed,
    `  replay:  npx lostwrite replay ${quoted(file)}`,
  ];
}

/** What there is to say of a failing schedule beside its size. */
export function scheduleFacts(
  { criticalPair, minimised }: ViolationReport,
  confirmation: Confirmation | null,
): string[] {
  const facts = [
    ...(minimised === undefined ? [] : [minimisedText(minimised)]),
    ...(criticalPair === null
      ? []
      : [
          `critical pair: steps ${criticalPair.first} and ${criticalPair.second}; the other way round the run keeps every rule`,
        ]),
    ...(confirmation === null ? [] : [confirmationText(confirmation)]),
  ];
  return facts.flatMap((fact) => paragraph(fact, '  '));
}
