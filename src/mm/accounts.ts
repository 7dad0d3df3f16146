/**
 * Ghost accounts (semantics.md 6.2): what threads hold in flight of references, mappings, slot counts and pins. With them
 * refcount, mapcount and swap_map can be recomputed in every state (invariants.ts).
 */
import { fail, hold, holding } from '../core/control.ts';
import type { Machine } from './machine.ts';

/** Names of all accounts of the machine, in the order of the index functions below. */
export function accountNames(k: Machine): readonly string[] {
  const frames = k.page.map((page) => page.pfn);
  return [
    ...frames.map((f) => `page[${f}] references`),
    ...frames.map((f) => `page[${f}] mappings`),
    ...frames.map((f) => `page[${f}] pins`),
    ...k.swap.map.map((_, s) => `swap[${s}] count`),
    ...k.swap.map.map((_, s) => `swap[${s}] cache`),
  ];
}

export function refAccount(f: number): number {
  return f;
}
export function mapAccount(k: Machine, f: number): number {
  return k.page.length + f;
}
export function pinAccount(k: Machine, f: number): number {
  return 2 * k.page.length + f;
}
export function slotAccount(k: Machine, s: number): number {
  return 3 * k.page.length + s;
}
export function cacheAccount(k: Machine, s: number): number {
  return 3 * k.page.length + k.swap.map.length + s;
}

/** The thread now holds `delta` more references to frame `f`; with the step just taken. */
export function hold_ref(f: number, delta: number): void {
  hold(refAccount(f), delta);
}
/** As {@link hold_ref}, for mapcount. */
export function hold_map(k: Machine, f: number, delta: number): void {
  hold(mapAccount(k, f), delta);
}
/** A FOLL_PIN that GUP has handed out (not a speculative one). */
export function hold_pin(k: Machine, f: number, delta: number): void {
  hold(pinAccount(k, f), delta);
}
/** As {@link hold_ref}, for the count in swap_map. */
export function hold_slot(k: Machine, s: number, delta: number): void {
  hold(slotAccount(k, s), delta);
}
/** As {@link hold_ref}, for SWAP_HAS_CACHE. */
export function hold_cache(k: Machine, s: number, delta: number): void {
  hold(cacheAccount(k, s), delta);
}

/** A thread that ends holds nothing: no reference, no mapping, no count. */
export function check_nothing_held(k: Machine): void {
  const names = accountNames(k);
  const left = names.findIndex((_, account) => holding(account) !== 0);
  if (left >= 0) fail('leaked', `the thread ends while it still holds ${holding(left)} of ${names[left]}`);
}
