/**
 * The key of a state is the XOR of one pseudo-random number for each (word, value) pair and each local-automaton node, kept
 * incrementally: 64 bits as two int32 halves. Bit 0 of the high half is not part of the key (see visited.ts), so two different
 * states share a key with probability 2^-63; see {@link collisionProbability}.
 */

/** Bits of a key that tell states apart. */
export const KEY_BITS = 63;

function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Low half of the number for word `index` holding `value`. */
export function wordLow(index: number, value: number): number {
  return mix((mix(Math.imul(index + 1, 0x9e3779b1) ^ 0x1234567) + Math.imul(value, 0x27d4eb2f)) | 0);
}

/** High half of the number for word `index` holding `value`. */
export function wordHigh(index: number, value: number): number {
  return mix((mix(Math.imul(index + 1, 0x7feb352d) ^ 0x7654321) + Math.imul(value, 0x165667b1)) | 0);
}

/** Low half of the number for a thread standing at automaton node `node`. */
export function nodeLow(node: number): number {
  return wordLow(-0x5bd1e, node);
}

/** High half of the number for a thread standing at automaton node `node`. */
export function nodeHigh(node: number): number {
  return wordHigh(-0x5bd1e, node);
}

/**
 * Upper bound of the probability that any two of `states` different states were taken for one: the birthday bound
 * n(n-1)/2 · 2^-63, for keys that behave like independent random numbers.
 */
export function collisionProbability(states: number): number {
  return Math.min(1, ((states * (states - 1)) / 2) * 2 ** -KEY_BITS);
}

/** Values below this have their numbers in tables. */
const CACHED_VALUES = 256;

/** The numbers of all words for small values, for inner loops: index `word * 256 + value`. */
export function wordTables(words: number): { readonly low: Int32Array; readonly high: Int32Array } {
  const low = new Int32Array(words * CACHED_VALUES);
  const high = new Int32Array(words * CACHED_VALUES);
  for (let word = 0; word < words; word++)
    for (let value = 0; value < CACHED_VALUES; value++) {
      low[word * CACHED_VALUES + value] = wordLow(word, value);
      high[word * CACHED_VALUES + value] = wordHigh(word, value);
    }
  return { low, high };
}
