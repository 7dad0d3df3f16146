import { LINE_WIDTH, wrap } from './text.ts';

/** Where the columns of a race diagram stand. */
export interface Columns {
  readonly names: readonly string[];
  /** Width of the step numbers at the left edge. */
  readonly margin: number;
  /** Distance between the starts of two columns. */
  readonly offset: number;
}

const GAP = 2;
const WIDEST = 18;

/**
 * Lays out one column for each name. Each row belongs to one column and may run over all those to its right, so the columns
 * may stand close; the last one keeps some 54 characters (30 if there are many).
 */
export function layColumns(names: readonly string[], margin: number): Columns {
  const room = LINE_WIDTH - margin - GAP - (names.length <= 6 ? 54 : 30);
  const offset = Math.max(2, Math.min(WIDEST, Math.floor(room / Math.max(1, names.length - 1))));
  return { names, margin, offset };
}

/** How many characters a row of column `column` has. */
export function roomOf(columns: Columns, column: number): number {
  return LINE_WIDTH - columns.margin - GAP - column * columns.offset;
}

/** The rows of one text in column `column`: `label` in the margin of the first, the others indented by 4 more. */
export function place(columns: Columns, column: number, label: string, text: string): string[] {
  const lead = ' '.repeat(GAP + column * columns.offset);
  const indent = ' '.repeat(text.length - text.trimStart().length + 4);
  return wrap(text, roomOf(columns, column), indent).map((line, i) =>
    ((i === 0 ? label : '').padStart(columns.margin) + lead + line).trimEnd(),
  );
}

/** Names over their columns; if they do not fit side by side, one below the other with a line down to the column. */
export function heading(columns: Columns): string[] {
  const { names, offset } = columns;
  const fits = names.every((name, i) => i === names.length - 1 || name.length + 1 < offset);
  const lead = ' '.repeat(columns.margin + GAP);
  const across = (texts: readonly string[]) =>
    (lead + texts.map((text) => text.padEnd(offset)).join('')).trimEnd().slice(0, LINE_WIDTH);
  if (fits) return [across(names), across(names.map((name) => '-'.repeat(name.length)))];
  return [
    ...names.map((name, i) => across([...Array<string>(i).fill('|'), name])),
    across(names.map(() => '|')),
  ];
}
