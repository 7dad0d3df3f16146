/** Plain text for terminals and mails: printable ASCII only, lines that end before column 100. */

/** Longest line of any report. */
export const LINE_WIDTH = 99;

/** A space at which {@link wrap} does not break; it leaves an ordinary one. */
export const NO_BREAK = '\u00a0';

const SPELLED: Readonly<Record<string, string>> = {
  '→': '->',
  '←': '<-',
  '≤': '<=',
  '≥': '>=',
  '≠': '!=',
  '–': '-',
  '—': '-',
  '…': '...',
  '“': '"',
  '”': '"',
  '’': "'",
  '×': 'x',
};

/** `text` in printable ASCII: known signs spelled out, everything else (control characters too) as `?`; tabs become spaces. */
export function ascii(text: string): string {
  return text.replace(/\t/g, ' ').replace(/[^ -~]/gu, (sign) => SPELLED[sign] ?? '?');
}

/** `text` without control characters: what came from a file or an argument must not steer the terminal. Line ends stay. */
export function printable(text: string): string {
  return text.replace(/[^\P{C}\n]/gu, '?');
}

/**
 * Breaks `text` at spaces into lines of at most `width` characters; lines after the first start with `indent`. A word that is
 * too long for a line is cut. Lines carry no trailing spaces.
 */
export function wrap(text: string, width: number, indent = ''): string[] {
  const lines: string[] = [];
  let rest = text.trimEnd();
  let lead = '';
  while (lead.length + rest.length > width) {
    const room = width - lead.length;
    const space = rest.lastIndexOf(' ', room);
    // A break in the leading blanks would make no progress.
    const at = space > rest.length - rest.trimStart().length ? space : room;
    lines.push((lead + rest.slice(0, at)).trimEnd());
    rest = rest.slice(at).trimStart();
    lead = indent;
  }
  lines.push(lead + rest);
  return lines.map((line) => line.replaceAll(NO_BREAK, ' '));
}

/** A block of prose or facts: every line of `text` wrapped, in ASCII. */
export function paragraph(text: string, indent = '', width = LINE_WIDTH): string[] {
  return text.split('\n').flatMap((line) => wrap(indent + ascii(line), width, indent));
}

/** Figures side by side, two blanks apart; those that no longer fit begin a new line. */
export function sideBySide(items: readonly string[], indent = ''): string[] {
  const lines: string[] = [];
  for (const item of items) {
    const last = lines.at(-1);
    if (last !== undefined && `${last}  ${item}`.length <= LINE_WIDTH)
      lines.splice(-1, 1, `${last}  ${item}`);
    else lines.push(`${indent}${item}`);
  }
  return lines;
}
