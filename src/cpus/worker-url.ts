/** URL of the compiled entry file `name` of a worker thread; sources (under vitest) use what the build left in dist. */
export function workerUrl(name: string): URL {
  const workers = import.meta.url.endsWith('.ts') ? '../../dist/workers/' : '../../workers/';
  return new URL(`${workers}${name}.js`, import.meta.url);
}
