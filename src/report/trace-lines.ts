import type { ReplayedStep } from '../core/replayed.ts';
import { describeAccess, type AccessText } from './access-text.ts';
import type { Sight } from './sight.ts';
import { ascii, NO_BREAK } from './text.ts';

/** One line of a thread's column; `label` numbers its step (or steps), empty for what else happened in the same step. */
export interface TraceLine {
  readonly label: string;
  readonly text: string;
  /** Stands in for `text` where that would need a second line. */
  readonly brief?: string;
}

/** Consecutive steps that only read, folded into one line each for what others change and for the rest. */
interface Reads {
  from: number;
  to: number;
  readonly contested: string[];
  readonly others: Set<string>;
}

/** The lines of some steps of one thread, the first of which has number `first` (from 1). Reads fold unless `all` is asked for. */
export function linesOf(
  steps: readonly ReplayedStep[],
  first: number,
  sight: Sight,
  all: boolean,
): TraceLine[] {
  const lines: TraceLine[] = [];
  let reads: Reads | null = null;
  const flush = () => {
    if (reads !== null) lines.push(...foldedReads(reads));
    reads = null;
  };
  steps.forEach((step, i) => {
    const number = first + i;
    const told = look(step, number, sight);
    const notes = step.accesses.flatMap((access) => access.notes);
    if (all) {
      lines.push(...fullStep(step, number, told));
      return;
    }
    const events = told.filter(isEvent);
    if (events.length > 0) {
      flush();
      const shown = told.filter(
        (each, k) => isEvent(each) || (each.weight === 'read' && each.contested && !isRepeated(told, k)),
      );
      shown.forEach(({ weight, text }, k) =>
        lines.push({
          label: k === 0 ? String(number) : '',
          text: `  ${weight === 'read' ? 'reads ' : ''}${text}`,
        }),
      );
    } else {
      reads ??= { from: number, to: number, contested: [], others: new Set() };
      reads.to = number;
      for (const { contested, text, weight, name } of told) {
        if (contested) reads.contested.push(text);
        else if (weight !== 'ghost' && name !== '') reads.others.add(name);
      }
    }
    if (notes.length > 0) flush();
    for (const note of notes) lines.push({ label: '', text: `  /* ${ascii(note)} */` });
  });
  flush();
  return lines;
}

interface Told extends AccessText {
  /** It concerns what another thread writes in this schedule. */
  readonly contested: boolean;
  readonly name: string;
}

function isEvent({ weight, contested }: Told): boolean {
  return weight === 'event' || (weight === 'quiet' && contested);
}

/** A step that waited for a value and then reads it says so once. */
function isRepeated(told: readonly Told[], k: number): boolean {
  return told.slice(0, k).some(({ text }) => text.endsWith(told[k]!.text));
}

function look(step: ReplayedStep, number: number, sight: Sight): Told[] {
  return step.accesses.map((access, i) => {
    const told = describeAccess(sight.program, access, step.operands[i]!, sight.words);
    const contested = told.weight !== 'ghost' && sight.isContested(told.word, told.bits, step.thread);
    const origin =
      contested && told.weight !== 'event' ? sight.originOf(told.word, told.bits, step.thread) : '';
    sight.saw(told.word, step.thread, number, access);
    return {
      ...told,
      text: ascii(told.text + origin),
      contested,
      name: ascii(told.text.replace(/ (= |\S+ -> ).*$/, '')),
    };
  });
}

function foldedReads({ from, to, contested, others }: Reads): TraceLine[] {
  const label = from === to ? String(from) : `${from}-${to}`;
  const lines: TraceLine[] = [];
  if (contested.length > 0) lines.push({ label, text: `  reads ${unbroken([...new Set(contested)])}` });
  if (others.size > 0) {
    const brief = others.size === 1 ? '  (reads 1 word)' : `  (reads ${others.size} words)`;
    lines.push({
      label: contested.length > 0 ? '' : label,
      text: `  (reads ${[...others].join(', ')})`,
      brief,
    });
  }
  // Steps of the specification alone, which no other thread can see.
  return lines.length > 0 ? lines : [{ label, text: '  (a note of the oracle)' }];
}

/** A line break may come between two of them, but not within one. */
function unbroken(texts: readonly string[]): string {
  return texts.map((text) => (texts.length > 1 ? text.replaceAll(' ', NO_BREAK) : text)).join(', ');
}

function fullStep(step: ReplayedStep, number: number, told: readonly Told[]): TraceLine[] {
  return told.flatMap(({ text, weight }, i) => {
    const { position, operation, notes } = step.accesses[i]!;
    const kind = weight === 'ghost' ? `ghost ${operation}` : operation;
    const source = position.source === '' ? '' : `  [${position.source}]`;
    return [
      {
        label: i === 0 ? String(number) : '',
        text: `  ${text.startsWith(kind) ? '' : `${kind}: `}${text}${source}`,
      },
      ...notes.map((note) => ({ label: '', text: `  /* ${ascii(note)} */` })),
    ];
  });
}
