import * as v from 'valibot';
import { InputError } from '../core/errors.ts';
import { KIND_NAMES } from '../core/operations.ts';
import type { Access, Step } from '../core/schedule.ts';
import { VIOLATION_KINDS } from '../core/violation.ts';
import { parseJson, type Located, type Problem } from './located-json.ts';
import { SCHEDULE_SCHEMA, type SavedSchedule } from './saved-schedule.ts';
import { spell } from './spell.ts';

const Int32 = v.pipe(v.number(), v.integer(), v.minValue(-(2 ** 31)), v.maxValue(2 ** 31 - 1));
const Text = v.string();

/** Names of the places in an access, for messages. */
const ACCESS = ['operation', 'word', 'before', 'after', 'result', 'function', 'source'];

const AccessSchema = v.strictTuple([v.picklist(KIND_NAMES), Text, Int32, Int32, Int32, Text, Text]);

const StepSchema = v.strictObject({
  thread: Text,
  do: v.pipe(v.array(AccessSchema), v.minLength(1)),
});

const FileSchema = v.strictObject({
  schema: v.literal(SCHEDULE_SCHEMA),
  program: Text,
  kernel: Text,
  apply: v.array(Text),
  revert: v.array(Text),
  parameters: v.record(Text, Text),
  switches: v.record(Text, v.union([Text, v.number(), v.boolean()])),
  memory: v.literal('sc'),
  model: Text,
  violation: v.nullable(v.strictObject({ kind: v.picklist(VIOLATION_KINDS), message: Text })),
  steps: v.array(StepSchema),
});

/**
 * Reads the text of a schedule file; `file` is its name, for messages. Throws an InputError with one line for each problem:
 * `file:line:column path: expected …, found …`.
 */
export function parseSchedule(text: string, file: string): SavedSchedule {
  const located = parseJson(text, file);
  checkSchema(located);
  const parsed = v.safeParse(FileSchema, located.value);
  if (!parsed.success) throw located.complain(parsed.issues.map(problemOf));
  const { schema: _, steps, ...saved } = parsed.output;
  return { ...saved, steps: steps.map(stepOf) };
}

/** Another schema is one problem, not one for each field that differs. */
function checkSchema(located: Located): void {
  const { value } = located;
  const schema = typeof value === 'object' && value !== null && 'schema' in value ? value.schema : undefined;
  if (schema === SCHEDULE_SCHEMA || (schema === undefined && typeof value !== 'object')) return;
  const found = schema === undefined ? 'nothing' : JSON.stringify(schema);
  const version = typeof schema === 'string' && schema.startsWith(SCHEDULE_SCHEMA.replace(/\d+$/, ''));
  throw located.complain(
    [{ path: ['schema'], expected: JSON.stringify(SCHEDULE_SCHEMA), found }],
    version
      ? `this lostwrite reads version ${SCHEDULE_SCHEMA.replace(/^.*@/, '')} of the format: record the schedule again with lostwrite explore`
      : 'lostwrite explore writes such a file when it finds a violation',
  );
}

type Issue = v.InferIssue<typeof FileSchema>;

function problemOf(issue: Issue): Problem {
  const path = (issue.path ?? []).map(({ key }) => key as string | number);
  const unknownKey = issue.type === 'strict_object' && issue.expected === 'never';
  const tooLong = issue.type === 'strict_tuple' && issue.expected === 'never';
  return {
    path,
    atKey: unknownKey,
    expected: unknownKey ? 'no such field' : tooLong ? `${ACCESS.length} values` : expectation(issue),
    found:
      issue.received === 'undefined' ? 'nothing' : unknownKey ? 'one' : spell(issue.input, issue.received),
    name: path[2] === 'do' && path.length === 5 ? ACCESS[Number(path[4])] : undefined,
  };
}

function expectation({ type, expected }: Issue): string {
  switch (type) {
    case 'integer':
      return 'an integer';
    case 'min_value':
    case 'max_value':
      return 'a value of 32 bits (-2147483648 to 2147483647)';
    case 'min_length':
      return 'at least one access';
    case 'string':
      return 'a string';
    case 'number':
      return 'a number';
    case 'array':
    case 'strict_tuple':
      return 'an array';
    case 'strict_object':
      // A missing field's `expected` is its quoted name.
      return expected === 'Object' ? 'an object' : `the field ${expected}`;
    case 'record':
      return 'an object';
    default:
      return (expected ?? 'something else').replace(/^\((.*)\)$/, '$1').replaceAll(' | ', ', ');
  }
}

function stepOf(step: v.InferOutput<typeof StepSchema>): Step {
  const accesses = step.do.map(([operation, word, before, after, result, name, source]): Access => ({
    operation,
    word,
    before,
    after,
    result,
    position: { function: name, callers: [], source },
    notes: [],
  }));
  const [first, ...rest] = accesses;
  if (first === undefined) throw new InputError('a step without an access');
  return { thread: step.thread, accesses: [first, ...rest] };
}
