/**
 * The modelled machine: page frames, address spaces, swap, devices, as named words of one layout (semantics.md section 1).
 * Built once for each program; the generators of src/mm work on it.
 */
import { bitFields } from '../core/bits.ts';
import { Conditions } from '../core/conditions.ts';
import { ModelError } from '../core/errors.ts';
import { Mutex, RwSemaphore, SeqCount, SpinLock } from '../core/locks.ts';
import { Layout, type Field, type Word } from '../core/words.ts';
import { Features, type FeatureSet } from './features.ts';
import { PTE, format_pte, MAX_FRAMES, pfnMask, SMALL_FRAMES } from './pgtable.ts';
import type { Switches } from './switches.ts';
import { formatToken, Tokens } from './tokens.ts';

/** FOLL_PIN on a small page (GUP_PIN_COUNTING_BIAS). */
export const GUP_PIN_COUNTING_BIAS = 1024;

/** Byte-slots of a page, unless the program wants more: one for the CPU, one for the device. */
const SLOTS = 2;

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
  /** The bits of `private` that only a machine with more than eight frames or slots has. */
  private_high: 2,
  /** Not PG_swapbacked: MADV_FREE has been here. */
  lazyfree: 1,
  /** PageKsm. */
  ksm: 1,
  /** Which anon_vma tree the page belongs to (`page->mapping`), as the VMAs of the machine number them. */
  anon_vma: 7,
});

/** Swap offset of a page whose flags are `flags`. */
export function page_private(flags: number): number {
  return PAGE.private.of(flags) | (PAGE.private_high.of(flags) << 3);
}

/** `flags` with the swap offset set, where none was. */
export function put_page_private(flags: number, offset: number): number {
  return PAGE.private_high.put(PAGE.private.put(flags, offset & 7), offset >> 3);
}

/**
 * `struct vm_area_struct` of one page, in a machine that has VMAs. Zero is no mapping.
 * `anon_vma` is the tree its pages belong to, 0 before the first of them.
 */
export const VMA = bitFields({ mapped: 1, write: 1, uffd_wp: 1, mergeable: 1, anon_vma: 7 });

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

  constructor(layout: Layout, pfn: number, slots: number, tokens: Tokens, initial: PageInit | undefined) {
    const name = `page[${pfn}]`;
    this.pfn = pfn;
    this.refcount = layout.word(`${name}.refcount`, { init: initial === undefined ? 0 : 1 });
    this.mapcount = layout.word(`${name}.mapcount`, { init: initial === undefined ? 0 : 1 });
    this.flags = layout.word(`${name}.flags`, { init: initial?.flags ?? 0, fields: PAGE.$fields });
    this.lock = new Mutex(layout, `${name}.lock`);
    this.data = layout.array(
      slots,
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

/**
 * `struct mm_struct` with one page table of `pages` entries: all in one private writable anonymous VMA, or, in a machine that has
 * VMAs, each in one of its own.
 */
export class Mm {
  readonly id: number;
  readonly mmap_lock: RwSemaphore;
  readonly ptl: SpinLock;
  readonly write_protect_seq: SeqCount;
  readonly has_pinned: Word;
  readonly pte: readonly Word[];
  /** One for each page; none unless the machine has VMAs. */
  readonly vma: readonly Word[];
  /** With VMAs: page + 1 whose write fault waits for the userfaultfd monitor, 0 if none does. */
  readonly userfault: Word | null;
  /** With VMAs: place in ksmd's list of address spaces, from 1; 0 if it is not in it. */
  readonly ksm_slot: Word | null;
  /** With VMAs, for each page: the checksum ksmd saw last (`rmap_item.oldchecksum`). */
  readonly oldchecksum: readonly Word[];

  constructor(layout: Layout, id: number, initial: readonly number[], vmas: boolean) {
    const name = `mm[${id}]`;
    this.id = id;
    this.mmap_lock = new RwSemaphore(layout, `${name}.mmap_lock`);
    this.ptl = new SpinLock(layout, `${name}.ptl`);
    this.write_protect_seq = new SeqCount(layout, `${name}.write_protect_seq`);
    this.has_pinned = layout.word(`${name}.has_pinned`);
    this.pte = initial.map((init, v) => layout.word(`${name}.pte[${v}]`, { init, format: format_pte }));
    const perPage = vmas ? initial.length : 0;
    this.vma = layout.array(
      perPage,
      (v) => `${name}.vma[${v}]`,
      () => ({ fields: VMA.$fields }),
    );
    this.userfault = vmas ? layout.word(`${name}.userfault`) : null;
    this.ksm_slot = vmas ? layout.word(`${name}.ksm_slot`) : null;
    this.oldchecksum = layout.array(perPage, (v) => `${name}.oldchecksum[${v}]`);
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
    slots: number,
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
        slots,
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
  /** Page frames, 1 … 31; must cover pages, copies and pages being read in. */
  readonly frames: number;
  /** Address spaces; mm[0] exists from the start, the others are made by fork. */
  readonly mms: number;
  /** Swap slots, 1 … 31. */
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
  /** Byte-slots of a page; default 2. */
  readonly slots?: number;
  /**
   * True: each page of an address space has a VMA, at first none is mapped; faults are counted, userfaultfd and ksmd exist.
   * Default false: everything is mapped, writable, always.
   */
  readonly vmas?: boolean;
  /** False: no ideal address space, contents are plain numbers; for scripts, which may lose data. Default true. */
  readonly oracle?: boolean;
  /** What this kernel version does beyond its switches; default the newest. */
  readonly features?: FeatureSet;
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
  readonly features: FeatureSet;
  /** Byte-slots of a page. */
  readonly slots: number;
  readonly vmas: boolean;
  readonly oracle: boolean;
  /** Bits of a PTE that name a frame or slot, and of page flags that hold `private`. */
  readonly pfn_mask: number;
  readonly private_mask: number;
  /** What page_add_anon_rmap replaces in the page flags. */
  readonly index_mask: number;
  /** With VMAs: faults so far (`task_struct.min_flt`, `maj_flt`), and whether the one that runs has read from the device. */
  readonly min_flt: Word | null;
  readonly maj_flt: Word | null;
  readonly fault_major: Word | null;
  /** With VMAs: the number the next anon_vma tree gets, and the next place in ksmd's list. */
  readonly next_anon_vma: Word | null;
  readonly next_ksm_slot: Word | null;
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
    const { pages, frames, mms, offsets, populated, slots = SLOTS, vmas = false, oracle = true } = options;
    this.options = options;
    this.kernel = options.switches;
    this.features = options.features ?? Features.newest;
    this.slots = slots;
    this.vmas = vmas;
    this.oracle = oracle;
    const numbered = Math.max(frames, offsets);
    if (numbered > MAX_FRAMES)
      throw new ModelError(`at most ${MAX_FRAMES} frames and swap slots, got ${numbered}`);
    this.pfn_mask = pfnMask(numbered);
    this.private_mask = PAGE.private.mask | (numbered > SMALL_FRAMES ? PAGE.private_high.mask : 0);
    this.index_mask = PAGE.index.mask | (vmas ? PAGE.anon_vma.mask : 0);
    const initial = Array.from({ length: pages }, (_, v) =>
      Array.from({ length: slots }, (_unused, slot) =>
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
          vmas,
        ),
    );
    this.page = Array.from(
      { length: frames },
      (_, pfn) =>
        new Page(
          layout,
          pfn,
          slots,
          tokens,
          pfn < mapped ? { flags: PAGE.index.put(flags, pfn), data: initial[pfn]! } : undefined,
        ),
    );
    this.swap = new Swap(
      layout,
      offsets,
      slots,
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
    this.min_flt = vmas ? layout.word('min_flt') : null;
    this.maj_flt = vmas ? layout.word('maj_flt') : null;
    this.fault_major = vmas ? layout.word('fault_major') : null;
    this.next_anon_vma = vmas ? layout.word('next_anon_vma', { init: 1 }) : null;
    this.next_ksm_slot = vmas ? layout.word('next_ksm_slot', { init: 1 }) : null;
    const initialTokens = initial.flat().reduce((set, token) => set | (1 << token), 0);
    this.stored = layout.word('ideal.stored', { init: initialTokens, ghost: true });
    this.inherited = layout.array(
      oracle ? mms : 0,
      (id) => `ideal.inherited[${id}]`,
      () => ({ ghost: true }),
    );
    this.ideal = (oracle ? this.mm : []).map((_, id) =>
      Array.from({ length: pages }, (_unused, v) =>
        layout.array(
          slots,
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
