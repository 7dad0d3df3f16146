import { describe, expect, test } from 'vitest';
import { InputError } from '../../src/core/errors.ts';
import type { SavedSchedule } from '../../src/report/saved-schedule.ts';
import { parseSchedule } from '../../src/report/schedule-file.ts';
import { scheduleText } from '../../src/report/schedule-text.ts';
import { record } from './schedules.ts';

/** What a file does not keep. */
function kept(saved: SavedSchedule): SavedSchedule {
  return {
    ...saved,
    steps: saved.steps.map(({ thread, accesses }) => {
      const [first, ...rest] = accesses.map((access) => ({
        ...access,
        ...(access.word === '' ? { before: 0, after: 0 } : {}),
        position: { ...access.position, callers: [] },
        notes: [],
      }));
      return { thread, accesses: [first!, ...rest] };
    }),
  };
}

test.each([
  ['counter', {}],
  ['pager', { recheck: 'false' }],
  ['abba', {}],
])('%s: what is written is read again', async (scenario, parameters) => {
  const { saved } = await record(scenario, parameters);
  expect(parseSchedule(scheduleText(saved), 's.json')).toEqual(kept(saved));
});

test('the file: one line for each step', async () => {
  const { saved } = await record('counter');
  const text = scheduleText(saved)
    .replace(/\.ts:\d+/g, '.ts:1')
    .replace(/"model": "\w+"/, '"model": "0"');
  expect(text).toMatchInlineSnapshot(`
    "{
      "schema": "lostwrite/schedule@1",
      "program": "counter",
      "kernel": "v2",
      "apply": ["fix#H1"],
      "revert": [],
      "parameters": {},
      "switches": {"fixed": false},
      "memory": "sc",
      "model": "0",
      "violation": {"kind": "lost-write", "message": "two increments, but the counter is 1"},
      "steps": [
        {"thread": "cpu0", "do": [["load", "counter", 0, 0, 0, "increment", "test/programs/cli/toys.ts:1"]]},
        {"thread": "cpu1", "do": [["load", "counter", 0, 0, 0, "increment", "test/programs/cli/toys.ts:1"]]},
        {"thread": "cpu1", "do": [["store", "counter", 0, 1, 0, "increment", "test/programs/cli/toys.ts:1"]]},
        {"thread": "cpu0", "do": [["store", "counter", 1, 1, 0, "increment", "test/programs/cli/toys.ts:1"]]}
      ]
    }
    "
  `);
});

/** The complaint about `text`. */
function complaint(text: string): string {
  try {
    parseSchedule(text, 's.json');
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return '';
}

describe('what is wrong, and where', async () => {
  const good = scheduleText((await record('counter')).saved);
  test('nothing', () => {
    expect(complaint(good)).toBe('');
  });

  test.each<[string, (text: string) => string, string]>([
    ['empty', () => '', 's.json:1:1: expected a JSON document, found the end of the file'],
    [
      'cut',
      (text) => text.slice(0, text.indexOf('"kernel"') - 1),
      's.json:4:2: expected valid JSON, found the end of the file',
    ],
    [
      'a word without quotes',
      (text) => text.replace('"v2"', 'v2'),
      's.json:4:13: expected valid JSON, found "v2,"',
    ],
    ['a bracket too many', (text) => `${text}]`, 's.json:19:1: expected valid JSON, found "]"'],
    [
      'merge conflict',
      (text) => `<<<<<<< HEAD\n${text}`,
      's.json:1:1: expected valid JSON, found "<<<<<<< HEAD"',
    ],
    ['an array', () => '[]', 's.json:1:1 schema: expected "lostwrite/schedule@1", found nothing'],
    ['a number', () => '7', 's.json:1:1: expected an object, found 7'],
    [
      'no kernel',
      (text) => text.replace(/ {2}"kernel".*\n/, ''),
      's.json:1:1 kernel: expected the field "kernel", found nothing',
    ],
    [
      'a kernel of another type',
      (text) => text.replace('"kernel": "v2"', '"kernel": 5'),
      's.json:4:13 kernel: expected a string, found 5',
    ],
    [
      'a field too many',
      (text) => text.replace('"memory"', '"speed": 3,\n  "memory"'),
      's.json:9:3 speed: expected no such field, found one',
    ],
    [
      'another memory model',
      (text) => text.replace('"sc"', '"tso"'),
      's.json:9:13 memory: expected "sc", found "tso"',
    ],
    [
      'a kind that does not exist',
      (text) => text.replace('"lost-write"', '"lost"'),
      's.json:11:25 violation.kind: expected "lost-write"',
    ],
    [
      'an unknown operation',
      (text) => text.replace('"load"', '"lod"'),
      's.json:13:32 steps[0].do[0][0] (operation): expected "load"',
    ],
    [
      'a fraction',
      (text) => text.replace('0, 1, 0', '0, 1.5, 0'),
      's.json:15:55 steps[2].do[0][3] (after): expected an integer, found 1.5',
    ],
    [
      'too big a value',
      (text) => text.replace('0, 1, 0', '0, 4294967296, 0'),
      'steps[2].do[0][3] (after): expected a value of 32 bits',
    ],
    [
      'a place missing',
      (text) => text.replace('0, 1, 0, "increment", ', '0, 1, 0, '),
      'steps[2].do[0][6] (source): expected',
    ],
    [
      'a step without accesses',
      (text) => text.replace(/\[\[.*\]\]/, '[]'),
      's.json:13:30 steps[0].do: expected at least one access',
    ],
    [
      'a step that is none',
      (text) => text.replace(/\{"thread".*\}/, '3'),
      's.json:13:5 steps[0]: expected an object, found 3',
    ],
  ])('%s', (_, change, message) => {
    expect(complaint(change(good))).toContain(message);
  });

  test('several problems at once, five of them shown', () => {
    const lines = complaint(
      good.replaceAll('"increment"', '7').replace('"v2"', '2').replace('"sc"', '2'),
    ).split('\n');
    expect(lines).toHaveLength(6);
    expect(lines.at(-1)).toBe('and 1 more');
  });

  test('nothing of a file reaches the terminal as it is', () => {
    const message = complaint(good.replace('"sc"', '"\\u001b[31m\\u009b"'));
    expect(message).toContain('memory: expected "sc", found');
    expect(message).toMatch(/^\P{C}*$/u);
  });
});
