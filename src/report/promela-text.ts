/** How names, types and comments are spelled in Promela. */
import { ascii } from './text.ts';

/** A unique `prefix` and what is left of `name`: no name is a keyword or stands for two things. */
export function identifier(prefix: string, name: string): string {
  const rest = name.replaceAll(/\W+/g, '_').replaceAll(/^_+|_+$/g, '');
  return rest === '' ? prefix : `${prefix}_${rest}`;
}

/** A comment on one line; neither the end of a comment nor a line that the C preprocessor would read can stand in it. */
export function comment(text: string): string {
  return `/* ${ascii(text.replaceAll(/\s+/g, ' ')).replaceAll('*/', '* /').replaceAll('/*', '/ *')} */`;
}

/** The smallest type that holds all values from `least` to `greatest`. */
export function variableType(least: number, greatest: number): 'bit' | 'byte' | 'short' | 'int' {
  if (least >= 0 && greatest <= 1) return 'bit';
  if (least >= 0 && greatest <= 0xff) return 'byte';
  return least >= -0x8000 && greatest <= 0x7fff ? 'short' : 'int';
}
