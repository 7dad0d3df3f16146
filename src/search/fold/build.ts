/**
 * Command: node dist/src/search/fold/build.js PATH…
 *
 * Instruments the given .js files of dist, and those under the given directories, in place. Files that are instrumented already
 * are skipped. Reports go to stderr as `file:line:column function: message` and are warnings. Exit code 2 if a file cannot be
 * parsed, otherwise 0.
 */
import {
  existsSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { instrument, isInstrumented } from './pass.ts';
import type { Instrumented, SourcePosition } from './pass.ts';
import { positionReader } from './positions.ts';

const FRAMES = fileURLToPath(new URL('../../core/frames.js', import.meta.url));

interface Origin {
  /** The original file, relative to the working directory. */
  readonly file: string;
  readonly positionOf: (line: number, column: number) => SourcePosition | null;
}

/** Where a compiled file comes from, as its map beside it says; itself, if there is none. */
function originOf(path: string): Origin {
  const named = (file: string): string => relative(process.cwd(), file).split(sep).join('/');
  if (!existsSync(`${path}.map`)) return { file: named(path), positionOf: () => null };
  const json = readFileSync(`${path}.map`, 'utf8');
  const { sources, sourceRoot } = JSON.parse(json) as { sources: string[]; sourceRoot?: string };
  return {
    file: named(resolve(dirname(path), sourceRoot ?? '', sources[0] ?? path)),
    positionOf: positionReader(json),
  };
}

function specifier(from: string): string {
  const path = relative(dirname(from), FRAMES).split(sep).join('/');
  return path.startsWith('.') ? path : `./${path}`;
}

/**
 * Instruments one compiled file in place; the rename makes it whole at every moment. Returns the reports, spelled for stderr.
 * Throws acorn's SyntaxError.
 */
export function instrumentFile(path: string): string[] {
  const code = readFileSync(path, 'utf8');
  if (isInstrumented(code)) return [];
  const { file, positionOf } = originOf(path);
  const result: Instrumented = instrument(code, { file, framesImport: specifier(path), positionOf });
  if (result.sites > 0) {
    const temporary = `${path}.${process.pid}.tmp`;
    writeFileSync(temporary, result.code);
    renameSync(temporary, path);
  }
  return result.reports.map(
    ({ line, column, functionName, message }) => `${file}:${line}:${column} ${functionName}: ${message}`,
  );
}

function filesOf(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((entry) => join(path, entry));
}

/** Instruments all of the files and directories and returns the exit code. */
export function build(paths: readonly string[], print: (line: string) => void): number {
  let exitCode = 0;
  for (const given of paths) {
    if (!existsSync(given)) {
      print(`${given}: no such directory or file, nothing to instrument`);
      continue;
    }
    for (const file of filesOf(given)) {
      const path = resolve(file);
      if (!/\.m?js$/.test(path)) continue;
      try {
        for (const line of instrumentFile(path)) print(line);
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        print(`${file}: ${error.message}`);
        exitCode = 2;
      }
    }
  }
  return exitCode;
}

const [, started] = process.argv;
if (started !== undefined && import.meta.url === pathToFileURL(realpathSync(started)).href)
  process.exitCode = build(process.argv.slice(2), (line) => process.stderr.write(`${line}\n`));
