/**
 * The reduced search as passes. What a pass leaves out it leaves out because of what the automata, as far as they were known when it
 * began, let the others do. If they turn out to do more, the pass is begun anew; the last one stands on knowledge that held to its end.
 */
import type { ViolationKind } from '../../core/violation.ts';
import type { Automata } from '../automata.ts';
import type { Decision } from '../decision.ts';
import type { VisitedSet } from '../visited.ts';
import { ReducedPass, type SearchStatus } from './reduced-pass.ts';

/** A pass is given up early when the automata have grown by this part of their nodes and at least by so many. */
const MUCH = 1 / 16;
const MANY = 16;

/**
 * Exhaustive search with partial-order reduction: same use and same members as ExhaustiveSearch, fewer states. Of a program that breaks
 * no rule it says the same; one that breaks a rule it finds to break one (see ample.ts for what is preserved). The figures are those of
 * the last pass, `transitions` of all passes. Deterministic.
 */
export class ReducedSearch {
  readonly automata: Automata;
  /** Passes begun, the one that is running included. */
  passes = 1;
  private learning = true;
  private pass: ReducedPass;
  private nodesBefore: number;
  private transitionsBefore = 0;

  constructor(automata: Automata) {
    this.automata = automata;
    this.nodesBefore = automata.nodeCount;
    this.pass = new ReducedPass(automata);
  }

  /** Explores about `budget` further transitions. Call again while it answers `running`. */
  run(budget: number): SearchStatus {
    const until = this.allTransitions + budget;
    for (;;) {
      const slice = Math.min(SLICE, until - this.allTransitions);
      const status = this.pass.run(Math.max(1, slice));
      if (this.learning) {
        if (status !== 'running') this.again();
        else if (this.hasGrownMuch()) {
          this.pass.learn();
          this.nodesBefore = this.automata.nodeCount;
        }
      } else {
        if (status !== 'complete' || !this.pass.outdated()) {
          if (status !== 'running') return status;
        } else this.again();
      }
      if (this.allTransitions >= until) return 'running';
    }
  }

  /** The stored states. */
  get visited(): VisitedSet {
    return this.pass.visited;
  }
  /** Of the pass that is running or the last one. */
  get transitions(): number {
    return this.pass.transitions;
  }
  get allTransitions(): number {
    return this.transitionsBefore + this.pass.transitions;
  }
  get maxDepth(): number {
    return this.pass.maxDepth;
  }
  get endStates(): number {
    return this.pass.endStates;
  }
  get restStates(): number {
    return this.pass.restStates;
  }
  get branches(): boolean {
    return this.pass.branches;
  }
  get violation(): ViolationKind | null {
    return this.pass.violation;
  }
  get stuck(): Int32Array {
    return this.pass.stuck;
  }
  get bytes(): number {
    return this.pass.bytes;
  }

  /** The decisions that lead to the violation, as the search happened to come there; the search cannot go on after this. */
  path(): Decision[] {
    return this.pass.path();
  }

  private hasGrownMuch(): boolean {
    return this.automata.nodeCount > this.nodesBefore * (1 + MUCH) + MANY;
  }

  private again(): void {
    this.transitionsBefore += this.pass.transitions;
    this.passes++;
    this.learning = false;
    this.nodesBefore = this.automata.nodeCount;
    this.pass = new ReducedPass(this.automata);
  }
}

/** How often a pass is asked whether it still makes sense, in transitions. */
const SLICE = 1 << 12;
