/** `lostwrite run` against what real kernels answered, against the ideal address space, and against its own accounts. */
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type * as invariantsModule from '../../src/mm/invariants.ts';
import type * as parseModule from '../../src/mm/script/parse.ts';
import type * as kernelModule from '../../src/mm/script/kernel.ts';
import type * as runModule from '../../src/mm/script/run.ts';
import { KERNELS } from './model.ts';
import { scripts } from './script-generator.ts';
import { Shadow } from './script-shadow.ts';

const load = createRequire(import.meta.url);
const { parseScripts } = load('../../dist/src/mm/script/parse.js') as typeof parseModule;
const { BACKENDS, scriptKernel } = load('../../dist/src/mm/script/kernel.js') as typeof kernelModule;
const { ScriptRunner } = load('../../dist/src/mm/script/run.js') as typeof runModule;
const { machineProperties } = load('../../dist/src/mm/invariants.js') as typeof invariantsModule;

const BACKEND_NAMES = Object.keys(BACKENDS) as kernelModule.BackendName[];
const EXAMPLES = new URL('script-examples/', import.meta.url);
const source = readFileSync(new URL('script-examples.txt', EXAMPLES), 'utf8');
const examples = parseScripts(source, 'script-examples.txt');

/** What Linux 6.18 answered on `backend`, by script. */
function answers(backend: string): ReadonlyMap<string, readonly unknown[]> {
  const found = new Map<string, unknown[]>();
  let current: unknown[] = [];
  const text = readFileSync(new URL(`script-examples.${backend}.jsonl`, EXAMPLES), 'utf8');
  for (const line of text.trim().split('\n')) {
    const answer = JSON.parse(line) as { readonly script?: string };
    if (answer.script === undefined) current.push(answer);
    else found.set(answer.script, (current = []));
  }
  return found;
}

describe('Linux 6.18 answers the same in every field', () => {
  test.each(BACKEND_NAMES)('on %s', (backend) => {
    const runner = new ScriptRunner(scriptKernel('v6.18'), backend);
    const expected = answers(backend);
    expect(expected.size).toBe(backend.startsWith('held') ? 6 : 26);
    for (const [name, steps] of expected) {
      const script = examples.find((candidate) => candidate.name === name)!;
      expect({ name, steps: runner.run(script) }).toEqual({ name, steps });
    }
  });
});

describe('the race on real kernels, swap file', () => {
  const [loadFirst, storeFirst, mprotect] = ['D01', 'D02', 'D07'].map((name) =>
    examples.find((script) => script.name.startsWith(name))!,
  );
  const LOST = 1;
  const OK = 200;

  // v5.9 is between the versions that were tried; v5.18 and v5.19-part2 were not to be had.
  test.each([
    ['v5.4', OK, OK, OK],
    ['v5.7', OK, OK, OK],
    ['v5.8', OK, OK, OK],
    ['v5.9', LOST, OK, LOST],
    ['v5.10', LOST, OK, LOST],
    ['v5.11', LOST, OK, LOST],
    ['v5.15', LOST, OK, LOST],
    ['v5.17', LOST, OK, LOST],
    ['v5.18', LOST, LOST, LOST],
    ['v5.19-part2', LOST, LOST, OK],
    ['v5.19-as-posted', OK, OK, OK],
    ['v5.19', OK, OK, OK],
    ['v6.1', OK, OK, OK],
    ['v6.8', OK, OK, OK],
    ['v6.12', OK, OK, OK],
    ['v6.18', OK, OK, OK],
  ])('%s', (kernel, ...expected) => {
    const runner = new ScriptRunner(scriptKernel(kernel), 'file');
    const slot0 = [loadFirst, storeFirst, mprotect].map((script) => runner.run(script!).at(-2)!.v);
    expect(slot0).toEqual(expected);
  });
});

/** Runs the lines of `text` and returns the last step. */
function last(text: string, kernel = 'v6.18', backend: kernelModule.BackendName = 'file'): runModule.Step {
  const [script] = parseScripts(text.replaceAll('; ', '\n'), 'text');
  return new ScriptRunner(scriptKernel(kernel), backend).run(script!).at(-1)!;
}

describe('facts that differ between versions', () => {
  const protections = 'mmap 0 0; w 0 0 0 1; prot 0 0 r; prot 0 0 rw; w 0 0 0 2';
  test.each([
    ['v5.19', 1],
    ['v6.1', 0],
    ['v6.18', 0],
  ])('11: mprotect r, rw, store on %s: %i faults', (kernel, mi) => {
    expect(last(protections, kernel)).toMatchObject({ r: 'ok', mi, st: { '0.0': { f: 1 } } });
  });
  test.each([
    ['v5.19', 1],
    ['v6.8', 1],
    ['v6.12', 0],
  ])('6: swapped in by a load, store on %s: %i faults', (kernel, mi) => {
    expect(last('mmap 0 0; w 0 0 0 1; pageout 0 0; r 0 0 0; w 0 0 0 2', kernel)).toMatchObject({ mi });
  });
  test.each([
    ['v5.17', ''],
    ['v5.19', 'X'],
  ])('9: swapoff on %s gives exclusivity back: "%s"', (kernel, exclusive) => {
    expect(last('mmap 0 0; w 0 0 0 1; pageout 0 0; swapcycle', kernel).st).toEqual({
      '0.0': { t: 'm', f: 1, x: 1, c: 1, g: `ABUD${exclusive}` },
    });
  });
  test('9: without hunk H6 swapoff gives none back', () => {
    const [script] = parseScripts('mmap 0 0\nw 0 0 0 1\npageout 0 0\nswapcycle', 'f');
    const exclusive = (...revert: string[]): unknown =>
      new ScriptRunner(scriptKernel('v6.18', [], revert), 'file').run(script!).at(-1)!.st['0.0'];
    expect(exclusive()).toMatchObject({ g: 'ABUDX' });
    expect(exclusive('seed#H6')).toMatchObject({ g: 'ABUD' });
  });
  test.each([
    ['v5.8', 1, 0],
    ['v5.10', 0, 1],
    ['v6.1', 0, 1],
    ['v6.8', 1, 0],
  ])('15: a store that userfaultfd resolves counts on %s as %i minor, %i major', (kernel, mi, ma) => {
    expect(last('mmap 0 0; w 0 0 0 1; wp 0 0; w 0 0 0 2', kernel)).toMatchObject({ mi, ma });
  });
  test.each([
    ['v5.17', { t: '-' }],
    ['v6.12', { t: 's', rg: 'ABUDS' }],
    ['v6.18', { t: 'm', g: 'AUX' }],
  ])('14: MADV_FREE, a reference, pageout on %s', (kernel, page) => {
    expect(
      last('mmap 0 0; w 0 0 0 1; lazyfree 0 0; vpin 0 0 0; pageout 0 0', kernel).st['0.0'],
    ).toMatchObject(page);
  });
});

test('11: the same protection again changes nothing, not even for an exclusive page that is mapped read-only', () => {
  const readOnly = 'mmap 0 0; w 0 0 0 1; pageout 0 0; swapcycle';
  expect(last(`${readOnly}; prot 0 0 rw; w 0 0 0 2`)).toMatchObject({ mi: 1 });
  expect(last(`${readOnly}; prot 0 0 r; prot 0 0 rw; w 0 0 0 2`)).toMatchObject({ mi: 0 });
});

describe('15: write protection by userfaultfd', () => {
  const protectedPage = 'mmap 0 0; w 0 0 0 1; wp 0 0';
  test('outlives swapping out and in, on every device', () => {
    for (const backend of BACKEND_NAMES) {
      expect(last(`${protectedPage}; reclaim`, 'v6.18', backend).st['0.0']).toMatchObject({ t: 's', wp: 1 });
      expect(last(`${protectedPage}; reclaim; r 0 0 0`, 'v6.18', backend).st['0.0']).toMatchObject({
        t: 'm',
        wp: 1,
      });
      expect(last(`${protectedPage}; reclaim; swapcycle`, 'v6.18', backend).st['0.0']).toMatchObject({
        t: 'm',
        wp: 1,
      });
    }
  });
  test('is not inherited; the store that resolves it keeps an exclusive frame', () => {
    expect(last(`${protectedPage}; fork 0 1`).st).toEqual({
      '0.0': { t: 'm', f: 1, x: 0, c: 2, g: 'ABU', wp: 1 },
      '1.0': { t: 'm', f: 1, x: 0, c: 2, g: 'ABU' },
    });
    expect(last(`${protectedPage}; w 0 0 0 2`)).toMatchObject({ mi: 1, st: { '0.0': { f: 1, g: 'ABUX' } } });
  });
  // The write is granted at swap-in and taken back at once: the store comes again.
  test.each([
    ['v6.1', 1, 1],
    ['v6.8', 2, 0],
    ['v6.12', 1, 0],
  ])('a store to a swapped-out page on %s: %i minor, %i major', (kernel, mi, ma) => {
    expect(last(`${protectedPage}; pageout 0 0; w 0 0 0 2`, kernel)).toMatchObject({ mi, ma });
  });
  test('un-protecting maps an exclusive page writable from v6.2 on; before, it takes the write bit of any page', () => {
    expect(last('mmap 0 0; w 0 0 0 1; unwp 0 0; w 0 0 0 2', 'v6.1')).toMatchObject({ mi: 1 });
    expect(last('mmap 0 0; w 0 0 0 1; unwp 0 0; w 0 0 0 2', 'v6.8')).toMatchObject({ mi: 0 });
  });
  test('stays over mprotect, and un-protecting a read-only mapping makes nothing writable', () => {
    expect(last(`${protectedPage}; prot 0 0 r; prot 0 0 rw; w 0 0 0 2`)).toMatchObject({ mi: 1 });
    expect(last('mmap 0 0; w 0 0 0 1; prot 0 0 r; unwp 0 0; w 0 0 0 2')).toMatchObject({ r: 'EFAULT' });
  });
  test('v5.4 has none', () => {
    expect(last(protectedPage, 'v5.4')).toMatchObject({ r: 'EINVAL' });
  });
});

describe('14: MADV_FREE', () => {
  const lazy = 'mmap 0 0; w 0 0 0 1; lazyfree 0 0';
  test('reclaim empties the PTE, unless it was stored to', () => {
    expect(last(`${lazy}; reclaim`).st).toEqual({ '0.0': { t: '-' } });
    expect(last(`${lazy}; w 0 0 1 2; reclaim; r 0 0 0`)).toMatchObject({ v: 1 });
  });
  test('with two mappers each PTE decides for itself', () => {
    const { st } = last('mmap 0 0; w 0 0 0 1; fork 0 1; lazyfree 0 0; reclaim');
    expect(st).toMatchObject({ '0.0': { t: '-' }, '1.0': { t: 's' } });
  });
  test('a page that is PG_dirty and mapped elsewhere, or in the swap cache of another, stays as it is', () => {
    expect(last('mmap 0 0; dior 0 0 0 1; fork 0 1; lazyfree 0 0').st['0.0']).toMatchObject({ g: 'ABUD' });
    expect(last('mmap 0 0; w 0 0 0 1; pageout 0 0; fork 0 1; r 0 0 0; lazyfree 0 0').st['0.0']).toMatchObject(
      { g: 'ABUS' },
    );
  });
});

describe('other answers', () => {
  test.each([
    [
      'the child gets no page table where no page has ever been',
      'mmap 0 0; r 0 0 0; fork 0 1',
      { st: { '1.0': { t: '-' } } },
    ],
    [
      'a page of zeroes is freed without a write',
      'mmap 0 0; popw 0 0; pageout 0 0',
      { st: { '0.0': { mc: 0 } } },
    ],
    [
      'exit forgets that it ever pinned',
      'mmap 0 0; w 0 0 0 1; fork 0 1; upin 0 1 0; exit 1; fork 0 1',
      { r: 'ok' },
    ],
    [
      'zap frees the swap cache under a reference',
      'mmap 0 0; w 0 0 0 1; pageout 0 0; r 0 0 0; vpin 0 0 0; munmap 0 0',
      { pin: { v0: { f: 1, c: 0, g: 'ABUDX' } } },
    ],
    [
      'but not while another process maps the page',
      'mmap 0 0; w 0 0 0 1; pageout 0 0; fork 0 1; r 0 0 0; r 1 0 0; munmap 1 0',
      { st: { '0.0': { f: 1, c: 1, g: 'ABUS' } } },
    ],
    [
      'MADV_PAGEOUT leaves a shared page alone',
      'mmap 0 0; w 0 0 0 1; fork 0 1; pageout 0 0',
      { st: { '0.0': { t: 'm', c: 2 } } },
    ],
    ['a store to a read-only page', 'mmap 0 0; w 0 0 0 1; prot 0 0 r; w 0 0 0 2', { r: 'EFAULT', mi: 0 }],
    ['a device read into a read-only page', 'mmap 0 0; w 0 0 0 1; prot 0 0 r; dior 0 0 0 2', { r: 'EFAULT' }],
    [
      'a read pin of a shared page unshares',
      'mmap 0 0; w 0 0 0 1; fork 0 1; diow 1 0 0',
      { v: 1, st: { '1.0': { f: 2, g: 'ABUX' } } },
    ],
    ['a process that is not there', 'r 1 0 0', { r: 'ESRCH' }],
    ['a reference that is not there', 'vread 3 0', { r: 'EBADF' }],
    ['one that is there', 'mmap 0 0; vpin 0 0 0; vpin 0 0 0', { r: 'EEXIST' }],
    ['hold on a device that never waits', 'hold 1', { r: 'ENOSYS' }],
    ['migration on one node', 'mmap 0 0; migrate 0 0', { r: 'ENOSYS' }],
  ])('%s', (_, text, expected) => {
    expect(last(text)).toMatchObject(expected);
  });
  test.each([
    [
      'a fixed buffer is pinned on v5.19, whose direct I/O is not: fork copies',
      'upin 0 0 0; fork 0 1',
      { '1.0': { f: 2 } },
    ],
    ['direct I/O there is not: fork shares', 'dmar 0 0 0 0; fork 0 1', { '1.0': { f: 1 } }],
    [
      'swapoff empties the swap cache of mapped pages too',
      'pageout 0 0; r 0 0 0; swapcycle',
      { '0.0': { g: 'ABUDX' } },
    ],
    [
      'what a device wrote to is dirty in the end',
      'dmar 0 0 0 0; lazyfree 0 0; dmaend 0 1',
      { '0.0': { g: 'AUDX' } },
    ],
  ])('v5.19: %s', (_, text, st) => {
    expect(last(`mmap 0 0; w 0 0 0 1; ${text}`, 'v5.19')).toMatchObject({ st });
  });
  test('MADV_POPULATE came with v5.14', () => {
    expect(last('mmap 0 0; popw 0 0', 'v5.11')).toMatchObject({ r: 'EINVAL' });
  });
  test('an operation that waits for a held write lets it go', () => {
    const held = 'mmap 0 0; w 0 0 0 1; hold 1; pageout 0 0; swapcycle';
    expect(last(held, 'v6.18', 'held').st['0.0']).toMatchObject({ t: 'm', f: 1, g: 'ABUDX' });
  });
});

describe('ksmd', () => {
  const merged = 'mmap 0 0; w 0 0 0 5; mmap 0 1; w 0 1 0 5; merge 0 0; merge 0 1; ksm';
  test('merges two equal pages into one that is read-only, dirty, not exclusive', () => {
    const page = { t: 'm', f: 2, x: 0, c: 2, g: 'ABUDK' };
    expect(last(merged).st).toEqual({ '0.0': page, '0.1': page });
  });
  test('not pages that only begin alike: a device fills its slot', () => {
    const text =
      'mmap 0 0; w 0 0 0 5; mmap 0 1; w 0 1 1 1; dior 0 1 0 5; w 0 1 1 0; merge 0 0; merge 0 1; ksm';
    expect(last(text).st).toMatchObject({ '0.0': { f: 1 }, '0.1': { f: 2 } });
  });
  test('a store copies', () => {
    expect(last(`${merged}; w 0 0 0 6`)).toMatchObject({
      mi: 1,
      st: { '0.0': { f: 3, g: 'ABUX' }, '0.1': { f: 2, c: 1, g: 'ABUDK' } },
    });
  });
  test('up to v5.8 the last user stores in place', () => {
    const alone = `${merged}; w 0 0 0 6; w 0 1 0 7`;
    expect(last(alone, 'v5.8').st['0.1']).toMatchObject({ f: 2, g: 'ABUD' });
    expect(last(alone, 'v5.10').st['0.1']).toMatchObject({ f: 4, g: 'ABU' });
  });
  test('a lazily freed page that becomes a KSM page is swap-backed again before it is unmapped anywhere', () => {
    const text = 'mmap 0 0; w 0 0 0 5; merge 0 0; fork 0 1; lazyfree 0 0; w 0 0 0 5; ksm; reclaim; r 1 0 0';
    expect(last(text)).toMatchObject({ v: 5, st: { '1.0': { g: 'ABUS' } } });
  });
  test('swapped out, the first reader gets the page, the next a copy', () => {
    expect(last(`${merged}; reclaim; r 0 0 0; r 0 1 0`).st).toEqual({
      '0.0': { t: 'm', f: 3, x: 1, c: 1, g: 'ABUS' },
      '0.1': { t: 'm', f: 4, x: 1, c: 1, g: 'ABUDX' },
    });
  });
  test('leaves pages alone that somebody has a reference to, and a forked page with itself', () => {
    const twins = merged.replace('; ksm', '');
    for (const pin of ['vpin', 'upin']) {
      const { st } = last(`${twins}; ${pin} 0 0 0; ksm`);
      expect(st).toMatchObject({ '0.0': { f: 1, g: 'ABUX' }, '0.1': { g: 'ABUX' } });
    }
    expect(last('mmap 0 0; w 0 0 0 5; merge 0 0; fork 0 1; ksm').st['0.0']).toMatchObject({ g: 'ABU' });
  });
  test('swapoff gives each its own page again', () => {
    expect(last(`${merged}; reclaim; swapcycle`).st).toMatchObject({
      '0.0': { f: 3, c: 1 },
      '0.1': { f: 4, c: 1 },
    });
  });
  test('unmerge copies', () => {
    expect(last(`${merged}; unmerge 0 0`).st['0.0']).toMatchObject({ f: 3, g: 'ABUX' });
  });
});

describe('what is wrong with a script is said with its place', () => {
  test.each([
    ['mmap 0 9', 'f:1:8: expected a page from 0 to 3, found "9"'],
    ['mmap 0 0\n  frob 1', 'f:2:3: expected an operation, found "frob"'],
    ['w 0 0 0', 'f:1:8: expected a byte value from 0 to 255, found the end of the line'],
    ['prot 0 0 x', 'f:1:10: expected a protection (r or rw), found "x"'],
    ['exit 0 1 # why', 'f:1:8: expected the end of the line, found "1"'],
    ['# nothing', 'f: expected a script, found no operation'],
  ])('%s', (text, message) => {
    expect(() => parseScripts(text, 'f')).toThrow(message);
  });
  test('scripts are told apart by their names; blank lines and comments do not count', () => {
    const found = parseScripts('mmap 0 0\n=== second one \n\n# c\nexit 0 # d\n', 'f');
    expect(found.map(({ name, operations }) => [name, operations.map(({ text }) => text)])).toEqual([
      ['script', ['mmap 0 0']],
      ['second one', ['exit 0']],
    ]);
  });
});

describe('random scripts', () => {
  test.each(KERNELS.map(({ name }) => name))('%s keeps its accounts after every operation', (kernel) => {
    for (const backend of BACKEND_NAMES) {
      const runner = new ScriptRunner(scriptKernel(kernel), backend);
      const properties = machineProperties(runner.machine);
      fc.assert(
        fc.property(scripts(40), (script) => {
          runner.reset();
          for (const [i, operation] of script.operations.entries()) {
            runner.step(operation, i);
            const { words } = runner.sequencer;
            const broken = properties.find((property) => !property.holds(words, runner.accounts));
            if (broken !== undefined)
              throw new Error(`after ${operation.text}: ${broken.explain(words, runner.accounts)}`);
          }
        }),
        { numRuns: 60 },
      );
    }
  });

  test.each(BACKEND_NAMES)('the newest kernel loses nothing on %s', (backend) => {
    const runner = new ScriptRunner(scriptKernel('v6.18'), backend);
    fc.assert(
      fc.property(scripts(60), (script) => {
        const shadow = new Shadow();
        const steps = runner.run(script);
        for (const [i, operation] of script.operations.entries()) {
          const wrong = shadow.check(operation, steps[i]!);
          if (wrong !== null) throw new Error(`${i}: ${operation.text}: ${wrong}`);
        }
      }),
      { numRuns: 400 },
    );
  });

  test('v5.10 loses what a device writes, and the same check finds it', () => {
    const runner = new ScriptRunner(scriptKernel('v5.10'), 'file');
    const [script] = parseScripts(
      'mmap 0 0\nw 0 0 0 1\ndmar 0 0 0 0\npageout 0 0\nr 0 0 7\nw 0 0 7 2\ndmaend 0 9\nr 0 0 0',
      'f',
    );
    const shadow = new Shadow();
    const said = runner.run(script!).map((step, i) => shadow.check(script!.operations[i]!, step));
    expect(said.at(-1)).toBe('reads 1, which ought to be 9');
  });
});
