/**
 * The generator call stack of a running thread, as far as its modules are instrumented by the fold pass
 * (search/fold/pass.ts). Two histories of a thread may be one automaton node when every frame stands at the same yield with the
 * same live values; {@link foldKey} spells that as a string.
 *
 * Nothing here changes what a program does, and nothing is recorded unless an engine has activated a stack.
 */
import { encodeValues, UNINITIALISED } from './values.ts';

/** A yield of an instrumented module. Position in the original TypeScript, line and column from 1. */
export interface Site {
  readonly id: number;
  /** Relative to the project root, such as `src/mm/memory.ts`. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly functionName: string;
  /** The id of the first site of its function. */
  readonly first: number;
  /** State is hidden across this yield (see the pass's report): histories that stand here are never folded. */
  readonly opaque: boolean;
}

/**
 * A site as instrumented modules write it down: line, column, function name, flags (1: opaque, 2: the first of its function). The sites
 * of a function stand together.
 */
export type SiteRow = readonly [line: number, column: number, functionName: string, flags: number];

const sites: Site[] = [];

/** Adds the sites of one module and returns the id of the first; the others follow in order. Called once per module. */
export function registerSites(file: string, rows: readonly SiteRow[]): number {
  const base = sites.length;
  let first = base;
  for (const [line, column, functionName, flags] of rows) {
    const id = sites.length;
    if ((flags & 2) !== 0) first = id;
    sites.push({ id, file, line, column, functionName, first, opaque: (flags & 1) !== 0 });
  }
  return base;
}

/** All sites registered so far, by id. */
export function allSites(): readonly Site[] {
  return sites;
}

/** What runs of instrumented generators have come to. Shared by the runs whose reach is wanted together. */
export class Reached {
  /** Ids of sites at which a generator was about to suspend, whether it did or not. */
  readonly sites = new Set<number>();
  /** Functions entered, by the id of their first site. */
  readonly functions = new Set<number>();
}

/** The site with this id. Throws a RangeError for an id that {@link registerSites} never gave out. */
export function siteOf(id: number): Site {
  const site = sites[id];
  if (site === undefined) throw new RangeError(`siteOf: expected a site id below ${sites.length}, got ${id}`);
  return site;
}

/** One suspended generator: where it stands (-1: not yet at a yield) and the values live there (null: unknown). */
export interface Frame {
  site: number;
  values: readonly unknown[] | null;
}

/** The frames of one run of one thread, outermost first. An engine makes one for each run and activates it. */
export class FrameStack {
  readonly frames: Frame[] = [];
  readonly reached: Reached | null;

  /** @param reached is told what the run comes to */
  constructor(reached: Reached | null = null) {
    this.reached = reached;
  }

  get length(): number {
    return this.frames.length;
  }
}

/** A frame as its generator holds it: it remembers its place, so callees that returned need not say so. */
export class Handle implements Frame {
  site = -1;
  values: readonly unknown[] | null = null;
  /** Null if no stack was active when the generator started: then nothing is recorded. */
  readonly stack: FrameStack | null;
  readonly depth: number;
  /** The frame below when the generator started. */
  readonly below: Frame | null;

  constructor(stack: FrameStack | null) {
    this.stack = stack;
    this.depth = stack === null ? 0 : stack.frames.length;
    this.below = stack === null ? null : (stack.frames[this.depth - 1] ?? null);
  }
}

const UNRECORDED = new Handle(null);

let current: FrameStack | null = null;

/** Makes `stack` the one that starting generators join, and returns the previous one. Engines call it around `next()`. */
export function activate(stack: FrameStack | null): FrameStack | null {
  const previous = current;
  current = stack;
  return previous;
}

/** The first thing an instrumented generator does: joins the active stack. `first` is the id of its function's first site. */
export function enterFrame(first: number): Handle {
  if (current === null) return UNRECORDED;
  current.reached?.functions.add(first);
  const handle = new Handle(current);
  current.frames.push(handle);
  return handle;
}

/**
 * The generator of `handle` is about to suspend at `site` with these live values. Frames above it belong to callees that have
 * returned: they vanish here, which is why instrumented generators need no try/finally.
 */
export function atSite(handle: Handle, site: number, values: readonly unknown[] | null): void {
  const { stack, depth } = handle;
  if (stack === null) return;
  stack.reached?.sites.add(site);
  handle.site = site;
  handle.values = values;
  const { frames } = stack;
  if (frames[depth] !== handle) reinstate(frames, handle);
  if (frames.length > depth + 1) frames.length = depth + 1;
}

/**
 * A generator that is driven by hand (`g.next()` inside another one) loses its frame when its driver suspends; it comes back
 * with the frames it was started on.
 */
function reinstate(frames: Frame[], handle: Handle): void {
  if (frames.length > handle.depth) frames.length = handle.depth;
  const missing: Frame[] = [];
  for (
    let frame: Frame | null = handle;
    frame instanceof Handle && frames[frame.depth] !== frame;
    frame = frame.below
  )
    missing.push(frame);
  const lowest = missing.at(-1);
  if (lowest instanceof Handle) frames.length = lowest.depth;
  frames.push(...missing.reverse());
}

/** What the pass makes of `yield operand`: the operand is evaluated first, then the values, then the frame is recorded. */
export function yieldAt<T>(handle: Handle, site: number, operand: T, values: readonly unknown[] | null): T {
  atSite(handle, site, values);
  return operand;
}

/**
 * What the pass makes of `yield* operand`. Only generators keep their state in frames: an array or a hand-written iterator
 * hides how far it has come, so the frame is then recorded as not foldable.
 */
export function delegateAt<T>(
  handle: Handle,
  site: number,
  operand: T,
  values: readonly unknown[] | null,
): T {
  atSite(handle, site, isGenerator(operand) ? values : null);
  return operand;
}

function isGenerator(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const tagged = value as { readonly [Symbol.toStringTag]?: unknown; readonly [Symbol.iterator]?: unknown };
  if (tagged[Symbol.toStringTag] === 'Generator') return true;
  const iterate = tagged[Symbol.iterator];
  return (
    typeof iterate === 'function' && Object.prototype.toString.call(iterate) === '[object GeneratorFunction]'
  );
}

/** The value of a variable that may not be initialised yet: reading it must not throw where the program would not. */
export function peek(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return UNINITIALISED;
  }
}

/**
 * The key of a stack: site and live values of every frame, so that equal keys and equal pending operations mean equal futures
 * (what has gone into the operation need not be live any more: join both). Null if that cannot be told: no frame at all, a frame
 * at an opaque site or at none, or a value without a key.
 *
 * Numbers (−0 and NaN apart), strings, booleans, bigints, null and undefined count by value; plain objects, arrays, maps, sets and
 * typed arrays by content, with their sharing, and never if cyclic; every other object or function by `identity`. Iterators,
 * symbols, accessors and whatever else can hide state have no key.
 *
 * `identity` must give two objects the same number only if they are the same object, and a negative number for an object whose
 * contents may change during a run (one that the run itself made): such a value has no key.
 *
 * Every generator on the stack that is not instrumented must be without state of its own (a single yield, or a bare `yield*`).
 * Cost: about a microsecond for a stack of four frames with three numbers each.
 */
export function foldKey(stack: FrameStack, identity: (object: object) => number): string | null {
  const { frames } = stack;
  if (frames.length === 0) return null;
  for (const { site, values } of frames)
    if (values === null || site < 0 || sites[site]?.opaque !== false) return null;
  return encodeValues(frames, identity);
}
