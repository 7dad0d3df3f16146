import type { CallStack } from '../core/context.ts';
import type { Position } from '../core/schedule.ts';
import { positionFromFrames, positionFromStack, siteFromFrames } from '../core/positions.ts';
import type { ThreadRun } from '../core/runs.ts';

/** A call stack takes about a kilobyte until it is spelled out: keep that of each node up to here, then of every 64th. */
const ALL_STACKS = 50_000;

/** Where the operation of each automaton node stands in the source. Equal positions are one object. */
export class NodePositions {
  private readonly told: (Position | CallStack | null)[] = [];
  private readonly sites: number[] = [];
  private readonly byPath = new Map<string, Position | null>();

  /** Adds the next node, at which `run` stands. */
  add(run: ThreadRun): void {
    const node = this.told.length;
    const position = this.fromFrames(run);
    this.sites.push(siteFromFrames(run.frames));
    if (position === null && node >= ALL_STACKS && node % 64 !== 0) this.told.push(null);
    else this.told.push(position ?? run.context.callStack);
  }

  private fromFrames(run: ThreadRun): Position | null {
    const { frames } = run.frames;
    if (frames.length === 0) return null;
    const path = frames.map((frame) => frame.site).join();
    let position = this.byPath.get(path);
    if (position === undefined) this.byPath.set(path, (position = positionFromFrames(run.frames)));
    return position;
  }

  /** The innermost site of `node`, or -1. */
  siteOf(node: number): number {
    return this.sites[node] ?? -1;
  }

  /** The position of `node`, or null if it was not kept. */
  of(node: number): Position | null {
    const told = this.told[node];
    if (told === undefined || told === null) return null;
    if ('source' in told) return told;
    return (this.told[node] = positionFromStack(told));
  }
}
