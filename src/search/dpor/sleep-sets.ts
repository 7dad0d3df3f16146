/**
 * Sleep sets: moves that need not come first any more, because what begins with them was explored before; they wake when a dependent
 * event is executed (Godefroid, LNCS 1032, 1996, chapter 5).
 */
import { FEW, grown } from '../growable.ts';
import { THREAD_MASK, type Execution } from './execution.ts';

export class SleepSets {
  /** By depth: a bit for each thread that has a sleeping move. */
  masks = new Int32Array(FEW);
  /** By depth: its moves and their accesses stand from `starts[depth]` up to `ends[depth]`; those of greater depths come behind. */
  private starts = new Int32Array(FEW);
  private ends = new Int32Array(FEW);
  private moves = new Int32Array(FEW);
  private accesses = new Int32Array(FEW);
  private readonly execution: Execution;

  constructor(execution: Execution) {
    this.execution = execution;
  }

  /** Where the moves that sleep at `depth` begin and end, for {@link moveAt} and {@link accessAt}. */
  start(depth: number): number {
    return this.starts[depth]!;
  }

  end(depth: number): number {
    return this.ends[depth]!;
  }

  moveAt(i: number): number {
    return this.moves[i]!;
  }

  /** What the event of the sleeping move accesses. */
  accessAt(i: number): number {
    return this.accesses[i]!;
  }

  /** Is `move` asleep at `depth`? */
  has(depth: number, move: number): boolean {
    if ((this.masks[depth]! & (1 << (move & THREAD_MASK))) === 0) return false;
    for (let i = this.starts[depth]!; i < this.ends[depth]!; i++) if (this.moves[i] === move) return true;
    return false;
  }

  /** Puts `move` to sleep at `depth`, the greatest in use. */
  add(depth: number, move: number, access: number): void {
    this.masks[depth] = this.masks[depth]! | (1 << (move & THREAD_MASK));
    const at = this.ends[depth]!++;
    this.moves = grown(this.moves, at + 1);
    this.accesses = grown(this.accesses, at + 1);
    this.moves[at] = move;
    this.accesses[at] = access;
  }

  /** Sets the sleep set after the event of `move` with `access` at `depth`: what is independent of it sleeps on. */
  descend(depth: number, move: number, access: number): void {
    if (depth + 2 > this.masks.length) this.makeRoom(depth + 2);
    const { execution, moves, accesses } = this;
    const first = this.ends[depth]!;
    let at = first;
    let mask = 0;
    if (this.masks[depth] !== 0) {
      if (2 * first >= this.moves.length) return this.descendGrown(depth, move, access);
      const thread = move & THREAD_MASK;
      for (let i = this.starts[depth]!; i < first; i++) {
        const asleep = moves[i]!;
        if ((asleep & THREAD_MASK) === thread || execution.conflict(accesses[i]!, access)) continue;
        mask |= 1 << (asleep & THREAD_MASK);
        moves[at] = asleep;
        accesses[at++] = accesses[i]!;
      }
    }
    this.starts[depth + 1] = first;
    this.ends[depth + 1] = at;
    this.masks[depth + 1] = mask;
  }

  private descendGrown(depth: number, move: number, access: number): void {
    this.moves = grown(this.moves, 2 * this.moves.length);
    this.accesses = grown(this.accesses, 2 * this.accesses.length);
    this.descend(depth, move, access);
  }

  private makeRoom(depths: number): void {
    this.masks = grown(this.masks, depths);
    this.starts = grown(this.starts, depths);
    this.ends = grown(this.ends, depths);
  }
}
