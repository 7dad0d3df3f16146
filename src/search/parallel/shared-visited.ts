/**
 * The visited set of several searchers: the table of visited.ts in a SharedArrayBuffer, two int32s a state, without locks.
 *
 * Each half of a slot changes once, from 0 to its final value; after that only the flag FINISHES comes, for ever and always by a
 * store of the same value. So plain loads suffice: a stale one shows 0, or lacks the flag, and can show nothing else. A slot is
 * claimed by a compare-exchange on its high half, and published by a store of its low half. Who meets the high half of its own
 * key beside a low half of 0 waits for the store; everybody else passes by. Two searchers with one key come along the same slots,
 * none of which is ever emptied, and one of them wins the first free one: exactly one is told NEW.
 *
 * Growth stops the world (meeting.ts). A searcher adds only states that were granted to it, so the table never gets fuller than
 * three quarters: the grants of all together are one shared count, taken in batches; when it is used up they meet, give back
 * what they have not used, and the last to come makes a table of twice the size if it is truly full. Hence the size of the table
 * depends on the number of states alone, as that of the private one.
 *
 * test/programs/parallel/visited-set.ts is the model of this, explored by our own search.
 */
import { FINISHES, NEW, SEEN, type StateSet } from '../visited.ts';
import { Stop, Stopped, Word, type Control } from './control.ts';

/** How a new table reaches the other searchers: sent before they are told to look, so that receiving never waits. */
export interface TableExchange {
  send(table: SharedArrayBuffer): void;
  receive(): SharedArrayBuffer;
}

/** States granted at once. */
const BATCH = 1024;
/** Slots of the old table that a searcher migrates at once. */
const CHUNK = 1 << 14;

/** A table of 2^logCapacity slots. May throw a RangeError: no memory. */
export function allocateTable(logCapacity: number): SharedArrayBuffer {
  return new SharedArrayBuffer(8 * 2 ** logCapacity);
}

/** States that a table of so many slots takes. */
function limitOf(slots: number): number {
  return Math.floor(slots * 0.75);
}

export interface SharedVisitedOptions {
  readonly table: SharedArrayBuffer;
  readonly control: Control;
  /** Number of this searcher. */
  readonly searcher: number;
  readonly exchange: TableExchange;
  /** The search stops before one state more; default none. */
  readonly maxStates?: number;
}

/** One searcher's hands on the shared set. Operations may sleep in a meeting, and throw {@link Stopped}. */
export class SharedVisitedSet implements StateSet {
  /** States added by this searcher. */
  size = 0;
  slot = 0;
  /** Keeps {@link touch} from being optimised away. */
  protected touched = 0;
  private table!: Int32Array<SharedArrayBuffer>;
  private mask = 0;
  /** States that this searcher may still add. */
  private credit = 0;
  private readonly control: Control;
  private readonly searcher: number;
  private readonly exchange: TableExchange;
  private readonly maxStates: number;

  constructor(options: SharedVisitedOptions) {
    this.control = options.control;
    this.searcher = options.searcher;
    this.exchange = options.exchange;
    this.maxStates = options.maxStates ?? Infinity;
    this.use(options.table);
  }

  /** Bytes of the whole set. */
  get bytes(): number {
    return this.table.byteLength;
  }

  /** As VisitedSet.touch. */
  touch(lows: Int32Array, count: number): void {
    const { table, mask } = this;
    let any = 0;
    for (let i = 0; i < count; i++) any |= table[2 * (lows[i]! & mask)]!;
    this.touched = any;
  }

  /** As VisitedSet.insert. The set may have grown when it returns. */
  insert(low: number, high: number): number {
    // 0 means: not there yet. One key in 2^31 is moved so; that two become one is no likelier for it.
    const key = high & ~FINISHES || 2;
    const wanted = low || 1;
    const { table, mask } = this;
    let i = wanted & mask;
    for (;;) {
      let h = table[2 * i + 1]!;
      if (h === 0) {
        if (this.credit === 0) {
          this.askForCredit();
          return this.insert(low, high);
        }
        h = Atomics.compareExchange(table, 2 * i + 1, 0, key);
        if (h === 0) {
          table[2 * i] = wanted;
          this.credit--;
          this.size++;
          this.slot = i;
          return NEW;
        }
      }
      if ((h & ~FINISHES) === key) {
        let l = table[2 * i]!;
        // Rare: claimed, and not published yet.
        while (l === 0) l = Atomics.load(table, 2 * i);
        if (l === wanted) {
          this.slot = i;
          return SEEN | ((h & FINISHES) << 1);
        }
      }
      i = (i + 1) & mask;
    }
  }

  /** As VisitedSet.find. */
  find(low: number, high: number): number {
    const key = high & ~FINISHES || 2;
    const wanted = low || 1;
    const { table, mask } = this;
    for (let i = wanted & mask; ; i = (i + 1) & mask) {
      const h = table[2 * i + 1]!;
      if (h === 0) return NEW;
      if ((h & ~FINISHES) !== key) continue;
      let l = table[2 * i]!;
      while (l === 0) l = Atomics.load(table, 2 * i);
      if (l === wanted) return SEEN | ((h & FINISHES) << 1);
    }
  }

  /** As VisitedSet.setFinishes. */
  setFinishes(low: number, high: number, slot: number): void {
    const key = high & ~FINISHES || 2;
    const wanted = low || 1;
    const { table, mask } = this;
    let i = slot & mask;
    if (table[2 * i] !== wanted || (table[2 * i + 1]! & ~FINISHES) !== key) {
      // This searcher has seen it published: no need to wait for a low half.
      i = wanted & mask;
      while (table[2 * i] !== wanted || (table[2 * i + 1]! & ~FINISHES) !== key) i = (i + 1) & mask;
    }
    table[2 * i + 1] = key | FINISHES;
  }

  /**
   * Meets the others if somebody asked for it: to be called now and then, and where nothing of the set is half done. Cost if
   * nobody asked: one atomic load.
   */
  meetIfAsked(): void {
    if (this.control.meeting) this.meet();
  }

  private askForCredit(): void {
    const { control } = this;
    const { words, searchers } = control;
    for (;;) {
      const cap = Math.min(limitOf(this.mask + 1), this.maxStates);
      const granted = Atomics.load(words, Word.GRANTED);
      // Small ones near the end, so that few come back unused.
      const batch = Math.min(BATCH, Math.max(1, Math.floor((cap - granted) / (4 * searchers))));
      if (granted + batch > cap) this.meet();
      else if (Atomics.compareExchange(words, Word.GRANTED, granted, granted + batch) === granted) {
        this.credit = batch;
        return;
      }
    }
  }

  /** Everybody comes; the last to come decides what is to be done, all do it. */
  private meet(): void {
    const { control, searcher } = this;
    const { words, searchers } = control;
    this.credit = 0;
    control.setStates(searcher, this.size);
    const phase = Atomics.load(words, Word.PHASE);
    control.callMeeting();
    if (Atomics.add(words, Word.ARRIVED, 1) + 1 === searchers) this.decide();
    else control.awaitPhase(phase);
    if (control.stopped !== 0) throw new Stopped();
    const logCapacity = Atomics.load(words, Word.LOG_CAPACITY);
    if (2 ** logCapacity !== this.mask + 1) this.migrate(phase + 1);
  }

  private decide(): void {
    const { control } = this;
    const { words } = control;
    const { states } = control;
    if (states >= this.maxStates) return control.stop(Stop.STATES);
    Atomics.store(words, Word.GRANTED, states);
    if (states >= limitOf(this.mask + 1)) {
      const logCapacity = Atomics.load(words, Word.LOG_CAPACITY) + 1;
      try {
        this.exchange.send(allocateTable(logCapacity));
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        return control.stop(Stop.MEMORY);
      }
      Atomics.store(words, Word.CURSOR, 0);
      Atomics.store(words, Word.LOG_CAPACITY, logCapacity);
    }
    Atomics.store(words, Word.MEET, 0);
    Atomics.store(words, Word.ARRIVED, 0);
    control.nextPhase();
  }

  /** Takes part in the move to the new table; returns when all have done so. */
  private migrate(phase: number): void {
    const { control, table: old } = this;
    const { words, searchers } = control;
    this.use(this.exchange.receive());
    const slots = old.length / 2;
    for (;;) {
      const from = Atomics.add(words, Word.CURSOR, CHUNK);
      if (from >= slots) break;
      this.move(old, from, Math.min(slots, from + CHUNK));
    }
    if (Atomics.add(words, Word.MIGRATED, 1) + 1 === searchers) {
      Atomics.store(words, Word.MIGRATED, 0);
      control.nextPhase();
    } else control.awaitPhase(phase);
  }

  private move(old: Int32Array<SharedArrayBuffer>, from: number, to: number): void {
    const { table, mask } = this;
    for (let j = from; j < to; j++) {
      const high = old[2 * j + 1]!;
      if (high === 0) continue;
      const low = old[2 * j]!;
      let i = low & mask;
      while (table[2 * i + 1] !== 0 || Atomics.compareExchange(table, 2 * i + 1, 0, high) !== 0)
        i = (i + 1) & mask;
      table[2 * i] = low;
    }
  }

  private use(buffer: SharedArrayBuffer): void {
    this.table = new Int32Array(buffer);
    this.mask = this.table.length / 2 - 1;
  }
}
