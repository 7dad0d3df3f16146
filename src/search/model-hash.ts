import { createHash } from 'node:crypto';
import { KIND_NAMES } from '../core/operations.ts';
import type { Program } from '../core/program.ts';
import type { Automata } from './automata.ts';
import { Stepper } from './stepper.ts';
import { N_FLAGS, N_KIND, N_WORD, N_X, N_Y, N_Z, NODE } from './tables.ts';

const SOLO_STEPS = 400;

/**
 * A short hash of what the model is: words with their initial values, threads, and for each thread the automaton path it takes
 * when it runs alone from the start (at most 400 steps). Does not depend on folding, exploration order or source positions:
 * it changes when the model does, and not when a comment does. 16 hexadecimal digits.
 */
export function modelHash(automata: Automata): string {
  const { program } = automata;
  const hash = createHash('sha256');
  hash.update(JSON.stringify([program.name, ...describeMemory(program)]));
  const stepper = new Stepper(automata);
  program.threads.forEach((thread, t) => {
    stepper.reset();
    hash.update(`\n${thread.name}`);
    for (let i = 0; i < SOLO_STEPS && stepper.choices(t) > 0; i++) {
      const base = stepper.nodes[t]! * NODE;
      const table = automata.nodes;
      const word = program.layout.words[table[base + N_WORD]!]?.name ?? '';
      hash.update(
        `${KIND_NAMES[table[base + N_KIND]!]} ${word} ${table[base + N_X]} ${table[base + N_Y]} ${table[base + N_Z]} ${table[base + N_FLAGS]};`,
      );
      stepper.step(t, 0);
    }
  });
  return hash.digest('hex').slice(0, 16);
}

function describeMemory(program: Program): unknown[] {
  return program.layout.words.map((word) => [word.name, word.options.init ?? 0]);
}
