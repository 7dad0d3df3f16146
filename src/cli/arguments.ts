import { InvalidArgumentError } from 'commander';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 };
const MAX_MS = 2 ** 31;

/** `60s`, `500ms`, `2m`, `1h` in milliseconds. */
export function parseBudget(text: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|min|m|h)$/.exec(text) ?? [];
  const ms = Number(number) * (UNIT_MS[unit] ?? Number.NaN);
  if (number === '' || !(ms > 0))
    throw new InvalidArgumentError('Expected a time such as 60s, 500ms, 2m or 1h.');
  if (ms > MAX_MS) throw new InvalidArgumentError('Expected at most 500 h; leave it out for no limit.');
  return ms;
}

/** A whole number from 1 up; `1_000_000` and `1e6` are accepted. */
export function parseCount(text: string): number {
  const value = /^\d[\d_]*(e\d+)?$/i.test(text) ? Number(text.replaceAll('_', '')) : Number.NaN;
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('Expected a whole number of at least 1.');
  return value;
}

/** A whole number from `least` to `most`, for {@link Option.argParser}. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most))
      throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
    return value;
  };
}

const MOST_SECONDS = 86_400;

/** Seconds: `10`, `0.5`. */
export function parseSeconds(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value > 0 && value <= MOST_SECONDS))
    throw new InvalidArgumentError(
      `Expected a number of seconds, such as 10 or 0.5, at most ${MOST_SECONDS}.`,
    );
  return value;
}

/** Collects an option that may be given more than once. */
export function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

/** Collects `name=value`. */
export function collectSettings(
  text: string,
  before: Readonly<Record<string, string>>,
): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Expected name=value.');
  const name = text.slice(0, at);
  if (Object.hasOwn(before, name)) throw new InvalidArgumentError(`'${name}' is set twice.`);
  return { ...before, [name]: text.slice(at + 1) };
}
