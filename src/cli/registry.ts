import type { Schedule } from '../core/schedule.ts';
import type { ProgramSource } from '../cpus/source.ts';
import type { BuiltProgram as LinuxProgram, ProgramRequest } from '../mm/programs.ts';

export type { ProgramRequest };

/** What the command line knows of a scenario's parameter. */
export interface ParameterEntry {
  readonly name: string;
  readonly summary: string;
  readonly values: readonly (string | number | boolean)[];
  readonly default: string | number | boolean;
}

/** A scenario that can be explored. */
export interface ScenarioEntry {
  readonly name: string;
  readonly summary: string;
  readonly parameters: readonly ParameterEntry[];
}

/** A kernel version that a scenario can run on. */
export interface KernelEntry {
  readonly name: string;
  readonly epoch: string;
  readonly summary: string;
}

/** A patch whose hunks can be put on and taken off. */
export interface PatchEntry {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly title: string;
  readonly hunks: readonly { readonly id: string; readonly summary: string }[];
}

/** A program and what it was built from. */
export type BuiltProgram = Omit<LinuxProgram, 'machine'>;

/** All the programs a command line offers. `kernels` is in order of age; the last one is the default. */
export interface Registry {
  readonly scenarios: readonly ScenarioEntry[];
  /** Parameters of every scenario, beside its own (which may set another default). */
  readonly common?: readonly ParameterEntry[];
  readonly kernels: readonly KernelEntry[];
  readonly patches: readonly PatchEntry[];
  /** Throws an InputError, with the nearest names, for a name that does not exist. */
  build(request: ProgramRequest): BuiltProgram;
  /** Where worker threads get the same program; its module is the compiled one. */
  source(request: ProgramRequest): ProgramSource;
  /** Says which write a schedule loses, at which step and why; steps by number from 1. */
  explain(built: BuiltProgram, schedule: Schedule): readonly string[];
}
