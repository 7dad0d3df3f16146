/**
 * URL of a module as worker threads load it: they need what the build left in dist, also when a source file (under vitest) asks.
 *
 * @param module path of the source file from the importing one, such as `../mm/programs.ts`
 * @param importer `import.meta.url` of the importing file
 */
export function compiledModule(module: string, importer: string): string {
  const url = new URL(module.replace(/\.ts$/, '.js'), importer).href;
  if (!importer.endsWith('.ts')) return url;
  const root = new URL('../../', import.meta.url).href;
  return url.replace(root, `${root}dist/`);
}
