/**
 * The source pass behind folding: it makes every generator of a compiled module record, at each yield, where it stands and which
 * values its future depends on (core/frames.ts). It only records; what the program does stays the same.
 *
 *   function* f(a) {                     function* f(a) { const $frame = $enter($base + 0);
 *     const b = yield* g(a);     →         const b = yield* $to($frame, $base + 0, g(a), [a]);
 *     yield a + b;                         yield $at($frame, $base + 1, a + b, []);
 *   }                                    }
 *
 * The operand is evaluated before the values are taken, so that they are those of the moment of suspension, and so that a yield
 * inside the operand (`yield* f(yield* g())`) has come and gone before the outer one is recorded.
 */
import { parse } from 'acorn';
import type { AnyNode, Program, YieldExpression } from 'acorn';
import { MagicString } from 'magic-string';
import type { SourceMap } from 'magic-string';
import type { SiteRow } from '../../core/frames.ts';
import { children, isFunction } from './ast.ts';
import type { FunctionNode } from './ast.ts';
import { liveness } from './liveness.ts';
import type { YieldFacts } from './liveness.ts';
import { functionName } from './names.ts';
import { resolve } from './resolve.ts';
import type { Resolution } from './scopes.ts';

/** A place in a source text as source maps count: line from 1, column from 0. */
export interface SourcePosition {
  readonly line: number;
  readonly column: number;
}

export interface InstrumentOptions {
  /** The original file, relative to the project root. */
  readonly file: string;
  /** Module specifier of core/frames, as the instrumented module is to import it. */
  readonly framesImport: string;
  /** Where a place of the compiled code comes from; null if unknown, then the compiled position is reported. */
  readonly positionOf: (line: number, column: number) => SourcePosition | null;
}

/** Something that keeps generators from being folded. Position in the original file, line and column from 1. */
export interface Report {
  readonly line: number;
  readonly column: number;
  readonly functionName: string;
  readonly message: string;
}

export interface Instrumented {
  readonly code: string;
  /** From the returned code to the code given. */
  readonly map: SourceMap;
  /** How many yields are recorded; 0 for a module without generators, which is returned unchanged. */
  readonly sites: number;
  readonly reports: readonly Report[];
}

/** The first thing in an instrumented module. */
const MARK = '/*lostwrite:fold*/';

/** Has the pass been here before? */
export function isInstrumented(code: string): boolean {
  return code.includes(MARK);
}

/**
 * Instruments one module (ESM, any ECMAScript version acorn knows). Lines stay the same. Throws acorn's SyntaxError for code
 * that is none; code that is instrumented already is returned unchanged. Cost: about that of parsing, a few times.
 */
export function instrument(code: string, options: InstrumentOptions): Instrumented {
  const text = new MagicString(code);
  const pass = new Pass(code, text, options);
  if (!isInstrumented(code)) pass.run();
  return {
    code: text.toString(),
    map: text.generateMap({ source: options.file, includeContent: true, hires: 'boundary' }),
    sites: pass.rows.length,
    reports: pass.reports,
  };
}

class Pass {
  readonly rows: SiteRow[] = [];
  readonly reports: Report[] = [];
  private readonly code: string;
  private readonly text: MagicString;
  private readonly options: InstrumentOptions;
  private readonly prefix: string;

  constructor(code: string, text: MagicString, options: InstrumentOptions) {
    this.code = code;
    this.text = text;
    this.options = options;
    let prefix = '$';
    while (HELPERS.some((helper) => code.includes(prefix + helper))) prefix += '$';
    this.prefix = prefix;
  }

  run(): void {
    const program = parse(this.code, {
      ecmaVersion: 'latest',
      sourceType: 'module',
      locations: true,
      preserveParens: true,
      allowHashBang: true,
    });
    const resolution = resolve(program);
    this.descend(program, [], resolution);
    if (this.rows.length > 0) this.addHeader(program);
    this.reports.sort((a, b) => a.line - b.line || a.column - b.column);
  }

  private descend(node: AnyNode, path: AnyNode[], resolution: Resolution): void {
    if (isFunction(node) && node.generator) this.generator(node, path, resolution);
    path.push(node);
    for (const child of children(node)) this.descend(child, path, resolution);
    path.pop();
  }

  private generator(fn: FunctionNode, path: readonly AnyNode[], resolution: Resolution): void {
    const name = functionName(fn, path, this.code);
    // It is resumed by nobody we know.
    if (fn.async) return this.report(fn, name, 'an async generator is not recorded');
    const { yields, findings } = liveness(fn, resolution);
    for (const { node, message } of findings) this.report(node, name, message);
    // A generator without a yield never suspends, so nobody can find it on a stack.
    if (yields.length === 0 || fn.body.type !== 'BlockStatement') return;
    const start = fn.body.start + 1;
    const at = afterDirectives(start, fn.body.body);
    const { prefix: p } = this;
    const first = this.rows.length;
    this.text.appendLeft(at, `${at === start ? '' : ';'} const ${p}frame = ${p}enter(${p}base + ${first});`);
    for (const [i, { node, live }] of yields.entries()) {
      const { line, column } = this.original(node);
      this.rows.push([line, column, name, (live === null ? 1 : 0) | (i === 0 ? 2 : 0)]);
    }
    // Inner ones first: where an inner and an outer operand end at the same place, the inner call is to be closed first.
    for (const [i, facts] of [...yields.entries()].reverse()) this.record(facts, first + i);
  }

  private record({ node, live }: YieldFacts, id: number): void {
    const { prefix: p, text } = this;
    const values = live?.map((entry) => (entry.certain ? entry.name : `${p}peek(() => ${entry.name})`));
    const open = `${p}${node.delegate ? 'to' : 'at'}(${p}frame, ${p}base + ${id}, `;
    const close = `, ${values === undefined ? 'null' : `[${values.join(', ')}]`})`;
    if (!node.argument) text.appendLeft(node.end, ` ${open}void 0${close}`);
    else
      text.prependRight(node.argument.start, gap(this.code, node, open)).appendLeft(node.argument.end, close);
  }

  private addHeader(program: Program): void {
    const { prefix: p, rows } = this;
    const imports = [`enterFrame as ${p}enter`, `registerSites as ${p}sites`];
    imports.push(`yieldAt as ${p}at`, `delegateAt as ${p}to`, `peek as ${p}peek`);
    const from = JSON.stringify(this.options.framesImport);
    const table = `${p}sites(${JSON.stringify(this.options.file)}, ${JSON.stringify(rows)})`;
    const header = `import { ${imports.join(', ')} } from ${from}; const ${p}base = ${table};`;
    const hashbang = /^#!.*(\r?\n|$)/.exec(this.code)?.[0].length ?? 0;
    const at = afterDirectives(hashbang, program.body);
    // A directive may lack its semicolon.
    this.text.appendLeft(at, at === hashbang ? `${MARK}${header} ` : `; ${MARK}${header}`);
  }

  private original(node: AnyNode): SourcePosition {
    const start = node.loc?.start ?? { line: 1, column: 0 };
    const { line, column } = this.options.positionOf(start.line, start.column) ?? start;
    return { line, column: column + 1 };
  }

  private report(node: AnyNode, name: string, message: string): void {
    this.reports.push({ ...this.original(node), functionName: name, message });
  }
}

const HELPERS: readonly string[] = ['enter', 'sites', 'at', 'to', 'peek', 'base', 'frame'];

/** `yield(x)` and `yield[x]` need no space before what replaces their operand, but a name does. */
function gap(code: string, node: YieldExpression, open: string): string {
  const before = code[(node.argument?.start ?? 0) - 1] ?? ' ';
  return /[\w$]/.test(before) ? ` ${open}` : open;
}

/** The end of the directives that a body begins with, or its start. */
function afterDirectives(start: number, body: readonly AnyNode[]): number {
  let at = start;
  for (const statement of body) {
    if (statement.type !== 'ExpressionStatement' || statement.directive === undefined) break;
    at = statement.end;
  }
  return at;
}
