import { isMap, isNode, LineCounter, parseDocument, type Document } from 'yaml';
import { InputError } from '../core/errors.ts';
import { printable } from './text.ts';

/** Something wrong with the value at `path`. */
export interface Problem {
  readonly path: readonly (string | number)[];
  readonly expected: string;
  readonly found: string;
  /** The place is the key itself, not its value. */
  readonly atKey?: boolean;
  /** What the last part of the path is called, if it is a position in a list with a meaning. */
  readonly name?: string | undefined;
}

/** A parsed JSON text that still knows where everything stood. */
export interface Located {
  readonly value: unknown;
  /** One line for each problem, the first `file:line:column path: expected …, found …`; an InputError to throw. */
  complain(problems: readonly Problem[], hint?: string): InputError;
}

const SHOWN = 5;

/**
 * Parses JSON. Throws an InputError with file, line and column if it is none. Positions cost nothing until they are asked for.
 */
export function parseJson(text: string, file: string): Located {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw syntaxError(text, file, error instanceof Error ? error.message : String(error));
  }
  const complain = (problems: readonly Problem[], hint?: string) => {
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines });
    const shown = problems.slice(0, SHOWN).map((problem) => describe(problem, document, lines, file));
    const more = problems.length - shown.length;
    return new InputError([...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('\n'), hint);
  };
  return { value, complain };
}

function describe(
  { path, atKey, expected, found, name }: Problem,
  document: Document.Parsed,
  lines: LineCounter,
  file: string,
): string {
  const { line, col } = lines.linePos(offsetOf(document, path, atKey ?? false));
  const spelled = path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? part : `.${part}`))
    .join('');
  const what = spelled === '' ? '' : ` ${spelled}${name === undefined ? '' : ` (${name})`}`;
  return printable(`${file}:${line}:${col}${what}: expected ${expected}, found ${found}`);
}

/** Where the value (or key) at `path` begins, or the innermost value around it that exists. */
function offsetOf(document: Document.Parsed, path: readonly (string | number)[], atKey: boolean): number {
  for (let length = path.length; length >= 0; length--) {
    const parent = length === 0 ? undefined : document.getIn(path.slice(0, length - 1), true);
    const pair = isMap(parent) ? parent.items.find(({ key }) => String(key) === path[length - 1]) : undefined;
    const value = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    const node = atKey && length === path.length ? pair?.key : value;
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

function syntaxError(text: string, file: string, message: string): InputError {
  const at = offsetOfError(text, message);
  const lines = text.slice(0, at).split('\n');
  const found =
    at >= text.trimEnd().length
      ? 'the end of the file'
      : JSON.stringify(text.slice(at, at + 20).split('\n')[0]);
  const expected = text.trim() === '' ? 'a JSON document' : 'valid JSON';
  return new InputError(
    printable(`${file}:${lines.length}:${lines.at(-1)!.length + 1}: expected ${expected}, found ${found}`),
  );
}

/** V8 names the place only in some of its messages; the first character that makes the text invalid is found by bisection. */
function offsetOfError(text: string, message: string): number {
  const told = /at position (\d+)/.exec(message);
  if (told !== null) return Number(told[1]);
  const end = text.trimEnd().length;
  if (/unexpected end|unterminated/i.test(message)) return end;
  // A prefix that can still become JSON fails at its end only.
  let low = 0;
  let high = end;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (failsAtEnd(text.slice(0, middle + 1))) low = middle + 1;
    else high = middle;
  }
  return low;
}

function failsAtEnd(prefix: string): boolean {
  try {
    JSON.parse(prefix);
    return true;
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    return /unexpected end|unterminated/i.test(message) || message.includes(`at position ${prefix.length}`);
  }
}
