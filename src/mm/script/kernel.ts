/** Which kernel, and which swap device, a script runs on. */
import { InputError } from '../../core/errors.ts';
import { suggest } from '../../core/nearest.ts';
import { Features, type FeatureSet } from '../features.ts';
import { configureKernel, hunksNamed } from '../kernels.ts';
import type { Backend } from '../machine.ts';
import type { Switches } from '../switches.ts';

/** Swap devices a script may run on. */
export const BACKENDS = {
  file: { device: 'file', held: false },
  zram: { device: 'zram', held: false },
  held: { device: 'file', held: true },
  'held-stable': { device: 'stable', held: true },
} as const satisfies Readonly<Record<string, { device: Backend; held: boolean }>>;

export type BackendName = keyof typeof BACKENDS;

/** The backend called `name`; an InputError with the nearest names if there is none. */
export function backendNamed(name: string): BackendName {
  if (Object.hasOwn(BACKENDS, name)) return name as BackendName;
  throw new InputError(`unknown backend "${name}"`, suggest(name, Object.keys(BACKENDS)));
}

/** What {@link ScriptRunner} needs to know of a kernel. */
export interface ScriptKernel {
  readonly switches: Switches;
  readonly features: FeatureSet;
}

/** The kernel called `name` with patches put on and taken off; an InputError says what is unknown. */
export function scriptKernel(
  name: string,
  apply: readonly string[] = [],
  revert: readonly string[] = [],
): ScriptKernel {
  const features = Features.of(name);
  const unuse_reads_exclusive =
    !honoursInUnuse(revert) && (features.unuse_reads_exclusive || honoursInUnuse(apply));
  return {
    switches: configureKernel(name, apply, revert),
    features: { ...features, unuse_reads_exclusive },
  };
}

/** Is hunk H6 of the seed patch, which concerns swapoff alone, among `references`? */
function honoursInUnuse(references: readonly string[]): boolean {
  return references.flatMap(hunksNamed).some((hunk) => hunk.id === 'H6');
}
