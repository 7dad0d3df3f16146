/**
 * Wakeup trees: sequences of moves that are still to be executed from a prefix, as an ordered tree, so that none of them runs
 * into a sleep set (Abdulla et al., POPL 2014, section on wakeup trees). A branch is a list of nodes in a pool; 0 is no node.
 */
import { FEW, grown } from '../growable.ts';
import type { Reversal } from './reversal.ts';

export class WakeupTrees {
  /** By node: the move that comes next, and what its event accesses there. */
  moves = new Int32Array(FEW);
  accesses = new Int32Array(FEW);
  /** By node: its first child; its next sibling (or the next free node). */
  children = new Int32Array(FEW);
  siblings = new Int32Array(FEW);
  private size = 1;
  private free = 0;

  /**
   * Adds `v` to the tree whose first child is `root`, unless something in it already leads to `v`. Uses `v` up. Returns the first
   * child of the tree afterwards. Cost: the nodes looked at times the length of `v`.
   */
  insert(root: number, v: Reversal): number {
    let parent = 0;
    let node = root;
    let lastSibling = 0;
    while (node !== 0) {
      if (!v.weakInitial(this.moves[node]!, this.accesses[node]!)) {
        lastSibling = node;
        node = this.siblings[node]!;
        continue;
      }
      v.take(this.moves[node]!);
      // A leaf stands for all that may follow.
      if (v.length === 0 || this.children[node] === 0) return root;
      parent = node;
      lastSibling = 0;
      node = this.children[node]!;
    }
    const branch = this.chain(v);
    if (lastSibling !== 0) this.siblings[lastSibling] = branch;
    else if (parent !== 0) this.children[parent] = branch;
    return root === 0 ? branch : root;
  }

  /** A tree of one branch: `move`, and then anything. Its access is not known and not asked for: it comes next. */
  leaf(move: number): number {
    const node = this.allocate();
    this.moves[node] = move;
    this.accesses[node] = 0;
    this.children[node] = 0;
    this.siblings[node] = 0;
    return node;
  }

  /** Gives a node without its children back. */
  release(node: number): void {
    this.siblings[node] = this.free;
    this.free = node;
  }

  private chain(v: Reversal): number {
    let below = 0;
    for (let i = v.length - 1; i >= 0; i--) {
      const node = this.allocate();
      this.moves[node] = v.moves[i]!;
      this.accesses[node] = v.accesses[i]!;
      this.children[node] = below;
      this.siblings[node] = 0;
      below = node;
    }
    return below;
  }

  private allocate(): number {
    const node = this.free;
    if (node !== 0) {
      this.free = this.siblings[node]!;
      return node;
    }
    const fresh = this.size++;
    this.moves = grown(this.moves, this.size);
    this.accesses = grown(this.accesses, this.size);
    this.children = grown(this.children, this.size);
    this.siblings = grown(this.siblings, this.size);
    return fresh;
  }
}
