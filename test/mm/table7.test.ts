/** semantics.md section 7: which reference stays in step with the page table, on every kernel of the model. */
import { describe, expect, test } from 'vitest';
import { outcome, run, TABLE_ROWS } from './model.ts';

/** Columns of the table and the kernels that stand for them; E4b equals E4. */
const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  E0: ['v5.4', 'v5.7'],
  E1a: ['v5.8'],
  E1b: ['v5.9', 'v5.10'],
  E1c: ['v5.11', 'v5.15', 'v5.17'],
  E2: ['v5.18'],
  E3: ['v5.19-part2'],
  E4s: ['v5.19-as-posted'],
  E4: ['v5.19', 'v6.1'],
  E5: ['v6.8', 'v6.12', 'v6.18'],
};

/**
 * The rows that the model can express, as in semantics.md. What needs a word:
 * - q/E3 is "OK unless swapped out", and here the page is swapped out;
 * - q/E4s: semantics.md says that E4s equals E4, but for a read-only FOLL_GET it does not: on a device that needs no stable pages
 *   the inverted test drops the bit under writeback, the page is mapped read-only and not exclusive, the reference is taken then,
 *   and the store copies. (E4 does the same on a device that does need stable pages, see sequential.test.ts.) Writing references are
 *   not concerned: GUP breaks COW before it takes them.
 * - r stands for FOLL_GET and FOLL_PIN alike.
 */
const TABLE = `
  row    E0    E1a   E1b   E1c   E2    E3    E4s   E4    E5
  b      OK    OK    LOST  LOST  LOST  LOST  OK    OK    OK
  c      OK    OK    OK    OK    LOST  LOST  OK    OK    OK
  f      LOST  LOST  LOST  LOST  LOST  LOST  LOST  LOST  LOST
  h      OK    OK    OK    OK    OK    OK    OK    OK    OK
  i      LOST  LOST  LOST  LOST  LOST  LOST  LOST  LOST  LOST
  k      OK    OK    LOST  LOST  LOST  OK    OK    OK    OK
  l      LOST  LOST  OK    OK    OK    OK    OK    OK    OK
  m      LOST  LOST  LOST  OK    OK    OK    OK    OK    OK
  n      OK    OK    LOST  LOST  LOST  OK    OK    OK    OK
  o      LOST  OK    LOST  LOST  LOST  OK    OK    OK    OK
  p      LOST  OK    LOST  LOST  LOST  LOST  LOST  LOST  LOST
  q      OK    OK    LOST  LOST  LOST  LOST  LOST  OK    OK
  r-get  LOST  OK    LOST  LOST  LOST  LOST  LOST  LOST  LOST
  r-pin  LOST  OK    LOST  LOST  LOST  LOST  LOST  LOST  LOST
`;

const [heading = [], ...rows] = TABLE.trim()
  .split('\n')
  .map((line) => line.trim().split(/\s+/));

const CELLS = rows.flatMap(([row = '', ...cells]) =>
  cells.flatMap((cell, i) => COLUMNS[heading[i + 1]!]!.map((kernel) => ({ row, kernel, cell }))),
);

test('every row of the model is in the table', () => {
  expect(rows.map(([row]) => row)).toEqual(Object.keys(TABLE_ROWS));
  expect(heading.slice(1)).toEqual(Object.keys(COLUMNS));
});

describe.each(Object.entries(TABLE_ROWS))('row %s', (row, scenario) => {
  test.each(CELLS.filter((cell) => cell.row === row))('$cell on $kernel', async ({ kernel, cell }) => {
    const verdict = await run(scenario.name, kernel);
    expect(outcome(verdict)).toBe(cell === 'OK' ? 'proved' : 'lost-write');
  });
});
