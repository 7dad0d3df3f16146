/**
 * Reversible races of an execution: an event e and a later or waiting event e' of another thread that could have come before e.
 *
 * A race of an event that never waits is a pair of dependent events with nothing in between (Abdulla, Aronis, Jonsson, Sagonas:
 * Optimal Dynamic Partial Order Reduction, POPL 2014, section on races). There threads do not disable each other; locks and awaits
 * do. Such an e' happens after the event that let it go on, as a lock after the unlock, and that order cannot be turned round; what
 * can is its order with the event that made it wait, as the lock before that unlock. So e' races with each write e of its word that
 * took it from enabled to waiting, if its thread had come to e' without e; and this whether e' was executed in the end or waits for
 * ever. Nothing is missed: if after some prefix E both e and a sequence w·e' are possible, w is independent of e, and e disables e',
 * then w leaves their word alone, so that e' was enabled at E, and any execution that begins with E·e·w has this race.
 */
import { NO_ACCESS } from '../npl/machine.ts';
import type { RaceHandler } from './execution.ts';
import type { NeutralExecution } from './neutral-execution.ts';

/** Tells the races in which the event at depth `at` is the later one. Linear in the reads since the last write, squared. */
export function racesOfEvent(execution: NeutralExecution, at: number, handler: RaceHandler): void {
  const { machine } = execution;
  const access = machine.stepAccess[at]!;
  if (access === NO_ACCESS) return;
  const thread = machine.stepThread[at]!;
  const node = machine.stepNode[at]!;
  const own = execution.before[at]!;
  const write = execution.earlierWrite[at]!;
  if (machine.waitsForWord(node)) {
    waiting(execution, thread, node, own, at, write, machine.stepBefore[at]!, handler);
    return;
  }
  const reads = (access & 1) === 1 ? execution.earlierRead[at]! : -1;
  // Reads since the last write lie between it and a write.
  if (reads < 0 && write >= 0 && !execution.happensBefore(write, own))
    handler.race(write, thread, node, own, at);
  for (let r = reads; r >= 0; r = execution.earlierRead[r]!)
    if (!execution.happensBefore(r, own) && !followed(execution, r, reads))
      handler.race(r, thread, node, own, at);
}

/** Tells the races of `thread`, which waits at the end of the execution. */
export function racesOfWaiting(execution: NeutralExecution, thread: number, handler: RaceHandler): void {
  const { machine } = execution;
  const node = machine.nodes[thread]!;
  if (!machine.waitsForWord(node)) return;
  const word = machine.automata.words[node]!;
  const write = execution.lastWrite[word]!;
  const own = execution.last[thread]!;
  waiting(execution, thread, node, own, machine.depth, write, machine.words[word]!, handler);
}

function waiting(
  execution: NeutralExecution,
  thread: number,
  node: number,
  own: number,
  end: number,
  lastWrite: number,
  value: number,
  handler: RaceHandler,
): void {
  const { machine } = execution;
  let after = value;
  // Writes of a word are ordered: once one happens before e' without a race, all earlier ones do.
  for (let w = lastWrite; w >= 0 && !execution.happensBefore(w, own); w = execution.earlierWrite[w]!) {
    const before = machine.stepBefore[w]!;
    if (machine.enabledAt(node, before) && (w === lastWrite || !machine.enabledAt(node, after)))
      handler.race(w, thread, node, own, end);
    after = before;
  }
}

/** Whether another of these reads comes between read `r` and the write that follows them. */
function followed(execution: NeutralExecution, r: number, reads: number): boolean {
  // The list runs backwards: only reads later than r can follow it.
  for (let other = reads; other > r; other = execution.earlierRead[other]!)
    if (execution.happensBefore(r, other)) return true;
  return false;
}
