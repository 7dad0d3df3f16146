/** Runs small generator functions given as text, instrumented or not, through all histories of zeros and ones. */
import { runInThisContext } from 'node:vm';
import { activate, foldKey, FrameStack } from '../../../src/core/frames.ts';
import * as frames from '../../../src/core/frames.ts';
import { instrument } from '../../../src/search/fold/pass.ts';
import type { Instrumented } from '../../../src/search/fold/pass.ts';

export type Body = () => Generator<unknown, unknown, number>;

/** Instruments a module text whose positions are its own. */
export function instrumentText(source: string): Instrumented {
  return instrument(source, { file: 'test.ts', framesImport: 'frames', positionOf: () => null });
}

/** Evaluates a module text without exports and returns its function `main`. */
export function load(code: string): Body {
  const text = code.replace(/import \{ (.*?) \} from "frames";/, (_, names: string) => {
    return `const { ${names.replaceAll(' as ', ': ')} } = frames;`;
  });
  const make = runInThisContext(`'use strict'; (frames) => { ${text}; return main; }`) as (
    from: typeof frames,
  ) => Body;
  return make(frames);
}

export interface Step {
  /** What was yielded, as text; 'end …' or 'throw …' for the last one. */
  readonly operation: string;
  /** The fold key there, with the operation, as an engine must have it; null if the history cannot be folded, or has ended. */
  readonly key: string | null;
}

/** Runs a body along `inputs` and returns what it yields at the start and after each input. */
export function run(body: Body, inputs: readonly number[], identity: (object: object) => number): Step[] {
  const stack = new FrameStack();
  const steps: Step[] = [];
  const before = activate(stack);
  try {
    const generator = body();
    let result = generator.next(0);
    for (let i = 0; ; i++) {
      if (result.done === true) {
        steps.push({ operation: `end ${JSON.stringify(result.value)}`, key: null });
        break;
      }
      const operation = JSON.stringify(result.value);
      const key = foldKey(stack, identity);
      steps.push({ operation, key: key === null ? null : `${key}#${operation}` });
      const input = inputs[i];
      if (input === undefined) break;
      result = generator.next(input);
    }
  } catch (error) {
    steps.push({ operation: `throw ${String(error)}`, key: null });
  } finally {
    activate(before);
  }
  return steps;
}

/** An identity that numbers objects as it meets them. */
export function numbering(): (object: object) => number {
  const ids = new WeakMap<object, number>();
  let count = 0;
  return (object) => {
    let id = ids.get(object);
    if (id === undefined) ids.set(object, (id = count++));
    return id;
  };
}

export interface Exploration {
  /** What is yielded after each history, keyed by the history as a string of 0 and 1. */
  readonly tree: ReadonlyMap<string, string>;
  /** The histories that have each key. */
  readonly folded: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Runs a body through every history of `depth` inputs. */
export function explore(body: Body, depth: number): Exploration {
  const tree = new Map<string, string>();
  const folded = new Map<string, Set<string>>();
  const identity = numbering();
  for (let bits = 0; bits < 1 << depth; bits++) {
    const inputs = Array.from({ length: depth }, (_, i) => (bits >> i) & 1);
    for (const [i, { operation, key }] of run(body, inputs, identity).entries()) {
      const history = inputs.slice(0, i).join('');
      tree.set(history, operation);
      if (key === null) continue;
      const histories = folded.get(key);
      if (histories === undefined) folded.set(key, new Set([history]));
      else histories.add(history);
    }
  }
  return { tree, folded };
}

/** Everything that happens after a history, for `depth` more inputs. */
export function future(tree: ReadonlyMap<string, string>, history: string, depth: number): string {
  const operation = tree.get(history);
  if (operation === undefined) return '';
  if (depth === 0) return operation;
  return `${operation}(${future(tree, `${history}0`, depth - 1)},${future(tree, `${history}1`, depth - 1)})`;
}

/** Two histories with one key and different futures, or null; and how many histories share a key with another. */
export function findWrongFold(
  { tree, folded }: Exploration,
  depth: number,
): { readonly wrong: readonly [string, string] | null; readonly folds: number } {
  let folds = 0;
  for (const histories of folded.values()) {
    // The shortest one is compared with each: a comparison reaches as far as the longer of two histories leaves room for.
    const [first, ...others] = [...histories].sort((a, b) => a.length - b.length);
    if (first === undefined) continue;
    for (const other of others) {
      folds++;
      const left = depth - other.length;
      if (future(tree, first, left) !== future(tree, other, left)) return { wrong: [first, other], folds };
    }
  }
  return { wrong: null, folds };
}
