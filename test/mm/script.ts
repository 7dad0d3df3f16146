/**
 * Sequential scripts: one operation after another, each run to its end, and the state after each (shared/kernel/script.md).
 * Where the kernel has a free choice this takes the quiet machine's: every `choose` answers 0, pages are on the LRU at once.
 */
import type { Program, ProgramThread } from '../../src/core/program.ts';
import type { FoundViolation } from '../../src/core/schedule.ts';
import type { Action } from '../../src/mm/agents.ts';
import type { Backend, RequestPlan } from '../../src/mm/machine.ts';
import type { Switches } from '../../src/mm/switches.ts';
import {
  accountNames,
  agents,
  alwaysProperties,
  Automata,
  configureKernel,
  dma_engine,
  endProperties,
  ideal,
  Machine,
  PAGE,
  pgtable,
  Stepper,
  SWAP_MAP,
  swap_device,
} from './model.ts';

/** An operation of a script; `mm` is 0 unless given. */
export type Operation =
  | { readonly do: 'load' | 'store'; readonly mm?: number; readonly slot?: number }
  | { readonly do: 'fork' }
  | { readonly do: 'submit' | 'wait'; readonly request: number }
  /** The device of the request moves its data and completes. */
  | { readonly do: 'dma'; readonly request: number }
  /** kswapd looks at every frame once. */
  | { readonly do: 'reclaim' }
  /** The swap device writes what is queued; without `hold` it does so after each operation. */
  | { readonly do: 'writeback' };

export interface ScriptOptions {
  readonly kernel: string;
  readonly apply?: readonly string[];
  readonly revert?: readonly string[];
  readonly backend?: Backend;
  readonly requests?: readonly Partial<RequestPlan>[];
  /** Swap writes wait for `writeback`. */
  readonly hold?: boolean;
  /** The page is mapped and written at the start; default true. */
  readonly populated?: boolean;
  /** Fork does not excuse that a FOLL_GET reference is detached; default true. */
  readonly strict?: boolean;
}

/** What a page looks like after an operation. */
export interface Look {
  /** `zero`, `none`, `swap`, or the frame. */
  readonly at: 'zero' | 'none' | 'swap' | number;
  readonly write: boolean;
  /** PG_anon_exclusive of the frame, or the bit of the swap entry. */
  readonly exclusive: boolean;
  readonly mapcount: number;
  readonly dirty: boolean;
  readonly swapcache: boolean;
}

export class Script {
  readonly machine: InstanceType<typeof Machine>;
  readonly switches: Switches;
  /** The first broken rule, with the operation after which it showed. */
  broken: { readonly operation: number; readonly violation: FoundViolation } | null = null;
  private readonly stepper: InstanceType<typeof Stepper>;
  private readonly operations: readonly Operation[];
  private readonly hold: boolean;
  private next = 0;

  constructor(options: ScriptOptions, operations: readonly Operation[]) {
    const {
      kernel,
      apply = [],
      revert = [],
      backend = 'file',
      requests = [],
      hold = false,
      populated = true,
      strict = true,
    } = options;
    this.switches = configureKernel(kernel, apply, revert);
    this.operations = operations;
    this.hold = hold;
    this.machine = new Machine({
      switches: this.switches,
      pages: 1,
      frames: 5,
      mms: 2,
      offsets: 2,
      backend,
      requests: requests.map((request) => ({
        direction: 'read',
        mm: 0,
        page: 0,
        slot: 0,
        reference: 'odirect',
        asynchronous: true,
        after: -1,
        ...request,
      })),
      flags: 0,
      populated: populated ? 1 : 0,
      swapped: false,
      pagevec: false,
      swap_full: false,
      strict,
    });
    this.stepper = new Stepper(new Automata(this.program()));
  }

  private program(): Program {
    const k = this.machine;
    const threads: ProgramThread[] = this.operations.map((operation, i) => {
      const actions = this.actionsOf(operation, i);
      return {
        name: `${i} ${operation.do}`,
        body: () =>
          operation.do === 'reclaim' ? agents.kswapd(k, 1) : agents.$perform(k, mmOf(operation), actions),
      };
    });
    k.request.forEach((_, r) => threads.push({ name: `dma${r}`, body: () => dma_engine(k, r) }));
    threads.push({ name: 'swapdev', daemon: true, body: () => swap_device(k) });
    return {
      name: 'script',
      parameters: {},
      layout: k.layout,
      conditions: k.conditions,
      threads,
      accounts: accountNames(k),
      always: alwaysProperties(k),
      atEnd: endProperties(k),
      mustReach: [],
    };
  }

  private actionsOf(operation: Operation, i: number): readonly Action[] {
    switch (operation.do) {
      case 'load':
        return [{ do: 'load', page: 0, slot: operation.slot ?? 1 }];
      case 'store':
        return [
          {
            do: 'store',
            page: 0,
            slot: operation.slot ?? 1,
            token: this.machine.tokens.add(`store${i}`, mmOf(operation)),
          },
        ];
      case 'fork':
        return [{ do: 'fork', child: 1 }];
      case 'submit':
      case 'wait':
        return [{ do: operation.do, request: operation.request }];
      case 'dma':
      case 'reclaim':
      case 'writeback':
        return [];
    }
  }

  /** Runs the next operation to its end; returns the number of page faults of mm[0] and mm[1] together that it took. */
  step(): number {
    const i = this.next++;
    const operation = this.operations[i]!;
    const requests = this.machine.request.length;
    const faults = this.drive(i, i);
    if (operation.do === 'dma') this.drive(this.operations.length + operation.request, i);
    if (operation.do === 'writeback' || !this.hold) this.drive(this.operations.length + requests, i);
    return faults;
  }

  /** Runs all operations; the faults of each. */
  run(): number[] {
    return this.operations.slice(this.next).map(() => this.step());
  }

  /** Runs `thread` until it ends or has to wait. Only the swap device may wait. */
  private drive(thread: number, operation: number): number {
    const { stepper } = this;
    let faults = 0;
    while (!stepper.hasEnded(thread) && stepper.choices(thread) > 0) {
      const { accesses } = stepper.recordedStep(thread);
      if (
        accesses.some(
          ({ position, operation: kind }) => position.function === 'do_user_addr_fault' && kind === 'lock',
        )
      )
        faults++;
      const violation = stepper.violation();
      if (violation !== null) this.broken ??= { operation, violation };
    }
    const { name, daemon } = stepper.program.threads[thread]!;
    if (!stepper.hasEnded(thread) && daemon !== true)
      throw new Error(`${name} waits for ever: ${stepper.pendingOperation(thread)}`);
    return faults;
  }

  private read(word: { readonly index: number }): number {
    return this.stepper.words[word.index]!;
  }

  /** The page of mm[`m`] as it is now. */
  look(m = 0): Look {
    const k = this.machine;
    const pte = this.read(k.mm[m]!.pte[0]!);
    if (pte === 0)
      return { at: 'none', write: false, exclusive: false, mapcount: 0, dirty: false, swapcache: false };
    if (pgtable.pte_special(pte))
      return { at: 'zero', write: false, exclusive: false, mapcount: 0, dirty: false, swapcache: false };
    const swapped = pgtable.is_swap_pte(pte);
    const frame = swapped ? this.cached(pgtable.pte_pfn(pte)) : pgtable.pte_pfn(pte);
    const flags = frame < 0 ? 0 : this.read(k.page[frame]!.flags);
    return {
      at: swapped ? 'swap' : frame,
      write: pgtable.pte_write(pte),
      exclusive: swapped ? pgtable.pte_swp_exclusive(pte) : PAGE.anon_exclusive.of(flags) === 1,
      mapcount: frame < 0 ? 0 : this.read(k.page[frame]!.mapcount),
      dirty: PAGE.dirty.of(flags) === 1,
      swapcache: PAGE.swapcache.of(flags) === 1,
    };
  }

  /** The PTE of mm[`m`], spelled. */
  pte(m = 0): string {
    return pgtable.format_pte(this.read(this.machine.mm[m]!.pte[0]!));
  }

  /** Frame in the swap cache for slot `s`, or -1. */
  cached(s = 0): number {
    return this.read(this.machine.swap.cache[s]!) - 1;
  }

  /** Users of slot `s` by swap_map. */
  users(s = 0): number {
    return SWAP_MAP.count.of(this.read(this.machine.swap.map[s]!));
  }

  /** What the ideal address space of mm[`m`] holds. */
  ought(m = 0, slot = 1): string {
    return this.machine.tokens.nameOf(this.read(this.machine.ideal[m]![0]![slot]!));
  }

  /** Does a device read in flight (or detached) allow mm[`m`] to read the token called `name` at this byte? */
  may(name: string, m = 0, slot = 0): boolean {
    const k = this.machine;
    const token = Array.from({ length: k.tokens.count }, (_, t) => t).find(
      (t) => k.tokens.nameOf(t) === name,
    )!;
    return k.request.some(({ state }, r) => ideal.request_allows(k, r, this.read(state), m, 0, slot, token));
  }

  /** Names of the tokens that mm[`m`] may have inherited. */
  inherited(m: number): string[] {
    const { tokens, inherited } = this.machine;
    const set = this.read(inherited[m]!);
    return Array.from({ length: tokens.count }, (_, t) => t)
      .filter((t) => ((set >> t) & 1) === 1)
      .map((t) => tokens.nameOf(t));
  }

  /** What the slot on the device holds. */
  onDevice(s = 0, slot = 1): string {
    return this.machine.tokens.nameOf(this.read(this.machine.swap.data[s]![slot]!));
  }
}

function mmOf(operation: Operation): number {
  return 'mm' in operation ? (operation.mm ?? 0) : 0;
}
