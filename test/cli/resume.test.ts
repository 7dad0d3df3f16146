import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { lostwrite, pathOf, scratch } from './lostwrite.ts';

/** Two million states with waiting daemons, chosen answers, and states that finish late. */
const LARGE = ['get-swapout-load', '--kernel', 'v5.19', '--set', 'reclaim=2'];
const STATES = 2_093_542;

/** What a search that nobody disturbs says of it. */
const undisturbed = once(() => {
  const { verdict, violation, states, transitions, depth, neverReached, collisionProbability } = json(
    lostwrite('linux', scratch(), 'explore', ...LARGE, '--json').stdout,
  );
  return { verdict, violation, states, transitions, depth, neverReached, collisionProbability };
});

function once<T>(make: () => T): () => T {
  let made: T | null = null;
  return () => (made ??= make());
}

function json(stdout: string) {
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** Starts a search and ends it with `signal` as soon as a checkpoint has been written and the search has gone on for a while. */
async function killed(
  directory: string,
  signal: NodeJS.Signals,
  file: string,
  args: readonly string[],
): Promise<{ code: number | null; stdout: string }> {
  const child = spawn(process.execPath, [pathOf('linux'), 'explore', ...args], { cwd: directory });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
  const before = existsSync(file) ? readFileSync(file) : null;
  const fresh = () => existsSync(file) && (before === null || !readFileSync(file).equals(before));
  while (!fresh() && child.exitCode === null) await sleep(10);
  await sleep(150);
  child.kill(signal);
  return { code: await closed, stdout };
}

describe('a search that is ended from outside goes on with --resume to the same figures', () => {
  test('kill -9, twice', async () => {
    const directory = scratch();
    const file = join(directory, 'search.checkpoint');
    const often = ['--checkpoint-every', '100ms'];
    const first = await killed(directory, 'SIGKILL', file, [...LARGE, '--checkpoint', file, ...often]);
    expect(first).toEqual({ code: null, stdout: '' });
    const states = [headerOf(file)['states'] as number];
    const second = await killed(directory, 'SIGKILL', file, ['--resume', file, ...often]);
    expect(second).toEqual({ code: null, stdout: '' });
    states.push(headerOf(file)['states'] as number, STATES);
    expect(states.toSorted((a, b) => a - b)).toEqual(states);
    expect(new Set(states).size).toBe(3);
    const { code, stdout } = lostwrite('linux', directory, 'explore', '--resume', file, '--json');
    expect(code).toBe(0);
    expect(json(stdout)).toMatchObject({
      scenario: 'get-swapout-load',
      kernel: 'v5.19',
      ...undisturbed(),
      limit: null,
    });
    expect(existsSync(file)).toBe(true);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('%s: nothing is lost', async (signal) => {
    const directory = scratch();
    const file = join(directory, 'out/get-swapout-load.checkpoint');
    const { code, stdout } = await killed(directory, signal, file, [...LARGE, '--checkpoint-every', '100ms']);
    expect(code).toBe(3);
    expect(stdout).toContain('TRUNCATED  interrupted');
    expect(stdout).toMatch(/^ {2}Size: (about .* states \(a guess\)|no estimate)/m);
    const resume = /To go on: npx lostwrite (explore --resume .*)$/m.exec(stdout)?.[1];
    expect(resume).toBe('explore --resume out/get-swapout-load.checkpoint');
    const told = Number(/^ {2}([\d ]+) states/m.exec(stdout)?.[1]?.replaceAll(' ', ''));
    expect(headerOf(file)).toMatchObject({ states: told });
    const resumed = lostwrite('linux', directory, ...resume!.split(' '), '--json');
    expect(resumed.code).toBe(0);
    expect(json(resumed.stdout)).toMatchObject(undisturbed());
  });

  test('which are these', () => {
    expect(undisturbed()).toMatchObject({ verdict: 'proved', states: STATES, transitions: 6_871_065 });
  });
});

function headerOf(file: string): Record<string, unknown> {
  return json(readFileSync(file).toString('latin1').split('\n', 1)[0]!);
}

const WIDE = ['explore', 'wide', '--set', 'threads=4', '--kernel', 'v1'];

describe('a search that a limit ended', () => {
  test('tells the command that goes on, which ends as if nothing had been', () => {
    const directory = scratch();
    const { code, stdout } = lostwrite('toys', directory, ...WIDE, '--max-states', '5000');
    expect(code).toBe(3);
    expect(stdout.replace(/\d\.\d\d s.*/, '')).toMatchInlineSnapshot(`
      "wide on v1 (threads=4)   TRUNCATED  states   (exhaustive, 4 threads, SC)
        5 000 states  16 860 transitions  1 end state  
        Inconclusive: the limit of 5000 states was reached (--max-states).
        No rule was broken in what was explored; the rest is unknown.
        Size: about 14 k to 137 k states (a guess), of which 5 000 were searched.
        To go on: npx lostwrite explore --resume out/wide.checkpoint --max-states 10000
      "
    `);
    const more = lostwrite('toys', directory, ...commandIn(stdout));
    expect(more.stdout).toContain('10 000 states');
    const last = lostwrite('toys', directory, ...commandIn(more.stdout), '--max-states=1e6', '--json');
    expect(json(last.stdout)).toMatchObject({ verdict: 'proved', states: 20_736, transitions: 76_032 });
    // The file was named by --resume: it is kept.
    expect(readdirSync(join(directory, 'out'))).toEqual(['wide.checkpoint']);
  });

  test('--json has the estimate and the checkpoint', () => {
    const { stdout } = lostwrite('toys', scratch(), ...WIDE, '--max-states', '5000', '--json');
    expect(json(stdout)).toMatchObject({
      checkpoint: 'out/wide.checkpoint',
      limit: { which: 'states' },
    });
    const { low, high } = json(stdout)['estimate'] as { low: number; high: number };
    expect(low).toBeLessThan(20_736);
    expect(high).toBeGreaterThan(20_736);
  });

  test('before all states are searched there is nothing to resume, and that is said', () => {
    const directory = scratch();
    const { code, stdout } = lostwrite('toys', directory, 'explore', 'wide', '--budget', '50ms');
    expect(code).toBe(3);
    expect(stdout).toContain(
      'It ended before the search of all states had begun: there is nothing to resume yet.',
    );
    expect(existsSync(join(directory, 'out'))).toBe(false);
  });

  test('memory: it ends as inconclusive, and goes on with more', () => {
    const directory = scratch();
    const wide = ['explore', 'wide', '--max-memory'];
    const { code, stdout } = lostwrite('toys', directory, ...wide, '5m');
    expect(code).toBe(3);
    expect(stdout).toContain('TRUNCATED  memory');
    expect(stdout).toContain('the search tables need more than 5 MiB (--max-memory)');
    expect(stdout).toContain(
      'To go on: npx lostwrite explore --resume out/wide.checkpoint --max-memory SIZE',
    );
    // 2 MiB hold 196 608 states; doubling them would need 6 MiB for a while.
    const states = headerOf(join(directory, 'out/wide.checkpoint'))['states'] as number;
    expect(states).toBeGreaterThan(190_000);
    expect(states).toBeLessThanOrEqual(196_608);
    const resumed = ['explore', '--resume', 'out/wide.checkpoint', '--json', '--max-memory', '9m'];
    const more = json(lostwrite('toys', directory, ...resumed).stdout);
    expect(more).toMatchObject({ verdict: 'truncated', limit: { which: 'memory' } });
    expect(more['states']).toBeGreaterThan(380_000);
    expect(more['states']).toBeLessThanOrEqual(393_216);
  });
});

function commandIn(stdout: string): string[] {
  return /To go on: npx lostwrite (.*)$/m.exec(stdout)![1]!.split(' ');
}

/** A checkpoint of the toy `wide` in a directory of its own. */
function stopped(): { directory: string; file: string } {
  const directory = scratch();
  lostwrite('toys', directory, ...WIDE, '--max-states', '5000');
  return { directory, file: join(directory, 'out/wide.checkpoint') };
}

describe('--resume', () => {
  test('what chooses the program may be said again, but not otherwise', () => {
    const { directory } = stopped();
    const resume = ['--resume', 'out/wide.checkpoint'];
    const again = lostwrite('toys', directory, ...WIDE, ...resume, '--json');
    expect(json(again.stdout)).toMatchObject({
      verdict: 'proved',
      states: 20_736,
      switches: { fixed: false },
    });
    const { code, stdout, stderr } = lostwrite(
      'toys',
      directory,
      'explore',
      'counter',
      '--kernel=v2',
      '--set=threads=2',
      '--apply=fix#H1',
      '--revert=fix',
      ...resume,
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatchInlineSnapshot(`
      "lostwrite: out/wide.checkpoint is a checkpoint of another search:
        scenario: counter, but the checkpoint has wide
        --kernel: v2, but the checkpoint has v1
        --apply: fix#H1, but the checkpoint has none
        --revert: fix, but the checkpoint has none
        --set: threads=2, but the checkpoint has threads=4
        leave these out: all that chooses the program comes from the checkpoint
      "
    `);
  });

  test('a program that has changed is refused', () => {
    const { directory, file } = stopped();
    const text = readFileSync(file);
    const end = text.indexOf(10);
    const header = text.subarray(0, end).toString().replace('"threads":"4"', '"threads":"2"');
    writeFileSync(file, resealed(Buffer.concat([Buffer.from(header), text.subarray(end)])));
    const { code, stderr } = lostwrite('toys', directory, 'explore', '--resume', file);
    expect(code).toBe(2);
    expect(stderr).toContain(`${file}: the checkpoint is not of this program: the model has changed since`);
  });

  test.each([
    ['missing', null, 'no such file'],
    ['a directory', 'directory', 'it is a directory'],
    ['something else', Buffer.from('{}'), 'is no checkpoint'],
    ['cut off', 'short', 'is cut off: expected'],
    ['damaged', 'bit', 'its checksum is not that of its content'],
  ])('a file that is %s', (_, content, message) => {
    const { directory, file } = stopped();
    const bytes = readFileSync(file);
    if (content === 'short') writeFileSync(file, bytes.subarray(0, bytes.length - 1000));
    else if (content === 'bit') writeFileSync(file, bytes.fill(1, bytes.length - 1000, bytes.length - 900));
    else if (content instanceof Buffer) writeFileSync(file, content);
    const named = content === null ? 'nowhere' : content === 'directory' ? directory : file;
    const { code, stdout, stderr } = lostwrite('toys', directory, 'explore', '--resume', named);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toContain(named);
  });

  test('without a scenario and without it something is missing', () => {
    const { code, stderr } = lostwrite('toys', scratch(), 'explore');
    expect(code).toBe(2);
    expect(stderr).toContain("missing required argument 'scenario'");
  });

  test.each([
    [['--strategy', 'bounded:1'], 'only an exhaustive search can be put down and taken up again'],
    [['--strategy', 'pos'], 'only an exhaustive search can be put down and taken up again'],
    [['--on', 'cpus'], 'CPUs that run schedules cannot be put down and taken up again'],
  ])('not with %j', (args, message) => {
    for (const option of ['--checkpoint', '--resume']) {
      const { code, stderr } = lostwrite('toys', scratch(), 'explore', 'counter', ...args, option, 'f');
      expect(code).toBe(2);
      expect(stderr).toContain(`${option}: ${message}`);
    }
  });
});

describe('a checkpoint that cannot be written', () => {
  test('where it was named: is found out before the search', () => {
    const directory = scratch();
    writeFileSync(join(directory, 'file'), '');
    for (const [place, reason] of [
      ['file/f', 'a part of the path is not a directory'],
      ['.', 'it is a directory'],
    ] as const) {
      const { code, stdout, stderr } = lostwrite('toys', directory, ...WIDE, '--checkpoint', place);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toBe(
        `lostwrite: cannot write ${place}: ${reason}\n  choose another place with --checkpoint FILE\n`,
      );
    }
  });

  test('a full disk loses the checkpoint, not the figures', () => {
    const { code, stdout, stderr } = lostwrite(
      'toys',
      scratch(),
      ...WIDE,
      '--max-states=5000',
      '--checkpoint=/dev/full',
    );
    expect(code).toBe(2);
    expect(stdout).toContain('5 000 states');
    expect(stdout).toContain('Nothing is kept: cannot write /dev/full: no space left on the device.');
    expect(stderr).toContain('cannot write /dev/full: no space left on the device');
  });

  test('by default: the search goes on and says so at its end', () => {
    const directory = scratch();
    writeFileSync(join(directory, 'out'), '');
    const { code, stdout } = lostwrite(
      'toys',
      directory,
      ...WIDE,
      '--max-states=5000',
      '--out=schedule.json',
    );
    expect(code).toBe(3);
    expect(stdout).toContain('5 000 states');
    expect(stdout).toMatch(/Nothing is kept: cannot write out\/wide.checkpoint/);
  });
});

test('a temporary file that a killed process left is removed', () => {
  const directory = scratch();
  const stale = join(directory, '.search.checkpoint.999999999.tmp');
  const other = join(directory, `.search.checkpoint.${process.pid}.tmp`);
  for (const file of [stale, other]) writeFileSync(file, 'half');
  lostwrite('toys', directory, ...WIDE, '--max-states=5000', '--checkpoint=search.checkpoint');
  expect([existsSync(stale), existsSync(other)]).toEqual([false, true]);
});

test.each(['5', '1x', '0g', '-1g', '100k'])('--max-memory %s is refused', (size) => {
  const { code, stderr } = lostwrite('toys', scratch(), 'explore', 'counter', `--max-memory=${size}`);
  expect(code).toBe(2);
  expect(stderr).toContain('Expected a size of at least 1m');
});

/** With the digest that belongs to its content. */
function resealed(file: Buffer): Buffer {
  const content = file.subarray(0, file.length - 32);
  return Buffer.concat([content, createHash('sha256').update(content).digest()]);
}
