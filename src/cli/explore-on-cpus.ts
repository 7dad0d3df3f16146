import { InputError } from '../core/errors.ts';
import { cpuSummary, cpuVerdictJson, type CpuVerdict } from '../report/cpu-verdict.ts';
import type { CpuHit } from '../report/cpu-hit.ts';
import { grouped } from '../report/numbers.ts';
import type { ProgramChoice } from '../report/saved-schedule.ts';
import { enumerateOnCpus, MOST_STEPS, type Enumerated } from './enumerate-on-cpus.ts';
import { EXIT, EXIT_OF_VERDICT } from './exit.ts';
import type { ExploreCommandOptions } from './explore-command.ts';
import { shownOf } from './hit-text.ts';
import { interruptible } from './interrupt.ts';
import { examine, hitOf, type TwoFold } from './on-cpus.ts';
import { complain, print, printJson, terminalPaint } from './print.ts';
import { showEnumerating } from './progress.ts';
import type { BuiltProgram, Registry } from './registry.ts';
import { trySave } from './save-schedule.ts';

/** Longer traces are printed all the same: somebody asked for the one schedule that there is. */
const PRINTED_STEPS = Infinity;

/** `lostwrite explore --on cpus`: returns the exit code. */
export async function exploreOnCpus(
  registry: Registry,
  choice: ProgramChoice,
  built: BuiltProgram,
  options: ExploreCommandOptions,
  file: string,
): Promise<number> {
  if (options.maxStates !== undefined)
    throw new InputError(
      '--max-states: CPUs count no states, as they do not know one again when they meet it',
      'use --budget, or leave --on cpus out',
    );
  if (options.maxMemory !== undefined)
    throw new InputError(
      '--max-memory: CPUs keep no tables of states',
      'leave it out, or leave --on cpus out',
    );
  const { program, request } = built;
  const both = { program, source: registry.source(request) };
  const enumerated = await run(both, options);
  const { violation, steps } = enumerated;
  const examined = violation === null ? null : await examine(both, violation, steps);
  const failure =
    examined === null
      ? null
      : trySave(built, choice, { memory: 'sc', ...examined.replayed, violation: examined.violation }, file);
  const hit: CpuHit | null =
    examined === null ? null : hitOf(examined, failure === null ? file : null, PRINTED_STEPS);
  const verdict = verdictOf(enumerated, options.budget);
  if (options.json === true) {
    const { kernel, switches } = built;
    printJson(cpuVerdictJson({ scenario: choice.program, kernel, switches }, verdict, hit));
  } else {
    if (examined !== null && hit !== null)
      print([
        ...shownOf(registry, built, examined, hit, { title: 'the schedule', all: options.all ?? false }),
        '',
      ]);
    print(cpuSummary({ ...choice, kernel: built.kernel }, verdict, hit, terminalPaint()));
  }
  if (failure === null) return EXIT_OF_VERDICT[verdict.verdict];
  complain(failure.message, failure.hint);
  return EXIT.usage;
}

async function run({ source }: TwoFold, { budget, quiet }: ExploreCommandOptions): Promise<Enumerated> {
  const progress = showEnumerating(quiet ?? false);
  try {
    return await interruptible((signal) =>
      enumerateOnCpus(source, { budgetMs: budget, signal, onProgress: progress.update }),
    );
  } finally {
    progress.stop();
  }
}

function verdictOf(enumerated: Enumerated, budget: number | undefined): CpuVerdict {
  const { program, enumeration, end, violation, covered, workers, seconds } = enumerated;
  const { executions, steps, repeatedSteps, endStates, restStates, branches } = enumeration;
  const neverReached = program.mustReach.filter((name) => !covered.has(name));
  if (end === 'exhausted' && violation === null) {
    if (restStates === 0) neverReached.push(...program.atEnd.map(({ name }) => name));
    if (!branches) neverReached.push('a second schedule');
  }
  const limit = violation === null ? limitOf(end, budget) : null;
  return {
    verdict:
      violation !== null
        ? 'violation'
        : limit !== null
          ? 'truncated'
          : neverReached.length > 0
            ? 'vacuous'
            : 'proved',
    limit,
    neverReached: violation === null ? neverReached : [],
    executions,
    steps,
    repeatedSteps,
    endless: endStates === 0,
    seconds,
    cpus: program.threads.map(({ name }, thread) => ({ thread: name, worker: workers[thread]! })),
  };
}

function limitOf(end: Enumerated['end'], budget: number | undefined): CpuVerdict['limit'] {
  switch (end) {
    case 'exhausted':
      return null;
    case 'time':
      return {
        which: end,
        message: `the budget of ${(budget ?? 0) / 1000} s ended (--budget)`,
        hint: 'raise --budget or leave it out, make the scenario smaller with --set',
      };
    case 'interrupted':
      return { which: end, message: 'it was interrupted', hint: 'start it again and let it run' };
    case 'steps':
      return {
        which: end,
        message: `an execution was still going on after ${grouped(MOST_STEPS)} steps: where a thread may go on for ever there is no last schedule`,
        hint: 'give every thread an end (Linux scenarios: --set reclaim=1)',
      };
  }
}
