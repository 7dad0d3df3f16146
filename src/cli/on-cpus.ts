/** Schedules on real worker threads, together with what only the search can tell of them. */
import { Divergence } from '../core/divergence.ts';
import { ModelError } from '../core/errors.ts';
import type { Program } from '../core/program.ts';
import type { Recording, Replay } from '../core/replayed.ts';
import type { FoundViolation, Step } from '../core/schedule.ts';
import { CpuFailure, Interrupted } from '../cpus/failures.ts';
import { replayOnCpus, type CpuReplay } from '../cpus/replay.ts';
import type { ProgramSource } from '../cpus/source.ts';
import type { Confirmation } from '../report/confirmation.ts';
import type { CpuHit } from '../report/cpu-hit.ts';
import { Automata } from '../search/automata.ts';
import { modelHash } from '../search/model-hash.ts';
import { replay } from '../search/replay.ts';
import { interruptible } from './interrupt.ts';

/** Reason of what Ctrl-C left unconfirmed. */
export const INTERRUPTED = 'interrupted';

/** A program as the search runs it and as worker threads get it; both from the same request. */
export interface TwoFold {
  readonly program: Program;
  readonly source: ProgramSource;
}

/** A replay on CPUs whose end has been judged. */
export interface JudgedReplay extends CpuReplay {
  /** The violation is a livelock: CPUs show every step to it, the search that no schedule ends from there. */
  readonly endlessBySearch: boolean;
}

/**
 * As {@link replayOnCpus}. What a state means in which threads wait is judged by the search: whether any schedule goes on from
 * there, CPUs cannot show.
 */
export async function replayJudged(
  { program, source }: TwoFold,
  recording: Recording,
  signal: AbortSignal,
): Promise<JudgedReplay> {
  const model = modelHash(new Automata(program));
  const found = await replayOnCpus(source, recording, { model, signal });
  const kind = found.violation?.kind ?? recording.violation?.kind;
  if (kind !== 'livelock' && kind !== 'deadlock') return { ...found, endlessBySearch: false };
  const { violation } = agreeing(program, recording);
  return { ...found, violation, endlessBySearch: violation?.kind === 'livelock' };
}

/**
 * Replays a schedule that was found by other means on CPUs. Throws a ModelError if they show anything else: then one of the two is
 * wrong, and nothing it says can be trusted. CPUs that cannot be run, or Ctrl-C, leave it unconfirmed.
 */
export async function confirm(
  program: TwoFold,
  recording: Recording,
  signal: AbortSignal,
): Promise<Confirmation> {
  try {
    const { violation, cpus, endlessBySearch } = await replayJudged(program, recording, signal);
    requireSameEnd(recording.violation, violation, 'on worker threads');
    return { confirmed: true, workers: cpus.length, endlessBySearch };
  } catch (error) {
    if (error instanceof CpuFailure) return { confirmed: false, reason: error.message };
    if (error instanceof Interrupted) return { confirmed: false, reason: INTERRUPTED };
    if (error instanceof Divergence)
      throw new ModelError(`the schedule found does not replay on worker threads: ${error.message}`);
    throw error;
  }
}

/** A violation that CPUs showed, run again on both engines. */
export interface Examined {
  readonly violation: FoundViolation;
  readonly replayed: Replay;
  readonly confirmation: Confirmation;
}

/**
 * What CPUs were seen to do must be repeatable, step by step and value by value, by the search and under control; a ModelError if
 * it is not. Positions and notes come from there. Ctrl-C has a fresh start: the one that ended the run before does not count.
 */
export async function examine(
  both: TwoFold,
  violation: FoundViolation,
  steps: readonly Step[],
): Promise<Examined> {
  const replayed = checked(both.program, { model: '', steps, violation });
  const confirmation = await interruptible((signal) => confirm(both, { ...replayed, violation }, signal));
  return { violation: replayed.violation ?? violation, replayed, confirmation };
}

/** What there is to tell of it. Traces longer than `printed` steps are not shown. */
export function hitOf(
  { violation, replayed, confirmation }: Examined,
  file: string | null,
  printed: number,
): CpuHit {
  const { steps } = replayed;
  return {
    ...violation,
    steps: steps.length,
    preemptions: steps.filter(({ preempts }) => preempts).length,
    threads: new Set(steps.map(({ thread }) => thread)).size,
    file,
    confirmation,
    tooLong: steps.length > printed,
  };
}

/** Replays a schedule on the search engine, which must show what is recorded: a ModelError if not. */
export function checked(program: Program, recording: Recording): Replay {
  const replayed = agreeing(program, recording);
  requireSameEnd(recording.violation, replayed.violation, 'on the search engine');
  return replayed;
}

function agreeing(program: Program, recording: Recording): Replay {
  try {
    return replay(program, recording);
  } catch (error) {
    if (!(error instanceof Divergence)) throw error;
    throw new ModelError(`the schedule found does not replay on the search engine: ${error.message}`);
  }
}

function requireSameEnd(expected: FoundViolation | null, found: FoundViolation | null, where: string): void {
  if (found?.kind === expected?.kind) return;
  throw new ModelError(
    `the schedule found ends in ${found?.kind ?? 'no violation'} when replayed ${where}, not in ${expected?.kind ?? 'no violation'}`,
  );
}
