import { describe, expect, test } from 'vitest';
import { Conditions } from '../../src/core/conditions.ts';
import { choose, fail, note, until } from '../../src/core/control.ts';
import type { Steps } from '../../src/core/operations.ts';
import type { Program, ProgramThread } from '../../src/core/program.ts';
import { Layout, type Word } from '../../src/core/words.ts';
import { renderTrace } from '../../src/report/trace.ts';
import { explore } from '../../src/search/explore.ts';
import { replay } from '../../src/search/replay.ts';
import { record } from './schedules.ts';

test('golden: a store while another CPU unmaps the page', async () => {
  const { replayed } = await record('pager');
  expect(renderTrace(replayed, { explanation: ['step 15 is the one that loses it'] }).join('\n'))
    .toMatchInlineSnapshot(`
      "       cpu0              kswapd
             ----              ------
             cpu()
          1    lock mm[0].mmap_lock for read
          2    handle_mm_fault(): reads mm[0].pte[0] = present dirty
             <preempted>
                               shrink_page_list()
          3                      trylock page[0].lock
          4                      page[0].flags: -lru
          5                      lock mm[0].ptl
          6                      reads page[0].data = 1
          7                      mm[0].pte[0]: present dirty -> swap entry=3
          8                      unlock mm[0].ptl
                               <preempted>
             handle_mm_fault() > do_wp_page()
          9    lock mm[0].ptl
             page_ref_check()
      10-11    reads page[0].refcount = 2
               (reads page[0].flags.uptodate)
             set_pte() > store()
         12    mm[0].pte[0]: +write +dirty
               page[0].data 1 -> 2
               /* the user writes 2 */
             <preempted>
                               ... shrink_page_list()
         13                      choose(2) -> 0
         14                      swap[0].data 0 -> 1
         15                      page[0].refcount 2 -> 0

      LOST WRITE: mm[0] wrote 2, but swap[0] kept 1
        step 15 is the one that loses it"
    `);
});

test('golden: the same with every access', async () => {
  const { replayed } = await record('pager');
  expect(
    renderTrace(replayed, { all: true })
      .join('\n')
      .replace(/\.ts:\d+/g, '.ts:1'),
  ).toMatchInlineSnapshot(`
    "    cpu0              kswapd
        ----              ------
        cpu()
     1    lock mm[0].mmap_lock for read  [test/programs/cli/pager.ts:1]
        handle_mm_fault()
     2    load: mm[0].pte[0] = present dirty  [test/programs/cli/pager.ts:1]
        <preempted>
                          shrink_page_list()
     3                      trylock page[0].lock  [test/programs/cli/pager.ts:1]
     4                      store: page[0].flags: -lru  [test/programs/cli/pager.ts:1]
     5                      lock mm[0].ptl  [test/programs/cli/pager.ts:1]
     6                      load: page[0].data = 1  [test/programs/cli/pager.ts:1]
     7                      store: mm[0].pte[0]: present dirty -> swap entry=3
                                [test/programs/cli/pager.ts:1]
     8                      unlock mm[0].ptl  [test/programs/cli/pager.ts:1]
                          <preempted>
        do_wp_page()
     9    lock mm[0].ptl  [test/programs/cli/pager.ts:1]
        page_ref_check()
    10    load: page[0].refcount = 2  [test/programs/cli/pager.ts:1]
    11    test: page[0].flags.uptodate = 1  [test/programs/cli/pager.ts:1]
        set_pte() > store()
    12    store: mm[0].pte[0]: +write +dirty  [test/programs/cli/pager.ts:1]
          store: page[0].data 1 -> 2  [test/programs/cli/pager.ts:1]
          ghost store: ideal[0] 1 -> 2  [test/programs/cli/pager.ts:1]
          /* the user writes 2 */
        <preempted>
                          ... shrink_page_list()
    13                      choose(2) -> 0  [test/programs/cli/pager.ts:1]
    14                      store: swap[0].data 0 -> 1  [test/programs/cli/pager.ts:1]
    15                      add_test: page[0].refcount 2 -> 0  [test/programs/cli/pager.ts:1]
                            ghost load: ideal[0] = 2  [test/programs/cli/pager.ts:1]

    LOST WRITE: mm[0] wrote 2, but swap[0] kept 1"
  `);
});

/** A program whose only thread with a name does `body` and then fails. */
async function traceOf(
  body: (words: readonly Word[], conditions: Conditions) => Steps<void>,
  names: readonly string[] = ['cpu0'],
) {
  const layout = new Layout();
  const words = layout.array(3, (i) => `word[${i}]`);
  const conditions = new Conditions();
  const gate = layout.word('gate');
  const threads: ProgramThread[] = names.map((name, i) => ({
    name,
    *body(): Steps<void> {
      yield* gate.untilIs(i);
      yield* body(words, conditions);
      yield* gate.add(1);
      if (i === names.length - 1) fail('assertion', 'the end of the test');
    },
  }));
  const program: Program = {
    name: 'test',
    parameters: {},
    layout,
    conditions,
    threads,
    accounts: [],
    always: [],
    atEnd: [],
    mustReach: [],
  };
  const { violation } = await explore(program);
  return renderTrace(replay(program, violation!.schedule));
}

describe('what happened, in words', () => {
  test.each<[string, (words: readonly Word[], conditions: Conditions) => Steps<void>, string]>([
    [
      'a failed compare-and-exchange',
      function* ([w]) {
        yield* w!.compareExchange(5, 1);
      },
      'cmpxchg word[0] fails: 0',
    ],
    [
      'a reference not taken',
      function* ([w]) {
        yield* w!.addUnless(1, 0);
      },
      'word[0] stays 0',
    ],
    [
      'a lock',
      function* ([w]) {
        yield* w!.lockFor(1);
      },
      'lock word[0]',
    ],
    [
      'a lock that is held',
      function* ([w]) {
        yield* w!.lockFor(1);
        yield* w!.trylockFor(1);
      },
      'trylock word[0] fails: held by cpu0',
    ],
    [
      'a branch',
      function* () {
        yield* choose(3);
      },
      'choose(3) -> 0',
    ],
    [
      'a condition',
      function* ([w, x], conditions) {
        yield* until(
          conditions.all(
            { word: w!.index, mask: -1, value: 0, negated: false },
            { word: x!.index, mask: -1, value: 1, negated: true },
          ),
        );
      },
      'waited: word[0] = 0, word[1] = 0',
    ],
    [
      'a note, in ASCII',
      function* ([w]) {
        yield* w!.store(1);
        note('page → swap\u001b[31m');
      },
      '/* page -> swap?[31m */',
    ],
  ])('%s', async (_, body, expected) => {
    expect((await traceOf(body)).map((line) => line.trim()).join('\n')).toContain(expected);
  });
});

describe('every line is ASCII and ends before column 100', () => {
  const long = 'x'.repeat(150);
  test.each([
    ['one thread', ['cpu0']],
    ['long names', [long, `${long}y`, 'kswapd']],
    ['many threads', Array.from({ length: 12 }, (_, i) => `cpu${i}`)],
    ['as many as there may be', Array.from({ length: 24 }, (_, i) => `thread-${i}`)],
    ['other letters', ['CPU №0', 'φ']],
  ])('%s', async (_, names) => {
    const lines = await traceOf(function* ([w, x]) {
      yield* w!.add(1);
      note(`a long note ${long} with many words`.repeat(3));
      yield* x!.load();
    }, names);
    for (const line of lines) expect(line).toMatch(/^[ -~]{0,99}$/);
    expect(lines.at(-1)).toBe('ASSERTION: the end of the test');
  });
});
