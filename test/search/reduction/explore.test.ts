/** `explore` with reduction says what it says without. */
import { expect, test } from 'vitest';
import type { Program } from '../../../src/core/program.ts';
import { explore } from '../../../src/search/explore.ts';
import { grid, lockedCounter, lostUpdate } from '../../programs/counters.ts';
import { philosophers } from '../../programs/locks.ts';
import { crosswise, device, lateLivelock } from '../../programs/odd.ts';
import { neverChecked, neverComplete, oneSchedule } from '../../programs/vacuous.ts';

const programs: [name: string, program: () => Program][] = [
  ['a lost update', () => lostUpdate(3)],
  ['a locked counter', () => lockedCounter(3)],
  ['philosophers', () => philosophers(4)],
  ['a deadlock of two', () => crosswise(false)],
  ['a livelock', () => lateLivelock(100)],
  ['a daemon that never rests', () => device(false)],
  ['a daemon that rests', () => device(true)],
  ['a check never made', () => neverChecked()],
  ['no run that ends', () => neverComplete()],
  ['one schedule', () => oneSchedule()],
];

test.each(programs)('%s: same verdict, same schedule', async (_, program) => {
  const full = await explore(program());
  const less = await explore(program(), { reduction: true });
  expect(less.verdict).toBe(full.verdict);
  expect(less.violation).toEqual(full.violation);
  expect(less.neverReached).toEqual(full.neverReached);
});

test('threads that share nothing: one state is stored for all orders', async () => {
  const { states, reduction, verdict } = await explore(grid(3, 9), { reduction: true });
  expect({ states, verdict, passes: reduction?.passes }).toMatchInlineSnapshot(`
    {
      "passes": 2,
      "states": 2,
      "verdict": "proved",
    }
  `);
});
