import { InputError } from '../core/errors.ts';
import { suggest } from '../core/nearest.ts';
import type { Strategy } from '../search/strategy.ts';

const STRATEGIES = ['exhaustive', 'dpor', 'bounded', 'pct', 'pos', 'urw', 'random'];
const WITH_NUMBER: ReadonlySet<string> = new Set(['bounded', 'pct']);
/** A number may follow, or not. */
const MAY_HAVE_NUMBER: ReadonlySet<string> = new Set(['dpor']);
/** More change points than this are no longer worth a guarantee, and more preemptions are no bound. */
const LARGEST = 1_000_000;

/** `exhaustive`, `bounded:2`, `dpor`, `dpor:50`, `pct:3`, `pos`, `urw`, `random`. Everything else is an InputError. */
export function parseStrategy(text: string): Strategy {
  const [, name = '', number] = /^([^:]*)(?::(.*))?$/s.exec(text) ?? [];
  const numbered = WITH_NUMBER.has(name);
  if (!STRATEGIES.includes(name))
    throw new InputError(`--strategy: unknown strategy '${text}'`, suggest(name, STRATEGIES));
  const free = MAY_HAVE_NUMBER.has(name) && number === undefined;
  const expectsNumber = numbered || (MAY_HAVE_NUMBER.has(name) && !free);
  if (expectsNumber !== (number !== undefined && /^\d+$/.test(number)))
    throw new InputError(
      `--strategy: expected ${name}${expectsNumber ? `:N with a whole number N, such as ${name}:2` : ' without a number'}, found '${text}'`,
    );
  const least = name === 'pct' || name === 'dpor' ? 1 : 0;
  const n = Number(number ?? least);
  if (n < least || n > LARGEST)
    throw new InputError(
      `--strategy: expected ${name}:N with N from ${least} to ${LARGEST}, found '${text}'`,
    );
  switch (name) {
    case 'bounded':
      return { name, preemptions: n };
    case 'dpor':
      return number === undefined ? { name } : { name, maxSteps: n };
    case 'pct':
      return { name, depth: n };
    case 'pos':
    case 'urw':
    case 'random':
      return { name };
    default:
      return { name: 'exhaustive' };
  }
}

/** Options that only a sampling strategy has a use for: an InputError if they are given with another. */
export function requireSampling(strategy: Strategy, given: Readonly<Record<string, unknown>>): void {
  if (strategy.name !== 'exhaustive' && strategy.name !== 'bounded' && strategy.name !== 'dpor') return;
  for (const [option, value] of Object.entries(given))
    if (value !== undefined)
      throw new InputError(
        `--${option}: ${strategy.name} search draws nothing at random`,
        `leave it out, or sample with --strategy pct:3, pos, urw or random`,
      );
}
