import pico from 'picocolors';
import { paint, type Paint } from '../report/paint.ts';
import { printable } from '../report/text.ts';

/** Prints lines on standard output. */
export function print(lines: readonly string[]): void {
  if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
}

/** Prints one JSON document on standard output. */
export function printJson(document: unknown): void {
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
}

/** Tells the user, on standard error, what is wrong and what to do next. */
export function complain(message: string, hint?: string): void {
  const hints = hint === undefined ? [] : hint.split('\n').map((line) => `  ${line}`);
  process.stderr.write(`${printable([`lostwrite: ${message}`, ...hints].join('\n'))}\n`);
}

/** Colours if standard output is a terminal that wants them (NO_COLOR says no). */
export function terminalPaint(): Paint {
  return paint(process.stdout.isTTY && pico.isColorSupported);
}
