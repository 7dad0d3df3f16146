import { confirmationText } from '../report/confirmation.ts';
import { counted, duration } from '../report/numbers.ts';
import { titleOf } from '../report/summary.ts';
import { paragraph } from '../report/text.ts';
import { renderTrace } from '../report/trace.ts';
import type { VerdictName } from '../search/verdict.ts';
import type { ViolationKind } from '../core/violation.ts';
import { EXIT } from './exit.ts';
import { buildChoice } from './choice.ts';
import { search, type Explored } from './explore-command.ts';
import { INTERRUPTED } from './on-cpus.ts';
import { print, terminalPaint } from './print.ts';
import type { Registry } from './registry.ts';

interface Chapter {
  readonly prose: string;
  readonly scenario: string;
  readonly kernel: string;
  readonly verdict: VerdictName;
  readonly kind: ViolationKind | null;
}

const CHAPTERS: readonly Chapter[] = [
  {
    prose: `1. The bug. A process reads a file with O_DIRECT into its own memory: the device writes into a page on which the kernel
holds only a reference. Meanwhile the page is swapped out, and the process touches it again. In Linux v5.18 the page fault cannot
tell that the page still belongs to this process alone, and copies it. What the device writes then goes to the old page.`,
    scenario: 'swapout-vs-odirect',
    kernel: 'v5.18',
    verdict: 'violation',
    kind: 'lost-write',
  },
  {
    prose: `2. The fix as first posted remembers in the swap entry that the page was exclusive. But for swap devices that need
stable pages while they are written, its test was the wrong way round: the page became writable under writeback.`,
    scenario: 'swap-stable-writes',
    kernel: 'v5.19-as-posted',
    verdict: 'violation',
    kind: 'unstable-writeback',
  },
  {
    prose: '3. The fix as merged in v5.19, with the same two programs: now every schedule keeps the rules.',
    scenario: 'swapout-vs-odirect',
    kernel: 'v5.19',
    verdict: 'proved',
    kind: null,
  },
  { prose: '', scenario: 'swap-stable-writes', kernel: 'v5.19', verdict: 'proved', kind: null },
];

/** `lostwrite story`, that is `npm start`: the bug, the first fix and the merged one. Returns 0 if all is as told, else 1. */
export async function storyCommand(registry: Registry): Promise<number> {
  print(
    paragraph(
      'lostwrite explores every schedule of a small program made of Linux mm code, and prints the shortest that loses a write.',
    ),
  );
  let asTold = true;
  for (const chapter of CHAPTERS) {
    if (chapter.prose !== '') print(['', ...paragraph(chapter.prose.replaceAll('\n', ' '))]);
    const choice = {
      program: chapter.scenario,
      kernel: chapter.kernel,
      apply: [],
      revert: [],
      parameters: {},
    };
    const explored = await search(registry, buildChoice(registry, choice), choice, {});
    if (wasInterrupted(explored)) {
      print(['', 'interrupted']);
      return EXIT.inconclusive;
    }
    const right = isAsTold(chapter, explored);
    asTold &&= right;
    print(['', ...trace(registry, explored), ...outcome(chapter, explored, right)]);
  }
  print(['', ...(asTold ? GO_ON : ['Not everything came out as told: see UNEXPECTED above.'])]);
  return asTold ? EXIT.met : EXIT.failed;
}

const GO_ON = [
  'To go on:',
  '  npx lostwrite list',
  '      scenarios, kernels, patches and their hunks',
  '  npx lostwrite explore swapout-vs-odirect --kernel v5.18',
  '      the first search alone; it writes the schedule to out/swapout-vs-odirect.json',
  '  npx lostwrite replay out/swapout-vs-odirect.json',
  '      that schedule again, every value checked; --all shows every access and its source line',
  '      with --on cpus on real worker threads, one for each CPU',
  '  npx lostwrite stress swapout-vs-odirect --kernel v5.18',
  '      the worker threads race freely: how often does it come up by itself?',
  '  npx lostwrite explore swapout-vs-odirect --kernel v5.19 --revert seed',
  '      take the fix off again; seed#H5 takes off one hunk',
];

function wasInterrupted({ verdict, confirmation }: Explored): boolean {
  const unconfirmed = confirmation?.confirmed === false && confirmation.reason === INTERRUPTED;
  return verdict.limit?.which === 'interrupted' || unconfirmed;
}

function isAsTold({ verdict, kind }: Chapter, explored: Explored): boolean {
  return explored.verdict.verdict === verdict && (explored.verdict.violation?.kind ?? null) === kind;
}

function trace(registry: Registry, { built, verdict, replayed }: Explored): string[] {
  if (replayed === null || verdict.violation === null) return [];
  const explanation = registry.explain(built, { ...verdict.violation.schedule, steps: replayed.steps });
  return [...renderTrace(replayed, { explanation }), ''];
}

function outcome(chapter: Chapter, { choice, verdict, confirmation }: Explored, right: boolean): string[] {
  const paint = terminalPaint();
  const { violation, states, seconds, limit } = verdict;
  const found = (violation?.kind ?? verdict.verdict).replaceAll('-', ' ').toUpperCase();
  const word = verdict.verdict === 'proved' ? paint.good(found) : paint.bad(found);
  const length =
    violation === null
      ? 'every schedule explored'
      : `shortest schedule: ${counted(violation.schedule.steps.length, 'step')}, ${counted(violation.preemptions, 'preemption')}`;
  const told = (chapter.kind ?? chapter.verdict).replaceAll('-', ' ');
  const limited = limit === null ? '' : ` (${limit.message})`;
  return [
    `${paint.strong(titleOf(choice))}   ${word}`,
    `  ${length}   ${counted(states, 'state')}, ${duration(seconds)}`,
    ...(confirmation === null ? [] : paragraph(confirmationText(confirmation), '  ')),
    ...(right ? [] : paragraph(`UNEXPECTED: this should be: ${told}${limited}`, '  ')),
  ];
}
