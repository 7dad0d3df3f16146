/** The fold pass as a Vite plugin, for tests and for users' models. */
import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';
import { instrument } from './pass.ts';
import { positionReader } from './positions.ts';

export interface FoldPluginOptions {
  /** Which modules are instrumented; `id` is the absolute path without a query. */
  readonly include: (id: string) => boolean;
  /** Project root, absolute: files in traces are named relative to it. */
  readonly root: string;
}

/** core/frames as everyone else imports it: the TypeScript file beside this one's source, the compiled one in dist. */
const FRAMES = fileURLToPath(
  new URL(`../../core/frames${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);

/**
 * Instruments the generators of matching modules after TypeScript has been compiled. What keeps generators from being folded is
 * a warning of the build.
 *
 * @example
 *   export default defineConfig({ plugins: [foldPlugin({ include: (id) => id.includes('/src/mm/'), root: import.meta.dirname })] });
 */
export function foldPlugin(options: FoldPluginOptions): Plugin {
  return {
    name: 'lostwrite:fold',
    enforce: 'post',
    transform(code, id) {
      const file = id.replace(/[?#].*$/, '');
      if (!options.include(file)) return null;
      const {
        code: instrumented,
        map,
        sites,
        reports,
      } = instrument(code, {
        file: relative(options.root, file).split(sep).join('/'),
        framesImport: FRAMES,
        positionOf: positionReader({ ...this.getCombinedSourcemap(), version: 3 }),
      });
      for (const { line, column, functionName, message } of reports)
        this.warn({ message: `${functionName}: ${message}`, loc: { file, line, column: column - 1 } });
      return sites === 0 ? null : { code: instrumented, map: map.toString() };
    },
  };
}
