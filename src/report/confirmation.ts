import { counted } from './numbers.ts';
import { ascii, LINE_WIDTH, NO_BREAK, wrap } from './text.ts';

/** What real worker threads said of a schedule that something else found. */
export type Confirmation =
  | {
      readonly confirmed: true;
      readonly workers: number;
      /** They repeated every value, but that no schedule ends from there (livelock) only the search can tell. */
      readonly endlessBySearch: boolean;
    }
  | { readonly confirmed: false; readonly reason: string };

/** `confirmed: replayed on 6 worker threads, every value as found`, or why it was not; `beside`: and on what else. */
export function confirmationText(confirmation: Confirmation, beside = ''): string {
  if (!confirmation.confirmed) return `not confirmed on worker threads: ${confirmation.reason}`;
  const workers = counted(confirmation.workers, 'worker thread');
  const endless = '; that no schedule ends from there is what the search found';
  return `confirmed: replayed on ${workers}${beside}, every value as found${confirmation.endlessBySearch ? endless : ''}`;
}

/** `CPUs: user = worker thread 1 (36 steps), kswapd = worker thread 2 (no step)`, wrapped between CPUs. */
export function cpuLines(
  cpus: readonly { readonly thread: string; readonly worker: number; readonly steps: number }[],
  indent: string,
): string[] {
  const parts = cpus.map(({ thread, worker, steps }) =>
    ascii(`${thread} = worker thread ${worker} (${steps === 0 ? 'no step' : counted(steps, 'step')})`),
  );
  const text = parts.map((part) => part.replaceAll(' ', NO_BREAK)).join(', ');
  return wrap(`${indent}CPUs: ${text}`, LINE_WIDTH, `${indent}  `);
}
