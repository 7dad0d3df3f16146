import { parseScripts } from '../mm/script/parse.ts';
import { BACKENDS, backendNamed, scriptKernel } from '../mm/script/kernel.ts';
import { ScriptRunner, type Step } from '../mm/script/run.ts';
import { EXIT } from './exit.ts';
import { print } from './print.ts';
import { readText } from './read-text.ts';
import type { Registry } from './registry.ts';
import { FLAG_LEGEND, StepText } from './run-script-text.ts';

/** The options of `run`, parsed. */
export interface RunScriptOptions {
  readonly kernel?: string;
  readonly backend: string;
  readonly apply: readonly string[];
  readonly revert: readonly string[];
  readonly json?: boolean;
}

export const BACKEND_NAMES = Object.keys(BACKENDS).join(', ');

/**
 * `lostwrite run`: executes the scripts of a file on the model, one operation after another, and prints what can be seen after
 * each. All of the file is read before anything runs. Returns 1 if a script hit an assertion of the kernel.
 */
export function runScriptCommand(registry: Registry, file: string, options: RunScriptOptions): number {
  const kernel = options.kernel ?? registry.kernels.at(-1)!.name;
  const backend = backendNamed(options.backend);
  const configured = scriptKernel(kernel, options.apply, options.revert);
  const scripts = parseScripts(readText(file, 'see the README for the operations of a script'), file);
  const runner = new ScriptRunner(configured, backend);
  let code: number = EXIT.met;
  for (const [i, script] of scripts.entries()) {
    const steps = runner.run(script);
    if (steps.some((step) => step.message !== undefined)) code = EXIT.failed;
    if (options.json === true) {
      print([
        JSON.stringify({ script: script.name, backend, kernel }),
        ...steps.map((step) => JSON.stringify(step)),
      ]);
    } else {
      const heading = `${script.name}   (${kernel}, ${backend})`;
      print([...(i === 0 ? [] : ['']), heading, ...stepLines(steps)]);
    }
  }
  if (options.json !== true) print(['', ...FLAG_LEGEND]);
  return code;
}

function stepLines(steps: readonly Step[]): string[] {
  const text = new StepText(steps.map((step) => step.op));
  return steps.flatMap((step) => text.lines(step));
}
