/** Edges of automata: (node, value) → int32 of at least 0. Open addressing, three int32s a slot, at most half full. */
export class EdgeTable {
  private table = new Int32Array(3 * 16).fill(-1);
  private mask = 15;
  private size = 0;

  /** The edge, or -1. */
  get(node: number, value: number): number {
    const { table, mask } = this;
    let i = slot(node, value) & mask;
    for (;;) {
      const key = table[3 * i]!;
      if (key === node && table[3 * i + 1] === value) return table[3 * i + 2]!;
      if (key < 0) return -1;
      i = (i + 1) & mask;
    }
  }

  /** Adds an edge that is not there. */
  set(node: number, value: number, edge: number): void {
    if (++this.size * 2 > this.mask) this.grow();
    this.put(node, value, edge);
  }

  private put(node: number, value: number, edge: number): void {
    const { table, mask } = this;
    let i = slot(node, value) & mask;
    while (table[3 * i]! >= 0) i = (i + 1) & mask;
    table[3 * i] = node;
    table[3 * i + 1] = value;
    table[3 * i + 2] = edge;
  }

  private grow(): void {
    const old = this.table;
    this.mask = 2 * this.mask + 1;
    this.table = new Int32Array(3 * (this.mask + 1)).fill(-1);
    for (let i = 0; i < old.length; i += 3) if (old[i]! >= 0) this.put(old[i]!, old[i + 1]!, old[i + 2]!);
  }
}

function slot(node: number, value: number): number {
  const h = Math.imul(node, 0x9e3779b1) ^ Math.imul(value, 0x85ebca6b);
  return h ^ (h >>> 15);
}
