import type { Minimised } from '../search/minimise/minimised.ts';
import type { Size } from '../search/minimise/size.ts';
import type { ViolationReport } from '../search/verdict.ts';
import { counted, duration } from './numbers.ts';

/** `103 steps, 1 preemption, 4 threads`. */
export function sizeText({ threads, preemptions, steps }: Size): string {
  return `${counted(steps, 'step')}, ${counted(preemptions, 'preemption')}, ${counted(threads, 'thread')}`;
}

/** What was made smaller, and what is proved of it. */
export function minimisedText(minimised: Minimised): string {
  const { from, threads, preemptions, steps, threadsLimit, stepsLimit, states, seconds } = minimised;
  const cost = `(${counted(states, 'state')}, ${duration(seconds)})`;
  if (threads && preemptions && steps)
    return `minimised from ${sizeText(from)}; proved: fewest threads, of those fewest preemptions, of those fewest steps ${cost}`;
  const known = (what: string, proved: boolean, limit: string | null) =>
    `${what}: ${proved ? 'proved' : `not known${limit === null ? '' : ` (${limit})`}`}`;
  const rest =
    preemptions === steps
      ? [known('of those fewest preemptions and steps', steps, stepsLimit)]
      : [
          known('of those fewest preemptions', preemptions, null),
          known('of those fewest steps', steps, stepsLimit),
        ];
  const facts = [known('fewest threads', threads, threadsLimit), ...rest];
  return `minimised from ${sizeText(from)}; ${facts.join('; ')} ${cost}`;
}

/** `violation.minimised` of the JSON documents; `threads` are called `cpus` there. */
export function minimisedJson({ minimised }: ViolationReport) {
  if (minimised === undefined) return {};
  const { from, threads, preemptions, steps, threadsLimit, stepsLimit, states, seconds } = minimised;
  return {
    minimised: {
      from: { steps: from.steps, preemptions: from.preemptions, cpus: from.threads },
      proved: { cpus: threads, preemptions, steps },
      limit: { cpus: threadsLimit, preemptionsAndSteps: stepsLimit },
      states,
      seconds,
    },
  };
}
