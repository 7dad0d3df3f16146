import { describe, expect, test } from 'vitest';
import { toys } from './lostwrite.ts';

const PROOF = ['explore', 'counter', '--set', 'atomic=true'];

describe('explore --coverage', () => {
  test('a proof says in one line what it reached', () => {
    const { stdout } = toys(...PROOF);
    expect(stdout).toMatch(
      /^ {2}Reached \d+ of \d+ operations and calls in 1 function; --coverage lists the rest\.$/m,
    );
    expect(stdout).not.toContain('Coverage');
  });

  test('lists what was not reached below the closing block', () => {
    const { code, stdout } = toys(...PROOF, '--coverage');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}Reached \d+ of \d+ operations and calls in 1 function\.\n\nCoverage:\n/m);
    expect(stdout).toMatch(
      /^ {2}operations and calls never reached, in functions that were entered:\n {4}test\/programs\/cli\/toys\.ts:\d+(, \d+)* \(increment\)$/m,
    );
    expect(stdout).toMatch(
      /^ {2}functions never entered:\n {4}test\/programs\/cli\/toys\.ts: .*body \(\d\)/m,
    );
  });

  test('--json', () => {
    const { coverage } = JSON.parse(toys(...PROOF, '--coverage', '--json').stdout) as {
      coverage: { operations: unknown; neverReached: unknown[] };
    };
    expect(coverage).toMatchObject({ operations: { functions: 1 }, neverDone: [] });
    expect(coverage.neverReached[0]).toMatchObject({ function: 'increment' });
    expect(JSON.parse(toys(...PROOF, '--json').stdout)).not.toHaveProperty('coverage');
  });

  test('is not told of a search that found a violation or was cut off', () => {
    expect(toys('explore', 'counter', '--coverage').stdout).toContain(
      'Coverage: not told. The search ended at the violation',
    );
    const { code, stdout } = toys('explore', 'wide', '--max-states', '1000', '--coverage');
    expect(code).toBe(3);
    expect(stdout).toContain('Coverage: not told. The search was cut off (states)');
    const json = toys('explore', 'counter', '--coverage', '--json').stdout;
    expect(JSON.parse(json)).toMatchObject({ coverage: null });
  });

  test('says which schedules it is of', () => {
    const sample = toys(...PROOF, '--coverage', '--strategy', 'random', '--schedules', '20').stdout;
    expect(sample).toContain('in the schedules drawn.');
    expect(sample).toContain('Coverage in the schedules drawn:');
    const bounded = ['explore', 'wide', '--set', 'threads=4', '--strategy', 'bounded:1', '--coverage'];
    expect(toys(...bounded).stdout).toContain('Coverage within the bound:');
  });

  test('not on CPUs', () => {
    const { code, stderr } = toys('explore', 'counter', '--on', 'cpus', '--coverage');
    expect(code).toBe(2);
    expect(stderr).toContain('--coverage: only the search tells what it has reached');
  });
});
