import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { SAVED_SCHEDULES } from '../tools/saved-schedules.ts';

const root = new URL('../../', import.meta.url).pathname;
const scratch = mkdtempSync(join(tmpdir(), 'lostwrite-schedules-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** Lines move whenever a source file is edited; everything else must stay. */
function withoutPositions(schedule: string): string {
  return schedule.replaceAll(/"src\/[\w./-]+:\d+"/g, '"source"');
}

function lostwrite(...args: readonly string[]) {
  const { status, stdout } = spawnSync(process.execPath, ['dist/src/cli/main.js', ...args], {
    cwd: root,
    encoding: 'utf8',
  });
  return { status, json: JSON.parse(stdout) as Record<string, unknown> };
}

test('schedules/ holds the schedules of the list, no more and no fewer', () => {
  expect(readdirSync(join(root, 'schedules')).toSorted()).toEqual(
    SAVED_SCHEDULES.map(({ file }) => `${file}.json`).toSorted(),
  );
});

test.each(SAVED_SCHEDULES)('$file replays, and is what the search finds today', ({ file, args, kind }) => {
  const saved = `schedules/${file}.json`;
  expect(lostwrite('replay', saved, '--json').status).toBe(0);
  const again = join(scratch, `${file}.json`);
  const { status, json } = lostwrite('explore', ...args, '--json', '--quiet', '--out', again);
  expect({ status, verdict: json['verdict'] }).toEqual({ status: 1, verdict: 'violation' });
  expect(json['violation']).toMatchObject({ kind });
  // The copy was read before the device wrote: those two decide.
  if (file === 'swapout-vs-odirect')
    expect(json['violation']).toMatchObject({ criticalPair: { first: 63, second: 75 } });
  expect(withoutPositions(readFileSync(again, 'utf8'))).toBe(
    withoutPositions(readFileSync(join(root, saved), 'utf8')),
  );
});
