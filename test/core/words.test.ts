import { describe, expect, test } from 'vitest';
import { bitFields } from '../../src/core/bits.ts';
import { activateContext, createContext } from '../../src/core/context.ts';
import { atomic, choose, fence } from '../../src/core/control.ts';
import { ModelError } from '../../src/core/errors.ts';
import { newValue, resultOf, type Operation, type Steps } from '../../src/core/operations.ts';
import { Layout, type Word } from '../../src/core/words.ts';

/** Runs a thread alone on `words`; returns its value and the operations it yielded. */
function run<T>(words: Int32Array, steps: Steps<T>): { value: T; operations: Operation[] } {
  const operations: Operation[] = [];
  const outer = activateContext(createContext(0, 0, new Set()));
  try {
    let answer = 0;
    for (;;) {
      const { done, value } = steps.next(answer);
      if (done === true) return { value, operations };
      operations.push(value);
      const { kind, word, x, y, z } = value;
      const old = words[word]!;
      words[word] = newValue(kind, old, x, y);
      answer = resultOf(kind, old, x, y, z);
    }
  } finally {
    activateContext(outer);
  }
}

const BITS = bitFields({ low: 2, mid: 3 });

function on<T>(init: number, body: (word: Word) => Steps<T>): [value: T, after: number] {
  const layout = new Layout();
  const word = layout.word('w', { init });
  const words = layout.initial();
  const { value } = run(words, body(word));
  return [value, words[0]!];
}

describe('operations on words', () => {
  test('each returns and leaves what its name says', () => {
    expect(on(5, (w) => w.load())).toEqual([5, 5]);
    expect(on(-3, (w) => w.load())).toEqual([-3, -3]);
    expect(on(0b111, (w) => w.loadMasked(0b101))).toEqual([0b101, 0b111]);
    expect(on(5, (w) => w.is(5))).toEqual([true, 5]);
    expect(on(5, (w) => w.is(4))).toEqual([false, 5]);
    expect(on(5, (w) => w.store(-1))).toEqual([undefined, -1]);
    expect(on(5, (w) => w.exchange(7))).toEqual([5, 7]);
    expect(on(0b110, (w) => w.update(0b010, 0b001))).toEqual([undefined, 0b101]);
    expect(on(0b110, (w) => w.fetchUpdate(0b010, 0b001, 0b011))).toEqual([0b010, 0b101]);
    expect(on(0b100, (w) => w.fetchOr(0b001))).toEqual([0b100, 0b101]);
    expect(on(0b110, (w) => w.fetchAnd(0b011))).toEqual([0b110, 0b010]);
    expect(on(5, (w) => w.add(-6))).toEqual([undefined, -1]);
    expect(on(5, (w) => w.fetchAdd(2))).toEqual([5, 7]);
    expect(on(1, (w) => w.addAndTest(-1, 0))).toEqual([true, 0]);
    expect(on(2, (w) => w.addAndTest(-1, 0))).toEqual([false, 1]);
    expect(on(0, (w) => w.addUnless(1, 0))).toEqual([false, 0]);
    expect(on(4, (w) => w.addUnless(1, 0))).toEqual([true, 5]);
    expect(on(0b11, (w) => w.xor(0b01))).toEqual([undefined, 0b10]);
    expect(on(0b11, (w) => w.fetchXor(0b01))).toEqual([0b11, 0b10]);
    expect(on(3, (w) => w.compareExchange(3, 8))).toEqual([3, 8]);
    expect(on(3, (w) => w.compareExchange(2, 8))).toEqual([3, 3]);
    expect(on(3, (w) => w.tryCompareExchange(3, 8))).toEqual([true, 8]);
    expect(on(3, (w) => w.tryCompareExchange(2, 8))).toEqual([false, 3]);
  });

  test('a field is handed about unshifted and leaves the rest of its word alone', () => {
    const word = 0b101_10;
    expect(on(word, (w) => w.field(BITS.mid).load())).toEqual([5, word]);
    expect(on(word, (w) => w.field(BITS.mid).is(5))).toEqual([true, word]);
    expect(on(word, (w) => w.field(BITS.mid).store(2))).toEqual([undefined, 0b010_10]);
    expect(on(word, (w) => w.field(BITS.mid).exchange(7))).toEqual([5, 0b111_10]);
    expect(on(0b000_10, (w) => w.field(BITS.mid).trylockFor(3))).toEqual([true, 0b011_10]);
    expect(on(word, (w) => w.field(BITS.mid).trylockFor(3))).toEqual([false, word]);
    expect(on(word, (w) => w.field(BITS.mid).unlockFor(5))).toEqual([true, 0b000_10]);
    expect(on(word, (w) => w.field(BITS.mid).unlockFor(4))).toEqual([false, word]);
    expect(() => on(word, (w) => w.field(BITS.mid).store(8))).toThrow(
      new ModelError('w.mid: the value 8 does not fit'),
    );
  });
});

describe('what rides on the step before it', () => {
  const layout = new Layout();
  const word = layout.word('w');
  const ghost = layout.word('g', { ghost: true });
  const rides = (steps: Steps<unknown>) =>
    run(layout.initial(), steps).operations.map((operation) => operation.rides);

  test('nothing by itself; ghost updates and fences always', () => {
    expect(
      rides(
        (function* () {
          yield* word.store(1);
          yield* word.load();
          yield* ghost.store(1);
          yield* fence();
          yield* word.load();
        })(),
      ),
    ).toEqual([false, false, true, true, false]);
  });

  test('all of an atomic block but its first operation, nested blocks too', () => {
    function* pair(): Steps<void> {
      yield* word.load();
      yield* word.load();
    }
    expect(
      rides(
        (function* () {
          yield* atomic(pair());
          yield* atomic(pair());
          yield* atomic(
            (function* () {
              yield* atomic(pair());
              yield* word.load();
            })(),
          );
          yield* word.load();
        })(),
      ),
    ).toEqual([false, true, false, true, false, true, true, false]);
  });

  test('a ghost update at its head does not make an atomic block ride', () => {
    expect(
      rides(
        atomic(
          (function* () {
            yield* ghost.store(1);
            yield* word.store(1);
            yield* word.store(2);
          })(),
        ),
      ),
    ).toEqual([true, false, true]);
  });

  test('choose may open an atomic block and not stand further in', () => {
    expect(rides(atomic(choose(2)))).toEqual([false]);
    expect(() =>
      rides(
        atomic(
          (function* () {
            yield* word.load();
            yield* choose(2);
          })(),
        ),
      ),
    ).toThrow('choose inside atomic: only the first operation of a block may branch');
    expect(() => rides(choose(0))).toThrow('choose(n): expected an integer n from 1 to 32768, got 0');
    expect(() => rides(choose(1.5))).toThrow(ModelError);
    expect(() => rides(choose(32_769))).toThrow(ModelError);
    expect(rides(choose(1))).toEqual([]);
  });
});

test('a layout names its words once, knows their initial values and how to spell them', () => {
  const layout = new Layout();
  layout.word('a', { init: 3 });
  layout.array(
    2,
    (i) => `b[${i}]`,
    (i) => ({ init: i, fields: BITS.$fields }),
  );
  layout.word('c', { format: (value) => `<${value}>`, fields: BITS.$fields });
  expect([...layout.initial()]).toEqual([3, 0, 1, 0]);
  expect(layout.find('b[1]')?.index).toBe(2);
  expect(layout.find('d')).toBeUndefined();
  expect([0, 2, 3].map((index) => layout.format(index, 6))).toEqual(['6', 'low=2 mid=1', '<6>']);
  expect(() => layout.word('a')).toThrow(new ModelError('layout: two words are named a'));
});

test('an operation outside a running thread is a model error', () => {
  const word = new Layout().word('w');
  expect(() => word.load().next()).toThrow(
    new ModelError('a program operation was used outside a running thread'),
  );
});
