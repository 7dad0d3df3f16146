/**
 * Exhaustive depth-first search over packed integer tables. Keeps no predecessor links: shortest.ts finds the counterexample.
 *
 * A state "finishes" if some run from it ends with all non-daemon threads done. States for which that is not known when they
 * leave the stack are settled afterwards (liveness.ts); one that never finishes is a deadlock or livelock.
 */
import type { ViolationKind } from '../core/violation.ts';
import type { Automata } from './automata.ts';
import type { Decision } from './decision.ts';
import { CHOICE_SHIFT, DepthFirst, THREAD } from './depth-first.ts';
import { Unsettled } from './liveness.ts';
import { Projections } from './projections.ts';
import { requireFit, type SearchSnapshot } from './snapshot.ts';
import { VisitedSet, type StateSet } from './visited.ts';

/** What stopped {@link ExhaustiveSearch.run}. */
export type SearchStatus = 'running' | 'complete' | 'violation';

export class ExhaustiveSearch {
  readonly automata: Automata;
  readonly visited: StateSet;
  /** Kind of the first violation met, if `run` said `violation`. */
  violation: ViolationKind | null;
  private readonly walk: DepthFirst;
  /** States not known to finish when they left the stack. */
  readonly unsettled = new Unsettled();
  private settled: Int32Array | null = null;
  private readonly projections: Projections;

  /**
   * @param options `exact`: states are told apart for certain, not by fingerprints; `visited` may be shared with other searchers;
   *   `begins` false: there is nothing to do before what another one has given away ({@link donate}) is adopted
   */
  constructor(
    automata: Automata,
    options: { readonly visited?: StateSet; readonly exact?: boolean; readonly begins?: boolean } = {},
  ) {
    const { visited = new VisitedSet(), exact = false, begins = true } = options;
    this.automata = automata;
    this.projections = new Projections(exact);
    this.walk = new DepthFirst(automata, exact ? null : visited, this.unsettled, this.projections);
    this.visited = this.walk.visited;
    if (!begins) this.projections.begin();
    this.violation = begins ? this.walk.begin() : null;
  }

  /** Transitions from the states expanded so far. */
  get transitions(): number {
    return this.walk.transitions;
  }

  /** Greatest distance from the initial state so far, in steps as the search went. */
  get maxDepth(): number {
    return this.walk.maxDepth;
  }

  /** States in which all non-daemon threads have ended. */
  get endStates(): number {
    return this.walk.endStates;
  }

  /** True once a state with two or more successors has been met: there is more than one schedule. */
  get branches(): boolean {
    return this.walk.branches;
  }

  /** States in which the end-of-run properties were to be evaluated. */
  get restStates(): number {
    return this.walk.restStates;
  }

  /** Bytes held by visited set, stack, projections and unsettled list. */
  get bytes(): number {
    return this.visited.bytes + this.projections.bytes + this.unsettled.bytes + this.walk.bytes;
  }

  /** Explores about `budget` further transitions. Call again while it answers `running`. */
  run(budget: number): SearchStatus {
    const { walk } = this;
    if (this.violation !== null) return 'violation';
    const until = walk.transitions + budget;
    while (walk.active) {
      this.violation = walk.expand();
      if (this.violation !== null) return 'violation';
      walk.advance();
      if (walk.transitions >= until) return 'running';
    }
    return 'complete';
  }

  /**
   * Bytes it would take, beside {@link bytes}, to double what may become too small before long: the visited set if it has no room for
   * `states` more, the others if they are half full.
   */
  bytesToGrow(states: number): number {
    const { walk, unsettled, visited } = this;
    return (
      (visited instanceof VisitedSet ? visited.bytesToGrow(states) : 0) +
      (walk.stackUse > 0.5 ? 2 * walk.bytes : 0) +
      (2 * unsettled.entries.byteLength > unsettled.bytes ? 2 * unsettled.bytes : 0)
    );
  }

  /**
   * All that {@link restore} needs, after {@link run} answered `running` or `complete`; not in exact mode. Tables and lists are those
   * of the search: to be written away before it goes on.
   */
  save(): SearchSnapshot {
    const { walk, unsettled } = this;
    const visited = this.plainSet();
    return { ...walk.save(), states: visited.size, slots: visited.slots, unsettled: unsettled.entries };
  }

  /**
   * Makes this search, which has not run yet, the one that was saved; its automata must have followed the history of that one's.
   * Takes over the arrays. Throws a SnapshotMisfit if they are not of this program; then the search is of no further use.
   */
  restore(snapshot: SearchSnapshot): void {
    requireFit(this.violation === null, 'the initial state breaks a rule');
    this.plainSet().adopt(snapshot.slots, snapshot.states);
    this.walk.restore(snapshot);
    this.unsettled.adopt(snapshot.unsettled);
  }

  private plainSet(): VisitedSet {
    if (this.visited.constructor === VisitedSet) return this.visited;
    throw new RangeError('only a search with a plain visited set of its own can be saved');
  }

  /** States that cannot finish: keys as low, high pairs. To be asked once `run` said `complete`, of a searcher that had no help. */
  get stuck(): Int32Array {
    return this.settle();
  }

  /** See {@link stuck}. */
  settle(): Int32Array {
    return (this.settled ??= this.unsettled.settle(this.visited));
  }

  /** See DepthFirst.donate. */
  donate(): Int32Array | null {
    return this.walk.donate();
  }

  /** See DepthFirst.adopt; only when there is nothing left to explore. */
  adopt(path: Int32Array): void {
    this.walk.adopt(path);
  }

  /** The decisions that lead to the violation (or to the current state), as the search happened to come there. */
  path(): Decision[] {
    return Array.from(this.walk.path(), (move) => ({ thread: move & THREAD, choice: move >>> CHOICE_SHIFT }));
  }
}
