import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** TypeScript whose positions move when it is compiled: types vanish, lines too. */
const MODEL = `
interface Word {
  load(): Generator<string, number, number>;
}

export type Vanishing = { readonly gone: string };

export function* handle(word: Word, times: number): Generator<string, number, number> {
  let sum: number = 0;
  for (let i: number = 0; i < times; i++) {
    const got: number = (yield* word.load()) as number;
    sum = sum + got;
  }
  for (const text of ['a', 'b'] as const) yield text;
  return yield 'last';
}

export class Cell implements Word {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
  *load(): Generator<string, number, number> {
    return (yield this.name) satisfies number;
  }
}
`;

let directory = '';

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'lostwrite-fold-'));
  mkdirSync(join(directory, 'src/core'), { recursive: true });
  mkdirSync(join(directory, 'src/mm'), { recursive: true });
  for (const name of ['frames.ts', 'values.ts'])
    cpSync(join(ROOT, 'src/core', name), join(directory, 'src/core', name));
  cpSync(join(ROOT, 'src/search/fold'), join(directory, 'src/search/fold'), { recursive: true });
  rmSync(join(directory, 'src/search/fold/vite.ts'));
  writeFileSync(join(directory, 'src/mm/memory.ts'), MODEL);
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  const config = {
    extends: join(ROOT, 'tsconfig.build.json'),
    compilerOptions: { rootDir: '.', outDir: 'dist', types: ['node'] },
    include: ['src'],
  };
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(config));
  const compiled = spawnSync(
    process.execPath,
    [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', directory],
    { encoding: 'utf8' },
  );
  expect(compiled.stdout).toBe('');
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

function build(...directories: string[]): { status: number | null; stderr: string } {
  const { status, stderr } = spawnSync(process.execPath, ['dist/src/search/fold/build.js', ...directories], {
    cwd: directory,
    encoding: 'utf8',
  });
  return { status, stderr };
}

describe('the build command', () => {
  it('instruments compiled TypeScript in place, once, and reports where the source is', () => {
    expect(build('dist/src/mm')).toEqual({
      status: 0,
      stderr: 'src/mm/memory.ts:14:43 handle: a yield inside `for … of`\n',
    });
    const file = join(directory, 'dist/src/mm/memory.js');
    const code = readFileSync(file, 'utf8');
    expect(code).toContain('from "../core/frames.js"');
    expect(code).toContain(
      '"src/mm/memory.ts", [[11,26,"handle",2],[14,43,"handle",1],[15,10,"handle",0],[24,13,"load",2]]',
    );
    expect(build('dist/src/mm')).toEqual({ status: 0, stderr: '' });
    expect(readFileSync(file, 'utf8')).toBe(code);
    expect(readdirSync(join(directory, 'dist/src/mm')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('makes modules that run and record', () => {
    build('dist/src/mm');
    const script = `
      import { activate, foldKey, FrameStack, siteOf } from './dist/src/core/frames.js';
      import { Cell, handle } from './dist/src/mm/memory.js';
      const stack = new FrameStack();
      activate(stack);
      const run = handle(new Cell('x'), 2);
      const seen = [];
      for (let r = run.next(0); !r.done; r = run.next(1))
        seen.push([r.value, stack.frames.map((f) => siteOf(f.site).line).join(), foldKey(stack, () => 9)]);
      console.log(JSON.stringify(seen));`;
    const seen = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: directory,
      encoding: 'utf8',
    });
    expect(JSON.parse(seen)).toEqual([
      ['x', '11,24', expect.stringMatching(/^\d+\(4,0,0,2,@9,\d+\(1,@9,$/)],
      ['x', '11,24', expect.stringMatching(/^\d+\(4,1,1,2,@9,\d+\(1,@9,$/)],
      ['a', '14', null],
      ['b', '14', null],
      ['last', '15', expect.stringMatching(/^\d+\(0,$/)],
    ]);
  });

  it('ends with 2 when a file cannot be parsed, after all others', () => {
    mkdirSync(join(directory, 'dist/bad'), { recursive: true });
    writeFileSync(join(directory, 'dist/bad/a.js'), 'function* (');
    writeFileSync(join(directory, 'dist/bad/b.js'), 'export function* f() { yield 1; }');
    const { status, stderr } = build('dist/none', 'dist/bad');
    expect(status).toBe(2);
    expect(stderr).toMatch(/^dist\/none: no such directory.*\ndist\/bad\/a\.js: Unexpected token.*\n$/);
    expect(readFileSync(join(directory, 'dist/bad/b.js'), 'utf8')).toContain(
      '"dist/bad/b.js", [[1,24,"f",2]]',
    );
  });
});
