import { expect, test } from 'vitest';
import { activateContext, createContext } from '../../src/core/context.ts';
import {
  assert,
  check,
  cover,
  currentThread,
  fail,
  fold,
  hold,
  holding,
  note,
  rest,
} from '../../src/core/control.ts';
import { ModelError } from '../../src/core/errors.ts';
import { Violation } from '../../src/core/violation.ts';

/** Runs `body` as a part of thread 2 of a program with two accounts; returns its context. */
function inThread(body: () => void) {
  const context = createContext(2, 2, new Set());
  const outer = activateContext(context);
  try {
    body();
  } finally {
    activateContext(outer);
  }
  return context;
}

test('assert covers its name whether it holds or not, and is a violation if it does not', () => {
  expect([...inThread(() => assert(true, 'fine')).covered]).toEqual(['fine']);
  const covered = new Set<string>();
  const context = createContext(0, 0, covered);
  const outer = activateContext(context);
  expect(() => assert(false, 'wrong')).toThrow(new Violation('assertion', 'wrong'));
  activateContext(outer);
  expect([...covered]).toEqual(['wrong']);
  expect(() => fail('leak', 'told')).toThrow(new Violation('leak', 'told'));
});

test('what a thread says between operations is left in its context', () => {
  const context = inThread(() => {
    check('checked');
    cover('covered');
    note('one');
    note('two');
    rest();
    fold('loop', 1, 'x', true);
    hold(1, 2);
    hold(1, -1);
    expect([currentThread(), holding(0), holding(1)]).toEqual([2, 0, 1]);
  });
  expect([...context.covered]).toEqual(['checked', 'covered']);
  expect(context.notes).toEqual(['one', 'two']);
  expect(context.resting).toBe(true);
  expect(context.foldPoint).toBe('["loop",1,"x",true]');
  expect([...context.held]).toEqual([0, 1]);
});

test('an account that was not declared is a model error', () => {
  expect(() => inThread(() => hold(2, 1))).toThrow(
    new ModelError('hold: no account 2, the program declares 2'),
  );
});
