/**
 * Partial-order reduction by persistent sets of one thread, with state caching (Godefroid, LNCS 1032, 1996, chapters 4 and 6; Baier and
 * Katoen, Principles of Model Checking, section 8.2). In a state s the enabled step t of thread p is taken alone if
 *
 *   1. nothing the other threads can do from s on before p moves depends on t (others.ts): neither writes what the other reads or writes,
 *      and both do not touch the same part of a property (footprint.ts);
 *   2. p's node is not in the feedback set of its automaton (feedback-nodes.ts);
 *   3. p is not a daemon at rest;
 *   4. t leads to no violation (reduced-pass.ts);
 *   5. t neither ends p nor lets it rest while a daemon may go on, if there are end-of-run properties.
 *
 * What is preserved. Let w be a way from s that ends in a state of interest, all its states but the last without violation. If t occurs
 * in w, it can be moved to its front by 1: same last state, and no state in between breaks a part that was not broken before, since a part
 * that t touches is touched by nobody else meanwhile, and a part that t does not touch has the value it had; nor is the end of the run
 * checked in between, by 5. If t does not occur in w, the others' steps lead from t(s) to the same with t added. There, by the same argument,
 * whatever part of a property was broken still is. By induction, and since only finitely many steps are taken alone in a row, the reduced
 * search meets
 *
 *   - a state with the same violation (kind and part) for each that the full search meets;
 *   - every deadlock, and every state in which the end-of-run properties are evaluated: in the first p could not move, in the second p has
 *     either ended or is, by 3, not one that moved alone;
 *   - for each state of the full graph one that it leads to, so that some state cannot finish in the one graph if and only if some
 *     state cannot in the other;
 *   - every edge of every automaton that the full search takes: the same covers, and no node that only the full search would meet.
 *
 * Only finitely many in a row: a cycle of the state graph moves some thread around a cycle of its automaton, hence through a node of the
 * feedback set, and not alone there. This proviso depends on nothing but the automata: the stored states are the same in whatever order
 * they are visited.
 *
 * All this is about the automata of the snapshot (transfers.ts). The first step of the full search that leaves them would be one of w's; the
 * reduced search would take it, too, so the automata would have grown where a conclusion relied on them: Transfers.outdated.
 */
import { Kind } from '../../core/operations.ts';
import type { Automata } from '../automata.ts';
import type { PackedState } from '../packed-state.ts';
import { AT_REST, N_FLAGS, N_KIND, NODE } from '../tables.ts';
import { feedbackNodes } from './feedback-nodes.ts';
import { Footprint } from './footprint.ts';
import { Interference } from './interference.ts';
import { Observables } from './observables.ts';
import { Others } from './others.ts';
import { Transfers } from './transfers.ts';

/** No thread may move alone: all enabled threads must be looked at. */
export const ALL = -1;

/** Decisions remembered, at first and at most; powers of two. Forgetting one costs time, nothing else. */
const FEW_REMEMBERED = 1 << 8;
const MOST_REMEMBERED = 1 << 20;

/** What is known of what the others can do before a thread moves: nothing; at most {@link Interference}; exactly that. */
const NOTHING = 0;
const AT_MOST = 1;
const EXACTLY = 2;

export class AmpleSets {
  readonly transfers: Transfers;
  private readonly state: PackedState;
  private readonly footprint: Footprint;
  private readonly others: Others;
  private readonly feedback: Uint8Array;
  private readonly order: Int32Array;
  /** The daemons, if there are end-of-run properties. */
  private readonly daemons: readonly number[];
  /** For each thread, what the others can do before it moves, and how far that is known for the state with this key. */
  private readonly interference: readonly Interference[];
  private readonly known: Uint8Array;
  private knownLow = 0;
  private knownHigh = 0;
  /** Key of a state, low and high, and its ample thread. */
  private remembered = new Int32Array(3 * FEW_REMEMBERED).fill(ALL);
  private rememberable = FEW_REMEMBERED;
  private looks = 0;

  constructor(automata: Automata, state: PackedState) {
    const { threads } = automata.program;
    const observables = new Observables(automata.program);
    this.state = state;
    this.transfers = new Transfers(automata, observables);
    this.footprint = new Footprint(this.transfers, observables, state.words.length);
    this.others = new Others(state, this.transfers);
    this.interference = threads.map(() => new Interference(state.words.length, observables.all.length));
    this.known = new Uint8Array(threads.length);
    this.feedback = feedbackNodes(this.transfers, automata.roots);
    const numbers = threads.map((_, t) => t);
    this.daemons =
      automata.program.atEnd.length === 0 ? [] : numbers.filter((t) => threads[t]!.daemon === true);
    this.order = Int32Array.from([
      ...numbers.filter((t) => threads[t]!.daemon !== true),
      ...numbers.filter((t) => threads[t]!.daemon === true),
    ]);
  }

  /** A thread whose next step may be taken alone from the current state, or ALL. */
  choose(): number {
    const { low, high } = this.state;
    if (this.looks === this.rememberable && this.rememberable < MOST_REMEMBERED) this.rememberMore();
    const { remembered } = this;
    if (low !== this.knownLow || high !== this.knownHigh) {
      this.known.fill(NOTHING);
      this.knownLow = low;
      this.knownHigh = high;
    }
    const at = 3 * (low & (this.rememberable - 1));
    if (remembered[at] === low && remembered[at + 1] === high) return remembered[at + 2]!;
    this.looks++;
    const chosen = this.look();
    remembered[at] = low;
    remembered[at + 1] = high;
    remembered[at + 2] = chosen;
    return chosen;
  }

  /**
   * To be called after the chosen `thread` has moved. A step that is independent of all that the others can do, and that none of them
   * waits for, does not change what they can do; what a thread's others can do, of whom one has moved, has at most become less.
   */
  moved(thread: number): void {
    const { written, writtenWord } = this.state;
    const { awaited } = this.interference[thread]!;
    for (let i = 0; i < written; i++) if (awaited[writtenWord[i]!] === 1) this.known[thread] = NOTHING;
    for (let t = 0; t < this.known.length; t++)
      if (t !== thread && this.known[t] === EXACTLY) this.known[t] = AT_MOST;
    this.knownLow = this.state.low;
    this.knownHigh = this.state.high;
  }

  private rememberMore(): void {
    this.looks = 0;
    this.rememberable *= 4;
    this.remembered = new Int32Array(3 * this.rememberable).fill(ALL);
  }

  private look(): number {
    const { order } = this;
    for (let i = 0; i < order.length; i++) if (this.mayMoveAlone(order[i]!)) return order[i]!;
    return ALL;
  }

  private mayMoveAlone(thread: number): boolean {
    const { state, transfers, footprint } = this;
    const node = state.nodes[thread]!;
    if (node >= transfers.nodeCount || this.feedback[node] === 1) return false;
    const choices = state.choices(thread);
    if (choices === 0) return false;
    // A daemon at rest: the end-of-run properties may be asked before it moves.
    if ((transfers.nodes[node * NODE + N_FLAGS]! & AT_REST) !== 0) return false;
    footprint.clear();
    for (let choice = 0; choice < choices; choice++) if (!footprint.add(state, thread, choice)) return false;
    if (footprint.settles && this.isOtherDaemonLeft(thread)) return false;
    return footprint.empty || this.areIndependent(thread);
  }

  /** Is there a daemon but `thread` that has not ended? Then the end of the run may be checked and the run go on. */
  private isOtherDaemonLeft(thread: number): boolean {
    const { daemons, state, transfers } = this;
    for (let i = 0; i < daemons.length; i++) {
      const node = state.nodes[daemons[i]!]!;
      if (daemons[i] === thread) continue;
      if (node >= transfers.nodeCount || transfers.nodes[node * NODE + N_KIND] !== Kind.DONE) return true;
    }
    return false;
  }

  private areIndependent(thread: number): boolean {
    const { footprint, known } = this;
    const interference = this.interference[thread]!;
    if (known[thread] !== NOTHING) {
      const spares = interference.spares(footprint);
      if (spares || known[thread] === EXACTLY) return spares;
    }
    const independent = this.others.areIndependent(thread, footprint, interference);
    known[thread] = independent ? EXACTLY : NOTHING;
    return independent;
  }
}
