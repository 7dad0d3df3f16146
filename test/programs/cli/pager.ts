import { bitFields } from '../../../src/core/bits.ts';
import { Conditions } from '../../../src/core/conditions.ts';
import { assert, atomic, check, choose, fail, note } from '../../../src/core/control.ts';
import { Mutex, RwSemaphore, SpinLock } from '../../../src/core/locks.ts';
import type { Steps } from '../../../src/core/operations.ts';
import type { ParameterValue, Program } from '../../../src/core/program.ts';
import { Layout } from '../../../src/core/words.ts';

const PTE = bitFields({ present: 1, write: 1, dirty: 1, pfn: 4, swap: 1, exclusive: 1, entry: 4 });
const PAGE = bitFields({ uptodate: 1, dirty: 1, lru: 1, swapbacked: 1, writeback: 1 });

/**
 * A toy in the manner of src/mm, for traces and command-line tests: one process stores while another CPU unmaps the page; the
 * store goes to the old page if the PTE is not checked again under the lock. `recheck` is the fix.
 */
export function pager(parameters: Readonly<Record<string, ParameterValue>>): Program {
  const recheck = parameters['recheck'] === true;
  const layout = new Layout();
  const mmapLock = new RwSemaphore(layout, 'mm[0].mmap_lock');
  const ptl = new SpinLock(layout, 'mm[0].ptl');
  const pageLock = new Mutex(layout, 'page[0].lock');
  const pte = layout.word('mm[0].pte[0]', { init: PTE.present.mask | PTE.dirty.mask, fields: PTE.$fields });
  const flags = layout.word('page[0].flags', {
    init: PAGE.uptodate.mask | PAGE.swapbacked.mask | PAGE.lru.mask,
    fields: PAGE.$fields,
  });
  const refcount = layout.word('page[0].refcount', { init: 2 });
  const data = layout.word('page[0].data', { init: 1 });
  const ideal = layout.word('ideal[0]', { init: 1, ghost: true });
  const swapped = layout.word('swap[0].data');

  function* cpu(): Steps<void> {
    yield* mmapLock.downRead();
    yield* handle_mm_fault();
    yield* mmapLock.upRead();
  }
  function* handle_mm_fault(): Steps<void> {
    const entry = yield* pte.load();
    if (PTE.present.of(entry) === 1) yield* do_wp_page(entry);
    else note('the page is gone: nothing to write to');
  }
  function* do_wp_page(entry: number): Steps<void> {
    yield* ptl.lock();
    if (recheck && !(yield* pte.is(entry))) {
      yield* ptl.unlock();
      return;
    }
    check('do_wp_page');
    yield* page_ref_check();
    yield* set_pte();
    yield* ptl.unlock();
  }
  function* page_ref_check(): Steps<void> {
    const count = yield* refcount.load();
    assert(count >= 0, 'page[0]: negative refcount');
    yield* flags.field(PAGE.uptodate).is(1);
  }
  function* set_pte(): Steps<void> {
    yield* atomic(store());
  }
  function* store(): Steps<void> {
    yield* pte.update(0, PTE.write.mask | PTE.dirty.mask);
    yield* data.store(2);
    yield* ideal.store(2);
    note('the user writes 2');
  }
  function* shrink_page_list(): Steps<void> {
    if (!(yield* pageLock.trylock())) return;
    yield* flags.field(PAGE.lru).store(0);
    yield* ptl.lock();
    const kept = yield* data.load();
    yield* pte.store(PTE.swap.put(PTE.entry.put(0, 3), 1));
    yield* ptl.unlock();
    if ((yield* choose(2)) === 1) note('the page sits on a pagevec');
    yield* swapped.store(kept);
    if (yield* refcount.addAndTest(-2, 0)) {
      const truth = yield* ideal.load();
      if (truth !== kept) fail('lost-write', `mm[0] wrote ${truth}, but swap[0] kept ${kept}`);
    }
    yield* pageLock.unlock();
  }
  return {
    name: 'pager',
    parameters,
    layout,
    conditions: new Conditions(),
    threads: [
      { name: 'cpu0', body: () => cpu() },
      { name: 'kswapd', body: () => shrink_page_list() },
    ],
    accounts: [],
    always: [],
    atEnd: [],
    mustReach: ['do_wp_page'],
  };
}
