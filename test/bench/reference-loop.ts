/**
 * A fixed amount of work in plain JavaScript that behaves as a search does: a short chain of integer work on small tables, then a
 * probe somewhere in a table that the first caches do not hold. The yardstick of gate.ts: **never change it**, or every ratio recorded so
 * far loses its meaning.
 */
const SLOTS = 1 << 18;
const STEPS = 3_000_000;

const table = new Int32Array(SLOTS);
const small = new Int32Array(1024);

/** Does the work; returns a number that depends on all of it. */
export function referenceLoop(): number {
  table.fill(0);
  for (let i = 0; i < small.length; i++) small[i] = Math.imul(i + 1, 0x9e3779b1);
  let key = 0x2545f491;
  let found = 0;
  for (let step = 1; step <= STEPS; step++) {
    for (let i = 0; i < 12; i++) {
      const at = (key >>> (i & 15)) & 1023;
      small[at] = small[at]! ^ (key + i);
      key ^= Math.imul(small[(at + i) & 1023]!, 0x85ebca6b);
    }
    key = Math.imul(key ^ (key >>> 15), 0xc2b2ae35) ^ step;
    // 131,072 different keys: the table is half full in the end.
    const sought = (Math.imul(step, 0x27d4eb2f) >>> 15) + 1;
    let slot = Math.imul(sought, 0x85ebca6b) >>> 14;
    while (table[slot] !== 0 && table[slot] !== sought) slot = (slot + 1) & (SLOTS - 1);
    if (table[slot] === sought) found++;
    else table[slot] = sought;
  }
  return found ^ key;
}
