/**
 * The front door: what a program of one's own needs, the search that explores it, and the worker threads that run it.
 *
 * @example see docs/programs.md
 */
export { bitFields, formatBits, type BitField, type BitFields } from './core/bits.ts';
export { Conditions, differs, equals, type Clause, type Condition } from './core/conditions.ts';
export {
  assert,
  atomic,
  check,
  choose,
  cover,
  currentThread,
  fail,
  fence,
  fold,
  hold,
  note,
  observe,
  rest,
  until,
} from './core/control.ts';
export { InputError, ModelError } from './core/errors.ts';
export { Mutex, RwSemaphore, SeqCount, SpinLock } from './core/locks.ts';
export type { Operation, Steps } from './core/operations.ts';
export type { ParameterValue, Program, ProgramThread, Property, Sometimes } from './core/program.ts';
export type { Access, FoundViolation, Position, Schedule, Step } from './core/schedule.ts';
export { VIOLATION_KINDS, Violation, type ViolationKind } from './core/violation.ts';
export { Field, Layout, Word, type WordOptions } from './core/words.ts';
export { ControlledCpus } from './cpus/controlled.ts';
export { enumerate } from './cpus/enumerate.ts';
export type { EnumerateOptions, Enumeration } from './cpus/enumeration.ts';
export { CpuFailure, Interrupted } from './cpus/failures.ts';
export { replayOnCpus, type CpuReplay, type CpuReplayOptions } from './cpus/replay.ts';
export type { ProgramSource } from './cpus/source.ts';
export { stress, type StressOptions, type StressResult } from './cpus/stress.ts';
export type { Checkpoint, CheckpointOptions } from './search/checkpoint.ts';
export type { Coverage } from './search/coverage.ts';
export type { SizeEstimate } from './search/estimate.ts';
export { explore, type ExploreOptions } from './search/explore.ts';
export type { Progress } from './search/limits.ts';
export type { SamplingStrategy, Strategy } from './search/strategy.ts';
export type {
  BoundFigures,
  DporFigures,
  Limit,
  PctGuarantee,
  SamplingFigures,
  Verdict,
  VerdictName,
  ViolationReport,
} from './search/verdict.ts';
