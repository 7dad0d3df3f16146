/** What `explore --on cpus` says: every schedule of a program on real worker threads. */
import type { VerdictName } from '../search/verdict.ts';
import { hitJson, hitLines, type CpuHit } from './cpu-hit.ts';
import { counted, duration, grouped, short } from './numbers.ts';
import { PLAIN, type Paint } from './paint.ts';
import { exploreArguments, type ProgramChoice } from './saved-schedule.ts';
import { titleOf } from './summary.ts';
import { LINE_WIDTH, paragraph, sideBySide, wrap } from './text.ts';
import type { VerdictContext } from './verdict-json.ts';

/** The outcome with its figures. */
export interface CpuVerdict {
  readonly verdict: Extract<VerdictName, 'proved' | 'violation' | 'truncated' | 'vacuous'>;
  readonly limit: {
    readonly which: 'time' | 'interrupted' | 'steps';
    readonly message: string;
    /** What to do about it. */
    readonly hint: string;
  } | null;
  readonly neverReached: readonly string[];
  readonly executions: { readonly complete: number; readonly blocked: number; readonly cut: number };
  /** Steps that the CPUs took, and how many of them only led back to where something was left to try. */
  readonly steps: number;
  readonly repeatedSteps: number;
  /** No schedule came to the end. */
  readonly endless: boolean;
  readonly seconds: number;
  /** Each thread and the `threadId` of its worker thread. */
  readonly cpus: readonly { readonly thread: string; readonly worker: number }[];
}

/** The block that closes it: it stands alone in a log. Lines without line ends, shorter than 100 columns. */
export function cpuSummary(
  choice: ProgramChoice,
  verdict: CpuVerdict,
  hit: CpuHit | null,
  paint: Paint = PLAIN,
): string[] {
  const title = titleOf(choice);
  const word = verdictWord(verdict, hit);
  const how = `(exhaustive on CPUs, ${counted(verdict.cpus.length, 'worker thread')}, SC)`;
  const head = `${title}   ${word}   ${how}`;
  const painted = hit !== null ? paint.bad : verdict.verdict === 'proved' ? paint.good : paint.doubtful;
  const what = 'failing schedule (of those run the shortest)';
  return [
    ...(head.length <= LINE_WIDTH
      ? [`${paint.strong(title)}   ${painted(word)}   ${how}`]
      : wrap(head, LINE_WIDTH, '  ')),
    ...sideBySide(figures(verdict), '  '),
    ...(hit === null ? [] : hitLines(hit, what)),
    ...meaning(choice, verdict).flatMap((line) => paragraph(line, '  ')),
  ];
}

function verdictWord({ verdict, limit }: CpuVerdict, hit: CpuHit | null): string {
  if (hit !== null) return `VIOLATION  ${hit.kind.replaceAll('-', ' ')}`;
  return `${verdict.toUpperCase()}${limit === null ? '' : `  ${limit.which}`}`;
}

function figures({ executions, steps, repeatedSteps, seconds }: CpuVerdict): string[] {
  const { complete, blocked } = executions;
  return [
    counted(complete, 'execution'),
    ...(blocked === 0 ? [] : [`${grouped(blocked)} given up as repetitions`]),
    `${counted(steps, 'step')} (${grouped(repeatedSteps)} repeated)`,
    duration(seconds),
    ...(seconds >= 0.1 ? [`${short(steps / seconds)} steps/s`] : []),
  ];
}

function meaning(choice: ProgramChoice, verdict: CpuVerdict): string[] {
  const { cpus, limit, neverReached, endless } = verdict;
  const search = `npx lostwrite explore ${exploreArguments(choice).join(' ')}`;
  switch (verdict.verdict) {
    case 'violation':
      return ['Perhaps not the shortest of all; the search finds that:', `  ${search}`];
    case 'proved':
      return [
        `Every schedule was run on ${counted(cpus.length, 'real worker thread')} (of those that differ in the order of independent steps only, one): no rule is broken, and each of them came to its end.`,
        'A proof about this program, as large as it is here; not about other sizes, memory models, or what the model leaves out.',
      ];
    case 'truncated':
      return [
        `Inconclusive: ${limit?.message ?? 'a limit ended it'}.`,
        'No rule was broken in what was run; the rest is unknown.',
        ...(limit === null
          ? []
          : [
              `To go on: ${limit.hint}, or let the search do it, which knows states again when it meets them:`,
            ]),
        `  ${search}`,
      ];
    case 'vacuous':
      return [
        'No rule is broken, but that means nothing here:',
        ...(endless
          ? ['no schedule comes to the end, so nothing that is checked there was ever checked;']
          : []),
        ...(neverReached.length === 0 ? [] : [`never reached: ${neverReached.join('; ')}.`]),
      ];
  }
}

/** The document `lostwrite/verdict@1` with `on: "cpus"`: what is not counted without a memory of states is null. */
export function cpuVerdictJson(
  { scenario, kernel, switches }: Pick<VerdictContext, 'scenario' | 'kernel' | 'switches'>,
  verdict: CpuVerdict,
  hit: CpuHit | null,
) {
  const { executions, steps, seconds, limit, neverReached, cpus } = verdict;
  return {
    schema: 'lostwrite/verdict@1',
    scenario,
    kernel,
    switches,
    strategy: 'exhaustive',
    memory: 'sc',
    workers: 1,
    verdict: verdict.verdict,
    violation: hit === null ? null : { ...hitJson(hit), shortest: false },
    states: null,
    transitions: steps,
    executions,
    depth: null,
    seconds,
    statesPerSecond: null,
    transitionsPerSecond: seconds > 0 ? Math.round(steps / seconds) : 0,
    bytesPerState: null,
    collisionProbability: null,
    limit: limit === null ? null : { which: limit.which, message: limit.message },
    neverReached,
    on: 'cpus',
    cpus,
  };
}
