/** Small programs, each of which a particular mistake in the pass would fold wrongly or change. */
import { describe, expect, it } from 'vitest';
import { explore, findWrongFold, instrumentText, load, numbering, run } from './harness.ts';

const DEPTH = 7;
const HELPERS = `
function* ask(what) { return yield ['ask', what]; }
function* clear(o) { o.n = 0; return yield 'mid'; }
function* each(f) { for (let i = 0; i < 2; i++) yield ['each', f(i)]; }
function* both(f) { for (;;) { if (yield 'again') f(); else return; } }
`;

/** Bodies of `main`, or whole modules that declare it. `folds`: at least two histories must share a node. */
const CASES: Record<string, { readonly text: string; readonly folds?: true }> = {
  'a value used later': { text: `const a = yield 'in'; yield 'mid'; yield ['see', a];` },
  'a value no longer used': { text: `const a = yield ['in']; yield ['see', 1]; yield a ? 1 : 1;` },
  'a dead value': { text: `let a = yield 'in'; yield 'mid'; a = yield 'in'; yield ['see', a];`, folds: true },
  'the back edge of a loop': {
    text: `let a = 0; for (;;) { yield ['see', a]; yield 'mid'; a = yield 'in'; yield 'mid'; }`,
    folds: true,
  },
  'a nested back edge': {
    text: `let a = 0, b = 0; for (;;) { while (yield 'more') { yield ['b', b]; b = a; } a = yield 'in'; }`,
    folds: true,
  },
  'falling through a case': {
    text: `const a = yield 'in'; switch (0) { case 0: yield 'mid'; case 1: yield ['see', a]; }`,
  },
  'the default before other cases': {
    text: `const a = yield 'in'; yield 'mid'; switch (7) { default: yield ['see', a]; break; case 1: yield 'one'; }`,
  },
  'a case test': {
    text: `const a = yield 'in'; switch (a) { case yield 'mid': yield ['same', a]; break; default: yield 'other'; }`,
  },
  'an operand that changes while it waits': {
    text: `let a = yield 'in'; const r = a + (yield* ask(a = 0)); yield ['see', r];`,
  },
  'an operand that waits': {
    text: `let a = yield 'in'; a = a + (yield 'mid'); yield ['see', a];`,
    folds: true,
  },
  'two yields in one expression': { text: `const r = (yield 'in') * 2 + (yield 'mid'); yield ['see', r];` },
  'two yields in one call': { text: `const r = Math.max(yield 'in', yield 'mid'); yield ['see', r];` },
  'two yields in one array': { text: `const r = [yield 'in', yield 'mid']; yield ['see', r];` },
  'a yield in the operand of a yield': {
    text: `const r = yield* ask(yield* ask(1)); yield ['see', r]; yield* ask(yield* ask(1));`,
    folds: true,
  },
  'a variable behind a function in a list': {
    text: `let a = 0; const get = [() => a]; for (;;) { a = yield 'in'; yield 'mid'; yield ['see', get[0]()]; }`,
    folds: true,
  },
  'a const function': {
    text: `let a = yield 'in'; const f = () => a; yield 'mid'; yield ['see', f()]; a = 1; yield ['see', f()];`,
    folds: true,
  },
  'a hoisted function': {
    text: `let a = yield 'in'; yield 'mid'; yield ['see', f()]; function f() { return a; }`,
  },
  'a function used as a value': {
    text: `let prev = null; for (;;) { const f = () => 1; const r = yield ['same', prev === f]; yield 'mid'; if (r) prev = f; yield ['then', prev === f]; }`,
  },
  'a function that writes': {
    text: `let a = 0; for (;;) { yield* both(() => { a++; }); yield ['see', a % 2]; }`,
  },
  'a function that writes while it is held': {
    text: `let a = 0; yield* both(() => { a++; }); yield ['see', a];`,
  },
  'a nested generator that reads': {
    text: `const a = yield 'in'; const g = function* () { yield 'mid'; yield ['see', a]; }; yield* g();`,
  },
  'a nested generator that writes': {
    text: `let a = 0; const g = function* () { a += yield 'in'; }; yield* g(); yield 'mid'; yield ['see', a];`,
  },
  'a generator that outlives its maker': {
    text: `function* make() { const a = yield 'in'; const f = () => a; return function* () { yield 'mid'; yield ['see', f()]; }; }
      function* main() { const g = yield* make(); yield* g(); }`,
  },
  'a generator made by a plain function': {
    text: `const make = (a) => function* () { yield 'mid'; yield ['see', a]; };
      function* main() { const a = yield 'in'; yield* make(a)(); }`,
  },
  'a module variable that a function changes': {
    text: `let count = 0; const next = () => ++count; function* main() { count = 0; for (;;) { if (yield 'in') next(); yield ['see', count]; } }`,
  },
  'a module variable behind two functions': {
    text: `let count = 0; const set = (n) => { count = n; }; const get = () => count; const see = () => get();
      function* main() { set(yield 'in'); yield 'mid'; yield ['see', see()]; }`,
  },
  'a `var` declared twice': { text: `var a = yield 'in'; yield 'mid'; var a; yield ['see', a];` },
  'a `let` without a value': {
    text: `for (;;) { let a; yield ['see', a]; a = yield 'in'; yield 'mid'; }`,
    folds: true,
  },
  'a `var` with the name of a parameter': {
    text: `function* f(a) { yield 'mid'; var a; yield ['see', a]; } function* main() { yield* f(yield 'in'); }`,
  },
  'a parameter seen by a default': {
    text: `function* f(a, get = () => a) { yield 'mid'; var a = 5; yield ['see', get(), a]; } function* main() { yield* f(yield 'in'); }`,
  },
  'leaving a loop that is not followed': {
    text: `let a = yield 'in'; out: { yield 'mid'; for (const q of [1]) { if (q) break out; } a = 0; } yield ['see', a];`,
  },
  'continuing from a loop that is not followed': {
    text: `let a = yield 'in'; rows: for (;;) { yield ['see', a]; yield 'mid'; for (const q of [1]) continue rows; a = 0; }`,
  },
  'continuing an outer loop': {
    text: `let a = yield 'in'; rows: for (;;) { yield ['see', a]; for (;;) { yield 'mid'; continue rows; } }`,
  },
  'leaving a labelled block': {
    text: `let a = yield 'in'; out: { if (yield 'mid') break out; a = 0; } yield ['see', a];`,
  },
  'an optional call': {
    text: `let a = yield 'in'; const p = null; yield 'mid'; p?.f(a = 0); yield ['see', a];`,
  },
  'an optional member': {
    text: `let a = yield 'in'; const p = null; yield 'mid'; p?.[a = 0].b.c; yield ['see', a];`,
  },
  'an optional callee': {
    text: `let a = yield 'in'; const p = {}; yield 'mid'; p.f?.(a = 0); yield ['see', a];`,
  },
  'a logical assignment': {
    text: `let a = 1, b = yield 'in'; yield 'mid'; a ||= b = 0; yield ['see', a, b];`,
  },
  'a logical assignment to a member': {
    text: `const o = { n: 1 }; let b = yield 'in'; yield 'mid'; o.n ||= b = 0; yield ['see', b];`,
  },
  'a conditional': {
    text: `let a = yield 'in'; yield 'mid'; const r = (yield 'c') ? a : (a = 0); yield ['see', r, a];`,
  },
  'a short circuit': { text: `let a = yield 'in'; (yield 'mid') && (a = 0); yield ['see', a];` },
  'the default in a pattern': { text: `let a = yield 'in', b; yield 'mid'; [b = a] = []; yield ['see', b];` },
  'a pattern that may not assign in order': {
    text: `let a = yield 'in', b; yield 'mid'; [b = a, a] = []; yield ['see', a, b];`,
  },
  'a yield in a pattern': { text: `const [a, b = yield 'mid'] = [yield 'in']; yield ['see', a, b];` },
  'a yield in a class': {
    text: `const a = yield 'in'; class C { [(yield 'mid', a)]() {} } yield ['see', Object.getOwnPropertyNames(C.prototype)];`,
  },
  'a catch clause': { text: `let a = yield 'in'; try { yield 'mid'; throw 1; } catch { yield ['see', a]; }` },
  'a finally clause': {
    text: `let a = yield 'in'; try { yield 'mid'; return 1; } finally { yield ['see', a]; }`,
  },
  'an iterator': { text: `for (const q of ['x', 'y', 'z']) yield 'mid'; yield 'last';` },
  'an enumeration': { text: `for (const q in { x: 1, y: 2 }) yield 'mid'; yield 'last';` },
  'the list of an iteration': {
    text: `let a = yield 'in'; let sum = 0; for (const q of [a, yield* ask(0)]) sum += q; yield ['see', sum]; a = 0;`,
  },
  'a delegated list': { text: `const list = ['x', 'x', 'x']; yield* list; yield 'last';` },
  'a delegated list in place': { text: `yield* ['x', 'x', 'x']; yield 'last';` },
  'a delegated string': { text: `yield* \`xx\${'x'}\`; yield 'last';` },
  'a generator driven by hand': {
    text: `function* inner() { for (let i = 0; i < 2; i++) yield 'x'; return 'end'; }
      function* main() { const g = inner(); for (;;) { const r = g.next(); if (r.done) break; yield r.value; } yield 'last'; }`,
  },
  'a generator started by hand': {
    text: `function* inner() { let n = yield 'lost'; for (;;) n = yield ['see', n, yield 'mid']; }
      function* main() { const g = inner(); g.next(); yield* g; }`,
  },
  'an object as iterator': {
    text: `function* main() { let n = 0; const it = { [Symbol.iterator]() { return this; }, next() { return { done: n++ > 2, value: 'x' }; } }; yield* it; yield 'last'; }`,
  },
  'a member whose old value waits': {
    text: `const o = { n: yield 'in' }; o.n += yield* clear(o); yield ['see', o.n];`,
  },
  'a member read that waits': {
    text: `const o = { n: yield 'in' }; const r = o.n + (yield* clear(o)); yield ['see', r];`,
  },
  'a member that is only written': {
    text: `const o = { n: 0 }; o.n = yield 'in'; yield 'mid'; o.n = yield 'in'; yield ['see', o];`,
  },
  'a text that waits': {
    text: 'const o = [yield 1]; function* push() { o[0] = 0; yield "mid"; } const r = `${o}${yield* push()}`; yield ["see", r];',
  },
  'a comparison that waits': {
    text: `const o = [yield 'in']; function* push() { o[0] = 0; yield 'mid'; } const r = [o == '1', yield* push()]; yield ['see', r];`,
  },
  'one object under two names': {
    text: `const p = { n: 0 }; const q = (yield 'in') ? p : { n: 0 }; yield 'mid'; q.n = 1; yield ['see', p.n];`,
  },
  'one object in two frames': {
    text: `function* f(p) { yield 'mid'; p.n = 1; } function* main() { const p = { n: 0 }; yield* f((yield 'in') ? p : { n: 0 }); yield ['see', p.n]; }`,
  },
  'objects of the same content': {
    text: `let p = { n: yield 'in' }; yield 'mid'; p = { n: 0 }; yield 'mid'; yield ['see', p];`,
    folds: true,
  },
  'properties in another order': {
    text: `const p = (yield 'in') ? { a: 1, b: 2 } : { b: 2, a: 1 }; yield 'mid'; yield ['see', Object.keys(p)];`,
  },
  'a map': {
    text: `const m = new Map(); for (;;) { m.set(0, yield 'in'); yield 'mid'; yield ['see', m.get(0)]; }`,
    folds: true,
  },
  'a set': {
    text: `const s = new Set(); for (;;) { if (yield 'in') s.add(1); else s.clear(); yield 'mid'; yield ['see', s.size]; }`,
    folds: true,
  },
  'a variable not yet initialised': {
    text: `const f = () => a; yield 'mid'; const a = yield 'in'; yield 'mid'; yield ['see', f()];`,
  },
  'a variable of another case': {
    text: `for (;;) { let f = () => 0; switch (yield 'in') { case 0: let a = 1; f = () => a; default: yield 'mid'; f(); } }`,
  },
  'a variable that a hoisted generator sees too early': {
    text: `const first = g(); yield* first; const a = yield 'in'; yield* g(); function* g() { if (yield 'mid') yield 'skip'; else yield ['see', typeof g]; if (yield 'use') yield ['see', a]; }`,
  },
  'a shadowed variable': {
    text: `const a = yield 'in'; { const a = 1; yield 'mid'; yield ['inner', a]; } yield ['see', a];`,
  },
  'a shadowed variable that is dead': {
    text: `const a = yield 'in'; yield ['see', a]; { const a = 1; yield 'mid'; yield ['inner', a]; }`,
    folds: true,
  },
  'the variable of a turn': {
    text: `const fs = []; for (let i = yield 'in'; fs.length < 2; i++) { fs.push(() => i); yield 'mid'; } yield ['see', fs.map((f) => f())];`,
  },
  '`this`': {
    text: `const K = { n: 1, *f() { yield 'mid'; yield ['see', this.n]; } }, L = { ...K, n: 2 }; function* main() { yield* ((yield 'in') ? K : L).f(); }`,
  },
  '`this` in an arrow function': {
    text: `const K = { n: 1, *f() { yield 'mid'; yield ['see', (() => this.n)()]; } }, L = { ...K, n: 2 }; function* main() { yield* ((yield 'in') ? K : L).f(); }`,
  },
  'a field of `this`': {
    text: `class C { n = 0; *f() { for (;;) { this.n = yield 'in'; yield 'mid'; yield ['see', this.n]; } } } function* main() { yield* new C().f(); }`,
  },
  '`arguments`': {
    text: `function* f() { yield 'mid'; yield ['see', arguments[0]]; } function* main() { yield* f(yield 'in'); }`,
  },
  '`eval`': { text: `const a = yield 'in'; yield 'mid'; yield ['see', eval('a')];` },
  'callees that have returned': {
    text: `for (;;) { yield* ask(1); yield* each((i) => i); yield 'mid'; }`,
    folds: true,
  },
  'lazy arguments': {
    text: `function* open(body) { const r = yield* body; yield ['close']; return r; } function* main() { for (;;) { const a = yield 'in'; yield* open(ask(a)); } }`,
    folds: true,
  },
  'parameters with defaults': {
    text: `function* f({ a = 1, b: [c] = [2] } = {}, ...rest) { yield 'mid'; yield ['see', a, c, rest]; } function* main() { yield* f((yield 'in') ? { a: 3 } : undefined, 4, 5); }`,
  },
  'a recursive generator': {
    text: `function* down(n) { if (n > 0 && (yield ['n', n])) yield* down(n - 1); yield ['up', n]; } function* main() { yield* down(3); }`,
    folds: true,
  },
  'a recursive function expression': {
    text: `const down = function* self(n) { if (n > 0 && (yield ['n', n])) yield* self(n - 1); yield ['up', n]; }; function* main() { yield* down(3); }`,
    folds: true,
  },
};

function moduleOf(text: string): string {
  return HELPERS + (text.includes('function* main()') ? text : `function* main() { ${text} }`);
}

describe.each(Object.entries(CASES))('%s', (_, { text, folds }) => {
  const source = moduleOf(text);
  const { code } = instrumentText(source);

  it('yields what it yields without the pass', () => {
    const inputs = [
      [0, 0, 0, 0, 0, 0, 0, 0],
      [1, 1, 1, 1, 1, 1, 1, 1],
      [0, 1, 0, 1, 0, 1, 0, 1],
      [1, 0, 0, 1, 1, 0, 1, 1],
    ];
    for (const history of inputs) {
      const operations = (body: string): string[] =>
        run(load(body), history, numbering()).map(({ operation }) => operation);
      expect(operations(code)).toEqual(operations(source));
    }
  });

  it('is folded only where the futures are equal', () => {
    const found = findWrongFold(explore(load(code), DEPTH), DEPTH);
    expect(found.wrong).toBeNull();
    if (folds) expect(found.folds).toBeGreaterThan(0);
  });
});
