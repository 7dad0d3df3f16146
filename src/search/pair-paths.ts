import type { Decision } from './decision.ts';
import { grown } from './growable.ts';
import type { PackedState } from './packed-state.ts';
import { MOVE_THREAD_SHIFT } from './preemptions.ts';

/** How a search came to each thing that it numbers: where from, and by which move. 8 bytes each. */
export class PairPaths {
  private links: Int32Array<ArrayBuffer> = new Int32Array(1 << 12);
  private count = 0;
  private moves: Int32Array<ArrayBuffer> = new Int32Array(1 << 8);

  static move(thread: number, choice: number): number {
    return (thread << MOVE_THREAD_SHIFT) | choice;
  }

  static threadOf(move: number): number {
    return move >> MOVE_THREAD_SHIFT;
  }

  static choiceOf(move: number): number {
    return move & ((1 << MOVE_THREAD_SHIFT) - 1);
  }

  get bytes(): number {
    return this.links.byteLength;
  }

  /** Adds the next number; `from` is -1 for the first. `depth`: the moves that lead to it. */
  add(from: number, move: number, depth: number): void {
    const at = 2 * this.count++;
    this.links = grown(this.links, at + 2);
    this.links[at] = from;
    this.links[at + 1] = move;
    if (depth > this.moves.length) this.moves = grown(this.moves, depth);
  }

  /** Brings `state` there from the start; returns how many steps that took. */
  load(number: number, state: PackedState): number {
    const { moves } = this;
    const length = this.trace(number);
    state.reset();
    for (let i = length - 1; i >= 0; i--) {
      const thread = PairPaths.threadOf(moves[i]!);
      state.take(thread, PairPaths.choiceOf(moves[i]!));
      state.advance(thread);
    }
    return length;
  }

  /** The decisions that lead there. */
  decisions(number: number): Decision[] {
    const length = this.trace(number);
    return Array.from(this.moves.subarray(0, length), (move) => ({
      thread: PairPaths.threadOf(move),
      choice: PairPaths.choiceOf(move),
    })).toReversed();
  }

  /** Writes the moves that lead there into `moves`, last first; returns how many. */
  private trace(number: number): number {
    const { links, moves } = this;
    let length = 0;
    for (let n = number; links[2 * n]! >= 0; n = links[2 * n]!) moves[length++] = links[2 * n + 1]!;
    return length;
  }
}
