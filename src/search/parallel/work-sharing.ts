/**
 * Who has no work asks; who has gives. A searcher without work sets its bit in the mask HUNGRY and sleeps; a busy one that sees
 * the mask claims a bit, puts a path into that searcher's mailbox and rings.
 *
 * ACTIVE counts those who have work or for whom some is under way: the giver counts the receiver before it writes the mail, and
 * is itself counted until then and after. So whoever takes the count to 0 knows that nobody has work and that none is under way: the
 * search is done, for ever, as only those who have work can give some. A sleeper reads its bell before it looks for what it may
 * be rung for, so no ring is lost. test/programs/parallel/work-sharing.ts is the model of this, explored by our own search.
 */
import { Stop, Word, type Control } from './control.ts';

/** Address space set aside for a mailbox; memory is taken as it grows. */
const MOST_BYTES = 2 ** 28;
const FIRST_BYTES = 2 ** 12;

/** A mailbox; survives structured cloning. */
export function allocateMailbox(): SharedArrayBuffer {
  return new SharedArrayBuffer(FIRST_BYTES, { maxByteLength: MOST_BYTES });
}

export class WorkSharing {
  private readonly control: Control;
  private readonly searcher: number;
  private readonly mailboxes: readonly SharedArrayBuffer[];

  constructor(control: Control, searcher: number, mailboxes: readonly SharedArrayBuffer[]) {
    this.control = control;
    this.searcher = searcher;
    this.mailboxes = mailboxes;
  }

  /** Has somebody no work? */
  get asked(): boolean {
    return Atomics.load(this.control.words, Word.HUNGRY) !== 0;
  }

  /** Gives what `donate` says, if it is not null, to one who has no work. To be called by one who has. */
  give(donate: () => Int32Array | null): boolean {
    const { control } = this;
    const { words } = control;
    const hungry = Atomics.load(words, Word.HUNGRY);
    if (hungry === 0) return false;
    const bit = hungry & -hungry;
    if ((Atomics.and(words, Word.HUNGRY, ~bit) & bit) === 0) return false;
    const path = donate();
    if (path === null) {
      Atomics.or(words, Word.HUNGRY, bit);
      return false;
    }
    Atomics.add(words, Word.ACTIVE, 1);
    this.post(31 - Math.clz32(bit), path);
    return true;
  }

  /**
   * Sleeps until there is work, and returns the path to it; null: the search has been stopped.
   * @param worked has this searcher been counted as active until now?
   * @param meetIfAsked called at each awakening: a sleeper must come to meetings as well
   */
  await(worked: boolean, meetIfAsked: () => void): Int32Array | null {
    const { control, searcher } = this;
    const { words } = control;
    Atomics.or(words, Word.HUNGRY, 1 << searcher);
    if (worked && Atomics.sub(words, Word.ACTIVE, 1) === 1) control.stop(Stop.DONE);
    for (;;) {
      const bell = control.bell(searcher);
      if (control.stopped !== 0) return null;
      const mail = control.mail(searcher);
      if (mail > 0) return this.open(mail - 1);
      meetIfAsked();
      control.awaitBell(searcher, bell);
    }
  }

  private post(to: number, path: Int32Array): void {
    const buffer = this.mailboxes[to]!;
    if (buffer.byteLength < path.byteLength) buffer.grow(Math.min(MOST_BYTES, 2 * path.byteLength));
    new Int32Array(buffer).set(path);
    this.control.setMail(to, path.length + 1);
    this.control.ring(to);
  }

  private open(length: number): Int32Array {
    const path = new Int32Array(this.mailboxes[this.searcher]!).slice(0, length);
    this.control.setMail(this.searcher, 0);
    return Int32Array.from(path);
  }
}
