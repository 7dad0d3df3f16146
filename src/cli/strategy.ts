import { InputError } from '../core/errors.ts';
import { suggest } from '../core/nearest.ts';
import type { Strategy } from '../search/strategy.ts';
import { notYet } from './not-yet.ts';

const STRATEGIES = ['exhaustive', 'dpor', 'bounded', 'pct', 'pos', 'urw', 'random'];
const WITH_NUMBER: ReadonlySet<string> = new Set(['bounded', 'pct']);
/** More change points than this are no longer worth a guarantee, and more preemptions are no bound. */
const LARGEST = 1_000_000;

/** `exhaustive`, `bounded:2`, `pct:3`, `pos`, `urw`, `random`. Everything else is an InputError. */
export function parseStrategy(text: string): Strategy {
  const [, name = '', number] = /^([^:]*)(?::(.*))?$/s.exec(text) ?? [];
  const numbered = WITH_NUMBER.has(name);
  if (!STRATEGIES.includes(name))
    throw new InputError(`--strategy: unknown strategy '${text}'`, suggest(name, STRATEGIES));
  if (numbered !== (number !== undefined && /^\d+$/.test(number)))
    throw new InputError(
      `--strategy: expected ${name}${numbered ? `:N with a whole number N, such as ${name}:2` : ' without a number'}, found '${text}'`,
    );
  const least = name === 'pct' ? 1 : 0;
  const n = Number(number ?? least);
  if (n < least || n > LARGEST)
    throw new InputError(
      `--strategy: expected ${name}:N with N from ${least} to ${LARGEST}, found '${text}'`,
    );
  switch (name) {
    case 'bounded':
      return { name, preemptions: n };
    case 'pct':
      return { name, depth: n };
    case 'pos':
    case 'urw':
    case 'random':
    case 'exhaustive':
      return { name };
    default:
      throw notYet(`--strategy ${text}`, 'use --strategy exhaustive, or leave it out');
  }
}

/** Options that only a sampling strategy has a use for: an InputError if they are given with another. */
export function requireSampling(strategy: Strategy, given: Readonly<Record<string, unknown>>): void {
  if (strategy.name !== 'exhaustive' && strategy.name !== 'bounded') return;
  for (const [option, value] of Object.entries(given))
    if (value !== undefined)
      throw new InputError(
        `--${option}: ${strategy.name} search draws nothing at random`,
        `leave it out, or sample with --strategy pct:3, pos, urw or random`,
      );
}
