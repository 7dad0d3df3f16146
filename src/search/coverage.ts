/**
 * What of a program's source a search has come to. Operations are the yields of instrumented modules (search/fold/pass.ts), calls of
 * other generators among them; what an operation answered is told by the automata, for every program.
 */
import { allSites, siteOf, type Site } from '../core/frames.ts';
import { Kind, KIND_NAMES } from '../core/operations.ts';
import type { Automata } from './automata.ts';
import { EDGE, HAS_RESULT, N_FLAGS, N_KIND, N_NEXT, N_X, N_Z, NODE } from './tables.ts';

/** A place in the source. */
export interface Place {
  readonly function: string;
  /** `src/mm/memory.ts:412`. */
  readonly source: string;
}

/** An operation that waits or branches, as one place of the source. */
export interface OperationPlace extends Place {
  /** {@link KIND_NAMES} spelling. */
  readonly operation: string;
}

/** Functions of one file. */
export interface FileFunctions {
  readonly file: string;
  readonly functions: readonly string[];
}

/**
 * What was reached. Functions whose names begin with `$` are not the modelled program's but its checks' and are left out, as in traces.
 * Lists are in the order of files, then lines.
 */
export interface Coverage {
  /** Of the functions entered; null if no instrumented function was: then nothing is known of what was not reached. */
  readonly operations: { readonly reached: number; readonly all: number; readonly functions: number } | null;
  /** Operations and calls never come to, in functions that were entered. */
  readonly neverReached: readonly Place[];
  /** Operations that a thread came to and never carried out. */
  readonly neverDone: readonly OperationPlace[];
  /** Operations of which one outcome was never seen, wherever the program came from. */
  readonly oneSided: readonly (OperationPlace & { readonly never: string })[];
  /** Functions never entered, of files of which another one was. */
  readonly neverEntered: readonly FileFunctions[];
  /** Files of the same directories of which no function was entered. */
  readonly unused: readonly string[];
}

/** What the searches on these automata have come to so far. Linear in nodes and edges. */
export function coverageOf(automata: Automata): Coverage {
  const modelled = allSites().filter(isModelled);
  const { reached } = automata;
  const entered = modelled.filter((site) => reached.functions.has(site.first));
  const files = new Set(entered.map((site) => site.file));
  const directories = new Set([...files].map(directoryOf));
  const never = entered.filter((site) => !reached.sites.has(site.id));
  const others = modelled.filter((site) => site.id === site.first && !reached.functions.has(site.id));
  const unused = others.filter((site) => !files.has(site.file) && directories.has(directoryOf(site.file)));
  return {
    operations:
      entered.length === 0
        ? null
        : {
            reached: entered.length - never.length,
            all: entered.length,
            functions: new Set(entered.map((site) => site.first)).size,
          },
    neverReached: never.toSorted(bySource).map(placeOf),
    ...outcomes(automata),
    neverEntered: byFile(others.filter((site) => files.has(site.file))),
    unused: [...new Set(unused.map((site) => site.file))].toSorted(),
  };
}

function isModelled({ functionName }: Site): boolean {
  return !functionName.startsWith('$');
}

function directoryOf(file: string): string {
  return file.replace(/[^/]*$/, '');
}

function bySource(a: Site, b: Site): number {
  return a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line || a.column - b.column;
}

function placeOf({ functionName, file, line }: Site): Place {
  return { function: functionName, source: `${file}:${line}` };
}

function byFile(sites: readonly Site[]): FileFunctions[] {
  const files = new Map<string, string[]>();
  for (const { file, functionName } of sites.toSorted(bySource)) {
    const functions = files.get(file);
    if (functions === undefined) files.set(file, [functionName]);
    else functions.push(functionName);
  }
  return [...files].map(([file, functions]) => ({ file, functions }));
}

/** One operation of the source, whatever nodes stand there. */
interface Operation extends OperationPlace {
  readonly kind: number;
  done: boolean;
  /** What it can answer, named by what it means that it never did. */
  readonly missing: Set<string>;
}

function outcomes(automata: Automata): Pick<Coverage, 'neverDone' | 'oneSided'> {
  const operations = new Map<string, Operation>();
  for (let node = 0; node < automata.nodeCount; node++) addNode(automata, node, operations);
  const all = [...operations.values()].toSorted(byPlace);
  return {
    neverDone: all
      .filter(({ done }) => !done)
      .map(({ function: name, source, operation }) => ({ function: name, source, operation })),
    oneSided: all.flatMap(({ function: name, source, operation, done, missing }) =>
      done ? [...missing].map((never) => ({ function: name, source, operation, never })) : [],
    ),
  };
}

function addNode(automata: Automata, node: number, operations: Map<string, Operation>): void {
  const { nodes, edges } = automata;
  const base = node * NODE;
  const kind = nodes[base + N_KIND]!;
  if (kind >= Kind.DONE) return;
  const position = automata.positionOf(node);
  const site = automata.siteOf(node);
  if (position.source === '' || (site >= 0 && !isModelled(siteOf(site)))) return;
  const key = `${site >= 0 ? site : position.source} ${kind}`;
  let operation = operations.get(key);
  if (operation === undefined) {
    const { source } = position;
    operation = {
      function: position.function,
      source,
      operation: KIND_NAMES[kind]!,
      kind,
      done: false,
      missing: new Set(),
    };
    operations.set(key, operation);
    for (const outcome of possible(nodes, base)) operation.missing.add(outcome);
  }
  let next = nodes[base + N_NEXT]!;
  if (next >= 0) operation.done = true;
  if ((nodes[base + N_FLAGS]! & HAS_RESULT) === 0) return;
  for (; next >= 0; next = edges[next * EDGE + 2]!) {
    const seen = outcomeOf(nodes, base, edges[next * EDGE]!);
    if (seen !== null) operation.missing.delete(seen);
  }
}

const TRUTH = ['never false', 'never true'] as const;
const SUCCESS = ['never failed', 'never succeeded'] as const;
const BIT = ['never found the bit clear', 'never found the bit set'] as const;

/** The two outcomes of an operation (0, then the other), or null if it has none or too many to count. */
function sides(nodes: Int32Array, base: number): readonly [string, string] | null {
  switch (nodes[base + N_KIND]) {
    case Kind.TEST:
    case Kind.ADD_TEST:
      return TRUTH;
    case Kind.TRYLOCK:
    case Kind.ADD_UNLESS:
    case Kind.COMPARE_EXCHANGE:
    case Kind.TRY_COMPARE_EXCHANGE:
      return SUCCESS;
    case Kind.LOAD:
      return isBit(nodes[base + N_X]!) ? BIT : null;
    case Kind.EXCHANGE:
      return isBit(nodes[base + N_Z]!) ? BIT : null;
    default:
      return null;
  }
}

function isBit(mask: number): boolean {
  return mask !== 0 && (mask & (mask - 1)) === 0;
}

/** What it would mean that none of these outcomes was seen. */
function possible(nodes: Int32Array, base: number): readonly string[] {
  if (nodes[base + N_KIND] !== Kind.CHOOSE) return sides(nodes, base) ?? [];
  return Array.from({ length: nodes[base + N_X]! }, (_, answer) => `never answered ${answer}`);
}

/** The one of {@link possible} that `result` refutes. */
function outcomeOf(nodes: Int32Array, base: number, result: number): string | null {
  const kind = nodes[base + N_KIND];
  if (kind === Kind.CHOOSE) return `never answered ${result}`;
  const found = sides(nodes, base);
  if (found === null) return null;
  const succeeded = kind === Kind.COMPARE_EXCHANGE ? result === nodes[base + N_X] : result !== 0;
  return found[succeeded ? 1 : 0];
}

function byPlace(a: Operation, b: Operation): number {
  const [fileOfA = '', lineOfA] = a.source.split(/:(?=\d+$)/);
  const [fileOfB = '', lineOfB] = b.source.split(/:(?=\d+$)/);
  return fileOfA < fileOfB ? -1 : fileOfA > fileOfB ? 1 : Number(lineOfA) - Number(lineOfB);
}
