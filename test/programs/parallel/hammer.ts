/** A worker thread that inserts the same states as others, at the same time, into one shared set that grows meanwhile. */
import { parentPort, workerData } from 'node:worker_threads';
import { Control, type ControlBuffers } from '../../../src/search/parallel/control.ts';
import { SharedVisitedSet } from '../../../src/search/parallel/shared-visited.ts';
import { ChannelExchange } from '../../../src/search/parallel/table-channel.ts';
import { NEW, SEEN_FINISHES } from '../../../src/search/visited.ts';

export interface HammerSetup {
  readonly control: ControlBuffers;
  readonly table: SharedArrayBuffer;
  readonly channel: string;
  readonly searcher: number;
  readonly keys: number;
}

/** What one has done; `finishing`: of the states said to finish, how many are known to in the end. */
export interface HammerResult {
  readonly added: number;
  readonly finishing: number;
  readonly bytes: number;
}

/** Keys that share slots and halves with others often. */
function keyOf(i: number): readonly [number, number] {
  return [Math.imul(i >>> 1, 0x9e3779b1), ((i & 1) + (i % 7) * 2) << 4];
}

function hammer({ control: buffers, table, channel, searcher, keys }: HammerSetup): HammerResult {
  const control = new Control(buffers);
  const visited = new SharedVisitedSet({
    table,
    control,
    searcher,
    exchange: new ChannelExchange(channel),
  });
  const all = Array.from({ length: buffers.searchers }, (_, s) => s);
  /** Who is early waits here for the others, and still comes to meetings. */
  const line = (stage: number) => {
    control.setMail(searcher, stage);
    while (!all.every((s) => control.mail(s) >= stage)) visited.meetIfAsked();
  };
  let added = 0;
  let finishing = 0;
  line(1);
  // All in one order: they come to the same slots at the same time.
  for (let i = 0; i < keys; i++) {
    const [low, high] = keyOf(i);
    if (visited.insert(low, high) === NEW) added++;
    if (i % 3 === 0) visited.setFinishes(low, high, visited.slot);
  }
  line(2);
  for (let i = 0; i < keys; i++) {
    const seen = visited.insert(...keyOf(i));
    if (seen === NEW) added++;
    if (seen === SEEN_FINISHES) finishing++;
  }
  return { added, finishing, bytes: visited.bytes };
}

parentPort?.postMessage(hammer(workerData as HammerSetup));
