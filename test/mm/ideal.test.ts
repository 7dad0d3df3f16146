/** The address space as it ought to be: what each operation does to it (design.md 5). */
import { describe, expect, test } from 'vitest';
import { ideal, Tokens } from './model.ts';
import { Script, type Operation } from './script.ts';

const KERNEL = 'v5.19';
const store: Operation = { do: 'store' };
const childStore: Operation = { do: 'store', mm: 1 };
const fork: Operation = { do: 'fork' };
const submit: Operation = { do: 'submit', request: 0 };
const dma: Operation = { do: 'dma', request: 0 };
const wait: Operation = { do: 'wait', request: 0 };

function after(options: object, ...operations: readonly Operation[]): Script {
  const script = new Script({ kernel: KERNEL, ...options }, operations);
  script.run();
  return script;
}

test('at the start: what mm[0] has been given, zeroes elsewhere', () => {
  const script = after({});
  expect([script.ought(0, 0), script.ought(0, 1), script.ought(1, 0), script.ought(1, 1)]).toEqual([
    'init(0,0)',
    'init(0,1)',
    '0',
    '0',
  ]);
  expect(after({ populated: false }).ought()).toBe('0');
});

test('a store changes one byte of one process', () => {
  const script = after({}, fork, store);
  expect([script.ought(0, 0), script.ought(0, 1), script.ought(1, 0), script.ought(1, 1)]).toEqual([
    'init(0,0)',
    'store1',
    'init(0,0)',
    'init(0,1)',
  ]);
});

test('fork copies what is there then, and later stores stay apart', () => {
  const script = after({}, store, fork, childStore);
  expect([script.ought(0), script.ought(1)]).toEqual(['store0', 'store2']);
});

describe('a device read', () => {
  test('before it begins and once it is complete, one value is right', () => {
    const before = after({ requests: [{}] });
    expect([before.ought(0, 0), before.may('DMA0')]).toEqual(['init(0,0)', false]);
    const complete = after({ requests: [{}] }, submit, dma, wait);
    expect([complete.ought(0, 0), complete.may('DMA0')]).toEqual(['DMA0', false]);
  });
  test('in between its byte may read the old value or the new, the other byte may not', () => {
    for (const operations of [[submit], [submit, dma], [submit, store, dma]]) {
      const script = after({ requests: [{}] }, ...operations);
      expect([script.ought(0, 0), script.may('DMA0')]).toEqual(['init(0,0)', true]);
      expect([script.may('DMA0', 0, 1), script.may('init(0,1)', 0, 0)]).toEqual([false, false]);
    }
  });
  test('a fork in between: FOLL_GET is excused for good, except by a strict machine; FOLL_PIN is not', () => {
    const at = (options: object): unknown[] => {
      const script = after(options, submit, fork, dma, wait);
      return [script.ought(0, 0), script.may('DMA0')];
    };
    expect(at({ strict: false, requests: [{ reference: 'get' }] })).toEqual(['init(0,0)', true]);
    expect(at({ strict: true, requests: [{ reference: 'get' }] })).toEqual(['DMA0', false]);
    expect(at({ strict: false, requests: [{ reference: 'pin' }] })).toEqual(['DMA0', false]);
  });
  test('the child that is forked in between may see either, for ever; one forked before or after may not', () => {
    const child = (...operations: readonly Operation[]): unknown[] => {
      const script = after({ requests: [{}] }, ...operations);
      return [script.ought(1, 0), script.may('DMA0', 1)];
    };
    expect(child(submit, fork, dma, wait)).toEqual(['init(0,0)', true]);
    expect(child(fork, submit, dma, wait)).toEqual(['init(0,0)', false]);
    expect(child(submit, dma, wait, fork)).toEqual(['DMA0', false]);
  });
  test('a device write changes nothing', () => {
    expect(after({ requests: [{ direction: 'write' }] }, submit, dma, wait).ought(0, 0)).toBe('init(0,0)');
  });
});

describe('the kind of a wrong value', () => {
  const { machine } = new Script({ kernel: KERNEL }, []);
  const initial = machine.layout.initial()[machine.page[0]!.data[0]!.index]!;
  const own = machine.tokens.add('own', 0);
  const other = machine.tokens.add('other', 1);
  const inherited = 1 << initial;

  test.each([
    ['older contents', initial, own, 'lost-write', 'init(0,0)'],
    ["another process's write", other, own, 'leak', 'other'],
    ['zeroes', Tokens.ZERO, own, 'lost-write', 'reads 0'],
    ['contents of nobody', Tokens.FREED, own, 'lost-write', 'freed'],
    ["the process's own, but overwritten", own, initial, 'lost-write', 'own'],
  ])('%s', (_, value, expected, kind, named) => {
    const mismatch = ideal.describe_mismatch(machine, 0, 0, 0, 1, value, expected);
    expect(mismatch.kind).toBe(kind);
    expect(mismatch.message).toContain(named);
    expect(mismatch.message).toContain('byte 1 of page 0 of mm[0]');
    expect(mismatch.message).toContain(`ought to be ${machine.tokens.nameOf(expected)}`);
  });

  test("what a child has inherited is no leak, though it is the parent's write", () => {
    expect(ideal.describe_mismatch(machine, inherited, 1, 0, 0, initial, other).kind).toBe('lost-write');
    expect(ideal.describe_mismatch(machine, inherited, 1, 0, 0, own, other).kind).toBe('leak');
  });

  test('stores before the fork are inherited, stores after it are not', () => {
    const script = after({}, store, fork, { do: 'store' });
    expect(script.inherited(1).toSorted()).toEqual(['init(0,0)', 'init(0,1)', 'store0']);
  });
});
