import { totalmem } from 'node:os';
import { InvalidArgumentError } from 'commander';

const UNITS: Readonly<Record<string, number>> = { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** `2g`, `512m`, `1.5g`, also with `b` or `ib` after the unit: bytes, in powers of 1,024. */
export function parseMemory(text: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)([kmgt])(?:i?b)?$/i.exec(text) ?? [];
  const bytes = Math.floor(Number(number) * (UNITS[unit.toLowerCase()] ?? Number.NaN));
  if (number === '' || !(bytes >= 2 ** 20) || bytes > Number.MAX_SAFE_INTEGER)
    throw new InvalidArgumentError('Expected a size of at least 1m, such as 512m, 2g or 1.5g.');
  return bytes;
}

/**
 * Bytes that the tables of a search may have when nobody says: half of what the machine has, or of what its control group (container)
 * may have if that is less. The other half is for what is not counted, and for other programs.
 *
 * @param constrained limit of the control group as Node tells it; 0, undefined or something huge if there is none
 */
export function defaultMemory(
  total: number = totalmem(),
  constrained: number | undefined = process.constrainedMemory(),
): number {
  const limit = constrained !== undefined && constrained > 0 ? Math.min(total, constrained) : total;
  return Math.floor(limit / 2);
}
