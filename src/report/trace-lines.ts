import type { ReplayedStep } from '../search/replay.ts';
import { describeAccess, type AccessText } from './access-text.ts';
import type { Sight } from './sight.ts';
import { ascii } from './text.ts';

/** One line of a thread's column; `label` numbers its step (or steps), empty for what else happened in the same step. */
export interface TraceLine {
  readonly label: string;
  readonly text: string;
}

/** Consecutive steps that only read, folded into one line each for what others change and for the rest. */
interface Reads {
  from: number;
  to: number;
  readonly contested: string[];
  readonly others: Set<string>;
}

/** The lines of some steps of one thread, the first of which has number `first` (from 1). Reads fold unless `all` is asked for. */
export function linesOf(steps: readonly ReplayedStep[], first: number, sight: Sight, all: boolean): TraceLine[] {
  const lines: TraceLine[] = [];
  let reads: Reads | null = null;
  const flush = () => {
    if (reads !== null) lines.push(...foldedReads(reads));
    reads = null;
  };
  steps.forEach((step, i) => {
    const number = first + i;
    const told = look(step, number, sight);
    const visible = all ? told : told.filter(({ weight }) => weight === 'event' || weight === 'read');
    const notes = step.accesses.flatMap((access) => access.notes);
    if (all) return void lines.push(...fullStep(step, number, told));
    if (visible.some(({ weight }) => weight === 'event')) {
      flush();
      visible.forEach(({ weight, text }, k) =>
        lines.push({ label: k === 0 ? String(number) : '', text: `  ${weight === 'read' ? 'reads ' : ''}${text}` }),
      );
    } else {
      reads ??= { from: number, to: number, contested: [], others: new Set() };
      reads.to = number;
      for (const { contested, text, weight } of told) {
        if (contested) reads.contested.push(text);
        else if (weight !== 'ghost') reads.others.add(text.replace(/ (= .*|unchanged)$/, ''));
      }
    }
    if (notes.length > 0) flush();
    for (const note of notes) lines.push({ label: '', text: `  /* ${ascii(note)} */` });
  });
  flush();
  return lines;
}

interface Told extends AccessText {
  /** A read of what another thread changes in this schedule. */
  readonly contested: boolean;
}

function look(step: ReplayedStep, number: number, sight: Sight): Told[] {
  return step.accesses.map((access, i) => {
    const told = describeAccess(sight.program, access, step.operands[i]!, sight.words);
    const contested = told.weight === 'read' && sight.isContested(told.word, step.thread);
    const origin = contested ? sight.originOf(told.word, step.thread) : '';
    sight.saw(told.word, step.thread, number, access);
    return { ...told, text: ascii(told.text + origin), contested };
  });
}

function foldedReads({ from, to, contested, others }: Reads): TraceLine[] {
  const label = from === to ? String(from) : `${from}-${to}`;
  const names = [...others];
  const more = names.length > 4 ? `, ... ${names.length - 3} more` : '';
  const rest = names.length === 0 ? [] : [`  (reads ${names.slice(0, more === '' ? 4 : 3).join(', ')}${more})`];
  const texts = contested.length === 0 ? rest : [`  reads ${[...new Set(contested)].join(', ')}`, ...rest];
  return texts.map((text, i) => ({ label: i === 0 ? label : '', text }));
}

function fullStep(step: ReplayedStep, number: number, told: readonly Told[]): TraceLine[] {
  return told.flatMap(({ text, weight }, i) => {
    const { position, operation, notes } = step.accesses[i]!;
    const kind = weight === 'ghost' ? `ghost ${operation}` : operation;
    const source = position.source === '' ? '' : `  [${position.source}]`;
    return [
      { label: i === 0 ? String(number) : '', text: `  ${kind}: ${text}${source}` },
      ...notes.map((note) => ({ label: '', text: `  /* ${ascii(note)} */` })),
    ];
  });
}
