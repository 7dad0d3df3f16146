import { hitLines, type CpuHit } from './cpu-hit.ts';
import { counted, duration, short } from './numbers.ts';
import { PLAIN, type Paint } from './paint.ts';
import { exploreArguments, type ProgramChoice } from './saved-schedule.ts';
import { titleOf } from './summary.ts';
import { LINE_WIDTH, paragraph, sideBySide, wrap } from './text.ts';

/** What CPUs that raced came to: a rule broken, none broken in what came up, or nothing that says anything. */
export type StressVerdict = 'violation' | 'sampled' | 'vacuous';

/** The figures of a stress run. */
export interface StressFigures {
  readonly verdict: StressVerdict;
  /** Iterations whose order was found and checked; `violations` of them broke a rule, so many of each kind. */
  readonly iterations: number;
  readonly violations: number;
  readonly kinds: Readonly<Record<string, number>>;
  readonly firstAfter: { readonly iteration: number; readonly seconds: number } | null;
  /** Iterations that say nothing: no order found; and, of the others, those that ran out of log. */
  readonly unordered: number;
  readonly cut: number;
  readonly operations: number;
  readonly seconds: number;
  readonly startSeconds: number;
  /** `threadId` of each worker thread. */
  readonly workers: readonly number[];
  readonly seed: number;
  readonly jitter: number;
  /** Checks that no iteration came to. */
  readonly neverReached: readonly string[];
  readonly interrupted: boolean;
}

/** The block that closes a stress run: it stands alone in a log. Lines without line ends, shorter than 100 columns. */
export function stressSummary(
  choice: ProgramChoice,
  figures: StressFigures,
  hit: CpuHit | null,
  paint: Paint = PLAIN,
): string[] {
  const title = titleOf(choice);
  const word = verdictWord(figures, hit);
  const how = `(racing, ${counted(figures.workers.length, 'worker thread')})`;
  const head = `${title}   ${word}   ${how}`;
  const painted = hit === null ? paint.doubtful(word) : paint.bad(word);
  return [
    ...(head.length <= LINE_WIDTH
      ? [`${paint.strong(title)}   ${painted}   ${how}`]
      : wrap(head, LINE_WIDTH, '  ')),
    ...sideBySide(rates(figures), '  '),
    ...facts(figures, hit).flatMap((line) => paragraph(line, '  ')),
    ...(hit === null ? [] : hitLines(hit, 'order of the first hit')),
    ...meaning(choice, figures).flatMap((line) => paragraph(line, '  ')),
  ];
}

function verdictWord({ verdict, interrupted }: StressFigures, hit: CpuHit | null): string {
  if (hit !== null) return `VIOLATION  ${spoken(hit.kind)}`;
  return `${verdict.toUpperCase()}  ${interrupted ? 'interrupted, ' : ''}no violation`;
}

function rates({ iterations, operations, seconds }: StressFigures): string[] {
  const rate = (count: number) => short(seconds > 0 ? count / seconds : 0);
  return [
    counted(iterations, 'iteration'),
    duration(seconds),
    `${rate(iterations)} iterations/s`,
    `${rate(operations)} operations/s`,
  ];
}

function facts(figures: StressFigures, hit: CpuHit | null): string[] {
  const { unordered, cut, workers, seed, jitter } = figures;
  return [
    hit === null ? 'no iteration broke a rule' : hits(figures),
    ...(unordered === 0
      ? []
      : [
          `${counted(unordered, 'further iteration')} said nothing: the order of their steps could not be told`,
        ]),
    ...(cut === 0
      ? []
      : [`${counted(cut, 'iteration')} filled a log before the end: checked as far as the log goes`]),
    `worker threads ${workers.join(', ')}; seed ${seed}, jitter ${jitter}`,
  ];
}

function hits({ violations, iterations, kinds, firstAfter }: StressFigures): string {
  const several = Object.keys(kinds).length > 1;
  const each = Object.entries(kinds).map(([kind, count]) => `${spoken(kind)} ${count}`);
  const first =
    firstAfter === null
      ? ''
      : `; first after ${duration(firstAfter.seconds)} (iteration ${firstAfter.iteration})`;
  const share = violations === iterations ? 'every one' : `one in ${short(iterations / violations)}`;
  return `${counted(violations, 'hit')}, ${share}${several ? ` (${each.join(', ')})` : ''}${first}`;
}

function meaning(choice: ProgramChoice, { verdict, iterations, cut, neverReached }: StressFigures): string[] {
  const search = `npx lostwrite explore ${exploreArguments(choice).join(' ')}`;
  switch (verdict) {
    case 'violation':
      return [
        'The CPUs really raced: this happened. It is hardly ever the shortest way; for that:',
        `  ${search}`,
      ];
    case 'sampled':
      return [
        'The CPUs really raced. This proves nothing about the schedules that did not come up; to search them all:',
        `  ${search}`,
      ];
    case 'vacuous': {
      const ended =
        iterations === 0
          ? ['no iteration could be checked']
          : iterations === cut
            ? ['no iteration came to its end']
            : [];
      const reached = neverReached.length === 0 ? [] : [`never reached: ${neverReached.join('; ')}`];
      return [
        `No rule is broken, but that means nothing here: ${[...ended, ...reached].join('; ')}.`,
        'Race longer (--seconds), or search every schedule:',
        `  ${search}`,
      ];
    }
  }
}

function spoken(kind: string): string {
  return kind.replaceAll('-', ' ');
}
