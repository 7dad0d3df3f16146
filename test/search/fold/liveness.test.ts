import { parse } from 'acorn';
import type { FunctionDeclaration } from 'acorn';
import { describe, expect, it } from 'vitest';
import { liveness } from '../../../src/search/fold/liveness.ts';
import { resolve } from '../../../src/search/fold/resolve.ts';

interface Found {
  /** For each yield of `f`: the variables recorded, `?` before those that may not be initialised; or null. */
  readonly live: readonly (string | null)[];
  readonly messages: readonly string[];
}

/** Analyses the first function called `f`. */
function analyse(source: string): Found {
  const program = parse(source, { ecmaVersion: 'latest', sourceType: 'module', preserveParens: true });
  const resolution = resolve(program);
  const fn = [...resolution.factsOf.keys()].find(
    (code): code is FunctionDeclaration => code.type === 'FunctionDeclaration' && code.id?.name === 'f',
  );
  if (fn === undefined) throw new Error('no function f');
  const { yields, findings } = liveness(fn, resolution);
  return {
    live: yields.map(
      ({ live }) =>
        live &&
        live
          .map(({ name, certain }) => (certain ? name : `?${name}`))
          .sort()
          .join(' '),
    ),
    messages: findings.map(({ message }) => message),
  };
}

/** Body of `function* f(a, b, c)` → what is recorded at each of its yields, in source order. */
const LIVE: readonly (readonly [string, ...(string | null)[]])[] = [
  // Straight lines.
  ['yield 1; use(a);', 'a'],
  ['yield a; use(b);', 'b'],
  ['a = yield a; use(a);', ''],
  ['const x = yield a; yield b; use(x);', 'b', 'x'],
  ['const x = yield a; yield x;', '', ''],
  ['yield 1; return a;', 'a'],
  ['yield 1; throw a;', 'a'],
  ['return yield a;', ''],
  ['yield 1; return; use(a);', ''],
  ['yield* g(a); yield* g(b);', 'b', ''],
  ['yield;', ''],
  ['const { x, ...y } = yield a; yield 1; use(x, y);', '', 'x y'],
  ['yield 1; [a, b = c] = [1]; use(a, b);', 'c'],
  ['yield 1; ({ a, k: b, [c]: c = a } = {}); use(a, b, c);', 'c'],
  ['yield 1; ({ k: a.x } = {});', 'a'],
  ['yield 1; a += 1;', 'a'],
  ['yield 1; a ??= 1;', 'a'],
  ['yield 1; a++; delete b.x; typeof c;', 'a b c'],
  ['yield 1; `${a}`; tag`${b}`; new c();', 'a b c'],
  ['yield 1; a?.x[b]; c?.();', 'a b c'],
  ['yield 1; ({ a, [b]: 1, m() { return c; } });', 'a b c'],
  ['yield 1; use(...a, [...b], { ...c });', 'a b c'],
  // Branches.
  ['if (yield 1) use(a); else use(b);', 'a b'],
  ['if (a) yield 1; else yield 2; use(b);', 'b', 'b'],
  ['const x = a ? yield 1 : yield 2; use(x, b);', 'b', 'b'],
  ['(yield 1) && use(a); use(b);', 'a b'],
  ['(yield 1) || (yield a); use(b);', 'a b', 'b'],
  ['(yield 1) ?? (a = 1); use(a);', 'a'],
  ['(yield 1, yield a, use(b));', 'a b', 'b'],
  ['switch (yield 1) { case a: use(b); break; default: return c; }', 'a b c'],
  ['switch (a) { case 1: yield 1; case 2: use(b); break; case 3: use(c); }', 'b'],
  ['switch (a) { default: yield 1; case 2: yield 2; break; } use(c);', 'c', 'c'],
  ['switch (yield 1) { default: use(a); break; case b: }', 'a b'],
  ['out: { yield 1; if (a) break out; use(b); } use(c);', 'a b c'],
  // Loops.
  ['while (yield a) use(b); use(c);', 'a b c'],
  ['while (a) { yield 1; a = b; } use(c);', 'b c'],
  ['do { a = yield 1; } while (a < b); use(c);', 'b c'],
  ['for (;;) { const x = yield a; use(x); }', 'a'],
  ['for (let i = 0; i < a; i++) yield b;', 'a b i'],
  ['for (let i = yield 1; i < a; i++) {} use(b);', 'a b'],
  ['for (let i = 0, j = yield 1; i < j; i++) use(a);', 'a i'],
  ['for (;;) { if (yield 1) break; if (a) continue; use(b); } use(c);', 'a b c'],
  ['o: for (;;) { use(a); for (;;) { yield 1; continue o; } }', 'a'],
  ['o: for (;;) { for (;;) { yield 1; break o; } } use(a);', 'a'],
  ['let x = 0; for (;;) { yield x; x = a; a = b; b = c; }', 'a b c'],
  ['for (;;) { let x; yield 1; x = a; yield 2; use(x); }', 'a', 'a x'],
  ['var x = 1; for (;;) { var x; yield 1; use(x); }', 'x'],
  ['yield 1; for (const x of a) use(x, b); use(c);', 'a b c'],
  ['for (const x of yield* g(a)) use(x, b); use(c);', 'b c'],
  ['yield 1; for (const k in a) if (k) break; use(c);', 'a c'],
  ['yield 1; try { use(a); } catch (e) { use(b, e); } finally { use(c); }', 'a b c'],
  // Values that wait.
  ['use(a + (yield b));', 'a'],
  ['use(1 + (yield b));', ''],
  ['use((yield a) + b);', 'b'],
  ['use((yield a) === b);', 'b'],
  ['a += yield b; use(a);', 'a'],
  ['a ||= yield b; use(a);', ''],
  ['a.x = yield b;', 'a'],
  ['a.x ||= yield b;', 'a'],
  ['a[b] = yield c;', 'a b'],
  ['a.m(b, yield c, c);', 'a b c'],
  ['Math.max(a, yield b);', 'a'],
  ['NAMES.deep.m(yield b);', ''],
  ['new a(yield b);', 'a'],
  ['[a, yield b];', 'a'],
  ['({ x: a, y: yield b });', 'a'],
  ['yield* g(yield* h(a), b);', '', 'b'],
  ['yield* a.m(b).n(c);', ''],
  ['yield* a.m(yield* g(b)).n();', '', 'a'],
  ['use(!a, typeof b, yield c);', 'a b'],
  ['use(a === b ? 1 : -1, yield 1);', 'a b'],
  ['use(() => a, yield 1);', 'a'],
  ['a[yield 1];', 'a'],
  ['a?.[yield 1].x; use(b);', 'a b'],
  // Scopes.
  ['let x = a; { let x = b; yield 1; use(x); }', 'x'],
  ['{ let x = a; yield 1; use(x); } yield 2;', 'x', ''],
  ['yield 1; let x = 1; use(x);', ''],
  ['let x = yield 1; use(x);', ''],
  ['let x = 0, y = yield 1; use(x, y);', 'x'],
  ['for (;;) { yield 1; const x = a; use(x); }', 'a'],
  ['const g = () => a; yield 1;', 'a'],
  ['const g = () => a; yield 1; g();', 'a'],
  ['const g = () => a; yield 1; use(g);', 'a g'],
  ['let g = () => a; yield 1; g();', 'a g'],
  ['yield 1; const x = 1; yield 2; use(() => x);', '', 'x'],
  ['yield 1; function g() { return x; } const x = 1; yield 2; g();', '', 'x'],
  ['function g() { return h(); } function h() { return a; } yield 1; g();', 'a'],
  ['switch (a) { case 0: let x = 1; yield 1; case 1: yield 2; use(x); }', 'x', '?x'],
  ['class C { m() { return a; } } yield 1; new C();', 'C a'],
  ['yield 1; use(this);', 'this'],
  ['yield 1; (() => this)();', 'this'],
  ['yield 1; (function () { return this; })();', ''],
  ['yield MODULE; use(MODULE, OTHER, undefined);', ''],
  ['use(TOP); yield 1;', ''],
];

/** Body of `f` → the reasons why some of its yields cannot be folded. */
const OPAQUE: readonly (readonly [string, string, ...string[]])[] = [
  ['for (const x of a) yield x;', 'a yield inside `for … of`'],
  ['for (const x in a) yield x;', 'a yield inside `for … in`'],
  ['for (const { x = yield 1 } of a) {}', 'a yield in the head of `for … of`'],
  ['try { yield 1; } catch {}', 'a yield inside `try`'],
  ['try {} finally { yield 1; }', 'a yield inside `try`'],
  ['use(yield a, yield b);', 'the result of an earlier yield is pending'],
  ['(yield a) + (yield b);', 'the result of an earlier yield is pending'],
  ['use(yield* g(yield 1), yield 2);', 'the result of an earlier yield is pending'],
  ['a.x + (yield b);', 'the value of a member read `.x` is pending'],
  ['a[0] + (yield b);', 'the value of a member read is pending'],
  ['g() + (yield b);', 'the value of a call is pending'],
  ['a.g().m(yield b);', 'the value of a call is pending'],
  ['a.x.m(yield b);', 'the value of a member read `.x` is pending'],
  ['a[b](yield 1);', 'a method with a computed name is pending'],
  ['use(...a, yield b);', 'the value of a spread is pending'],
  ['use((a = 1), yield b);', 'the value of an assignment is pending'],
  ['use({}, yield b);', 'the value of a subexpression is pending'],
  ['(a + 1) * (yield b);', 'the value of a subexpression is pending'],
  ['a + (yield (a = 1));', 'a variable changes while its old value is pending'],
  ['a += yield (a = 1);', 'a variable changes while its old value is pending'],
  ['`${a}${yield b}`;', 'a value already made a string is pending'],
  ['a.x += yield b;', 'the old value of a member is pending'],
  ['const { x = yield 1 } = a;', 'a yield inside a destructuring pattern'],
  ['[a[yield 1]] = b;', 'a yield inside a destructuring pattern'],
  ['switch (a) { case yield 1: }', 'the value of a `switch` is pending'],
  ['class C { [yield 1]() {} }', 'a yield inside a class'],
  ['use(class { static [yield 1] = 2; });', 'a yield in an expression the pass does not know'],
  ['yield* [1, 2];', 'a list does not tell how far it has been yielded'],
  ['let x = a; { let x = yield 1; use(x); } use(x);', '`x` is live, but another variable has its name here'],
  ['let x = a; { let x = b; yield 1; } use(x);', '`x` is live, but another variable has its name here'],
  ['yield 1; use(arguments);', '`arguments` is not recorded: name the parameters'],
  ['yield 1; eval(a);', '`eval` may touch any variable'],
  ['using x = a; yield 1;', '`using` keeps hidden state'],
  ['TOP = 1; yield 1;', 'assigns the module-level variable `TOP`'],
  ['TOP++; yield 1;', 'assigns the module-level variable `TOP`'],
  ['for (TOP of a); yield 1;', 'assigns the module-level variable `TOP`'],
  ['[TOP] = a; yield 1;', 'assigns the module-level variable `TOP`'],
  ['use(() => { TOP = 1; }); yield 1;', 'assigns the module-level variable `TOP`'],
  ['NAMES.x = 1; yield 1;', 'writes to `NAMES`, which outlives the thread'],
  ['process.env.x = 1; yield 1;', 'writes to `process`, which outlives the thread'],
  ['this.x = 1; yield 1;', 'writes to a field of `this`, which is known by identity only'],
  ['use(() => delete this.x); yield 1;', 'writes to a field of `this`, which is known by identity only'],
  [
    'use(() => { a++; }); yield 1;',
    '`a` is assigned in a nested function, maybe while this one is suspended',
  ],
  ['use(counter); yield 1;', 'depends on `counter`, which is assigned in another function'],
  ['use(next()); yield 1;', 'depends on `counter`, which is assigned in another function'],
];

const MODULE = `import { MODULE } from 'm'; import * as NAMES from 'n'; const OTHER = 1; let TOP = 0; TOP = 2; let counter = 0;
function next() { return counter++; }`;

describe('what is recorded', () => {
  it.each(LIVE)('%s', (body, ...live) => {
    const found = analyse(`${MODULE} function* f(a, b, c) { ${body} }`);
    expect(found.live).toEqual(live);
    expect(found.messages).toEqual([]);
  });
});

describe('what is opaque', () => {
  it.each(OPAQUE)('%s', (body, ...messages) => {
    const found = analyse(`${MODULE} function* f(a, b, c) { ${body} }`);
    expect(found.messages).toEqual(messages);
    expect(found.live).toContain(null);
  });

  it('is only the yield across which state is hidden', () => {
    expect(
      analyse('function* f(a) { yield a; use(yield 1, yield 2); for (const x of a) yield x; yield a; }').live,
    ).toEqual(['a', 'a', null, null, '']);
  });
});

describe('variables of the functions around a generator', () => {
  it('are recorded like its own', () => {
    expect(
      analyse(
        'function make(x, y) { const z = 1; return [f]; function* f() { yield x; yield 1; use(y, z); } }',
      ).live,
    ).toEqual(['?z y', '?z y']);
    expect(
      analyse(
        'function make(x) { const z = 1; if (x) { return () => { function* f() { yield 1; use(z); } return f; }; } }',
      ).live,
    ).toEqual(['z']);
  });

  it('that name a function stand for what it mentions', () => {
    const source =
      'function make(x) { function g() { return x; } function* f() { yield 1; g(); yield* f(); } return f; }';
    // `f` is looked at except to call it, so it counts as a value; `g` does not.
    expect(analyse(source).live).toEqual(['f x', '']);
    expect(analyse(source.replace(' return f;', ' f();')).live).toEqual(['x', '']);
  });

  it('must not be assigned, by the generator or behind its back', () => {
    expect(analyse('function make(x) { function* f() { yield 1; x = 1; } }').messages).toEqual([
      'assigns `x`, a variable of the function around it',
    ]);
    expect(
      analyse('function make(x) { const g = () => { x++; }; function* f() { yield 1; use(x); } }').messages,
    ).toEqual(['depends on `x`, which is assigned in another function']);
    expect(analyse('function make(x) { x = x ?? 1; function* f() { yield 1; use(x); } }').messages).toEqual(
      [],
    );
  });
});
