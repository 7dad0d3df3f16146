/** The protocol of src/search/parallel/work-sharing.ts once more, as generators over words, to be explored by the search. */
import { assert, cover, fold } from '../../../src/core/control.ts';
import type { Steps } from '../../../src/core/operations.ts';
import type { Program } from '../../../src/core/program.ts';
import { isValue, toy } from '../toy.ts';

/** What may be wrong with it. */
export interface SharingFaults {
  /** Nobody counts who has mail under way: it counts itself when it opens it. */
  readonly countsLate?: boolean;
  /** The bell is read after the mailbox. */
  readonly readsBellLate?: boolean;
  /** The receiver is rung for before the mail is there. */
  readonly ringsFirst?: boolean;
  /** Two givers may serve one who asks. */
  readonly claimsWithoutLooking?: boolean;
  /** Who ends the search wakes nobody. */
  readonly endsSilently?: boolean;
}

/** `searchers` searchers, of which the first has `tasks` tasks at the start; who has two or more gives half to who asks. */
export function sharing(searchers: number, tasks: number, faults: SharingFaults = {}): Program {
  return toy('work-sharing', ({ layout }) => {
    const stop = layout.word('stop');
    const hungry = layout.word('hungry');
    const active = layout.word('active', { init: 1 });
    const bells = layout.array(searchers, (t) => `bell[${t}]`);
    const mail = layout.array(searchers, (t) => `mail[${t}]`);
    const done = layout.word('done', { ghost: true });

    function* end(): Steps<void> {
      yield* stop.store(1);
      if (faults.endsSilently === true) return;
      for (let t = 0; t < searchers; t++) yield* bells[t]!.add(1);
    }

    /** Gives so many of its tasks; true if it did. */
    function* give(half: number): Steps<boolean> {
      const asking = yield* hungry.load();
      if (asking === 0) return false;
      const bit = asking & -asking;
      const before = yield* hungry.fetchUpdate(bit, 0, bit);
      if (before === 0 && faults.claimsWithoutLooking !== true) {
        cover('claimed by another');
        return false;
      }
      const to = 31 - Math.clz32(bit);
      if (faults.countsLate !== true) yield* active.add(1);
      if (faults.ringsFirst === true) yield* bells[to]!.add(1);
      assert((yield* mail[to]!.exchange(half)) === 0, 'one giver for each who asks');
      if (faults.ringsFirst !== true) yield* bells[to]!.add(1);
      cover('given');
      return true;
    }

    /** Waits for tasks and returns how many; 0: the search is over. */
    function* wait(t: number, worked: boolean): Steps<number> {
      yield* hungry.update(0, 1 << t);
      if (worked && (yield* active.addAndTest(-1, 0))) yield* end();
      for (;;) {
        fold('waits', t);
        let bell = faults.readsBellLate === true ? -1 : yield* bells[t]!.load();
        if (yield* stop.is(1)) return 0;
        const got = yield* mail[t]!.load();
        if (got > 0) {
          yield* mail[t]!.store(0);
          if (faults.countsLate === true) yield* active.add(1);
          return got;
        }
        if (bell < 0) bell = yield* bells[t]!.load();
        yield* bells[t]!.untilNot(bell);
      }
    }

    const body = (t: number) =>
      function* (): Steps<void> {
        let own = t === 0 ? tasks : 0;
        let worked = t === 0;
        for (;;) {
          fold('searches', own, worked);
          if (own === 0) {
            own = yield* wait(t, worked);
            if (own === 0) return;
            worked = true;
          } else if (own >= 2 && (yield* give(own >> 1))) own -= own >> 1;
          else {
            assert(yield* stop.is(0), 'it is not over while there is work');
            yield* done.add(1);
            own--;
          }
        }
      };
    return {
      threads: Object.fromEntries(Array.from({ length: searchers }, (_, t) => [`T${t}`, body(t)])),
      atEnd: [isValue('everything is done', done, tasks)],
      mustReach: ['given', ...(searchers > 2 ? ['claimed by another'] : [])],
    };
  });
}
