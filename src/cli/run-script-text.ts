/** How a person reads a script's run: one line an operation, with what it changed below. */
import type { PageState, PinState } from '../mm/script/observe.ts';
import type { Step } from '../mm/script/run.ts';
import { counted } from '../report/numbers.ts';

/** What the flags mean, for the end of the output. */
export const FLAG_LEGEND = [
  'Flags: A anonymous, B swap-backed, U uptodate, D PG_dirty, S in the swap cache, W under writeback, K KSM, X exclusive, Z zero page',
];

/** Writes a script's steps; shows a page or a reference only when it differs from the step before. */
export class StepText {
  private before: ReadonlyMap<string, string> = new Map();
  private readonly width: number;

  /** @param operations the texts of all operations, for the width of their column */
  constructor(operations: readonly string[]) {
    this.width = Math.max(0, ...operations.map((text) => text.length));
  }

  lines(step: Step): string[] {
    const now = new Map<string, string>([
      ...Object.entries(step.st).map(([key, page]) => [`page ${key}`, pageText(page)] as const),
      ...Object.entries(step.pin).map(([key, pin]) => [pinName(key), pinText(pin)] as const),
    ]);
    const changed = [...now].filter(([key, text]) => this.before.get(key) !== text);
    const gone = [...this.before.keys()].filter((key) => !now.has(key));
    this.before = now;
    return [
      `${String(step.i).padStart(4)}  ${step.op.padEnd(this.width)}  ${resultText(step)}`,
      ...changed.map(([key, text]) => `        ${key}: ${text}`),
      ...gone.map((key) => `        ${key}: gone`),
    ];
  }
}

function resultText({ r, v, mi, ma, message }: Step): string {
  const parts = [v === undefined ? r : `${r}, reads ${v}`];
  if (mi !== undefined && mi > 0) parts.push(counted(mi, 'minor fault'));
  if (ma !== undefined && ma > 0) parts.push(counted(ma, 'major fault'));
  if (message !== undefined) parts.push(message);
  return parts.join(', ');
}

function pageText(page: PageState): string {
  if (page.t === '-') return 'not present';
  const watched = page.wp === 1 ? ', write-protected by userfaultfd' : '';
  if (page.t === 'm') return `${frameText(page)}${watched}`;
  const cached =
    page.mc === 0
      ? ''
      : page.rf === undefined
        ? ', in the swap cache'
        : `, in the swap cache: frame ${page.rf} ${page.rg}`;
  return `swap entry ${page.e}${cached}${watched}`;
}

function frameText({ f, c, g }: PinState): string {
  return f === 0 ? 'zero page' : `frame ${f}, mapped ${c === 1 ? 'once' : `${c} times`}, ${g}`;
}

const PIN_KINDS: Readonly<Record<string, string>> = {
  v: 'pipe',
  u: 'fixed buffer',
  d: 'direct I/O',
};

function pinName(key: string): string {
  return `${PIN_KINDS[key[0]!]} ${key.slice(1)}`;
}

function pinText(pin: PinState): string {
  return `holds ${frameText(pin)}`;
}
