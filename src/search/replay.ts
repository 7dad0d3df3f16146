/**
 * Runs a recorded schedule again and compares every value on the way. Nothing is searched: the threads move as recorded, and
 * `choose` answers what it answered then.
 */
import { Kind } from '../core/operations.ts';
import type { Program } from '../core/program.ts';
import {
  compareSteps,
  describeStep,
  type Operands,
  type Recording,
  type Replay,
  type ReplayedStep,
} from '../core/replayed.ts';
import type { Access, FoundViolation, Step } from '../core/schedule.ts';
import { Automata } from './automata.ts';
import { Divergence } from '../core/divergence.ts';
import { describeStuck } from './explain.ts';
import { modelHash } from './model-hash.ts';
import { neverFinishes } from './never-finishes.ts';
import { Stepper } from './stepper.ts';
import { N_X, N_Y, N_Z, NODE } from './tables.ts';

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
    compareSteps(recorded, step, diverge);
    steps.push({ ...step, operands: operandsOf(automata, node, step.accesses), preempts });
    last = thread;
  }
  return { program, model, steps, violation: shownBy(stepper, steps, recording.violation) };
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
