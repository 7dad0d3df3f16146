import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
let directory = '';

/** A project of its own, with a model, a test of it, and the plugin in its configuration. */
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'lostwrite-vite-'));
  mkdirSync(join(directory, 'model'));
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  const plugin = JSON.stringify(join(ROOT, 'src/search/fold/vite.ts'));
  const frames = JSON.stringify(join(ROOT, 'src/core/frames.ts'));
  const files = {
    'package.json': '{ "type": "module" }',
    'vitest.config.ts': `
      import { foldPlugin } from ${plugin};
      const root: string = import.meta.dirname;
      export default { root, cacheDir: root + '/cache', plugins: [foldPlugin({ include: (id: string) => id.includes('/model/'), root })] };`,
    'model/counter.ts': `type Gone = string;
      interface AlsoGone { readonly a: Gone }

      export function* counter(n: number): Generator<string, void, number> {
        const got: number = yield 'first' as Gone;
        yield \`\${n + got}\`;
      }`,
    'model/counter.test.ts': `
      import { expect, it } from 'vitest';
      import { activate, foldKey, FrameStack, siteOf } from ${frames};
      import { counter } from './counter';
      it('records into the stack that this module activates', () => {
        const stack = new FrameStack();
        activate(stack);
        const run = counter(5);
        expect(run.next(0).value).toBe('first');
        expect(foldKey(stack, () => 0)).toBe('0(1,5,');
        expect(siteOf(0)).toEqual({ id: 0, file: 'model/counter.ts', line: 5, column: 29, functionName: 'counter', first: 0, opaque: false });
        expect(run.next(2).value).toBe('7');
        expect(siteOf(1).line).toBe(6);
        activate(null);
      });`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

it('under vitest, models and engine share one module of frames, and positions are those of the TypeScript', () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', '--root', directory],
    { cwd: directory, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } },
  );
  expect(`${stdout}${stderr}`).toContain('1 passed');
  expect(status).toBe(0);
});
