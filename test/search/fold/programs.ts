/** Random small generator functions as text, for the properties of the fold pass. */
import * as fc from 'fast-check';

const HELPERS = `
const TEN = 10;
function* ask(what) { return yield ['ask', what]; }
function* twice(x) { let n = x; n += yield ['first', n & 7]; const m = yield ['second', n & 1]; return n + m; }
function* poll(limit) { for (let i = 0; i < limit; i++) { if (yield ['poll', i]) return i; } return -1; }
function* wrap(body) { yield ['open']; const r = yield* body; yield ['close', r]; return r; }
function* retry(f) { for (;;) { const r = yield* f(); if (r) return r; } }
class Box { constructor(n) { this.n = n; } *get() { const x = yield ['box', this.n]; return x + this.n; } static *of(x) { yield ['of', x]; return x * 2; } }
const BOX = new Box(3);
`;

const NAMES = ['a', 'b', 'c'] as const;
const name = fc.constantFrom(...NAMES);
const small = fc.integer({ min: 0, max: 3 }).map(String);

type Grammar = Record<'expression' | 'yielding' | 'statement' | 'block', string>;

/** Numbers everywhere, so that every program means something; `%` keeps them small. */
const { block } = fc.letrec<Grammar>((tie) => {
  const expression = tie('expression');
  const yielding = tie('yielding');
  const either = fc.oneof(expression, yielding);
  const inner = tie('block');
  const format = (template: string, ...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
    fc.tuple(...parts).map((texts) => template.replace(/#(\d)/g, (_, i: string) => texts[Number(i)] ?? ''));
  return {
    expression: fc.oneof(
      { maxDepth: 3, depthSize: 'small', withCrossShrink: true },
      name,
      small,
      format('(#0 + #1) % 5', expression, expression),
      format('(#0 === #1 ? 1 : 0)', expression, expression),
      format('(#0 && #1)', expression, expression),
      format('(#0 ? #1 : #2)', name, expression, expression),
      fc.constantFrom('o.n', 'list.length', 'list.at(-1)', 'sum()', 'TEN', '(p?.n ?? 0)', 'o.k'),
      format('(#0 = #1)', name, expression),
      format('#0++ % 3', name),
    ),
    yielding: fc.oneof(
      { maxDepth: 3, depthSize: 'small', withCrossShrink: true },
      format('(yield ["op", #0])', expression),
      format('(yield* ask(#0))', either),
      format('(yield* twice(#0))', either),
      format('(yield* poll(#0))', small),
      format('(#0 + (yield* ask(#1)))', expression, either),
      format('((yield* ask(#0)) + #1)', either, either),
      format('((yield* ask(#0)) && #1)', either, either),
      format('((yield* ask(#0)) || #1)', either, either),
      format('(#0 ? #1 : #2)', either, either, either),
      format('(#0 = #1)', name, either),
      format('(#0 += #1)', name, either),
      format('(#0 ||= #1)', name, either),
      format('(o.n = #0)', either),
      format('(o.n += #0)', either),
      format('(o.n &&= #0)', either),
      format('(#0, #1)', either, either),
      format('(yield* wrap(twice(#0)))', expression),
      format('(yield* [["l", #0], ["m", #0]], #0)', name),
      format('(yield* (#0 ? ask(1) : twice(#1)))', name, expression),
      format('Math.max(#0, #1)', either, either),
      format('[#0, #1].reduce((x, y) => x + y, 0) % 5', either, either),
      format('`${#0}${#1}`.length', name, either),
      fc.constantFrom('(yield* BOX.get())', '(yield* Box.of(a))', '(yield* box.get())', '(yield* nested(c))'),
      format('(yield* retry(function* () { return yield ["again", #0]; }))', expression),
      format('(p?.f(#0) ?? 1)', either),
      format('(p?.n && #0)', either),
    ),
    statement: fc.oneof(
      { maxDepth: 3, depthSize: 'small', withCrossShrink: true },
      format('#0;', either),
      format('#0 = #1;', name, either),
      format('#0 = #1;', name, either),
      format('if (#0) #1 else #2', either, inner, inner),
      format('if (#0) #1', either, inner),
      format('if (#0) break top;', either),
      format('if (#0) return #1;', either, expression),
      format('for (let i = #0; i < 3; i++) #1', either, inner),
      format('for (let a = 0, fuel = 3; a < 2 && fuel-- > 0; a++) #0', inner),
      format('if (#0) continue top;', either),
      fc.tuple(inner, either, inner, either).map((parts) => {
        const [first, skip, second, stop] = parts.map((part) => part.replaceAll('rows', 'rows_'));
        return `rows: for (let i = 0; i < 2; i++) { ${first} for (let spare = 2; spare > 0; spare--) { if (${skip}) continue rows; ${second} if (${stop}) break rows; } }`;
      }),
      format(
        'switch (#0) { case 0: let s = #1; later = () => s; default: #2 if (#3) b = s; }',
        either,
        either,
        inner,
        either,
      ),
      format('{ let turns = 0; while (turns++ < 2 && #0) #1 }', either, inner),
      format(
        '{ let turns = 0; do { #0 if (#1) continue; #2 } while (#3 && ++turns < 3); }',
        inner,
        expression,
        inner,
        either,
      ),
      format(
        'switch (#0) { case 0: #1 break; case #2: #3 default: #4 case 2: #5 }',
        either,
        inner,
        expression,
        inner,
        inner,
        inner,
      ),
      format('for (const x of [1, 2]) { a = (a + x) % 5; if (a === #0) break; }', expression),
      format('for (const x of [1, #0]) #1', either, inner),
      format('try { #0 if (b > 2) throw 1; } catch { b = 0; #1 } finally { c = (c + 1) % 4; }', inner, inner),
      format('try { if (#0) throw #1; a = 1; } catch (e) { b = e; }', expression, expression),
      format('{ let a = #0; #1 }', either, inner),
      format('{ const b = #0; #1 }', either, inner),
      format('[a, b = #0] = [#1];', expression, either),
      format('({ n: c, k: o.n = 1 } = #0 ? { n: 1 } : o);', either),
      format('{ const { n: a = #0, ...rest } = o; #1 b = rest.k ?? 0; }', either, inner),
      format('list.push(#0);', either),
      format('if (list.length > 2) list.length = 0;'),
      format('p = #0 ? { n: #1, f: (x) => x } : null;', either, expression),
      format('p = o;'),
      format('box = new Box(#0 % 2);', expression),
      format('var v; v = (v ?? 0) + #0; if (v > 3) #1', either, inner),
      format('{ const snapshot = a; later = () => snapshot; #0 } b = later();', inner),
      format('{ #0 const mine = #1; function read() { return mine; } #2 c = read(); }', inner, either, inner),
    ),
    block: fc
      .array(tie('statement'), { minLength: 1, maxLength: 3, size: 'max' })
      .map((statements) => `{ ${statements.join(' ')} }`),
  };
});

const HEAD = `let a = 0, b = 1, c = 2; let p = null; let box = BOX; let later = () => 0; const o = { n: 0, k: 1 }; const list = [];`;

/** What the functions inside `main` do to its variables: nothing, read them, write them. The last must be noticed. */
const CLOSURES = {
  none: `const sum = () => 3; function* nested(x) { return x + (yield ['nested']); }`,
  read: `const sum = () => (a + b) % 5; function* nested(x) { return (x + (yield ['nested', b]) + b) % 5; }`,
  write: `const sum = () => 3; function* nested(x) { const y = yield ['nested', b]; c = (c + y) % 5; return x; }`,
} as const;

const LOOP = 'top: for (let round = 0; round < 2; round++)';
const SETTLE = 'a %= 3; b %= 3; c %= 3; list.length = 0; turn = 1 - turn;';

/** Modules whose function `main` yields arrays and expects a 0 or 1 for each. It never runs on without yielding. */
export const program: fc.Arbitrary<string> = fc
  .tuple(block, fc.constantFrom('none', 'none', 'none', 'read', 'read', 'write' as const), fc.boolean())
  .map(
    ([body, closures, forever]) => `${HELPERS}
function* main() {
  ${HEAD} ${CLOSURES[closures]}
  ${forever ? `let turn = 0; for (;;) { ${SETTLE} yield ['turn', turn]; ${LOOP} ${body} }` : `${LOOP} ${body} yield ['last', a, b, c];`}
}`,
  );
