/** The agents of a scenario: what a thread does, as data, and the generator that does it. */
import { atomic, choose, rest, until } from '../core/control.ts';
import type { Steps } from '../core/operations.ts';
import { differs, type Clause } from '../core/conditions.ts';
import { check_nothing_held } from './accounts.ts';
import { direct_io, io_submit, io_getevents } from './direct-io.ts';
import { PAGE, type Machine } from './machine.ts';
import { dup_mmap } from './memory_fork.ts';
import { user_load, user_store } from './mmu.ts';
import { lru_add_drain_all } from './page_alloc.ts';
import { shrink_inactive_list } from './vmscan.ts';

/** One thing a process's thread does. */
export type Action =
  | { readonly do: 'load'; readonly page: number; readonly slot: number }
  | { readonly do: 'store'; readonly page: number; readonly slot: number; readonly token: number }
  /** fork(): the address space is copied to mm[child]. */
  | { readonly do: 'fork'; readonly child: number }
  /** A blocking direct I/O request. */
  | { readonly do: 'direct_io'; readonly request: number }
  | { readonly do: 'submit'; readonly request: number }
  | { readonly do: 'wait'; readonly request: number }
  /** Tells others (a device, a child that may start) that this point is reached. */
  | { readonly do: 'raise'; readonly flag: number }
  | { readonly do: 'await'; readonly flag: number };

/** Does `actions` one after the other in address space `mm`. */
export function* $perform(k: Machine, mm: number, actions: readonly Action[]): Steps<void> {
  for (let i = 0; i < actions.length; i++) yield* $act(k, mm, actions[i]!);
  check_nothing_held(k);
}

function* $act(k: Machine, m: number, action: Action): Steps<void> {
  const mm = k.mm[m]!;
  switch (action.do) {
    case 'load':
      yield* user_load(k, mm, action.page, action.slot);
      return;
    case 'store':
      yield* user_store(k, mm, action.page, action.slot, action.token);
      return;
    case 'fork':
      return yield* dup_mmap(k, mm, k.mm[action.child]!);
    case 'direct_io':
      return yield* direct_io(k, action.request);
    case 'submit':
      return yield* io_submit(k, action.request);
    case 'wait':
      return yield* io_getevents(k, action.request);
    case 'raise':
      return yield* k.done[action.flag]!.store(1);
    case 'await':
      return yield* k.done[action.flag]!.untilIs(1);
  }
}

/** kswapd that tries `attempts` times to reclaim a page, each time any page, whenever it likes. */
export function* kswapd(k: Machine, attempts: number): Steps<void> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const f = yield* choose(k.page.length);
    yield* shrink_inactive_list(k, f);
  }
}

/** kswapd that never stops: any number of attempts at every page. At rest between pages. */
export function* kswapd$endless(k: Machine): Steps<void> {
  for (;;) {
    for (let f = 0; f < k.page.length; f++) {
      rest();
      yield* shrink_inactive_list(k, f);
    }
  }
}

/**
 * What drains LRU pagevecs sooner or later: later pages on the same CPU, `lru_add_drain_all`. Whenever a page waits in a pagevec,
 * this may come next, or much later. Endless.
 */
export function* lru_drain(k: Machine): Steps<void> {
  const waiting = k.page.map((page) => differs(page.flags.field(PAGE.pagevec), 0));
  for (;;) {
    rest();
    yield* atomic(lru_drain$all(k, waiting));
  }
}

function* lru_drain$all(k: Machine, waiting: readonly Clause[]): Steps<void> {
  yield* until(k.conditions.any(...waiting));
  yield* lru_add_drain_all(k);
}
