/** How a new table of the visited set, which one searcher makes, reaches everybody else: by a BroadcastChannel of the search. */
import { BroadcastChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { TableExchange } from './shared-visited.ts';

/** The oldest table that has come and was not delivered, or null. */
function receive(channel: BroadcastChannel): SharedArrayBuffer | null {
  // Node's declarations leave out that a BroadcastChannel will do.
  const port = channel as unknown as MessagePort;
  const received: { readonly message: SharedArrayBuffer } | undefined = receiveMessageOnPort(port);
  return received?.message ?? null;
}

/** A searcher's end. Made and used without a turn of the event loop between, which would deliver the message elsewhere. */
export class ChannelExchange implements TableExchange {
  private readonly channel: BroadcastChannel;
  private sent: SharedArrayBuffer | null = null;

  constructor(name: string) {
    this.channel = new BroadcastChannel(name);
    this.channel.unref();
  }

  send(table: SharedArrayBuffer): void {
    this.sent = table;
    this.channel.postMessage(table);
  }

  receive(): SharedArrayBuffer {
    const table = this.sent ?? receive(this.channel);
    this.sent = null;
    if (table === null) throw new Error('a new table of the visited set was announced and did not come');
    return table;
  }

  close(): void {
    this.channel.close();
  }
}

/** The coordinator's end: knows the newest table. */
export class TableListener {
  private readonly channel: BroadcastChannel;
  private table: SharedArrayBuffer;

  constructor(name: string, first: SharedArrayBuffer) {
    this.table = first;
    this.channel = new BroadcastChannel(name);
    this.channel.unref();
    this.channel.addEventListener('message', (event) =>
      this.note((event as unknown as { readonly data: SharedArrayBuffer }).data),
    );
  }

  /** The newest table; the older ones are garbage. */
  get newest(): SharedArrayBuffer {
    for (let table = receive(this.channel); table !== null; table = receive(this.channel)) this.note(table);
    return this.table;
  }

  close(): void {
    this.channel.close();
  }

  private note(table: SharedArrayBuffer): void {
    if (table.byteLength > this.table.byteLength) this.table = table;
  }
}
