import type { CpuHit } from '../report/cpu-hit.ts';
import { paragraph } from '../report/text.ts';
import { renderConclusion, renderTrace } from '../report/trace.ts';
import type { Examined } from './on-cpus.ts';
import type { BuiltProgram, Registry } from './registry.ts';

/** The trace of what CPUs showed, under a title; or, if that is too long, only what it comes to. */
export function shownOf(
  registry: Registry,
  built: BuiltProgram,
  { replayed }: Examined,
  { tooLong }: CpuHit,
  { title, all }: { readonly title: string; readonly all: boolean },
): string[] {
  const { program, request, kernel } = built;
  const schedule = {
    ...replayed,
    program: program.name,
    parameters: program.parameters,
    memory: 'sc' as const,
  };
  const explanation = registry.explain(built, schedule);
  if (tooLong) return renderConclusion(replayed, explanation);
  return [
    ...paragraph(`${request.scenario} on ${kernel}: ${title}`),
    '',
    ...renderTrace(replayed, { all, explanation }),
  ];
}
