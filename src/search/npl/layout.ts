import type { NeutralProgram } from './program.ts';

/** A variable, an array, or mutexes: `size` words from `base` on. */
export interface Place {
  readonly name: string;
  readonly base: number;
  readonly size: number;
}

/**
 * Where everything lies in the flat shared memory: first the variables, then the mutexes (0 free, else holder + 1), then one word
 * for each thread that says whether it was spawned.
 */
export interface Layout {
  readonly variables: ReadonlyMap<string, Place>;
  readonly mutexes: ReadonlyMap<string, Place>;
  readonly threads: readonly string[];
  /** How many words belong to variables. */
  readonly variableWords: number;
  /** The spawn word of thread 0. */
  readonly spawnWords: number;
  /** Initial values of all words. */
  readonly initial: Int32Array;
}

/** Lays out the memory of `program`, in the order of the file. */
export function layOut({ variables, mutexes, threads }: NeutralProgram): Layout {
  const words: number[] = [];
  const place = (name: string, values: readonly number[]): [string, Place] => {
    const base = words.length;
    words.push(...values);
    return [name, { name, base, size: values.length }];
  };
  const values = (value: number | readonly number[]) => (typeof value === 'number' ? [value] : value);
  const variablePlaces = new Map(Object.entries(variables).map(([name, v]) => place(name, values(v))));
  const variableWords = words.length;
  const mutexPlaces = new Map(
    Object.entries(mutexes).map(([name, count]) => place(name, Array<number>(count).fill(0))),
  );
  const spawnWords = words.length;
  words.push(...threads.map(() => 0));
  return {
    variables: variablePlaces,
    mutexes: mutexPlaces,
    threads: threads.map(({ name }) => name),
    variableWords,
    spawnWords,
    initial: Int32Array.from(words),
  };
}
