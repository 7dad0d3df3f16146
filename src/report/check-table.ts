import type { Algorithm, CheckResult } from '../search/dpor/check.ts';
import type { NeutralLimit } from '../search/npl/limit.ts';
import { counted, duration, grouped } from './numbers.ts';
import { ascii, paragraph } from './text.ts';

type Column = readonly [title: string, width: number, cell: (result: CheckResult) => number | undefined];

const EXECUTIONS: readonly Column[] = [
  ['complete', 10, ({ executions }) => executions?.complete],
  ['blocked', 8, ({ executions }) => executions?.blocked],
  ['deadlocked', 10, ({ executions }) => executions?.deadlocked],
  ['duplicate', 10, ({ executions }) => executions?.duplicate],
  ['asleep', 7, ({ executions }) => executions?.sleepSetBlocked],
];

const STATES: readonly Column[] = [
  ['states', 11, ({ states }) => states ?? undefined],
  ['transitions', 12, ({ transitions }) => transitions],
];

const FINALS: Column = ['finals', 7, ({ finalStates }) => finalStates];

/** The table of a check, a row at a time. */
export class CheckTable {
  private readonly columns: readonly Column[];
  private readonly nameWidth: number;

  /** @param names of all programs to come */
  constructor(algorithm: Algorithm, names: readonly string[]) {
    this.columns = [...(algorithm === 'stateful' ? STATES : EXECUTIONS), FINALS];
    this.nameWidth = Math.max(7, Math.min(26, Math.max(...names.map((name) => name.length))));
  }

  heading(): string {
    const titles = this.columns.map(([title, width]) => title.padStart(width));
    return ['program'.padEnd(this.nameWidth), ...titles, '   time', ' verdict'].join(' ');
  }

  /** One line; a name too long for its column has one of its own. */
  row(result: CheckResult): string[] {
    const name = ascii(result.program);
    const cells = this.columns.map(([, width, cell]) => cellText(cell(result)).padStart(width));
    const long = name.length > this.nameWidth;
    const line = [
      (long ? '' : name).padEnd(this.nameWidth),
      ...cells,
      duration(result.seconds).padStart(7),
      ` ${result.verdict}`,
    ].join(' ');
    return [...(long ? [name] : []), line, ...remarks(result).flatMap((text) => paragraph(text, '    '))];
  }
}

function cellText(value: number | undefined): string {
  return value === undefined ? '-' : grouped(value);
}

const GO_ON: Readonly<Record<NeutralLimit, string>> = {
  time: 'raise --budget or leave it out',
  memory: 'make the program smaller',
  events: 'bound its loops, or use --algorithm stateful, which follows loops',
  interrupted: 'start it again and let it run',
};

function remarks({ traces, endStates, violation, limit, verdict }: CheckResult): string[] {
  const said: string[] = [];
  if (violation === 'assertion')
    said.push(
      traces === null ? 'an assertion fails' : `an assertion fails in ${counted(traces.violating, 'trace')}`,
    );
  const waiting = traces?.deadlocked ?? endStates?.deadlocked ?? 0;
  if (waiting > 0) said.push(`deadlock: ${counted(waiting, traces === null ? 'state' : 'trace')}`);
  if (limit !== null) said.push(`inconclusive: ${limit.message}; to go on: ${GO_ON[limit.which]}`);
  if (verdict === 'vacuous') said.push('no execution is complete: nothing was proved');
  return said;
}
