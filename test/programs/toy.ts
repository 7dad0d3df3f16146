/** A program from its parts, for tests: everything that is not given is empty. */
import { Conditions } from '../../src/core/conditions.ts';
import type { Steps } from '../../src/core/operations.ts';
import type { Program, ProgramThread, Property } from '../../src/core/program.ts';
import type { Word } from '../../src/core/words.ts';
import { Layout } from '../../src/core/words.ts';

/** What the makers of toy programs are handed. */
export interface Parts {
  readonly layout: Layout;
  readonly conditions: Conditions;
}

/** What they may give. A thread is a generator function, or one marked as daemon. */
export interface Toy {
  readonly threads: Readonly<Record<string, () => Steps<void>>>;
  readonly daemons?: Readonly<Record<string, () => Steps<void>>>;
  readonly always?: readonly Property[];
  readonly atEnd?: readonly Property[];
  readonly accounts?: readonly string[];
  readonly mustReach?: readonly string[];
}

export function toy(name: string, make: (parts: Parts) => Toy): Program {
  const layout = new Layout();
  const conditions = new Conditions();
  const {
    threads,
    daemons = {},
    always = [],
    atEnd = [],
    accounts = [],
    mustReach = [],
  } = make({ layout, conditions });
  const list: ProgramThread[] = [
    ...Object.entries(threads).map(([thread, body]) => ({ name: thread, body })),
    ...Object.entries(daemons).map(([thread, body]) => ({ name: thread, body, daemon: true })),
  ];
  return { name, parameters: {}, layout, conditions, threads: list, accounts, always, atEnd, mustReach };
}

/** The property that `word` is `value`, as an assertion named `name`. */
export function isValue(name: string, word: Word, value: number): Property {
  return {
    name,
    kind: 'assertion',
    watches: [word],
    holds: (words) => words[word.index] === value,
    explain: (words) => `${word.name} is ${words[word.index]}, not ${value}`,
  };
}

/** A property that never holds and tells the words as they are. */
export function spelled(words: readonly Word[]): Property {
  const spell = (values: Int32Array) => words.map(({ index }) => values[index]).join();
  return {
    name: 'the words',
    kind: 'assertion',
    watches: words,
    holds: () => false,
    explain: (values) => `the words are ${spell(values)}`,
  };
}
