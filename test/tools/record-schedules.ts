/**
 * `npm run schedules`: searches again for every schedule saved under schedules/ and writes it anew. Needed when the model changes;
 * the difference shows in git. The list is also what the test of the saved schedules goes by.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SAVED_SCHEDULES } from './saved-schedules.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
for (const { file, args } of SAVED_SCHEDULES) {
  const out = `schedules/${file}.json`;
  const { status } = spawnSync(
    process.execPath,
    ['dist/src/cli/main.js', 'explore', ...args, '--out', out, '--json', '--quiet'],
    { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  process.stdout.write(`${out}: ${status === 1 ? 'recorded' : `no violation found (exit ${status})`}\n`);
  if (status !== 1) process.exitCode = 1;
}
