/** The agents of a scenario: what a thread does, as data, and the generator that does it. */
import { rest } from '../core/control.ts';
import type { Steps } from '../core/operations.ts';
import { direct_io, io_submit, io_getevents } from './direct-io.ts';
import type { Machine } from './machine.ts';
import { dup_mmap } from './memory_fork.ts';
import { user_load, user_store } from './mmu.ts';
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
}

function* $act(k: Machine, m: number, action: Action): Steps<void> {
  const mm = k.mm[m]!;
  switch (action.do) {
    case 'load':
      return yield* user_load(k, mm, action.page, action.slot);
    case 'store':
      return yield* user_store(k, mm, action.page, action.slot, action.token);
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

/** kswapd with a bounded number of passes over all frames. */
export function* kswapd(k: Machine, passes: number): Steps<void> {
  for (let pass = 0; pass < passes; pass++) {
    for (let f = 0; f < k.page.length; f++) yield* shrink_inactive_list(k, f);
  }
}

/** kswapd that never stops: any number of passes. At rest between frames. */
export function* kswapd$endless(k: Machine): Steps<void> {
  for (;;) {
    for (let f = 0; f < k.page.length; f++) {
      rest();
      yield* shrink_inactive_list(k, f);
    }
  }
}
