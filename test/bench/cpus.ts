/** Speed of the worker threads that play CPUs: starting them, controlled steps, free iterations; beside the search's steps. */
import { InputError } from '../../src/core/errors.ts';
import type { Program } from '../../src/core/program.ts';
import type { Schedule } from '../../src/core/schedule.ts';
import { ControlledCpus } from '../../src/cpus/controlled.ts';
import type { ProgramSource } from '../../src/cpus/source.ts';
import { stress } from '../../src/cpus/stress.ts';
import { buildProgram, type ProgramRequest } from '../../src/mm/programs.ts';
import { explore } from '../../src/search/explore.ts';
import { Automata } from '../../src/search/automata.ts';
import { Stepper } from '../../src/search/stepper.ts';
import { cell, thousands } from './table.ts';

const SEED: ProgramRequest = {
  scenario: 'swapout-vs-odirect',
  kernel: 'v5.18',
  apply: [],
  revert: [],
  set: {},
};
/** Four threads: user, kswapd, lru, swapdev. */
const FOUR: ProgramRequest = { ...SEED, scenario: 'swap-stable-writes' };

const STARTS = 5;
const REPLAYS = 200;
const FREE_MS = 5000;

function sourceOf(request: ProgramRequest): ProgramSource {
  return {
    module: new URL('../../src/mm/programs.js', import.meta.url).href,
    build: 'linuxProgram',
    request,
  };
}

async function timed(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

/** Median seconds from nothing to four CPUs that stand before their first operations. */
async function startUp(): Promise<number> {
  const seconds: number[] = [];
  for (let i = 0; i < STARTS; i++) {
    let cpus: ControlledCpus | null = null;
    seconds.push(
      await timed(async () => {
        cpus = await ControlledCpus.start(sourceOf(FOUR));
        await cpus.reset();
      }),
    );
    await (cpus as ControlledCpus | null)?.stop();
  }
  return seconds.toSorted((a, b) => a - b)[STARTS >> 1]!;
}

/** Steps a second when every step is a turn of its own, over and over the same schedule; the first half only warms up. */
async function controlled(schedule: Schedule): Promise<number> {
  const cpus = await ControlledCpus.start(sourceOf(SEED));
  const moves = movesOf(cpus.program, schedule);
  const go = async () => {
    for (let i = 0; i < REPLAYS; i++) {
      await cpus.reset();
      for (const { thread, answer } of moves) await cpus.run(thread, 1, answer);
    }
  };
  try {
    await go();
    return (REPLAYS * moves.length) / (await timed(go));
  } finally {
    await cpus.stop();
  }
}

/** Steps a second of the same schedule in the search's plain engine, its automata built. */
async function searched(schedule: Schedule): Promise<number> {
  const { program } = buildProgram(SEED);
  const stepper = new Stepper(new Automata(program));
  const moves = movesOf(program, schedule);
  const go = () => {
    for (let i = 0; i < REPLAYS; i++) {
      stepper.reset();
      for (const { thread, answer } of moves) stepper.step(thread, answer);
    }
    return Promise.resolve();
  };
  await go();
  return (REPLAYS * moves.length) / (await timed(go));
}

function movesOf({ threads }: Program, { steps }: Schedule) {
  return steps.map(({ thread, accesses }) => ({
    thread: threads.findIndex(({ name }) => name === thread),
    answer: accesses[0].result,
  }));
}

/** Prints one line for each figure. */
export async function benchCpus(): Promise<void> {
  const line = (name: string, figure: string) =>
    process.stdout.write(`${name.padEnd(60)}${cell(figure, 14)}\n`);
  process.stdout.write(`worker threads as CPUs, Node ${process.version}\n\n`);
  line('start-up of 4 CPUs, program built in each', `${Math.round((await startUp()) * 1000)} ms`);
  const { violation } = await explore(buildProgram(SEED).program);
  if (violation === null) throw new InputError('bench: the search found no schedule to replay');
  const steps = await controlled(violation.schedule);
  line(
    `controlled, 6 CPUs, one turn a step, ${violation.schedule.steps.length} steps`,
    `${thousands(steps)} steps/s`,
  );
  line(
    'the same schedule, stepped in one thread by the search',
    `${thousands(await searched(violation.schedule))} steps/s`,
  );
  const free = await stress(sourceOf(SEED), { durationMs: FREE_MS });
  const rate = free.iterations / free.seconds;
  line('free-running, 6 CPUs, every order told and checked', `${thousands(rate)} iterations/s`);
  line('  operations of all CPUs together', `${thousands(free.operations / free.seconds)} op/s`);
  line('  lost writes found', `${free.violations} of ${free.iterations}`);
  process.stdout.write('\n');
}
