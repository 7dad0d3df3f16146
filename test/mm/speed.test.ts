import { test } from 'vitest';
import { buildProgram } from '../../src/mm/programs.ts';
import { explore } from '../../src/search/explore.ts';
test('speed', async () => {
  for (const [s, kk, set] of [['pin-swapout','v5.19-part2',{pagevec:'false'}],['get-swapout-load','v5.18',{}]] as const) {
  const b = buildProgram({ scenario: s, kernel: kk, apply: [], revert: [], set });
  const c = process.cpuUsage().user;
  const v = await explore(b.program);
  console.log(v.verdict, v.states, v.transitions, v.seconds, (process.cpuUsage().user - c) / 1e6);
  }
});
