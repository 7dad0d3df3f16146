import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** The binary itself, and the same command line over the toy programs of test/programs/cli. */
const MAINS = { linux: 'dist/src/cli/main.js', toys: 'dist/test/programs/cli/main.js' };

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A fresh directory, removed when the test ends. */
export function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'lostwrite-test-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Runs one command line to its end, in `directory`. */
export function lostwrite(main: keyof typeof MAINS, directory: string, ...args: string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [pathOf(main), ...args], {
    cwd: directory,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  return { code: status, stdout, stderr };
}

/** Runs one command line over the toys, in a directory of its own. */
export function toys(...args: string[]): Outcome {
  return lostwrite('toys', scratch(), ...args);
}

/** Starts a command line over the toys and hands it out running, with a promise of its outcome. */
export function startToys(...args: string[]): {
  readonly child: ChildProcess;
  readonly outcome: Promise<Outcome>;
} {
  const child = spawn(process.execPath, [pathOf('toys'), ...args], { cwd: scratch() });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const outcome = new Promise<Outcome>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, outcome };
}

/** The script that is the command line. */
export function pathOf(main: keyof typeof MAINS): string {
  return fileURLToPath(new URL(`../../${MAINS[main]}`, import.meta.url));
}
