/**
 * Runs a recorded schedule again and compares every value on the way. Nothing is searched: the threads move as recorded, and
 * `choose` answers what it answered then.
 */
import { isDeepStrictEqual } from 'node:util';
import { Kind } from '../core/operations.ts';
import type { Program } from '../core/program.ts';
import type { Access, FoundViolation, Schedule, Step } from '../core/schedule.ts';
import { Automata } from './automata.ts';
import { Divergence } from './divergence.ts';
import { describeStuck } from './explain.ts';
import { modelHash } from './model-hash.ts';
import { neverFinishes } from './never-finishes.ts';
import { Stepper } from './stepper.ts';
import { N_X, N_Y, N_Z, NODE } from './tables.ts';

/** What a replay needs of a schedule; positions and notes are only shown, never compared. */
export type Recording = Pick<Schedule, 'model' | 'steps' | 'violation'>;

/** The operands of an operation, see {@link Kind}. */
export interface Operands {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** A step as it happened now. */
export interface ReplayedStep extends Step {
  /** Operands of each access, in the same order. */
  readonly operands: readonly Operands[];
  /** The thread of the step before could have gone on. */
  readonly preempts: boolean;
}

/** What a replay found out. */
export interface Replay {
  readonly program: Program;
  /** {@link modelHash} of the program as it is now; the recording may carry another. */
  readonly model: string;
  readonly steps: readonly ReplayedStep[];
  /** What the state after the last step shows, or null. */
  readonly violation: FoundViolation | null;
}

/**
 * Replays `recording` on `program`. Every access must repeat operation, word, value before, value after and result; the first
 * that does not is a {@link Divergence}. That the recorded violation shows at the end is for the caller to judge.
 * Linear in the steps, except for a recorded livelock: that no schedule ends it is searched again.
 */
export function replay(program: Program, recording: Recording): Replay {
  const automata = new Automata(program);
  const model = modelHash(automata);
  const stepper = new Stepper(automata);
  const steps: ReplayedStep[] = [];
  const diverge = (expected: string, found: string) =>
    new Divergence({ step: steps.length + 1, expected, found, recordedModel: recording.model, model });
  let last = -1;
  for (const recorded of recording.steps) {
    const thread = program.threads.findIndex(({ name }) => name === recorded.thread);
    if (thread < 0) {
      const names = program.threads.map(({ name }) => name).join(', ');
      throw diverge(`a step of thread ${recorded.thread}`, `no such thread (the program has ${names})`);
    }
    const choices = stepper.choices(thread);
    if (choices === 0) throw diverge(describeStep(recorded), describeWaiting(stepper, thread));
    const answer = stepper.pendingKind(thread) === Kind.CHOOSE ? recorded.accesses[0].result : 0;
    if (answer < 0 || answer >= choices)
      throw diverge(describeStep(recorded), `choose(${choices}), which answers 0 to ${choices - 1}`);
    const preempts = last >= 0 && last !== thread && stepper.choices(last) > 0;
    const node = stepper.nodes[thread]!;
    const step = stepper.recordedStep(thread, answer);
    compare(recorded, step, diverge);
    steps.push({ ...step, operands: operandsOf(automata, node, step.accesses), preempts });
    last = thread;
  }
  return { program, model, steps, violation: shownBy(stepper, steps, recording.violation) };
}

function compare(recorded: Step, step: Step, diverge: (expected: string, found: string) => Divergence): void {
  const length = Math.max(recorded.accesses.length, step.accesses.length);
  for (let i = 0; i < length; i++) {
    const expected = recorded.accesses[i];
    const found = step.accesses[i];
    if (
      expected !== undefined &&
      found !== undefined &&
      isDeepStrictEqual(valuesOf(expected), valuesOf(found))
    )
      continue;
    const end = `${recorded.thread}: the step to end here`;
    throw diverge(
      expected === undefined ? end : `${recorded.thread}: ${describeAccess(expected)}`,
      found === undefined
        ? end.replace('the step to end', 'the step ended')
        : `${step.thread}: ${describeAccess(found)}`,
    );
  }
}

function valuesOf({ operation, word, before, after, result }: Access): unknown[] {
  // An operation without a word records whatever stands in its place.
  return word === '' ? [operation, result] : [operation, word, before, after, result];
}

/** `store page[0].flags 3 -> 7 (result 0) in do_swap_page(), src/mm/memory.ts:412`. */
function describeAccess({ operation, word, before, after, result, position }: Access): string {
  const value = before === after ? `${before}` : `${before} -> ${after}`;
  const where = [position.function === '' ? '' : `in ${position.function}()`, position.source].filter(
    (part) => part !== '',
  );
  return `${operation}${word === '' ? '' : ` ${word} ${value}`} (result ${result}) ${where.join(', ')}`.trimEnd();
}

function describeStep(step: Step): string {
  return `${step.thread}: ${describeAccess(step.accesses[0])}`;
}

function describeWaiting(stepper: Stepper, thread: number): string {
  const { name } = stepper.program.threads[thread]!;
  if (stepper.pendingKind(thread) === Kind.FAIL) return `${name} has stopped at a violation`;
  if (stepper.hasEnded(thread)) return `${name} has ended`;
  const { layout } = stepper.program;
  const values = stepper
    .pendingWords(thread)
    .map((index) => ` ${layout.words[index]!.name} (${layout.format(index, stepper.words[index]!)})`);
  return `${name} cannot move: it waits at ${stepper.pendingOperation(thread)}${values.join(',')}`;
}

function operandsOf(automata: Automata, head: number, accesses: readonly Access[]): Operands[] {
  let node = head;
  return accesses.map(({ result }) => {
    const base = node * NODE;
    const { nodes } = automata;
    const operands = { x: nodes[base + N_X]!, y: nodes[base + N_Y]!, z: nodes[base + N_Z]! };
    node = automata.next(node, result);
    return operands;
  });
}

function shownBy(
  stepper: Stepper,
  steps: readonly Step[],
  recorded: FoundViolation | null,
): FoundViolation | null {
  const shown = stepper.violation();
  if (shown !== null || stepper.finished()) return shown;
  const enabled = stepper.program.threads.some((_, thread) => stepper.choices(thread) > 0);
  const recordedStuck = recorded?.kind === 'livelock' || recorded?.kind === 'deadlock';
  if (!enabled || (recordedStuck && neverFinishes(stepper))) return describeStuck(stepper, steps);
  return null;
}
