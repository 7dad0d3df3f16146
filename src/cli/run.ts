/** The command line: parses, calls, turns errors into one message and an exit code. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { InputError, ModelError } from '../core/errors.ts';
import { CpuFailure, Interrupted } from '../cpus/failures.ts';
import { DEFAULT_JITTER } from '../cpus/stress.ts';
import { SearcherFailure } from '../search/parallel/searcher-failure.ts';
import { collect, collectSettings, parseBudget, parseCount, parseSeconds, wholeNumber } from './arguments.ts';
import { checkCommand, type CheckCommandOptions } from './check-command.ts';
import { EXIT, EXIT_HELP } from './exit.ts';
import { exploreCommand, type ExploreCommandOptions } from './explore-command.ts';
import { exportCommand, type ExportCommandOptions } from './export-command.ts';
import { listCommand } from './list-command.ts';
import { parseMemory } from './memory.ts';
import { LATER_COMMANDS, notYet } from './not-yet.ts';
import { complain } from './print.ts';
import type { Registry } from './registry.ts';
import { BACKEND_NAMES, runScriptCommand, type RunScriptOptions } from './run-script-command.ts';
import { replayCommand, type ReplayCommandOptions } from './replay-command.ts';
import { stressCommand, type StressCommandOptions } from './stress-command.ts';
import { storyCommand } from './story-command.ts';
import { MOST_WORKERS } from './workers.ts';

const NO_ANSWER =
  'nothing is known about the program now; explore and replay without --on cpus need no worker threads';

/**
 * Runs one command line over the programs of `registry`.
 *
 * @param args without the interpreter and the script
 * @returns the exit code; everything that can go wrong has been told on standard error by then
 */
export async function run(args: readonly string[], registry: Registry): Promise<number> {
  let code: number = EXIT.met;
  const finish = (result: number) => {
    code = result;
  };
  try {
    await commandLine(registry, finish).parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.met : EXIT.usage;
    if (error instanceof Interrupted) {
      complain('interrupted');
      return EXIT.inconclusive;
    }
    if (error instanceof CpuFailure) {
      complain(error.message, NO_ANSWER);
      return EXIT.inconclusive;
    }
    if (error instanceof SearcherFailure) {
      complain(error.message, 'nothing is known about the program now; --workers 1 needs no worker threads');
      return EXIT.inconclusive;
    }
    if (error instanceof InputError) complain(error.message, error.hint);
    else if (error instanceof ModelError) complain(`the model is wrong: ${error.message}`);
    else
      complain(`internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return EXIT.usage;
  }
}

function commandLine(registry: Registry, finish: (code: number) => void): Command {
  const program = new Command('lostwrite')
    .description('Finds the interleaving that loses your write: explores every schedule of Linux mm code.')
    .version(version())
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'lostwrite: ')) })
    .showHelpAfterError('(lostwrite --help shows what there is)')
    .addHelpText('after', EXIT_HELP);
  // Commands copy these settings when they are made.
  listing(program, registry, finish);
  exploring(program, registry, finish);
  replaying(program, registry, finish);
  stressing(program, registry, finish);
  checking(program, finish);
  exporting(program, registry, finish);
  scripting(program, registry, finish);
  program
    .command('story')
    .description('the bug, the fix as first posted, and the fix as merged: three searches with their traces')
    .action(async () => finish(await storyCommand(registry)));
  for (const name of LATER_COMMANDS)
    program
      .command(name, { hidden: true })
      .allowUnknownOption()
      .allowExcessArguments()
      .helpOption(false)
      .action(() => {
        throw notYet(name, 'lostwrite --help shows what there is');
      });
  return program;
}

function listing(program: Command, registry: Registry, finish: (code: number) => void): void {
  program
    .command('list')
    .description('names with one line each: scenarios, kernels, patches; all of them if none is named')
    .argument('[what]', 'scenarios, kernels or patches')
    .option('--json', 'one JSON document on standard output')
    .action((what: string | undefined, options: { json?: boolean }) =>
      finish(listCommand(registry, what, options)),
    );
}

function exploring(program: Command, registry: Registry, finish: (code: number) => void): void {
  const command = program
    .command('explore')
    .description(
      'explore the schedules of a scenario, by default all: a proof, or the shortest schedule that breaks a rule',
    );
  choosing(command, registry, '[scenario]')
    .option(
      '--strategy <name>',
      'exhaustive; bounded:N: all schedules with at most N preemptions; dpor: one of each trace; at random: pct:D, pos, urw, random',
      'exhaustive',
    )
    .option(
      '--seed <n>',
      'at random: decides which schedules are drawn (default: 1)',
      wholeNumber(1, 2 ** 31 - 1),
    )
    .option(
      '--reduction',
      'exhaustive: leave out schedules that differ only in the order of independent steps',
    )
    .option('--schedules <n>', 'at random: how many schedules are run (default: 10 000)', parseCount)
    .option(
      '--on <engine>',
      'what runs it: search, or cpus: small programs, every schedule on real worker threads',
      'search',
    )
    .option('--memory <model>', 'memory model; only sc (sequential consistency) so far', 'sc')
    .option(
      '--workers <n>',
      'searchers of an exhaustive search, a worker thread each; the result is the same for any number',
      wholeNumber(1, MOST_WORKERS),
      1,
    )
    .option(
      '--budget <time>',
      'stop after 60s, 500ms, 2m, ...: as inconclusive, or at random with what was run (default: no limit)',
      parseBudget,
    )
    .option(
      '--max-states <n>',
      'stop as inconclusive after so many states (default: 200 million)',
      parseCount,
    )
    .option(
      '--max-memory <size>',
      'stop as inconclusive before the tables of the search pass 512m, 2g, ... (default: half of what the machine or its control group has)',
      parseMemory,
    )
    .option(
      '--checkpoint <file>',
      'where an exhaustive search is put down, again and again and when a limit or Ctrl-C ends it (default: out/<scenario>.checkpoint)',
    )
    .option('--checkpoint-every <time>', 'how often, at most (default: 30s)', parseBudget)
    .option(
      '--resume <file>',
      'go on from a checkpoint, with its scenario and all that belongs to it, to the same figures',
    )
    .option('--out <file>', 'where the schedule of a violation goes (default: out/<scenario>.json)')
    .option(
      '--minimise',
      'make the schedule of a violation as small as it can be: fewest CPUs, then preemptions, then steps',
    )
    .option('--exact', 'keep visited states whole and compare them: no fingerprints, more time and memory')
    .option('--coverage', 'list the operations and outcomes that no schedule came to')
    .option('--crosscheck', 'run all engines (--budget is for each) and compare what they find')
    .option('--all', 'show every access in the trace, with its source position')
    .option('--quiet', 'no progress on standard error')
    .option('--json', 'one JSON document on standard output')
    .addHelpText('after', EXIT_HELP)
    .action(async (scenario: string | undefined, options: ExploreCommandOptions) =>
      finish(await exploreCommand(registry, scenario, options)),
    );
}

/** The arguments that say which program. */
function choosing(command: Command, registry: Registry, scenario = '<scenario>'): Command {
  const newest = registry.kernels.at(-1)?.name ?? 'the newest';
  return command
    .argument(scenario, 'see lostwrite list scenarios')
    .option('--kernel <version>', `kernel version, see lostwrite list kernels (default: ${newest})`)
    .addOption(repeatable('--apply <patch[#hunk]>', 'put a patch or one hunk of it on; may be repeated'))
    .addOption(repeatable('--revert <patch[#hunk]>', 'take a patch or one hunk of it off; may be repeated'))
    .addOption(
      new Option('--set <name=value>', 'set a parameter of the scenario; may be repeated')
        .default({}, 'none')
        .argParser(collectSettings),
    );
}

function stressing(program: Command, registry: Registry, finish: (code: number) => void): void {
  const command = program
    .command('stress')
    .description(
      'let a real worker thread for each CPU race freely, again and again: how often does it break?',
    );
  choosing(command, registry)
    .option('--seconds <n>', 'race for so long', parseSeconds, 10)
    .option(
      '--jitter <n>',
      'hold CPUs up for at most so long at some steps, in loads of 5 ns; 0: never',
      wholeNumber(0, 1_000_000),
      DEFAULT_JITTER,
    )
    .option(
      '--seed <n>',
      'decides where CPUs are held up; the machine decides the rest',
      wholeNumber(1, 2 ** 31 - 1),
      1,
    )
    .option('--out <file>', 'where the order of the first hit goes (default: out/<scenario>-stress.json)')
    .option('--quiet', 'no progress on standard error')
    .option('--json', 'one JSON document on standard output')
    .addHelpText(
      'after',
      `
Exit codes:
  0  no rule was broken in the schedules that came up (which proves nothing about the others)
  1  a rule was broken: the order seen is replayed on both engines and saved
  2  wrong usage or bad input (or a file that could not be written)
  3  interrupted without a violation, or a worker thread died or gave no answer
  4  vacuous: no iteration could be checked, or something was never reached`,
    )
    .action(async (scenario: string, options: StressCommandOptions) =>
      finish(await stressCommand(registry, scenario, options)),
    );
}

function replaying(program: Command, registry: Registry, finish: (code: number) => void): void {
  program
    .command('replay')
    .description('replay a saved schedule and check every recorded value')
    .argument('<schedule.json>', 'written by lostwrite explore or stress')
    .option('--on <engine>', 'where to run it: search, or cpus: a real worker thread for each CPU', 'search')
    .option(
      '--minimise',
      'look for a smaller schedule that ends alike: fewest CPUs, then preemptions, then steps; write and show that',
    )
    .option('--out <file>', 'where the smaller schedule goes (default: out/<scenario>-minimised.json)')
    .option('--budget <time>', 'end --minimise after 60s, 500ms, ... with the smallest found', parseBudget)
    .option(
      '--max-states <n>',
      'end each step of --minimise after so many states (default: 2 million)',
      parseCount,
    )
    .option('--quiet', 'no progress on standard error')
    .option('--all', 'show every access in the trace, with its source position')
    .option('--json', 'one JSON document on standard output')
    .addHelpText(
      'after',
      `
Exit codes:
  0  every recorded value matches and the schedule ends in the recorded violation
  1  every recorded value matches, but the end is not the recorded one
  2  the file cannot be read, or the schedule no longer fits: said at which step, expected and found
  3  on cpus: a worker thread died or gave no answer, or Ctrl-C`,
    )
    .action(async (file: string, options: ReplayCommandOptions) =>
      finish(await replayCommand(registry, file, options)),
    );
}

function checking(program: Command, finish: (code: number) => void): void {
  program
    .command('check')
    .description('count the executions of neutral programs (format npl-1), to compare checkers')
    .argument('<program.json>', 'one program, or many')
    .option('--program <id>', 'only this program of the file')
    .option('--algorithm <name>', 'stateful, optimal, source or naive', 'optimal')
    .option(
      '--budget <time>',
      'stop each program as inconclusive after 60s, 500ms, ... (default: no limit)',
      parseBudget,
    )
    .option('--quiet', 'no progress on standard error')
    .option('--json', 'JSON lines on standard output: one document for each program')
    .addHelpText('after', EXIT_HELP)
    .action(async (file: string, options: CheckCommandOptions) => finish(await checkCommand(file, options)));
}

function exporting(program: Command, registry: Registry, finish: (code: number) => void): void {
  const command = program
    .command('export')
    .description(
      'write a scenario as a model for another checker, after a search that visits all its states',
    );
  choosing(command, registry)
    .option('--format <name>', 'what to write; only promela (for SPIN) so far', 'promela')
    .option('--out <file>', 'where it goes (default: standard output)')
    .option('--max-states <n>', 'give up after so many states (default: 200 million)', parseCount)
    .option('--quiet', 'no progress on standard error')
    .addHelpText(
      'after',
      `
Exit codes:
  0  the model has been written, whether or not its program breaks a rule
  2  wrong usage or bad input (or a file that could not be written)
  3  a limit or Ctrl-C ended the search: there is no model of a part`,
    )
    .action(async (scenario: string, options: ExportCommandOptions) =>
      finish(await exportCommand(registry, scenario, options)),
    );
}

function scripting(program: Command, registry: Registry, finish: (code: number) => void): void {
  program
    .command('run')
    .description(
      'run a script of memory operations on the model, one after the other, and show what a kernel shows after each',
    )
    .argument('<script>', 'one operation a line, # starts a comment, === name starts the next script')
    .option(
      '--kernel <version>',
      `kernel version, see lostwrite list kernels (default: ${registry.kernels.at(-1)?.name ?? 'the newest'})`,
    )
    .option('--backend <name>', `swap device: ${BACKEND_NAMES}`, 'file')
    .addOption(repeatable('--apply <patch[#hunk]>', 'put a patch or one hunk of it on; may be repeated'))
    .addOption(repeatable('--revert <patch[#hunk]>', 'take a patch or one hunk of it off; may be repeated'))
    .option('--json', 'JSON lines on standard output: one for each script, then one for each operation')
    .addHelpText(
      'after',
      `
Exit codes:
  0  every operation was run, whatever it answered
  1  a script ended at a failed assertion of the kernel (or waited for ever); the others were run
  2  wrong usage or bad input, said with line and column; nothing was run`,
    )
    .action((file: string, options: RunScriptOptions) => finish(runScriptCommand(registry, file, options)));
}

function repeatable(flags: string, description: string): Option {
  return new Option(flags, description).default([], 'none').argParser(collect);
}

function version(): string {
  // dist/src/cli/run.js and src/cli/run.ts lie at different depths below the package.
  for (const up of ['../../../package.json', '../../package.json']) {
    try {
      const found: unknown = JSON.parse(readFileSync(new URL(up, import.meta.url), 'utf8'));
      if (
        typeof found === 'object' &&
        found !== null &&
        'name' in found &&
        found.name === 'lostwrite' &&
        'version' in found
      )
        return String(found.version);
    } catch {
      continue;
    }
  }
  return 'unknown';
}
