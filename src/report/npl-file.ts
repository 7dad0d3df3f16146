import * as v from 'valibot';
import type { NeutralProgram } from '../search/npl/program.ts';
import { parseJson, type Problem } from './located-json.ts';
import { OperationReader } from './npl-operations.ts';
import { spell } from './spell.ts';

/** The version of the format of neutral programs that is read. */
export const NPL_FORMAT = 'npl-1';

/** As many as bits of a set of threads. */
const MOST_THREADS = 31;
const MOST_WORDS = 65_536;

const Int32 = v.pipe(
  v.number('a number'),
  v.check((n) => Number.isInteger(n) && (n | 0) === n, 'an integer of 32 bits'),
);
const Anything = v.optional(v.unknown());
const Name = v.pipe(
  v.string('a string'),
  v.check((name) => name !== '', 'a name of at least one character'),
);

const ThreadSchema = v.strictObject({
  name: Name,
  spawned: v.optional(v.boolean('true or false'), false),
  ops: v.array(v.unknown(), 'an array of operations'),
});

const ProgramSchema = v.strictObject({
  id: Name,
  vars: v.record(
    v.string(),
    v.union([Int32, v.array(Int32)], 'a number or an array of numbers'),
    'an object',
  ),
  mutexes: v.optional(
    v.record(
      v.string(),
      v.pipe(
        Int32,
        v.check((n) => n >= 1 && n <= MOST_WORDS, `a number of mutexes from 1 to ${MOST_WORDS}`),
      ),
      'an object',
    ),
    {},
  ),
  threads: v.pipe(
    v.array(ThreadSchema, 'an array of threads'),
    v.check((threads) => threads.length > 0, 'at least one thread'),
    v.check((threads) => threads.length <= MOST_THREADS, `at most ${MOST_THREADS} threads`),
  ),
  // What else the format knows and a search does not need.
  format: v.optional(v.literal(NPL_FORMAT, `"${NPL_FORMAT}"`)),
  title: Anything,
  family: Anything,
  params: Anything,
  expect: Anything,
  verdict: Anything,
  evidence: Anything,
  peers: Anything,
});

const CollectionSchema = v.looseObject({
  format: v.literal(NPL_FORMAT, `"${NPL_FORMAT}"`),
  programs: v.pipe(
    v.array(v.unknown(), 'an array of programs'),
    v.check((programs) => programs.length > 0, 'at least one program'),
  ),
});

type Path = readonly (string | number)[];

/**
 * Reads a file of neutral programs (format npl-1): one program, or `{"format": "npl-1", "programs": […]}`. `file` is its name, for
 * messages. Throws an InputError with one line for each problem: `file:line:column path: expected …, found …`.
 */
export function parseNeutralPrograms(text: string, file: string): NeutralProgram[] {
  const located = parseJson(text, file);
  const { value } = located;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw located.complain([{ path: [], expected: 'a program, or programs', found: spell(value) }]);
  const problems: Problem[] = [];
  let programs: (NeutralProgram | null)[] = [];
  if ('programs' in value) {
    const parsed = v.safeParse(CollectionSchema, value);
    if (!parsed.success) throw located.complain(parsed.issues.map((issue) => problemOf(issue, [])));
    programs = parsed.output.programs.map((item, i) => readProgram(item, ['programs', i], problems));
  } else programs = [readProgram(value, [], problems)];
  const read = programs.filter((program) => program !== null);
  if (problems.length === 0) problems.push(...repeated(read));
  if (problems.length > 0) throw located.complain(problems);
  return read;
}

function readProgram(input: unknown, path: Path, problems: Problem[]): NeutralProgram | null {
  const parsed = v.safeParse(ProgramSchema, input);
  if (!parsed.success) {
    problems.push(...parsed.issues.map((issue) => problemOf(issue, path)));
    return null;
  }
  const { id, vars, mutexes, threads } = parsed.output;
  const names = threads.map(({ name }) => name);
  const again = names.findIndex((name, i) => names.indexOf(name) < i);
  if (again >= 0)
    problems.push({
      path: [...path, 'threads', again, 'name'],
      expected: 'a name that no other thread has',
      found: spell(names[again]),
    });
  const reader = new OperationReader({
    variables: new Map(Object.entries(vars).map(([name, value]) => [name, Array.isArray(value)])),
    mutexes: new Map(Object.entries(mutexes).map(([name, count]) => [name, count > 1])),
    threads: names,
  });
  const program = {
    id,
    variables: vars,
    mutexes,
    threads: threads.map(({ name, spawned, ops }, i) => ({
      name,
      spawned,
      operations: reader.block(ops, [...path, 'threads', i, 'ops']),
    })),
  };
  problems.push(...reader.problems);
  return program;
}

/** Two programs of one name cannot be told apart in a report. */
function repeated(programs: readonly NeutralProgram[]): Problem[] {
  const seen = new Set<string>();
  return programs.flatMap(({ id }, i) => {
    if (!seen.has(id)) {
      seen.add(id);
      return [];
    }
    return [{ path: ['programs', i, 'id'], expected: 'an id that no other program has', found: spell(id) }];
  });
}

function problemOf(issue: v.BaseIssue<unknown>, path: Path): Problem {
  const keys = (issue.path ?? []).map(({ key }) => key as string | number);
  const unknownKey = issue.type === 'strict_object' && issue.expected === 'never';
  const missing = issue.received === 'undefined';
  return {
    path: [...path, ...keys],
    atKey: unknownKey,
    expected: unknownKey ? 'no such field' : expectation(issue, missing),
    found: unknownKey ? 'one' : missing ? 'nothing' : spell(issue.input, issue.received),
  };
}

function expectation(issue: v.BaseIssue<unknown>, missing: boolean): string {
  if (missing) return `the field ${issue.expected ?? ''}`.trim();
  return issue.type === 'strict_object' || issue.type === 'loose_object' ? 'an object' : issue.message;
}
