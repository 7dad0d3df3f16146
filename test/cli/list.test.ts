import { expect, test } from 'vitest';
import { lostwrite, scratch, toys } from './lostwrite.ts';

test('list names everything', () => {
  const { code, stdout } = toys('list');
  expect(code).toBe(0);
  expect(stdout).toMatchInlineSnapshot(`
    "Scenarios (lostwrite explore <scenario> --set name=value)
      counter          two threads count
        atomic=false   count with one operation (false, true)
      pager            a store while another CPU unmaps the page
        recheck=false  check the PTE again under the lock (false, true)
      wide             threads that never meet
        threads=8      how many (2, 4, 8)
      abba             two locks in two orders
      poll             waiting for what was taken back
      empty            nothing is checked
      broken           counter, and a thread that goes wrong on a worker thread
        fault=exit     how (exit, throw, spin, differ)
      endless          counter beside a daemon that never rests
      long             two threads that take a million steps each
      wordy            two threads count after much else

    Kernels (--kernel)
      v1  E0: the old one
      v2  E1: the new one

    Patches and their hunks (--apply PATCH or PATCH#HUNK, --revert likewise)
      abc123  toy: the fix (also: fix)
        #H1   all of it
    "
  `);
});

test('list patches --json', () => {
  expect(JSON.parse(toys('list', 'patches', '--json').stdout)).toEqual({
    schema: 'lostwrite/list@1',
    patches: [
      { id: 'abc123', aliases: ['fix'], title: 'toy: the fix', hunks: [{ id: 'H1', summary: 'all of it' }] },
    ],
  });
});

test('list of something else', () => {
  const { code, stderr } = toys('list', 'kernel');
  expect(code).toBe(2);
  expect(stderr).toContain('did you mean kernels?');
});

test('the binary lists Linux, in lines for a terminal', () => {
  const { code, stdout } = lostwrite('linux', scratch(), 'list');
  expect(code).toBe(0);
  for (const name of ['swapout-vs-odirect', 'v5.18', '1493a1913e34']) expect(stdout).toContain(name);
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThan(100);
});
