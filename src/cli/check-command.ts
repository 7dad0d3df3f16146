import { InputError } from '../core/errors.ts';
import { suggest } from '../core/nearest.ts';
import { checkJson } from '../report/check-json.ts';
import { CheckTable } from '../report/check-table.ts';
import { parseNeutralPrograms } from '../report/npl-file.ts';
import { ALGORITHMS, check, type Algorithm, type CheckResult } from '../search/dpor/check.ts';
import type { NeutralProgram } from '../search/npl/program.ts';
import { EXIT, EXIT_OF_VERDICT } from './exit.ts';
import { interruptible } from './interrupt.ts';
import { print } from './print.ts';
import { showChecking } from './progress.ts';
import { readText } from './read-text.ts';

/** The options of `check`, parsed. */
export interface CheckCommandOptions {
  readonly program?: string;
  readonly algorithm: string;
  readonly budget?: number;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** `lostwrite check`: counts the executions of neutral programs, one after the other. Returns the exit code. */
export async function checkCommand(file: string, options: CheckCommandOptions): Promise<number> {
  const algorithm = ALGORITHMS.find((name) => name === options.algorithm);
  if (algorithm === undefined)
    throw new InputError(
      `--algorithm: unknown algorithm '${options.algorithm}'`,
      suggest(options.algorithm, ALGORITHMS),
    );
  const programs = chosen(parseNeutralPrograms(readText(file), file), options.program, file);
  const table = new CheckTable(
    algorithm,
    programs.map(({ id }) => id),
  );
  if (options.json !== true) print([`algorithm ${algorithm}`, table.heading()]);
  const codes = new Set<number>();
  await interruptible(async (signal) => {
    for (const program of programs) {
      if (signal.aborted) break;
      const result = await checkOne(program, algorithm, options, signal, file);
      codes.add(EXIT_OF_VERDICT[result.verdict]);
      print(options.json === true ? [JSON.stringify(checkJson(result))] : table.row(result));
    }
    if (signal.aborted) codes.add(EXIT.inconclusive);
  });
  return [EXIT.failed, EXIT.inconclusive, EXIT.vacuous].find((code) => codes.has(code)) ?? EXIT.met;
}

async function checkOne(
  program: NeutralProgram,
  algorithm: Algorithm,
  options: CheckCommandOptions,
  signal: AbortSignal,
  file: string,
): Promise<CheckResult> {
  const progress = showChecking(options.quiet ?? false);
  try {
    return await check(program, algorithm, {
      signal,
      onProgress: progress.update,
      ...(options.budget === undefined ? {} : { budgetMs: options.budget }),
    });
  } catch (error) {
    if (error instanceof InputError)
      throw new InputError(`${file}: ${program.id}: ${error.message}`, error.hint);
    throw error;
  } finally {
    progress.stop();
  }
}

function chosen(
  programs: readonly NeutralProgram[],
  id: string | undefined,
  file: string,
): readonly NeutralProgram[] {
  if (id === undefined) return programs;
  const found = programs.filter((program) => program.id === id);
  if (found.length > 0) return found;
  const names = programs.map((program) => program.id);
  throw new InputError(`--program: no program '${id}' in ${file}`, suggest(id, names));
}
