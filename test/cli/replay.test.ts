import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lostwrite, scratch, type Outcome } from './lostwrite.ts';

/** Records `scenario`, changes the text of its schedule and replays it. */
function replayed(scenario: string, change: (text: string) => string, ...options: string[]): Outcome {
  const directory = scratch();
  lostwrite('toys', directory, 'explore', scenario, '--out', 's.json');
  writeFileSync(join(directory, 's.json'), change(readFileSync(join(directory, 's.json'), 'utf8')));
  return lostwrite('toys', directory, 'replay', 's.json', ...options);
}

const same = (text: string) => text;

test.each(['counter', 'pager', 'abba', 'poll'])('the schedule of %s replays', (scenario) => {
  const { code, stdout, stderr } = replayed(scenario, same);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('REPLAYED');
});

test('--json', () => {
  const { code, stdout } = replayed('counter', same, '--json');
  expect(code).toBe(0);
  const violation = { kind: 'lost-write', message: 'two increments, but the counter is 1' };
  expect(JSON.parse(stdout)).toMatchObject({
    schema: 'lostwrite/replay@1',
    file: 's.json',
    scenario: 'counter',
    kernel: 'v2',
    on: 'search',
    ok: true,
    steps: 4,
    expected: violation,
    violation,
    divergence: null,
  });
});

test('another end than the recorded one', () => {
  const { code, stdout } = replayed('counter', (text) => text.replace('"lost-write"', '"leak"'));
  expect(code).toBe(1);
  expect(stdout.replace(/\s+/g, ' ')).toContain('expected leak at the end, found lost write');
});

describe('a schedule that no longer fits', () => {
  test('says at which step, what was expected and what was found, with both positions', () => {
    const { code, stdout, stderr } = replayed('counter', (text) =>
      text.replace(
        '["store", "counter", 0, 1, 0, "increment", "test/programs/cli/toys.ts',
        '["store", "counter", 0, 7, 0, "increment", "old.ts',
      ),
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^lostwrite: s\.json: step 3 no longer fits\n/);
    expect(stderr).toMatch(
      /expected cpu1: store counter 0 -> 7 \(result 0\) in increment\(\), old\.ts:\d+\n/,
    );
    expect(stderr).toMatch(
      /found {4}cpu1: store counter 0 -> 1 \(result 0\) in increment\(\), test\/programs\/cli\/toys\.ts:\d+\n/,
    );
    expect(stderr).toContain('changed by hand');
  });

  test('says if it was recorded with another version of the model, and how to record it again', () => {
    const { code, stderr } = replayed('counter', (text) =>
      text
        .replace(/"model": "\w+"/, '"model": "0123456789abcdef"')
        .replace('"thread": "cpu1"', '"thread": "cpu9"'),
    );
    expect(code).toBe(2);
    expect(stderr).toContain('step 2 no longer fits');
    expect(stderr).toContain('no such thread (the program has cpu0, cpu1)');
    expect(stderr).toMatch(
      /another version of the model \(recorded 0123456789abcdef, this one [0-9a-f]{16}\)/,
    );
    expect(stderr).toContain('lostwrite explore counter --kernel v2 --out s.json');
  });

  test('--json tells the divergence too', () => {
    const { code, stdout } = replayed(
      'abba',
      (text) => text.replace('"thread": "cpu1"', '"thread": "cpu0"'),
      '--json',
    );
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, divergence: { step: 2 } });
  });

  test('a thread that cannot move', () => {
    const twice = (text: string) =>
      text.replace('\n  ]', ',\n    {"thread": "cpu0", "do": [["lock", "b", 0, 1, 0, "", ""]]}\n  ]');
    expect(replayed('abba', twice).stderr).toContain('cpu0 cannot move: it waits at lock b');
    const late = (text: string) =>
      text.replace('\n  ]', ',\n    {"thread": "setter", "do": [["store", "flag", 0, 0, 0, "", ""]]}\n  ]');
    expect(replayed('poll', late).stderr).toContain('setter has ended');
  });
});

test('another version of the model that fits all the same is told, and no error', () => {
  const { code, stderr } = replayed('counter', (text) =>
    text.replace(/"model": "\w+"/, '"model": "0123456789abcdef"'),
  );
  expect(code).toBe(0);
  expect(stderr).toContain('every value still matches');
});

describe('bad files', () => {
  test.each<[string, (text: string) => string, string]>([
    ['cut off', (text) => text.slice(0, 200), 'expected valid JSON, found the end of the file'],
    ['no schedule', () => '{}', 's.json:1:1 schema: expected "lostwrite/schedule@1", found nothing'],
    [
      'another version',
      (text) => text.replace('schedule@1', 'schedule@2'),
      's.json:2:13 schema: expected "lostwrite/schedule@1", found "lostwrite/schedule@2"',
    ],
    [
      'a field missing',
      (text) => text.replace(/ {2}"kernel": .*\n/, ''),
      's.json:1:1 kernel: expected the field "kernel", found nothing',
    ],
    [
      'an unknown scenario',
      (text) => text.replace('"program": "counter"', '"program": "countre"'),
      "s.json: unknown scenario 'countre'",
    ],
    [
      'an unknown kernel',
      (text) => text.replace('"kernel": "v2"', '"kernel": "v7"'),
      "s.json: unknown kernel 'v7'",
    ],
  ])('%s', (_, change, message) => {
    const { code, stdout, stderr } = replayed('counter', change);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  test('no file, or no file at all', () => {
    const directory = scratch();
    for (const [file, reason] of [
      ['none.json', 'no such file'],
      ['.', 'it is a directory'],
    ] as const) {
      const { code, stderr } = lostwrite('toys', directory, 'replay', file);
      expect(code).toBe(2);
      expect(stderr).toContain(`cannot read ${file}: ${reason}`);
    }
  });

  test('another engine', () => {
    const { code, stderr } = replayed('counter', same, '--on', 'cpu');
    expect(code).toBe(2);
    expect(stderr).toContain("--on: unknown engine 'cpu'");
    expect(stderr).toContain('did you mean cpus?');
  });
});
