import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';

it('the example of docs/programs.md is test/docs/counter.ts, and prints what its last line says', async () => {
  const code = readFileSync(new URL('counter.ts', import.meta.url), 'utf8');
  const docs = readFileSync(new URL('../../docs/programs.md', import.meta.url), 'utf8');
  expect(docs).toContain(`\`\`\`ts\n${code}\`\`\``);
  const printed = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  await import('./counter.ts');
  expect(printed.mock.calls).toEqual([['violation', 'counter is 1, expected 2']]);
  printed.mockRestore();
});
