/** The operations of a sequential script: what each takes, in which order. One line of a script is one operation. */

/** An argument: a name and the numbers it may be, or the words. */
export interface Argument {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  /** Instead of a number. */
  readonly words?: readonly string[];
}

function number(name: string, least: number, most: number): Argument {
  return { name, least, most };
}

/** Processes, pages of each, and 512-byte slots of a page. */
export const PROCESSES = 3;
export const PAGES = 4;
export const SLOTS = 8;

const P = number('process', 0, PROCESSES - 1);
const G = number('page', 0, PAGES - 1);
const S = number('slot', 0, SLOTS - 1);
const V = number('byte value', 0, 255);
const K = number('pin number', 0, 99);
const CHILD = number('child process', 0, PROCESSES - 1);
const SWITCH = number('switch', 0, 1);
const PROTECTION: Argument = { name: 'protection', least: 0, most: 0, words: ['r', 'rw'] };

const page = [P, G];

/** Arguments of every operation, by name. */
export const OPERATIONS = {
  mmap: page,
  munmap: page,
  w: [P, G, S, V],
  r: [P, G, S],
  fork: [P, CHILD],
  exit: [P],
  pageout: page,
  cold: page,
  dontneed: page,
  lazyfree: page,
  popr: page,
  popw: page,
  prot: [P, G, PROTECTION],
  reclaim: [],
  swapcycle: [],
  vpin: [K, P, G],
  vread: [K, S],
  vdrop: [K],
  upin: [K, P, G],
  uread: [K, S],
  uwrite: [K, S, V],
  udrop: [K],
  dior: [P, G, S, V],
  diow: [P, G, S],
  dmar: [K, P, G, S],
  dmaw: [K, P, G, S],
  dmaend: [K, V],
  wp: page,
  unwp: page,
  merge: page,
  unmerge: page,
  ksm: [],
  migrate: page,
  sdclear: [P],
  hold: [SWITCH],
} as const satisfies Readonly<Record<string, readonly Argument[]>>;

export type OperationName = keyof typeof OPERATIONS;

/** One operation of a script. */
export interface ScriptOperation {
  readonly name: OperationName;
  /** One number for each argument; of words their place in the list. */
  readonly numbers: readonly number[];
  /** As written, one blank between words. */
  readonly text: string;
}

/** A script of a file: its name is what follows `===`. */
export interface Script {
  readonly name: string;
  readonly operations: readonly ScriptOperation[];
}
