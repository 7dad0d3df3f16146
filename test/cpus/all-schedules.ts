/** Enumerations against brute force, and small programs for them. */
import * as fc from 'fast-check';
import { expect } from 'vitest';
import type { Steps } from '../../src/core/operations.ts';
import type { Program, Property } from '../../src/core/program.ts';
import type { Word } from '../../src/core/words.ts';
import { enumerate } from '../../src/cpus/enumerate.ts';
import type { Enumeration } from '../../src/cpus/enumeration.ts';
import { Judge } from '../../src/cpus/judge.ts';
import { toy, type Parts } from '../programs/toy.ts';
import { enumerate as bruteForce } from '../search/naive.ts';
import { InProcess } from './in-process.ts';
import { countSchedules } from './schedule-counts.ts';

/** What was found, deadlocks apart, as brute force spells it. */
export function spelled({ violations }: Enumeration): Set<string> {
  return new Set(
    violations.filter(({ kind }) => kind !== 'deadlock').map(({ kind, message }) => `${kind}: ${message}`),
  );
}

/** Everything found must be what brute force and the graph of states find. */
export async function agrees(make: () => Program, limit = 6_000): Promise<Enumeration> {
  const all = bruteForce(make(), limit);
  fc.pre(all !== null);
  const graph = countSchedules(make());
  expect(graph.schedules).toBe(all.schedules);
  const executor = new InProcess(make());
  const found = await enumerate(executor);
  expect(found.exhausted).toBe(true);
  expect(spelled(found)).toEqual(all.violations);
  expect(found.deadlocks).toEqual(all.deadlocks);
  expect(found.violations.some(({ kind }) => kind === 'deadlock')).toBe(all.deadlocks.size > 0);
  // Brute force calls every state an end in which only daemons can move; the graph tells those in which nothing can.
  expect(found.ends).toEqual(graph.ends);
  for (const end of found.ends) expect(all.ends).toContain(end);
  expect(found.endStates > 0).toBe(all.ends.size > 0);
  if (all.violations.size === 0) expect(await executor.covered()).toEqual(all.covered);
  expect(found.executions.complete).toBeLessThanOrEqual(all.schedules);
  expect(found.branches || all.schedules === 1).toBe(true);
  for (const violation of found.violations) await shows(make(), violation);
  return found;
}

/** The moves of a violation lead to it, and to none before. */
async function shows(program: Program, violation: Enumeration['violations'][number]): Promise<void> {
  const executor = new InProcess(program);
  const judge = new Judge(program, await executor.reset(), (thread) => executor.failureOf(thread));
  for (const { thread, choice } of violation.moves) {
    expect(judge.violation()).toBeNull();
    for (const step of await executor.run(thread, 1, choice)) judge.apply(step);
  }
  const { kind, message } = violation;
  if (kind === 'deadlock') expect(judge.stuck()).toBe(true);
  else expect(judge.violation()).toEqual({ kind, message });
}

/** Of a complete enumeration. */
export async function executionsOf(program: Program): Promise<Enumeration['executions']> {
  const { executions, exhausted } = await enumerate(new InProcess(program));
  expect(exhausted).toBe(true);
  return executions;
}

/** So many executions that ended by themselves, and so many given up. */
export function complete(count: number, blocked = 0): Enumeration['executions'] {
  return { complete: count, blocked, cut: 0 };
}

/** A program of these threads. */
export function parallel(
  bodies: (parts: Parts) => readonly (() => Steps<void>)[],
  properties: (parts: Parts) => { always?: Property[]; atEnd?: Property[] } = () => ({}),
): Program {
  return toy('parallel', (parts) => ({
    threads: Object.fromEntries(bodies(parts).map((body, t) => [`T${t}`, body])),
    ...properties(parts),
  }));
}

/** Stores `count` values from `from` on, one by one. */
export function writer(word: Word, from: number, count: number): () => Steps<void> {
  return function* () {
    for (let i = 0; i < count; i++) yield* word.store(from + i);
  };
}
