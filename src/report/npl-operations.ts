/** Reads the operations of a neutral program, and says of each that is wrong where and why. */
import { suggest } from '../core/nearest.ts';
import { BINARY, RELATIONS, type Expression, type Location, type Operation } from '../search/npl/program.ts';
import type { Problem } from './located-json.ts';
import { spell } from './spell.ts';

type Path = readonly (string | number)[];

type Argument = 'register' | 'variable' | 'mutex' | 'value' | 'relation' | 'thread' | 'block' | 'block?';

/** What follows the name of an operation, in order, and what it is called. */
const ARGUMENTS: Readonly<Record<string, readonly (readonly [field: string, argument: Argument])[]>> = {
  ld: [
    ['register', 'register'],
    ['location', 'variable'],
  ],
  st: [
    ['location', 'variable'],
    ['value', 'value'],
  ],
  faa: [
    ['register', 'register'],
    ['location', 'variable'],
    ['value', 'value'],
  ],
  xchg: [
    ['register', 'register'],
    ['location', 'variable'],
    ['value', 'value'],
  ],
  cas: [
    ['register', 'register'],
    ['location', 'variable'],
    ['expected', 'value'],
    ['value', 'value'],
  ],
  lock: [['mutex', 'mutex']],
  unlock: [['mutex', 'mutex']],
  trylock: [
    ['register', 'register'],
    ['mutex', 'mutex'],
  ],
  await: [
    ['location', 'variable'],
    ['relation', 'relation'],
    ['value', 'value'],
  ],
  fence: [],
  spawn: [['thread', 'thread']],
  join: [['thread', 'thread']],
  set: [
    ['register', 'register'],
    ['value', 'value'],
  ],
  if: [
    ['condition', 'value'],
    ['consequent', 'block'],
    ['alternative', 'block?'],
  ],
  while: [
    ['condition', 'value'],
    ['body', 'block'],
  ],
  break: [],
  continue: [],
  exit: [],
  assume: [['condition', 'value']],
  assert: [['condition', 'value']],
};

/** The names that a program declares. */
export interface Names {
  /** By name: whether it is an array. */
  readonly variables: ReadonlyMap<string, boolean>;
  readonly mutexes: ReadonlyMap<string, boolean>;
  readonly threads: readonly string[];
}

/** Stands for what could not be read: never used, since its problem is thrown. */
const NOTHING: Expression = 0;

export class OperationReader {
  readonly problems: Problem[] = [];
  private readonly names: Names;

  constructor(names: Names) {
    this.names = names;
  }

  /** Reads a list of operations; what is wrong goes to {@link problems}. */
  block(input: unknown, path: Path, looping = false): Operation[] {
    if (!Array.isArray(input)) {
      this.wrong(path, 'an array of operations', input);
      return [];
    }
    return input.flatMap((item: unknown, i) => this.operation(item, [...path, i], looping) ?? []);
  }

  private operation(input: unknown, path: Path, looping: boolean): Operation | null {
    if (!Array.isArray(input)) return this.wrong(path, 'an operation such as ["ld", "$r", "x"]', input);
    const [name, ...rest] = input as unknown[];
    const operations = Object.keys(ARGUMENTS);
    const shape = typeof name === 'string' && Object.hasOwn(ARGUMENTS, name) ? ARGUMENTS[name] : undefined;
    if (typeof name !== 'string' || shape === undefined) {
      const hint = typeof name === 'string' ? suggest(name, operations) : `one of: ${operations.join(', ')}`;
      return this.wrong(path.concat(input.length > 0 ? 0 : []), `an operation (${hint})`, name);
    }
    const least = shape.filter(([, argument]) => argument !== 'block?').length;
    if (rest.length < least || rest.length > shape.length)
      return this.wrong(path, `["${[name, ...shape.map(([field]) => field)].join('", "')}"]`, input);
    if ((name === 'break' || name === 'continue') && !looping)
      return this.wrong(path, `${name} inside a while only`, name);
    const inside = looping || name === 'while';
    const fields = shape.map(([field, argument], i) => [
      field,
      this.argument(argument, rest[i], [...path, i + 1], inside),
    ]);
    // The table above and the type Operation say the same.
    return { kind: name, ...Object.fromEntries(fields) } as Operation;
  }

  private argument(argument: Argument, input: unknown, path: Path, looping: boolean): unknown {
    switch (argument) {
      case 'register':
        return isRegister(input) ? input : this.wrong(path, 'a register such as "$r"', input);
      case 'variable':
        return this.location(input, path, this.names.variables, 'variable');
      case 'mutex':
        return this.location(input, path, this.names.mutexes, 'mutex');
      case 'value':
        return this.expression(input, path);
      case 'relation':
        return RELATIONS.some((relation) => relation === input)
          ? input
          : this.wrong(path, `one of ${RELATIONS.join(' ')}`, input);
      case 'thread':
        return typeof input === 'string' && this.names.threads.includes(input)
          ? input
          : this.wrong(path, known('thread', input, this.names.threads), input);
      case 'block':
        return this.block(input, path, looping);
      case 'block?':
        return input === undefined ? [] : this.block(input, path, looping);
    }
  }

  private location(
    input: unknown,
    path: Path,
    declared: ReadonlyMap<string, boolean>,
    what: string,
  ): Location | null {
    const element = Array.isArray(input) && input.length === 2;
    const name: unknown = element ? input[0] : input;
    const array = typeof name === 'string' ? declared.get(name) : undefined;
    if (typeof name !== 'string' || array === undefined)
      return this.wrong(element ? [...path, 0] : path, known(what, name, [...declared.keys()]), name);
    if (array !== element)
      return this.wrong(path, array ? `an element of it: ["${name}", index]` : `"${name}", no array`, input);
    return element ? [name, this.expression(input[1], [...path, 1])] : name;
  }

  private expression(input: unknown, path: Path): Expression {
    if (typeof input === 'number') {
      if (Number.isInteger(input) && (input | 0) === input) return input;
      return this.wrong(path, 'an integer of 32 bits', input) ?? NOTHING;
    }
    if (isRegister(input)) return input;
    if (!Array.isArray(input))
      return this.wrong(path, 'a number, a register such as "$r", or [operator, a, b]', input) ?? NOTHING;
    const [operator, ...operands] = input as unknown[];
    const unary = operator === '!' || operator === 'neg';
    if (!unary && !BINARY.some((name) => name === operator))
      return this.wrong([...path, 0], `an operator: ${BINARY.join(' ')} ! neg`, operator) ?? NOTHING;
    if (operands.length !== (unary ? 1 : 2))
      return (
        this.wrong(path, unary ? `["${operator}", a]` : `["${String(operator)}", a, b]`, input) ?? NOTHING
      );
    const [first, second] = operands.map((operand, i) => this.expression(operand, [...path, i + 1]));
    const name = String(operator);
    return second === undefined ? [name, first!] : [name, first!, second];
  }

  private wrong(path: Path, expected: string, input: unknown): null {
    this.problems.push({ path, expected, found: spell(input) });
    return null;
  }
}

function isRegister(input: unknown): input is string {
  return typeof input === 'string' && /^\$./.test(input);
}

function known(what: string, name: unknown, names: readonly string[]): string {
  return `a ${what} (${suggest(typeof name === 'string' ? name : '', names)})`;
}
