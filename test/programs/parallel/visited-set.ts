/**
 * The shared visited set of src/search/parallel/shared-visited.ts once more, as generators over words, to be explored by the search
 * that uses it. Written against {@link TableMachine}, so that test/search/parallel/visited-model.test.ts can also run the same
 * generators on a table of the real set, and see that the two agree slot for slot.
 */
import { equals } from '../../../src/core/conditions.ts';
import { assert, check, choose, cover, until } from '../../../src/core/control.ts';
import type { Steps } from '../../../src/core/operations.ts';
import type { Program } from '../../../src/core/program.ts';
import type { Word } from '../../../src/core/words.ts';
import { toy } from '../toy.ts';

export const FINISHES = 1;
export const NEW = 0;
export const SEEN = 1;
export const SEEN_FINISHES = 3;

/** A state's key as the set stores it: low is not 0, high is even and not 0. */
export interface Key {
  readonly low: number;
  readonly high: number;
}

/** The accesses to one table of 2^n slots; each but `awaitLow` is one step. */
export interface TableMachine {
  readonly slots: number;
  /** Plain: may show an older value. */
  loadHigh(slot: number): Steps<number>;
  loadLow(slot: number): Steps<number>;
  /** Compare-exchange of the high half with 0; returns what was there. */
  claim(slot: number, high: number): Steps<number>;
  publish(slot: number, low: number): Steps<void>;
  /** Waits until the low half is not 0, and returns it. */
  awaitLow(slot: number): Steps<number>;
  storeHigh(slot: number, high: number): Steps<void>;
}

/** What may be wrong with the set. */
export interface VisitedFaults {
  /** A free slot is taken by a store. */
  readonly storesToClaim?: boolean;
  /** The low half is written before the slot is claimed. */
  readonly publishesFirst?: boolean;
  /** Who meets its own high half beside an empty low half passes by. */
  readonly passesBy?: boolean;
  /** The high half is written once more with the low one. */
  readonly writesHighAgain?: boolean;
  /** Who needs a larger table makes it while the others go on. */
  readonly meetsNobody?: boolean;
  /** Nobody waits until all have migrated their share. */
  readonly leavesEarly?: boolean;
  /** What was granted and not used is kept over a meeting. */
  readonly keepsCredit?: boolean;
  /** Who has nothing to do does not come to meetings. */
  readonly staysAway?: boolean;
  /** Two searchers may migrate the same slots. */
  readonly migratesTwice?: boolean;
}

/** Adds the state; NEW, SEEN or SEEN_FINISHES. The caller has credit for one state. */
export function* insert(m: TableMachine, { low, high }: Key, faults: VisitedFaults = {}): Steps<number> {
  let slot = low & (m.slots - 1);
  for (;;) {
    let found = yield* m.loadHigh(slot);
    if (found === 0) {
      if (faults.publishesFirst === true) yield* m.publish(slot, low);
      if (faults.storesToClaim === true) yield* m.storeHigh(slot, high);
      else found = yield* m.claim(slot, high);
      if (found === 0) {
        if (faults.publishesFirst !== true) yield* m.publish(slot, low);
        if (faults.writesHighAgain === true) yield* m.storeHigh(slot, high);
        return NEW;
      }
    }
    if ((found & ~FINISHES) === high) {
      let there = yield* m.loadLow(slot);
      if (there === 0 && faults.passesBy !== true) there = yield* m.awaitLow(slot);
      if (there === low) return SEEN | ((found & FINISHES) << 1);
    }
    slot = (slot + 1) & (m.slots - 1);
  }
}

/** Sets the flag of a state that this searcher has added or seen. */
export function* setFinishes(m: TableMachine, { low, high }: Key): Steps<void> {
  let slot = low & (m.slots - 1);
  for (;;) {
    const found = yield* m.loadHigh(slot);
    if ((found & ~FINISHES) === high && (yield* m.loadLow(slot)) === low) break;
    slot = (slot + 1) & (m.slots - 1);
  }
  yield* m.storeHigh(slot, high | FINISHES);
}

/** Moves what stands in the slot of the old table to the new one. */
export function* migrate(old: TableMachine, m: TableMachine, from: number): Steps<void> {
  const high = yield* old.loadHigh(from);
  if (high === 0) return;
  const low = yield* old.loadLow(from);
  let slot = low & (m.slots - 1);
  for (;;) {
    if ((yield* m.loadHigh(slot)) === 0 && (yield* m.claim(slot, high)) === 0) break;
    slot = (slot + 1) & (m.slots - 1);
  }
  yield* m.publish(slot, low);
}

/** A table as words of a program. */
class Table implements TableMachine {
  readonly slots: number;
  readonly highs: readonly Word[];
  readonly lows: readonly Word[];

  constructor(highs: readonly Word[], lows: readonly Word[]) {
    this.slots = highs.length;
    this.highs = highs;
    this.lows = lows;
  }

  *loadHigh(slot: number): Steps<number> {
    return yield* this.highs[slot]!.load();
  }

  *loadLow(slot: number): Steps<number> {
    return yield* this.lows[slot]!.load();
  }

  *claim(slot: number, high: number): Steps<number> {
    return yield* this.highs[slot]!.compareExchange(0, high);
  }

  *publish(slot: number, low: number): Steps<void> {
    yield* this.lows[slot]!.store(low);
  }

  *awaitLow(slot: number): Steps<number> {
    cover('waits for a low half');
    yield* this.lows[slot]!.untilNot(0);
    return yield* this.lows[slot]!.load();
  }

  *storeHigh(slot: number, high: number): Steps<void> {
    yield* this.highs[slot]!.store(high);
  }
}

/** As {@link Table}; a plain load may show the slot as it was in the beginning. */
class StaleTable extends Table {
  override *loadHigh(slot: number): Steps<number> {
    if ((yield* choose(2)) === 1) return 0;
    return yield* super.loadHigh(slot);
  }

  override *loadLow(slot: number): Steps<number> {
    if ((yield* choose(2)) === 1) return 0;
    return yield* super.loadLow(slot);
  }
}

export interface InsertingOptions {
  readonly slots: number;
  /** What each thread inserts, in order. */
  readonly keys: readonly (readonly Key[])[];
  /** Threads that say that the state they have inserted first finishes. */
  readonly finishing?: readonly number[];
  /** May plain loads show older values? */
  readonly stale?: boolean;
  readonly mustReach?: readonly string[];
  readonly faults?: VisitedFaults;
}

function spell({ low, high }: Key): string {
  return `${low}:${high}`;
}

function distinct(keys: readonly (readonly Key[])[]): Key[] {
  return [...new Map(keys.flat().map((key) => [spell(key), key])).values()];
}

/** Threads that insert into a table that is large enough. */
export function inserting(options: InsertingOptions): Program {
  const { slots, keys, finishing = [], stale = false, faults = {}, mustReach = [] } = options;
  return toy('visited-set', ({ layout }) => {
    const highs = layout.array(slots, (i) => `high[${i}]`);
    const lows = layout.array(slots, (i) => `low[${i}]`);
    const table = stale ? new StaleTable(highs, lows) : new Table(highs, lows);
    const all = distinct(keys);
    const added = all.map((key) => layout.word(`added ${spell(key)}`, { ghost: true }));
    const flagged = all.map((key) => layout.word(`flagged ${spell(key)}`, { ghost: true }));
    const numberOf = (key: Key) => all.findIndex((each) => spell(each) === spell(key));
    const body = (own: readonly Key[], finishes: boolean) =>
      function* (): Steps<void> {
        for (let i = 0; i < own.length; i++) {
          const key = own[i]!;
          const flag = yield* flagged[numberOf(key)]!.load();
          const said = yield* insert(table, key, faults);
          if (said === NEW) yield* added[numberOf(key)]!.add(1);
          else cover('seen');
          if (said === SEEN_FINISHES) {
            cover('seen to finish');
            assert((yield* flagged[numberOf(key)]!.load()) > 0, 'only what was said to finish is');
          }
          if (flag > 0 && !stale) assert(said === SEEN_FINISHES, 'what was said to finish is seen so');
          if (i === 0 && finishes) {
            yield* setFinishes(table, key);
            yield* flagged[numberOf(key)]!.add(1);
          }
        }
      };
    return {
      threads: Object.fromEntries(keys.map((own, t) => [`T${t}`, body(own, finishing.includes(t))])),
      atEnd: contents(all, added, flagged, [table]),
      mustReach,
    };
  });
}

/** Each state was new exactly once, stands in the last table exactly once, with its flag if it has one; nothing else does. */
function contents(
  all: readonly Key[],
  added: readonly Word[],
  flagged: readonly Word[],
  tables: readonly Table[],
  newest: (words: Int32Array) => number = () => tables.length - 1,
) {
  const watches = [...added, ...flagged, ...tables.flatMap(({ highs, lows }) => [...highs, ...lows])];
  const wrong = (words: Int32Array): string => {
    const { highs, lows } = tables[newest(words)]!;
    const stand = new Map<string, number>();
    let flags = 0;
    highs.forEach((word, slot) => {
      const high = words[word.index]!;
      if (high === 0) return;
      const key = { low: words[lows[slot]!.index]!, high: high & ~FINISHES };
      stand.set(spell(key), (stand.get(spell(key)) ?? 0) + 1);
      const number = all.findIndex((each) => spell(each) === spell(key));
      if (number >= 0 && (high & FINISHES) !== 0) flags |= 1 << number;
    });
    return (
      all
        .map((key, i) => {
          const times = words[added[i]!.index]!;
          if (times !== 1) return `${spell(key)} was new ${times} times`;
          if (stand.get(spell(key)) !== 1)
            return `${spell(key)} stands there ${stand.get(spell(key)) ?? 0} times`;
          if (words[flagged[i]!.index]! > 0 && (flags & (1 << i)) === 0)
            return `${spell(key)} has lost its flag`;
          return '';
        })
        .concat(stand.size > all.length ? ['there are others'] : [])
        .find((text) => text !== '') ?? ''
    );
  };
  return [
    {
      name: 'each once',
      kind: 'assertion' as const,
      watches,
      holds: (words: Int32Array) => wrong(words) === '',
      explain: wrong,
    },
  ];
}

export interface GrowingOptions {
  /** What each thread inserts, in order; the table begins with 4 slots, of which 3 may be used, and grows to 8. */
  readonly keys: readonly (readonly Key[])[];
  /** States granted at once while there are as many. */
  readonly batch: number;
  readonly faults?: VisitedFaults;
}

/** Threads that insert more than the table takes: grants, meetings, migration. */
export function growing({ keys, batch, faults = {} }: GrowingOptions): Program {
  return toy('growing-visited-set', ({ layout, conditions }) => {
    const tables = [4, 8].map(
      (slots, g) =>
        new Table(
          layout.array(slots, (i) => `high${g}[${i}]`),
          layout.array(slots, (i) => `low${g}[${i}]`),
        ),
    );
    const all = distinct(keys);
    const searchers = keys.length;
    const added = all.map((key) => layout.word(`added ${spell(key)}`, { ghost: true }));
    const flagged = all.map((key) => layout.word(`flagged ${spell(key)}`, { ghost: true }));
    const used = layout.word('used', { ghost: true });
    const meetingCalled = layout.word('meet');
    const arrived = layout.word('arrived');
    const phase = layout.word('phase');
    const migrated = layout.word('migrated');
    const generation = layout.word('generation');
    const cursor = layout.word('cursor');
    const granted = layout.word('granted');
    const ended = layout.word('ended');
    const states = layout.array(searchers, (t) => `states[${t}]`);
    const calledOrEnded = conditions.any(equals(meetingCalled, 1), equals(ended, searchers));
    const limit = (g: number) => (tables[g]!.slots * 3) / 4;
    const numberOf = (key: Key) => all.findIndex((each) => spell(each) === spell(key));

    function* sum(): Steps<number> {
      let total = 0;
      for (let t = 0; t < searchers; t++) total += yield* states[t]!.load();
      return total;
    }

    function* decide(g: number): Steps<void> {
      const total = yield* sum();
      yield* granted.store(total);
      if (total >= limit(g)) {
        yield* cursor.store(0);
        yield* generation.store(g + 1);
      }
      yield* meetingCalled.store(0);
      yield* arrived.store(0);
      yield* phase.add(1);
    }

    function* share(g: number): Steps<void> {
      const slots = tables[g]!.slots;
      for (;;) {
        let from = 0;
        if (faults.migratesTwice === true) {
          from = yield* cursor.load();
          yield* cursor.store(from + 2);
        } else from = yield* cursor.fetchAdd(2);
        if (from >= slots) return;
        yield* migrate(tables[g]!, tables[g + 1]!, from);
        yield* migrate(tables[g]!, tables[g + 1]!, from + 1);
      }
    }

    /** Returns the number of the table to go on with. */
    function* meet(t: number, g: number, size: number): Steps<number> {
      yield* states[t]!.store(size);
      const seen = yield* phase.load();
      yield* meetingCalled.store(1);
      if ((yield* arrived.fetchAdd(1)) + 1 === searchers) yield* decide(g);
      else yield* phase.untilNot(seen);
      const now = yield* generation.load();
      if (now === g) return g;
      check('grows');
      yield* share(g);
      if (faults.leavesEarly === true) {
        if ((yield* migrated.fetchAdd(1)) + 1 === searchers) yield* migrated.store(0);
      } else if ((yield* migrated.fetchAdd(1)) + 1 === searchers) {
        yield* migrated.store(0);
        yield* phase.add(1);
      } else yield* phase.untilNot(seen + 1);
      return now;
    }

    const body = (own: readonly Key[], t: number) =>
      function* (): Steps<void> {
        let g = 0;
        let credit = 0;
        let size = 0;
        for (let i = 0; i < own.length;) {
          if (credit === 0) {
            const before = yield* granted.load();
            const asked = Math.min(batch, Math.max(1, limit(g) - before));
            if (before + asked <= limit(g)) {
              if ((yield* granted.compareExchange(before, before + asked)) === before) credit = asked;
            } else if (faults.meetsNobody === true) {
              yield* cursor.store(0);
              yield* share(g);
              yield* generation.store(g + 1);
              g++;
            } else g = yield* meet(t, g, size);
            continue;
          }
          const key = own[i]!;
          const said = yield* insert(tables[g]!, key);
          if (said === NEW) {
            yield* added[numberOf(key)]!.add(1);
            yield* used.add(1);
            assert((yield* used.load()) <= limit(g), 'no more than three quarters are used');
            credit--;
            size++;
            yield* setFinishes(tables[g]!, key);
            yield* flagged[numberOf(key)]!.add(1);
          }
          i++;
          // Between two states a searcher looks whether somebody has called a meeting.
          if (faults.meetsNobody !== true && (yield* meetingCalled.is(1))) {
            g = yield* meet(t, g, size);
            if (faults.keepsCredit !== true) credit = 0;
          }
        }
        yield* states[t]!.store(size);
        yield* ended.add(1);
        if (faults.staysAway === true) return;
        for (;;) {
          yield* until(calledOrEnded);
          if (!(yield* meetingCalled.is(1))) return;
          g = yield* meet(t, g, size);
        }
      };
    return {
      threads: Object.fromEntries(keys.map((own, t) => [`T${t}`, body(own, t)])),
      atEnd: contents(all, added, flagged, tables, (words) => words[generation.index]!),
      mustReach: ['grows'],
    };
  });
}
