import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lostwrite, scratch, toys } from './lostwrite.ts';

const oneLine = (text: string) => text.replace(/\s+/g, ' ').replaceAll(/\d+\.\d\d s/g, '0.01 s');

describe('explore --minimise', () => {
  test('says what it began with and what is proved, and saves the smaller schedule', () => {
    const directory = scratch();
    const { code, stdout } = lostwrite(
      'toys',
      directory,
      'explore',
      'counter',
      '--strategy',
      'random',
      '--minimise',
    );
    expect(code).toBe(1);
    expect(oneLine(stdout)).toMatch(
      /minimised failing schedule: 4 steps, 1 preemption, 2 threads -> out\/counter\.json minimised from 4 steps, [12] preemptions?, 2 threads; proved: fewest threads, of those fewest preemptions, of those fewest steps \(\d+ states, 0\.01 s\)/,
    );
    expect(stdout).toContain('confirmed: replayed on 2 worker threads, every value as found');
    expect(lostwrite('toys', directory, 'replay', 'out/counter.json').code).toBe(0);
  });

  test('--json', () => {
    const { stdout } = toys('explore', 'counter', '--minimise', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: 'violation',
      violation: {
        steps: 4,
        preemptions: 1,
        cpus: 2,
        shortest: false,
        confirmedOnCpus: true,
        minimised: {
          from: { steps: 4, preemptions: 1, cpus: 2 },
          proved: { cpus: true, preemptions: true, steps: true },
          limit: { cpus: null, preemptionsAndSteps: null },
        },
      },
    });
  });

  test('without it the report is the shortest schedule, and says nothing of minimising', () => {
    const { stdout } = toys('explore', 'counter', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ violation: { shortest: true } });
    expect(stdout).not.toContain('minimised');
  });

  test('a proof has nothing to minimise', () => {
    const { code, stdout } = toys('explore', 'counter', '--set', 'atomic=true', '--minimise');
    expect(code).toBe(0);
    expect(stdout).not.toContain('minimised');
  });

  test('not on CPUs', () => {
    const { code, stderr } = toys('explore', 'counter', '--on', 'cpus', '--minimise');
    expect(code).toBe(2);
    expect(stderr).toContain('--minimise: only the search looks for smaller schedules');
  });
});

describe('replay --minimise', () => {
  const recorded = (...options: string[]) => {
    const directory = scratch();
    lostwrite('toys', directory, 'explore', 'counter', '--out', 's.json', '--strategy', 'pos', '--seed', '4');
    return { directory, ...lostwrite('toys', directory, 'replay', 's.json', ...options) };
  };

  test('leaves the file as it is and writes the smaller schedule beside it', () => {
    const { directory, code, stdout } = recorded('--minimise');
    expect(code).toBe(0);
    expect(oneLine(stdout)).toContain(
      'every recorded value matches; ends in lost write, as recorded. minimised failing schedule: 4 steps, 1 preemption, 2 threads -> out/counter-minimised.json',
    );
    expect(readFileSync(join(directory, 'out/counter-minimised.json'), 'utf8')).toContain(
      '"schema": "lostwrite/schedule@1"',
    );
    expect(lostwrite('toys', directory, 'replay', 'out/counter-minimised.json').code).toBe(0);
  });

  test('--json and --out; a limit is told', () => {
    const { stdout } = recorded('--minimise', '--out', 'm.json', '--max-states', '2', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 'lostwrite/replay@1',
      ok: true,
      smallest: {
        schedule: 'm.json',
        steps: 4,
        cpus: 2,
        minimised: {
          proved: { steps: false },
          limit: { preemptionsAndSteps: 'not finished within 2 states' },
        },
      },
    });
  });

  test.each([
    ['--out', 'm.json'],
    ['--budget', '1s'],
    ['--max-states', '5'],
  ])('%s goes with it only', (option, value) => {
    const { code, stderr } = recorded(option, value);
    expect(code).toBe(2);
    expect(stderr).toContain(`${option}: only with --minimise`);
  });

  test('not on CPUs', () => {
    expect(recorded('--minimise', '--on', 'cpus').stderr).toContain('--minimise: only the search');
  });
});
