import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
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

it('the example on real threads is in test/docs, and prints what its last lines say', () => {
  const docs = readFileSync(new URL('../../docs/programs.md', import.meta.url), 'utf8');
  for (const file of ['increment.mjs', 'race.mjs'])
    expect(docs).toContain(`\`\`\`js\n${readFileSync(new URL(file, import.meta.url), 'utf8')}\`\`\``);
  const race = fileURLToPath(new URL('race.mjs', import.meta.url));
  const { stdout, stderr } = spawnSync(process.execPath, [race], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(stdout).toBe('counter is 1, expected 2 4\ncounter is 1, expected 2 2\n');
});
