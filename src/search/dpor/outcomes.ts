import type { NeutralMachine } from '../npl/machine.ts';

/** Low half of the key of (variables, registers of all threads). */
export function outcomeLow({ variablesLow, nodes, automata }: NeutralMachine): number {
  let low = variablesLow;
  for (const node of nodes) low ^= automata.registerLows[node]!;
  return low;
}

/** High half of the key of (variables, registers of all threads). */
export function outcomeHigh({ variablesHigh, nodes, automata }: NeutralMachine): number {
  let high = variablesHigh;
  for (const node of nodes) high ^= automata.registerHighs[node]!;
  return high;
}
