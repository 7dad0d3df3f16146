import { describe, expect, it } from 'vitest';
import { instrument, isInstrumented } from '../../../src/search/fold/pass.ts';
import { instrumentText } from './harness.ts';

/** The instrumented text without its first line's header. */
function bodyOf(source: string): string {
  return instrumentText(source).code.replace(/\/\*lostwrite:fold\*\/import.*?\]\]\); ?/, '');
}

/** The site rows that the header registers. */
function rowsOf(source: string): unknown {
  const { code } = instrumentText(source);
  return JSON.parse(/\$+sites\("test.ts", (\[.*?\]\])\)/.exec(code)?.[1] ?? '[]');
}

describe('the instrumented text', () => {
  it.each([
    ['yield a;', 'yield $at($frame, $base + 0, a, []);'],
    ['yield* a;', 'yield* $to($frame, $base + 0, a, []);'],
    ['yield;', 'yield $at($frame, $base + 0, void 0, []);'],
    ['yield(a);', 'yield $at($frame, $base + 0, (a), []);'],
    ['yield*(a, b);', 'yield*$to($frame, $base + 0, (a, b), []);'],
    ['yield/* why */[a];', 'yield/* why */$at($frame, $base + 0, [a], []);'],
    ['yield (yield);', 'yield $at($frame, $base + 0, (yield $at($frame, $base + 1, void 0, [])), []);'],
    ['yield yield;', 'yield $at($frame, $base + 0, yield $at($frame, $base + 1, void 0, []), []);'],
    ['yield yield a;', 'yield $at($frame, $base + 0, yield $at($frame, $base + 1, a, []), []);'],
    ['yield b\n++a;', 'yield $at($frame, $base + 0, b, [a])\n++a;'],
    ['yield 1; return a + b', 'yield $at($frame, $base + 0, 1, [a, b]); return a + b'],
  ])('of %s', (statement, expected) => {
    expect(bodyOf(`function* f(a, b) {${statement}}`)).toBe(
      `function* f(a, b) { const $frame = $enter($base + 0);${expected}}`,
    );
  });

  it('keeps hashbang, directives and lines', () => {
    const source = `#!/usr/bin/env node\n'use strict'\nfunction* f() {\n  'use x'\n  yield 1;\n}\n`;
    const { code } = instrumentText(source);
    expect(code.split('\n')).toHaveLength(source.split('\n').length);
    expect(code).toMatch(/^#!\/usr\/bin\/env node\n'use strict'; \/\*lostwrite:fold\*\/import .*\n/);
    expect(code).toContain(`'use x'; const $frame = $enter($base + 0);\n`);
  });

  it('is that of the module itself if there is nothing to record', () => {
    const source = 'export const f = () => 1;\nfunction* nothing() {}\nasync function g() { await 1; }\n';
    expect(instrumentText(source)).toMatchObject({ code: source, sites: 0, reports: [] });
  });

  it('is not instrumented twice', () => {
    const once = instrumentText('function* f() { yield 1; }').code;
    expect(isInstrumented(once)).toBe(true);
    expect(instrumentText(once)).toMatchObject({ code: once, sites: 0 });
  });

  it('keeps clear of names that are taken', () => {
    const { code } = instrumentText('const $at = 1; function* f() { yield $at; }');
    expect(code).toContain('yieldAt as $$at');
    expect(code).toContain('yield $$at($$frame, $$base + 0, $at, [])');
  });

  it('leaves async generators alone and says so', () => {
    const { reports, sites } = instrumentText('async function* f() { yield 1; }');
    expect(sites).toBe(0);
    expect(reports).toEqual([
      { line: 1, column: 1, functionName: 'f', message: 'an async generator is not recorded' },
    ]);
  });

  it('says what cannot be parsed', () => {
    expect(() => instrumentText('function* f( {')).toThrow(SyntaxError);
  });
});

describe('sites', () => {
  it('have names', () => {
    const source = `
      function* a() { yield 1; }
      const b = function* () { yield 1; };
      const c = (function* () { yield 1; });
      class K { *d() { yield 1; } static *#e() { yield 1; } *[Symbol.iterator]() { yield 1; } f = function* () { yield 1; }; }
      const o = { *g() { yield 1; }, h: function* () { yield 1; }, 'i j': function* () { yield 1; } };
      o.k = function* () { yield 1; };
      run(function* () { yield 1; });
      export default function* () { yield 1; }`;
    expect((rowsOf(source) as unknown[][]).map((row) => row[2])).toEqual([
      'a',
      'b',
      'c',
      'd',
      '#e',
      '[Symbol.iterator]',
      'f',
      'g',
      'h',
      'i j',
      'o.k',
      'anonymous',
      'default',
    ]);
  });

  it('belong to the innermost generator', () => {
    const { code } = instrumentText(
      'function* f(a) { yield 1; const g = function* () { yield a; }; yield* g(); }',
    );
    // The sites of a function stand together, and it enters at the first of them.
    expect(code).toContain('const $frame = $enter($base + 2); yield $at($frame, $base + 2, a, []); };');
    expect(rowsOf('function* f(a) { yield 1; const g = function* () { yield a; }; yield* g(); }')).toEqual([
      [1, 18, 'f', 2],
      [1, 64, 'f', 0],
      [1, 52, 'g', 2],
    ]);
  });

  it('and reports lie where the caller maps them', () => {
    const { code, reports } = instrument('function* f() { for (const x of y) yield x; }', {
      file: 'src/x.ts',
      framesImport: '/frames.ts',
      positionOf: (line, column) => ({ line: line + 10, column: column + 100 }),
    });
    expect(code).toContain('"src/x.ts", [[11,136,"f",3]]');
    expect(code).toContain('from "/frames.ts"');
    expect(reports).toEqual([
      { line: 11, column: 136, functionName: 'f', message: 'a yield inside `for … of`' },
    ]);
  });
});
