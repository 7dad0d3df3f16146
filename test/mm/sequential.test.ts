/** What a kernel shows after one operation at a time: shared/kernel/script.md, "Facts" and "The race on real kernels". */
import { describe, expect, test } from 'vitest';
import { Script, type Operation, type ScriptOptions } from './script.ts';

const KERNEL = 'v6.12';
const load: Operation = { do: 'load' };
const store: Operation = { do: 'store' };
const childLoad: Operation = { do: 'load', mm: 1 };
const childStore: Operation = { do: 'store', mm: 1 };
const fork: Operation = { do: 'fork' };
const reclaim: Operation = { do: 'reclaim' };
const submit: Operation = { do: 'submit', request: 0 };
const dma: Operation = { do: 'dma', request: 0 };
const wait: Operation = { do: 'wait', request: 0 };

/** A script after all its operations, none of which broke a rule. */
function after(
  options: Partial<ScriptOptions>,
  ...operations: readonly Operation[]
): Script & { readonly faults: readonly number[] } {
  const script = new Script({ kernel: KERNEL, ...options }, operations);
  const faults = script.run();
  expect(script.broken).toBeNull();
  return Object.assign(script, { faults });
}

describe('1: the first access', () => {
  test('a store: one fault, a fresh exclusive frame, not PG_dirty', () => {
    const script = after({ populated: false }, store);
    expect(script.faults).toEqual([1]);
    expect(script.look()).toEqual({
      at: 0,
      write: true,
      exclusive: true,
      mapcount: 1,
      dirty: false,
      swapcache: false,
    });
  });
  test('a load: the zero page; a store then replaces it', () => {
    const script = new Script({ kernel: KERNEL, populated: false }, [load, store]);
    expect(script.step()).toBe(1);
    expect(script.look()).toMatchObject({ at: 'zero', exclusive: false });
    expect(script.step()).toBe(1);
    expect(script.look()).toMatchObject({ at: 0, write: true, exclusive: true, mapcount: 1 });
  });
});

describe('2: fork', () => {
  test('shares the frame read-only, exclusive for nobody', () => {
    const script = after({}, fork);
    for (const mm of [0, 1])
      expect(script.look(mm)).toMatchObject({ at: 0, write: false, exclusive: false, mapcount: 2 });
  });
  test.each([
    ['parent', store, 0, 1],
    ['child', childStore, 1, 0],
  ])(
    "the %s's store: one fault, a new exclusive frame; being the last mapper makes the other not exclusive",
    (_, first, own, other) => {
      const script = after({}, fork, first);
      expect(script.faults).toEqual([0, 1]);
      expect(script.look(own)).toMatchObject({ at: 1, write: true, exclusive: true, mapcount: 1 });
      expect(script.look(other)).toMatchObject({ at: 0, write: false, exclusive: false, mapcount: 1 });
    },
  );
  test("the last mapper's store: one fault, the same frame, exclusive again", () => {
    const script = after({}, fork, store, childStore);
    expect(script.faults).toEqual([0, 1, 1]);
    expect(script.look(1)).toMatchObject({ at: 0, write: true, exclusive: true, mapcount: 1 });
  });
  test('unless somebody holds a reference: then it is copied', () => {
    const script = after(
      { requests: [{ direction: 'write', reference: 'get' }] },
      submit,
      fork,
      store,
      childStore,
    );
    expect(script.look(1)).toMatchObject({ at: 2, exclusive: true });
  });
});

describe('3: fork with a reference out', () => {
  test.each(['read', 'write'] as const)(
    'FOLL_PIN (%s): the child gets its copy at once, the parent keeps an exclusive page',
    (direction) => {
      const script = after({ requests: [{ direction, reference: 'pin' }] }, submit, fork);
      expect(script.look(0)).toMatchObject({ at: 0, write: true, exclusive: true, mapcount: 1 });
      expect(script.look(1)).toMatchObject({ at: 1, write: true, exclusive: true, mapcount: 1 });
    },
  );
  test('FOLL_GET: shared like any other', () => {
    const script = after({ requests: [{ direction: 'write', reference: 'get' }] }, submit, fork);
    for (const mm of [0, 1]) expect(script.look(mm)).toMatchObject({ at: 0, exclusive: false, mapcount: 2 });
  });
});

describe('4: a read-only reference to a page that is not exclusive', () => {
  test('FOLL_PIN, shared: unshared first, into a new exclusive frame', () => {
    const script = after({ requests: [{ direction: 'write', reference: 'pin' }] }, fork, submit);
    expect(script.look(0)).toMatchObject({ at: 1, write: false, exclusive: true, mapcount: 1 });
    expect(script.look(1)).toMatchObject({ at: 0, exclusive: false, mapcount: 1 });
  });
  test('FOLL_PIN, the only mapper: exclusive on the same frame', () => {
    const script = after({ requests: [{ direction: 'write', reference: 'pin' }] }, fork, childStore, submit);
    expect(script.look(0)).toMatchObject({ at: 0, write: false, exclusive: true, mapcount: 1 });
  });
  test('FOLL_GET never unshares', () => {
    const script = after({ requests: [{ direction: 'write', reference: 'get' }] }, fork, submit);
    for (const mm of [0, 1]) expect(script.look(mm)).toMatchObject({ at: 0, exclusive: false, mapcount: 2 });
  });
  test('before v5.19 FOLL_PIN does not either', () => {
    const script = after(
      { kernel: 'v5.18', requests: [{ direction: 'write', reference: 'pin' }] },
      fork,
      submit,
    );
    expect(script.look(0)).toMatchObject({ at: 0, mapcount: 2 });
  });
});

describe('5: reclaim', () => {
  test('file: a swap entry that remembers exclusivity; the frame stays, clean, in the swap cache', () => {
    const script = after({}, reclaim);
    expect(script.look()).toEqual({
      at: 'swap',
      write: false,
      exclusive: true,
      mapcount: 0,
      dirty: false,
      swapcache: true,
    });
    expect(script.onDevice()).toBe('init(0,1)');
    expect(script.users()).toBe(1);
  });
  test('file: the next pass drops the frame', () => {
    expect(after({}, reclaim, reclaim).cached()).toBe(-1);
  });
  test.each(['v5.4', 'v5.19', 'v6.1', 'v6.8', 'v6.12'])('zram, %s: written and gone at once', (kernel) => {
    const script = after({ kernel, backend: 'zram' }, reclaim);
    expect(script.look()).toMatchObject({ at: 'swap', exclusive: kernel !== 'v5.4' });
    expect(script.cached()).toBe(-1);
    expect(script.onDevice()).toBe('init(0,1)');
  });
  test('refused while the page is pinned', () => {
    const script = after({ requests: [{ reference: 'pin' }] }, submit, reclaim);
    expect(script.look()).toMatchObject({
      at: 0,
      write: true,
      exclusive: true,
      mapcount: 1,
      swapcache: false,
    });
  });
  test('refused by try_to_unmap_one, if reclaim has not looked before: the PTE has its old value again', () => {
    const options = {
      kernel: 'v5.19',
      revert: ['pinned-swapcache'],
      requests: [{ reference: 'pin' }],
    } as const;
    const script = after(options, submit, reclaim);
    expect(script.look()).toMatchObject({
      at: 0,
      write: true,
      exclusive: true,
      mapcount: 1,
      swapcache: true,
    });
    expect(script.pte()).toBe(after(options, submit).pte());
    expect(script.users()).toBe(0);
  });
  test('with a FOLL_GET reference: unmapped, but it stays dirty in the swap cache and is not written', () => {
    const script = after({ requests: [{ reference: 'get' }] }, submit, reclaim);
    expect(script.look()).toMatchObject({
      at: 'swap',
      exclusive: true,
      mapcount: 0,
      dirty: true,
      swapcache: true,
    });
    expect(script.onDevice()).toBe('freed');
  });
  test('a page that fork shares is unmapped from both, exclusive for neither', () => {
    const script = after({}, fork, reclaim);
    expect(script.users()).toBe(2);
    for (const mm of [0, 1]) expect(script.look(mm)).toMatchObject({ at: 'swap', exclusive: false });
  });
});

describe('6: exclusivity survives the swap', () => {
  test.each([
    ['from the swap cache', {}, [reclaim, load, store]],
    ['from the device', {}, [reclaim, reclaim, load, store]],
    ['from zram', { backend: 'zram' }, [reclaim, reclaim, load, store]],
  ] as const)('v6.12, %s: a load maps it writable, the store takes no fault', (_, options, operations) => {
    const script = after(options, ...operations);
    expect(script.faults.slice(-2)).toEqual([1, 0]);
    expect(script.look()).toMatchObject({ write: true, exclusive: true, mapcount: 1 });
  });
  test.each(['v5.19', 'v6.1', 'v6.8'])('%s: the store takes a fault, in place', (kernel) => {
    const script = new Script({ kernel }, [reclaim, load, store]);
    script.step();
    expect(script.step()).toBe(1);
    expect(script.look()).toMatchObject({ at: 0, write: false, exclusive: true });
    expect(script.step()).toBe(1);
    expect(script.look()).toMatchObject({ at: 0, write: true, exclusive: true });
    expect(script.broken).toBeNull();
  });
  test('v5.19-part2 from the swap cache: not exclusive any more', () => {
    expect(after({ kernel: 'v5.19-part2' }, reclaim, load).look()).toMatchObject({
      at: 0,
      write: false,
      exclusive: false,
    });
  });
});

describe('7: fork of a swap entry', () => {
  test('drops its exclusivity for both', () => {
    const script = after({}, reclaim, fork);
    expect(script.users()).toBe(2);
    for (const mm of [0, 1]) expect(script.look(mm)).toMatchObject({ at: 'swap', exclusive: false });
  });
  test('a load keeps the page in the swap cache, not exclusive; the next store takes a fault', () => {
    const script = after({}, reclaim, fork, load, store);
    expect(script.faults).toEqual([0, 0, 1, 1]);
    const loaded = after({}, reclaim, fork, load);
    expect(loaded.look()).toMatchObject({
      at: 0,
      write: false,
      exclusive: false,
      mapcount: 1,
      swapcache: true,
    });
  });
});

describe('8: a store to a page in the swap cache', () => {
  test('that nobody else holds: it leaves the swap cache, dirty, the same frame', () => {
    const script = after({}, reclaim, store);
    expect(script.faults).toEqual([0, 1]);
    expect(script.look()).toEqual({
      at: 0,
      write: true,
      exclusive: true,
      mapcount: 1,
      dirty: true,
      swapcache: false,
    });
    expect(script.users()).toBe(0);
    expect(script.cached()).toBe(-1);
  });
  test('shared entry: loads map the cached frame for each in turn', () => {
    const script = after({}, reclaim, fork, load, childLoad);
    for (const mm of [0, 1])
      expect(script.look(mm)).toMatchObject({
        at: 0,
        write: false,
        exclusive: false,
        mapcount: 2,
        swapcache: true,
      });
  });
  test('shared entry: a store copies out while another entry remains', () => {
    const script = after({}, reclaim, fork, store);
    expect(script.look(0)).toMatchObject({ at: 1, write: true, exclusive: true, mapcount: 1 });
    expect(script.look(1)).toMatchObject({ at: 'swap', exclusive: false, mapcount: 0, swapcache: true });
  });
  test('and while another mapping remains', () => {
    const script = after({}, reclaim, fork, load, childLoad, childStore);
    expect(script.look(1)).toMatchObject({ at: 1, write: true, exclusive: true });
    expect(script.look(0)).toMatchObject({ at: 0, mapcount: 1, exclusive: false });
  });
});

describe('10: writeback still runs at swap-in', () => {
  const held = { hold: true };

  test('a device without stable writes: exclusive, writable', () => {
    expect(after({ ...held, backend: 'file' }, reclaim, load).look()).toMatchObject({
      at: 0,
      write: true,
      exclusive: true,
    });
    expect(after({ ...held, backend: 'file' }, reclaim, store).look()).toMatchObject({
      at: 0,
      write: true,
      exclusive: true,
    });
  });
  test('a device with stable writes: not exclusive, read-only; a store copies', () => {
    expect(after({ ...held, backend: 'stable' }, reclaim, load).look()).toMatchObject({
      at: 0,
      write: false,
      exclusive: false,
    });
    expect(after({ ...held, backend: 'stable' }, reclaim, load, store).look()).toMatchObject({
      at: 1,
      write: true,
      exclusive: true,
    });
  });
  test('a read pin gets a copy too', () => {
    const script = after(
      { ...held, backend: 'stable', requests: [{ direction: 'write', reference: 'pin' }] },
      reclaim,
      submit,
    );
    expect(script.look()).toMatchObject({ at: 1, exclusive: true });
  });
  test('once the device has written, it is exclusive', () => {
    expect(after({ ...held, backend: 'stable' }, reclaim, { do: 'writeback' }, load).look()).toMatchObject({
      at: 0,
      write: true,
      exclusive: true,
    });
  });
  test('as first posted it is the other way round', () => {
    const kernel = 'v5.19-as-posted';
    expect(after({ ...held, kernel, backend: 'file' }, reclaim, load).look()).toMatchObject({
      at: 0,
      write: false,
      exclusive: false,
    });
    expect(after({ ...held, kernel, backend: 'stable' }, reclaim, load).look()).toMatchObject({
      at: 0,
      write: false,
      exclusive: true,
    });
    const script = new Script({ ...held, kernel, backend: 'stable' }, [reclaim, store]);
    script.run();
    expect(script.broken).toMatchObject({ operation: 1, violation: { kind: 'unstable-writeback' } });
  });
  // Table 7, row q: semantics.md has "OK" for E4s and for E4 whatever the device.
  test.each([
    ['v5.19-as-posted', 'file'],
    ['v5.19', 'stable'],
  ] as const)(
    '%s on %s: a read-only FOLL_GET taken then is detached by the next store',
    (kernel, backend) => {
      const script = after(
        { ...held, kernel, backend, requests: [{ direction: 'write', reference: 'get', slot: 1 }] },
        reclaim,
        load,
        submit,
        store,
      );
      expect(script.look()).toMatchObject({ at: 1, exclusive: true });
    },
  );
});

describe('12: O_DIRECT', () => {
  test('an asynchronous read sets PG_dirty at submission and changes no mapping', () => {
    expect(after({ requests: [{}] }, submit).look()).toEqual({
      at: 0,
      write: true,
      exclusive: true,
      mapcount: 1,
      dirty: true,
      swapcache: false,
    });
  });
  test('it pins, so reclaim is refused, and nothing is lost', () => {
    const script = after({ requests: [{}] }, submit, reclaim, load, store, dma, wait, load);
    expect(script.look()).toMatchObject({ at: 0, write: true, exclusive: true });
  });
});

describe('the race on real kernels: O_DIRECT read in flight, swapout, then …', () => {
  /** Not on real hardware: v5.18, which was not available, and the model-only kernels between. */
  test.each([
    ['v5.4', 'ok', 'ok'],
    ['v5.7', 'ok', 'ok'],
    ['v5.8', 'ok', 'ok'],
    ['v5.10', 'lost', 'ok'],
    ['v5.11', 'lost', 'ok'],
    ['v5.15', 'lost', 'ok'],
    ['v5.17', 'lost', 'ok'],
    ['v5.18', 'lost', 'lost'],
    ['v5.19-part2', 'lost', 'lost'],
    ['v5.19', 'ok', 'ok'],
    ['v6.1', 'ok', 'ok'],
    ['v6.8', 'ok', 'ok'],
    ['v6.18', 'ok', 'ok'],
  ])('%s: load then store %s, store first %s', (kernel, loadFirst, storeFirst) => {
    const fate = (...accesses: readonly Operation[]): string => {
      const script = new Script({ kernel, requests: [{}] }, [
        submit,
        reclaim,
        ...accesses,
        dma,
        wait,
        { do: 'load', slot: 0 },
      ]);
      script.run();
      if (script.broken === null) return 'ok';
      expect(script.broken.violation).toMatchObject({
        kind: 'lost-write',
        message: expect.stringContaining('DMA0') as unknown,
      });
      return 'lost';
    };
    expect(fate(load, store)).toBe(loadFirst);
    expect(fate(store)).toBe(storeFirst);
  });

  test('v5.19 remembers in the swap entry; v6.8 refuses to swap out', () => {
    expect(after({ kernel: 'v5.19', requests: [{}] }, submit, reclaim).look()).toMatchObject({
      at: 'swap',
      exclusive: true,
    });
    expect(after({ kernel: 'v6.8', requests: [{}] }, submit, reclaim).look()).toMatchObject({
      at: 0,
      write: true,
    });
  });
});
