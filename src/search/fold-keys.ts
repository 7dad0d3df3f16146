/**
 * Which histories of a thread have the same future? The key of a history is its call stack with the live values (or the
 * declared fold point), the pending operation and the ghost accounts: equal keys, one automaton node.
 */
import { foldKey } from '../core/frames.ts';
import { Kind, type Operation } from '../core/operations.ts';
import { Field } from '../core/words.ts';
import { describe, positionOfRun, userDepth, userLines } from '../core/positions.ts';
import type { ThreadRun } from '../core/runs.ts';

export class FoldKeys {
  /** Why some histories were not folded, with their positions. */
  readonly unfolded = new Set<string>();
  private readonly automatic: boolean;
  private readonly identities = new WeakMap<object, number>();
  private readonly fields = new Map<string, number>();
  private identityCount = 0;
  /** For each path of call sites: may its histories be folded? */
  private readonly foldable = new Map<string, boolean>();

  /** @param automatic false: only declared fold points */
  constructor(automatic: boolean) {
    this.automatic = automatic;
  }

  /**
   * The key of the history that `run` stands at, or null if what it will do cannot be told from outside.
   *
   * @param again runs the same history a second time, call stack captured
   */
  keyOf(run: ThreadRun, operation: Operation, again: () => ThreadRun): string | null {
    const { context } = run;
    const { thread } = context;
    const { kind, word, x, y, z, order, rides } = operation;
    const tail = `${kind},${word},${x},${y},${z},${order},${rides ? 1 : 0},${context.atomicDepth},${context.resting ? 1 : 0}|${context.held.join()}`;
    if (kind === Kind.DONE) return `${thread} done ${tail}`;
    if (context.foldPoint !== null) return `${thread} fold ${context.foldPoint}#${tail}`;
    if (!this.automatic || run.frames.frames.length === 0) return null;
    const stack = this.stackOf(run, again);
    return stack === null ? null : `${thread} ${stack}#${tail}`;
  }

  private stackOf(run: ThreadRun, again: () => ThreadRun): string | null {
    const path = `${run.context.thread}:${run.frames.frames.map((frame) => frame.site).join()}`;
    if (this.foldable.get(path) === false) return null;
    const stack = foldKey(run.frames, (object) => this.identityOf(object));
    if (stack !== null && this.foldable.get(path) === true) return stack;
    const why = this.obstacle(run, again());
    if (why === null) {
      this.foldable.set(path, true);
      return foldKey(run.frames, (object) => this.identityOf(object));
    }
    this.foldable.set(path, false);
    this.unfolded.add(`${why}, at ${describe(positionOfRun(run))}`);
    return null;
  }

  /**
   * Says why the history of `run` has no key, or null if it has one. `second` is the same history, run again: an object that
   * both runs have in hand was there before them and counts by identity; one that the run itself made may change under the
   * same identity.
   */
  private obstacle(run: ThreadRun, second: ThreadRun): string | null {
    if (userLines(second.context.callStack).length !== userDepth(second.frames))
      return 'a generator on the call stack is not instrumented';
    const mine = objectsOf(run);
    if (mine === null) return 'a live value hides its state';
    const theirs = objectsOf(second) ?? new Set();
    for (const object of mine) {
      if (isField(object) || this.identities.has(object)) continue;
      if (!theirs.has(object)) return `a live value was made by the run itself (${nameOf(object)})`;
      this.identities.set(object, ++this.identityCount);
    }
    return null;
  }

  /** A number for an object known from before the runs; -1 for any other. A field never changes: it counts by content. */
  private identityOf(object: object): number {
    if (!isField(object)) return this.identities.get(object) ?? -1;
    const key = `${object.index} ${object.mask} ${object.shift}`;
    let id = this.fields.get(key);
    if (id === undefined) this.fields.set(key, (id = ++this.identityCount));
    return id;
  }
}

/** All objects that would count by identity among the run's live values; null if it has no key whatever they are. */
function objectsOf(run: ThreadRun): Set<object> | null {
  const objects = new Set<object>();
  const key = foldKey(run.frames, (object) => {
    objects.add(object);
    return 1;
  });
  return key === null ? null : objects;
}

function isField(object: object): object is Field {
  return Object.getPrototypeOf(object) === Field.prototype;
}

function nameOf(object: object): string {
  if (typeof object === 'function') return `function ${object.name === '' ? '<anonymous>' : object.name}`;
  return `an instance of ${object.constructor.name}`;
}
