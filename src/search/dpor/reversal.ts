/**
 * The sequence v = notdep(e, E)·e' that turns a race (e, e') round: what came after e without happening after it, then e'. It can
 * be executed where e was (Abdulla et al., POPL 2014, algorithms 1 and 2).
 */
import { FEW, grown } from '../growable.ts';
import { IMPOSSIBLE, THREAD_MASK, type Execution } from './execution.ts';

export class Reversal {
  /** Events left. */
  length = 0;
  /** By position in v: the move, and the access it makes in v. */
  moves = new Int32Array(FEW);
  accesses = new Int32Array(FEW);
  /** By position in v: where the event stands in E; -1 for e'. */
  private depths = new Int32Array(FEW);
  private own = -1;
  private readonly execution: Execution;

  constructor(execution: Execution) {
    this.execution = execution;
  }

  /**
   * Makes v of the events between `earlier` and `end`, without e', and then e'. Parameters as for a race. Returns false if e' cannot
   * happen there: then the race is none that can be turned round. Linear.
   */
  build(earlier: number, move: number, node: number, own: number, end: number): boolean {
    const { execution } = this;
    if (end >= this.moves.length) this.makeRoom(end + 1);
    const { moves, accesses, depths } = this;
    this.own = own;
    let n = 0;
    for (let at = earlier + 1; at < end; at++) {
      if (execution.happensBefore(earlier, at)) continue;
      moves[n] = execution.moves[at]!;
      accesses[n] = execution.accesses[at]!;
      depths[n++] = at;
    }
    const access = execution.accessWithout(earlier, depths, n, move, node);
    if (access === IMPOSSIBLE) return false;
    moves[n] = move;
    accesses[n] = access;
    depths[n++] = -1;
    this.length = n;
    return true;
  }

  /**
   * Whether a move whose event makes `access` may go first: the first event of its thread in v is this one and has none before it in
   * v, or the thread is not in v and the event independent of all of v (weak initials, POPL 2014). Linear.
   */
  weakInitial(move: number, access: number): boolean {
    const { moves, accesses, length, execution } = this;
    const thread = move & THREAD_MASK;
    for (let i = 0; i < length; i++) {
      if ((moves[i]! & THREAD_MASK) === thread) return moves[i] === move && this.isFree(i);
      // It is another event if something before it in v is dependent on it, and then comes after that.
      if (execution.conflict(access, accesses[i]!)) return false;
    }
    return true;
  }

  /** The first move in v that may go first; a bit for each thread of one that may. Quadratic. */
  initials(): number {
    let seen = 0;
    let mask = 0;
    for (let i = 0; i < this.length; i++) {
      const bit = 1 << (this.moves[i]! & THREAD_MASK);
      if ((seen & bit) === 0 && this.isFree(i)) mask |= bit;
      seen |= bit;
    }
    return mask;
  }

  /** Removes the first event of the thread of `move`, if there is one. */
  take(move: number): void {
    const thread = move & THREAD_MASK;
    const { moves, accesses, depths } = this;
    let at = 0;
    while (at < this.length && (moves[at]! & THREAD_MASK) !== thread) at++;
    if (at === this.length) return;
    const length = --this.length;
    for (; at < length; at++) {
      moves[at] = moves[at + 1]!;
      accesses[at] = accesses[at + 1]!;
      depths[at] = depths[at + 1]!;
    }
  }

  /** Whether no event before position `k` must come before it. */
  private isFree(k: number): boolean {
    const { depths, accesses, execution, own } = this;
    const depth = depths[k]!;
    for (let i = 0; i < k; i++)
      if (
        depth >= 0
          ? execution.happensBefore(depths[i]!, depth)
          : execution.happensBefore(depths[i]!, own) || execution.conflict(accesses[i]!, accesses[k]!)
      )
        return false;
    return true;
  }

  private makeRoom(needed: number): void {
    this.moves = grown(this.moves, needed);
    this.accesses = grown(this.accesses, needed);
    this.depths = grown(this.depths, needed);
  }
}
