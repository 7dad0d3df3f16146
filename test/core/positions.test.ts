import { expect, test } from 'vitest';
import { describe as spell, positionFromStack, userLines } from '../../src/core/positions.ts';

const stack = `Error
    at Word.operation (/home/x/lostwrite/src/core/words.ts:75:40)
    at Word.load (file:///home/x/lostwrite/src/core/words.ts:90:20)
    at load.next (<anonymous>)
    at Object.do_swap_page (file:///home/x/lostwrite/dist/src/mm/memory.js:412:7)
    at handle_mm_fault (/home/x/lostwrite/src/mm/memory.ts:500:3)
    at /home/x/lostwrite/test/programs/toy.ts:7:9
    at handle_mm_fault.next (<anonymous>)
    at advance (/home/x/lostwrite/src/core/runs.ts:40:50)
    at Automata.advance (/home/x/lostwrite/src/search/automata.ts:130:12)`;

test('a call stack: without core, without the engine, innermost first', () => {
  expect(userLines({ stack }).map(({ function: name, line }) => `${name}:${line}`)).toEqual([
    'do_swap_page:412',
    'handle_mm_fault:500',
    '<anonymous>:7',
  ]);
  expect(positionFromStack({ stack })).toEqual({
    function: 'do_swap_page',
    callers: ['handle_mm_fault', '<anonymous>'],
    source: 'src/mm/memory.js:412',
  });
});

test('a stack that tells nothing', () => {
  expect(positionFromStack(null)).toEqual({ function: '?', callers: [], source: '' });
  expect(positionFromStack({ stack: 'Error' })).toEqual({ function: '?', callers: [], source: '' });
});

test('positions are spelled with their callers', () => {
  const position = { function: 'f', callers: ['g', 'h'], source: 'src/mm/x.ts:3' };
  expect(spell(position)).toBe('f <- g <- h (src/mm/x.ts:3)');
  expect(spell({ ...position, source: '' })).toBe('f <- g <- h');
});
