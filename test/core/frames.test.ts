import { describe, expect, it } from 'vitest';
import {
  activate,
  atSite,
  delegateAt,
  enterFrame,
  foldKey,
  FrameStack,
  peek,
  Reached,
  registerSites,
  siteOf,
  yieldAt,
} from '../../src/core/frames.ts';
import type { Handle } from '../../src/core/frames.ts';

const BASE = registerSites('src/a.ts', [
  [1, 2, 'f', 2],
  [3, 4, 'f', 1],
  [5, 6, 'g', 2],
]);

const ids = new WeakMap<object, number>();
let count = 0;
function identity(object: object): number {
  let id = ids.get(object);
  if (id === undefined) ids.set(object, (id = count++));
  return id;
}

/** Enters frames on one stack, outermost first. */
function enter(stack: FrameStack, frames = 1): Handle[] {
  const before = activate(stack);
  const handles = Array.from({ length: frames }, () => enterFrame(BASE));
  activate(before);
  return handles;
}

function keyOf(...values: unknown[]): string | null {
  const stack = new FrameStack();
  atSite(enter(stack)[0]!, BASE, values);
  return foldKey(stack, identity);
}

describe('sites', () => {
  it('are found by their id', () => {
    expect(siteOf(BASE + 1)).toEqual({
      id: BASE + 1,
      file: 'src/a.ts',
      line: 3,
      column: 4,
      functionName: 'f',
      first: BASE,
      opaque: true,
    });
    expect(siteOf(BASE + 2).first).toBe(BASE + 2);
    expect(registerSites('src/b.ts', [[1, 1, 'h', 2]])).toBe(BASE + 3);
    expect(siteOf(BASE + 3).file).toBe('src/b.ts');
    expect(() => siteOf(1_000_000)).toThrow(RangeError);
  });
});

describe('what runs come to', () => {
  it('is told to whoever asked, whether a generator suspends there or not', () => {
    const reached = new Reached();
    const before = activate(new FrameStack(reached));
    const handle = enterFrame(BASE);
    enterFrame(BASE + 2);
    activate(before);
    yieldAt(handle, BASE + 1, null, []);
    delegateAt(handle, BASE, [], []);
    expect([...reached.functions]).toEqual([BASE, BASE + 2]);
    expect([...reached.sites]).toEqual([BASE + 1, BASE]);
  });

  it('is told to nobody otherwise', () => {
    enterFrame(BASE);
    expect(new FrameStack().reached).toBeNull();
  });
});

describe('the stack', () => {
  it('loses the frames of callees when the caller stands at a site', () => {
    const stack = new FrameStack();
    const [outer, inner] = enter(stack, 2);
    atSite(outer!, BASE, [1]);
    expect(stack.length).toBe(1);
    const [next] = enter(stack);
    expect(next!.depth).toBe(1);
    atSite(next!, BASE + 2, [2]);
    expect(stack.frames).toEqual([outer, next]);
    expect(inner!.depth).toBe(1);
  });

  it('gets back the frames of a generator that was driven by hand', () => {
    const stack = new FrameStack();
    const [outer, middle, inner] = enter(stack, 3);
    atSite(inner!, BASE, []);
    atSite(outer!, BASE, []);
    atSite(inner!, BASE, []);
    expect(stack.frames).toEqual([outer, middle, inner]);
    atSite(outer!, BASE, []);
    const [other] = enter(stack);
    atSite(other!, BASE, []);
    atSite(inner!, BASE, []);
    expect(stack.frames).toEqual([outer, middle, inner]);
  });

  it('is recorded only while it is active', () => {
    const stack = new FrameStack();
    expect(activate(stack)).toBeNull();
    expect(activate(null)).toBe(stack);
    const handle = enterFrame(BASE);
    atSite(handle, BASE, [1]);
    expect(yieldAt(handle, BASE, 'operand', null)).toBe('operand');
    expect(stack.length).toBe(0);
  });

  it('takes a generator for what keeps its state in frames, and nothing else', () => {
    const stack = new FrameStack();
    const [handle] = enter(stack);
    const spread = (iterable: Iterable<unknown>): readonly unknown[] | null => {
      expect(delegateAt(handle!, BASE, iterable, [1])).toBe(iterable);
      return stack.frames[0]!.values;
    };
    function* generate(): Generator<number> {
      yield 1;
    }
    expect(spread(generate())).toEqual([1]);
    expect(spread({ [Symbol.iterator]: generate })).toEqual([1]);
    expect(spread([1, 2])).toBeNull();
    expect(spread('text')).toBeNull();
    expect(spread([1][Symbol.iterator]())).toBeNull();
  });
});

describe('a key', () => {
  it('is missing when a frame is opaque, unknown or not at a yield, or there is none', () => {
    const stack = new FrameStack();
    expect(foldKey(stack, identity)).toBeNull();
    const [outer, inner] = enter(stack, 2);
    expect(foldKey(stack, identity)).toBeNull();
    outer!.site = inner!.site = BASE;
    outer!.values = inner!.values = [];
    expect(foldKey(stack, identity)).toBe(`${BASE}(0,${BASE}(0,`);
    atSite(inner!, BASE + 1, []);
    expect(foldKey(stack, identity)).toBeNull();
    atSite(inner!, BASE, null);
    expect(foldKey(stack, identity)).toBeNull();
  });

  it('tells values apart that a program can tell apart', () => {
    const f = (): void => {};
    class Point {
      readonly x = 1;
    }
    const shared = { n: 0 };
    const values: unknown[][] = [
      [0],
      [-0],
      [NaN],
      [Infinity],
      [-Infinity],
      [1],
      [1.5],
      [1e21],
      [12, 3],
      [1, 23],
      [1, 2, 3],
      [''],
      ['0'],
      ['1'],
      ['n'],
      ['undefined'],
      ['a', 'b'],
      ['a,b'],
      ['as1:b'],
      ['ab', ''],
      ['', 'ab'],
      [true],
      [false],
      [null],
      [undefined],
      [],
      [[]],
      [{}],
      [0n],
      [1n],
      [10n],
      [[1, 2]],
      [[1], 2],
      [[[1, 2]]],
      [[1, [2]]],
      [['1', 2]],
      [[undefined]],
      [[null]],
      [{ a: 1 }],
      [{ a: '1' }],
      [{ b: 1 }],
      [{ a: 1, b: 2 }],
      [{ b: 2, a: 1 }],
      [{ a: { b: 1 } }],
      [{ a: undefined }],
      [Object.assign(Object.create(null) as object, { a: 1 })],
      [new Map()],
      [new Set()],
      [new Map([[1, 2]])],
      [new Set([1, 2])],
      [new Map([[1, 3]])],
      [new Set([2, 1])],
      [f],
      [(): void => {}],
      [new Point()],
      [new Point()],
      [shared, shared],
      [shared, { n: 0 }],
      [[shared, shared]],
      [[shared, { n: 0 }]],
      [shared, { n: 0 }, shared],
      [shared, { n: 0 }, { n: 0 }],
      [
        peek(() => {
          throw new ReferenceError();
        }),
      ],
    ];
    const keys = values.map((list) => keyOf(...list));
    expect(keys).not.toContain(null);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('is the same for the same values', () => {
    const f = (): void => {};
    const make = (): unknown[] => [
      NaN,
      'x',
      1n,
      { a: [1, { b: null }] },
      new Map([['k', [1]]]),
      new Set(['s']),
      f,
    ];
    expect(keyOf(...make())).toBe(keyOf(...make()));
    expect(keyOf(peek(() => 5))).toBe(keyOf(5));
  });

  it('is missing for what can hide state', () => {
    const cyclic: unknown[] = [];
    cyclic.push([cyclic]);
    function* generate(): Generator<number> {
      yield 1;
    }
    const hiding: unknown[] = [
      cyclic,
      generate(),
      [1][Symbol.iterator](),
      new Map().entries(),
      Symbol('s'),
      new Date(0),
      /x/g,
      new Int32Array(1),
      new WeakMap(),
      new (class extends Array<number> {})(),
      Object.assign([1], { extra: 1 }),
      Array.from({ length: 2, 0: 1 }).concat(Array(1)),
      Object.assign(new Map(), { extra: 1 }),
      { [Symbol.iterator]: 1 },
      Object.defineProperty({}, 'hidden', { value: 1 }),
      {
        get x(): number {
          throw new Error('a key must not run the code of the program');
        },
      },
    ];
    for (const value of hiding) {
      expect(keyOf(value)).toBeNull();
      expect(keyOf({ deep: [value] })).toBeNull();
    }
  });

  it('is missing for an object that the engine does not vouch for', () => {
    const stack = new FrameStack();
    atSite(enter(stack)[0]!, BASE, [new (class Box extends Object {})()]);
    expect(foldKey(stack, () => 7)).not.toBeNull();
    expect(foldKey(stack, () => -1)).toBeNull();
  });

  it('costs a few microseconds', () => {
    const stack = new FrameStack();
    const handles = enter(stack, 4);
    for (const handle of handles) {
      handle.site = BASE;
      handle.values = [1, 2, handle];
    }
    const started = performance.now();
    for (let i = 0; i < 20_000; i++) foldKey(stack, identity);
    // Ten times what it takes: only a change of order is to be noticed.
    expect((performance.now() - started) / 20).toBeLessThan(20);
  });
});
