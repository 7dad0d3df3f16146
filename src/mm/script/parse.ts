/** Reads script files. What is wrong is said with line and column, what was expected and what was found. */
import { InputError } from '../../core/errors.ts';
import { suggest } from '../../core/nearest.ts';
import {
  OPERATIONS,
  type Argument,
  type OperationName,
  type Script,
  type ScriptOperation,
} from './grammar.ts';

interface Token {
  readonly text: string;
  /** From 1. */
  readonly column: number;
}

/**
 * The scripts of a file: one operation a line, `#` starts a comment, `=== name` starts the next script. Operations before the
 * first such line are a script called `fallback`. Throws an InputError naming `file`, line and column.
 */
export function parseScripts(text: string, file: string, fallback = 'script'): readonly Script[] {
  const scripts: { name: string; operations: ScriptOperation[] }[] = [];
  text.split('\n').forEach((line, i) => {
    const header = /^===\s*(.*?)\s*$/.exec(line);
    if (header !== null) {
      scripts.push({ name: header[1]!, operations: [] });
      return;
    }
    const tokens = tokensOf(line);
    if (tokens.length === 0) return;
    if (scripts.length === 0) scripts.push({ name: fallback, operations: [] });
    scripts.at(-1)!.operations.push(parseOperation(tokens, `${file}:${i + 1}`));
  });
  if (scripts.length === 0)
    throw new InputError(
      `${file}: expected a script, found no operation`,
      'one operation a line, such as: mmap 0 0',
    );
  return scripts;
}

function tokensOf(line: string): readonly Token[] {
  const code = line.replace(/#.*$/, '');
  return [...code.matchAll(/\S+/g)].map((match) => ({ text: match[0], column: match.index + 1 }));
}

function parseOperation(tokens: readonly Token[], place: string): ScriptOperation {
  const [first, ...rest] = tokens;
  const name = operationName(first!, place);
  const expected: readonly Argument[] = OPERATIONS[name];
  const numbers = expected.map((argument, i) => {
    const token = rest[i];
    if (token === undefined) {
      const last = tokens.at(-1)!;
      throw new InputError(
        `${place}:${last.column + last.text.length}: expected ${described(argument)}, found the end of the line`,
        usage(name),
      );
    }
    return parseArgument(argument, token, place, name);
  });
  const extra = rest[expected.length];
  if (extra !== undefined)
    throw new InputError(
      `${place}:${extra.column}: expected the end of the line, found "${extra.text}"`,
      usage(name),
    );
  return { name, numbers, text: tokens.map((token) => token.text).join(' ') };
}

function operationName({ text, column }: Token, place: string): OperationName {
  if (Object.hasOwn(OPERATIONS, text)) return text as OperationName;
  throw new InputError(
    `${place}:${column}: expected an operation, found "${text}"`,
    suggest(text, Object.keys(OPERATIONS)),
  );
}

function parseArgument(
  argument: Argument,
  { text, column }: Token,
  place: string,
  name: OperationName,
): number {
  const { words, least, most } = argument;
  const value = words === undefined ? (/^\d{1,9}$/.test(text) ? Number(text) : -1) : words.indexOf(text);
  if (value >= least && (words !== undefined || value <= most)) return value;
  throw new InputError(`${place}:${column}: expected ${described(argument)}, found "${text}"`, usage(name));
}

function described({ name, least, most, words }: Argument): string {
  return words === undefined ? `a ${name} from ${least} to ${most}` : `a ${name} (${words.join(' or ')})`;
}

/** `w <process> <page> <slot> <byte value>`. */
function usage(name: OperationName): string {
  const expected: readonly Argument[] = OPERATIONS[name];
  return `usage: ${[name, ...expected.map((argument) => `<${argument.name}>`)].join(' ')}`;
}
