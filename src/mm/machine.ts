/**
 * The modelled machine: page frames, address spaces, swap, devices, as named words of one layout (semantics.md section 1).
 * Built once for each program; the generators of src/mm work on it.
 */
import { bitFields } from '../core/bits.ts';
import { Conditions } from '../core/conditions.ts';
import { Mutex, RwSemaphore, SeqCount, SpinLock } from '../core/locks.ts';
import { Layout, type Field, type Word } from '../core/words.ts';
import { PTE, format_pte, MAX_FRAMES } from './pgtable.ts';
import type { Switches } from './switches.ts';
import { formatToken, Tokens } from './tokens.ts';

/** FOLL_PIN on a small page (GUP_PIN_COUNTING_BIAS). */
export const GUP_PIN_COUNTING_BIAS = 1024;

/** Byte-slots of a page: one for the CPU, one for the device. */
export const SLOTS = 2;

/**
 * struct page flags and what goes with them. `private` is the swap offset while `swapcache` is set; `index` the page of the
 * mapping (linear_page_index) while `anon` is; `pagevec` the CPU + 1 in whose LRU pagevec the page waits.
 */
export const PAGE = bitFields({
  swapcache: 1,
  writeback: 1,
  dirty: 1,
  anon_exclusive: 1,
  anon: 1,
  uptodate: 1,
  lru: 1,
  private: 3,
  index: 2,
  pagevec: 4,
});

/** `struct page` of one frame and its contents. */
export class Page {
  readonly pfn: number;
  readonly refcount: Word;
  readonly mapcount: Word;
  readonly flags: Word;
  readonly lock: Mutex;
  /** One write token for each byte-slot. */
  readonly data: readonly Word[];
  readonly swapcache: Field;
  readonly writeback: Field;
  readonly dirty: Field;
  readonly anon_exclusive: Field;
  readonly uptodate: Field;
  readonly lru: Field;

  constructor(layout: Layout, pfn: number, tokens: Tokens, initial: PageInit | undefined) {
    const name = `page[${pfn}]`;
    this.pfn = pfn;
    this.refcount = layout.word(`${name}.refcount`, { init: initial === undefined ? 0 : 1 });
    this.mapcount = layout.word(`${name}.mapcount`, { init: initial === undefined ? 0 : 1 });
    this.flags = layout.word(`${name}.flags`, { init: initial?.flags ?? 0, fields: PAGE.$fields });
    this.lock = new Mutex(layout, `${name}.lock`);
    this.data = layout.array(
      SLOTS,
      (slot) => `${name}.data[${slot}]`,
      (slot) => ({
        init: initial?.data[slot] ?? Tokens.FREED,
        format: (value) => formatToken(tokens, value),
      }),
    );
    this.swapcache = this.flags.field(PAGE.swapcache);
    this.writeback = this.flags.field(PAGE.writeback);
    this.dirty = this.flags.field(PAGE.dirty);
    this.anon_exclusive = this.flags.field(PAGE.anon_exclusive);
    this.uptodate = this.flags.field(PAGE.uptodate);
    this.lru = this.flags.field(PAGE.lru);
  }
}

interface PageInit {
  readonly flags: number;
  readonly data: readonly number[];
}

/** `struct mm_struct` with one page table of `pages` entries, all in one private writable anonymous VMA. */
export class Mm {
  readonly id: number;
  readonly mmap_lock: RwSemaphore;
  readonly ptl: SpinLock;
  readonly write_protect_seq: SeqCount;
  readonly has_pinned: Word;
  readonly pte: readonly Word[];

  constructor(layout: Layout, id: number, initial: readonly number[]) {
    const name = `mm[${id}]`;
    this.id = id;
    this.mmap_lock = new RwSemaphore(layout, `${name}.mmap_lock`);
    this.ptl = new SpinLock(layout, `${name}.ptl`);
    this.write_protect_seq = new SeqCount(layout, `${name}.write_protect_seq`);
    this.has_pinned = layout.word(`${name}.has_pinned`);
    this.pte = initial.map((init, v) => layout.word(`${name}.pte[${v}]`, { init, format: format_pte }));
  }
}

/** `swap_map[offset]`: number of swap PTEs, and SWAP_HAS_CACHE. */
export const SWAP_MAP = bitFields({ count: 6, has_cache: 1 });

/** What a swap device does with writes. */
export type Backend = 'file' | 'stable' | 'zram';

/** One swap device: the slots, the swap cache, and the device's queue. */
export class Swap {
  readonly backend: Backend;
  /** SWP_STABLE_WRITES: page contents must not change under writeback. */
  readonly stable_writes: boolean;
  /** SWP_SYNCHRONOUS_IO: reads are memory-speed; enables the swap cache bypass. */
  readonly synchronous_io: boolean;
  readonly map: readonly Word[];
  /** Swap cache: page frame + 1, 0 if none. */
  readonly cache: readonly Word[];
  /** The lock of the swap cache's i_pages. */
  readonly i_pages: SpinLock;
  readonly data: readonly (readonly Word[])[];
  /** Pages under asynchronous writeback, a bit for each frame. */
  readonly queue: Word;

  /** @param initial contents of the slots in use at the start */
  constructor(
    layout: Layout,
    offsets: number,
    initial: readonly (readonly number[])[],
    backend: Backend,
    tokens: Tokens,
  ) {
    this.backend = backend;
    this.stable_writes = backend !== 'file';
    this.synchronous_io = backend === 'zram';
    this.map = layout.array(
      offsets,
      (s) => `swap_map[${s}]`,
      (s) => ({ init: s < initial.length ? 1 : 0, fields: SWAP_MAP.$fields }),
    );
    this.cache = layout.array(
      offsets,
      (s) => `swap_cache[${s}]`,
      () => ({ format: (value) => (value === 0 ? 'none' : `page[${value - 1}]`) }),
    );
    this.i_pages = new SpinLock(layout, 'swap_cache.i_pages');
    this.data = Array.from({ length: offsets }, (_, s) =>
      layout.array(
        SLOTS,
        (slot) => `swap_slot[${s}].data[${slot}]`,
        (slot) => ({
          init: initial[s]?.[slot] ?? Tokens.FREED,
          format: (value) => formatToken(tokens, value),
        }),
      ),
    );
    this.queue = layout.word('swap_device.queue', { format: formatFrames });
  }
}

function formatFrames(mask: number): string {
  const frames: string[] = [];
  for (let f = 0; f < MAX_FRAMES; f++) if ((mask >> f) & 1) frames.push(`page[${f}]`);
  return frames.length === 0 ? 'empty' : frames.join(' ');
}

/** Sizes and choices of a machine. */
export interface MachineOptions {
  readonly switches: Switches;
  /** Virtual pages of each address space, 1 … 4. */
  readonly pages: number;
  /** Page frames, 1 … 8; must cover pages, copies and pages being read in. */
  readonly frames: number;
  /** Address spaces; mm[0] exists from the start, the others are made by fork. */
  readonly mms: number;
  /** Swap slots, 1 … 8. */
  readonly offsets: number;
  readonly backend: Backend;
  /** Direct I/O requests the program makes. */
  readonly requests: readonly RequestPlan[];
  /** Flags that one thread raises for another (see RequestPlan.after). */
  readonly flags: number;
  /** Pages of mm[0] that are mapped at the start; the rest has never been touched. */
  readonly populated: number;
  /** True: the populated pages are swapped out at the start, page v in slot v. */
  readonly swapped: boolean;
  /** True: new pages wait in the CPU's pagevec until it is drained; false: they are on the LRU list at once. */
  readonly pagevec: boolean;
  /** True: swap is more than half full, so a swap-in frees the swap cache where it can. */
  readonly swap_full: boolean;
  /** True: fork does not excuse a FOLL_GET reference from being detached (table 7 asks what happens, not what is promised). */
  readonly strict: boolean;
}

/** A direct I/O request as a scenario asks for it. */
export interface RequestPlan {
  /** 'read': the device writes into memory (FOLL_WRITE); 'write': the device reads memory. */
  readonly direction: 'read' | 'write';
  readonly mm: number;
  readonly page: number;
  readonly slot: number;
  /** FOLL_GET, FOLL_PIN (RDMA, io_uring fixed buffers), or what O_DIRECT of this kernel takes. */
  readonly reference: 'get' | 'pin' | 'odirect';
  readonly asynchronous: boolean;
  /** The device moves the data only after this flag has been raised; -1: whenever it likes. */
  readonly after: number;
}

/** A request with what this kernel makes of it. */
export interface RequestTarget extends RequestPlan {
  readonly pin: boolean;
  /** What the device writes. */
  readonly token: number;
}

/** One direct I/O request: the words its submitter and its device share, and the oracle's ghost word. */
export interface Request {
  readonly id: number;
  /** Page frame + 1 given to the device; 0 before submission. */
  readonly bio: Word;
  readonly complete: Word;
  /** Ghost: REQUEST_STATE, see ideal.ts. */
  readonly state: Word;
}

export class Machine {
  readonly layout = new Layout();
  readonly conditions = new Conditions();
  readonly tokens = new Tokens();
  readonly options: MachineOptions;
  readonly kernel: Switches;
  readonly page: readonly Page[];
  readonly mm: readonly Mm[];
  readonly swap: Swap;
  readonly request: readonly Request[];
  readonly requestTargets: readonly RequestTarget[];
  /** Flags raised by `raise`. */
  readonly done: readonly Word[];
  /** Free page frames, a bit for each. */
  readonly free: Word;
  /** The lock of the anon_vma tree that all address spaces share. */
  readonly anon_vma: RwSemaphore;
  /** Ghost: tokens that CPUs have stored so far, a bit for each. */
  readonly stored: Word;
  /** Ghost, for each mm: the value of `stored` when it was forked. */
  readonly inherited: readonly Word[];
  /** Ghost: what each byte of each address space ought to read, see ideal.ts. */
  readonly ideal: readonly (readonly (readonly Word[])[])[];

  constructor(options: MachineOptions) {
    const { layout, tokens } = this;
    const { pages, frames, mms, offsets, populated } = options;
    this.options = options;
    this.kernel = options.switches;
    const initial = Array.from({ length: pages }, (_, v) =>
      Array.from({ length: SLOTS }, (_unused, slot) =>
        v < populated ? tokens.add(`init(${v},${slot})`, 0) : Tokens.ZERO,
      ),
    );
    const flags =
      PAGE.uptodate.mask |
      PAGE.anon.mask |
      PAGE.lru.mask |
      (this.kernel.anon_exclusive ? PAGE.anon_exclusive.mask : 0);
    const remembers =
      this.kernel.anon_exclusive && this.kernel.unmap_sets_exclusive && this.kernel.swp_exclusive_arch;
    const entry = PTE.swap.mask | (remembers ? PTE.exclusive.mask : 0);
    const pte = options.swapped ? entry : PTE.present.mask | PTE.write.mask | PTE.dirty.mask;
    const mapped = options.swapped ? 0 : populated;
    this.mm = Array.from(
      { length: mms },
      (_, id) =>
        new Mm(
          layout,
          id,
          Array.from({ length: pages }, (_unused, v) =>
            id === 0 && v < populated ? PTE.pfn.put(pte, v) : 0,
          ),
        ),
    );
    this.page = Array.from(
      { length: frames },
      (_, pfn) =>
        new Page(
          layout,
          pfn,
          tokens,
          pfn < mapped ? { flags: PAGE.index.put(flags, pfn), data: initial[pfn]! } : undefined,
        ),
    );
    this.swap = new Swap(
      layout,
      offsets,
      options.swapped ? initial.slice(0, populated) : [],
      options.backend,
      tokens,
    );
    this.free = layout.word('free_pages', {
      init: ((1 << frames) - 1) & ~((1 << mapped) - 1),
      format: formatFrames,
    });
    this.anon_vma = new RwSemaphore(layout, 'anon_vma.rwsem');
    this.done = layout.array(options.flags, (i) => `flag[${i}]`);
    this.requestTargets = options.requests.map((plan, r) => ({
      ...plan,
      pin: plan.reference === 'pin' || (plan.reference === 'odirect' && this.kernel.odirect_pin),
      token: plan.direction === 'read' ? tokens.add(`DMA${r}`, plan.mm) : Tokens.ZERO,
    }));
    this.request = options.requests.map((_, id) => ({
      id,
      bio: layout.word(`bio[${id}].page`, { format: (v) => (v === 0 ? 'none' : `page[${v - 1}]`) }),
      complete: layout.word(`bio[${id}].complete`),
      state: layout.word(`ideal.bio[${id}]`, { ghost: true }),
    }));
    const initialTokens = initial.flat().reduce((set, token) => set | (1 << token), 0);
    this.stored = layout.word('ideal.stored', { init: initialTokens, ghost: true });
    this.inherited = layout.array(
      mms,
      (id) => `ideal.inherited[${id}]`,
      () => ({ ghost: true }),
    );
    this.ideal = this.mm.map((_, id) =>
      Array.from({ length: pages }, (_unused, v) =>
        layout.array(
          SLOTS,
          (slot) => `ideal.mm[${id}][${v}][${slot}]`,
          (slot) => ({
            init: id === 0 ? initial[v]![slot]! : Tokens.ZERO,
            ghost: true,
            format: (value) => formatToken(tokens, value),
          }),
        ),
      ),
    );
  }
}
