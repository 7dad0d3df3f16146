/** How a search goes through the schedules of a program; spelled as on the command line. */
export type Strategy =
  /** All of them. */
  | { readonly name: 'exhaustive' }
  /** All with at most so many preemptions. */
  | { readonly name: 'bounded'; readonly preemptions: number }
  /** One of each Mazurkiewicz trace; each thread takes at most `maxSteps` steps, default 1,000. */
  | { readonly name: 'dpor'; readonly maxSteps?: number }
  | SamplingStrategy;

/** Strategies that draw schedules at random: what they have not drawn stays unknown. */
export type SamplingStrategy =
  /** Random priorities and `depth` - 1 points where they change. */
  | { readonly name: 'pct'; readonly depth: number }
  /** A random priority for each pending operation. */
  | { readonly name: 'pos' }
  /** Threads in proportion to the steps they have left. */
  | { readonly name: 'urw' }
  /** Any thread that can move. */
  | { readonly name: 'random' };

/** `exhaustive`, `bounded:2`, `dpor`, `dpor:50`, `pct:3`, … */
export function spellStrategy(strategy: Strategy): string {
  if (strategy.name === 'bounded') return `bounded:${strategy.preemptions}`;
  if (strategy.name === 'dpor' && strategy.maxSteps !== undefined) return `dpor:${strategy.maxSteps}`;
  if (strategy.name === 'pct') return `pct:${strategy.depth}`;
  return strategy.name;
}
