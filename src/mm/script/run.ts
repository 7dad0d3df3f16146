/** Runs sequential scripts on the model: one operation after another, each to its end, and what can be seen after each. */
import { ModelError } from '../../core/errors.ts';
import type { ThreadContext } from '../../core/context.ts';
import type { Steps } from '../../core/operations.ts';
import { Violation } from '../../core/violation.ts';
import { ksmd, ksm_madvise } from '../ksm.ts';
import { Machine } from '../machine.ts';
import {
  madvise_cold,
  madvise_dontneed,
  madvise_free,
  madvise_pageout,
  madvise_populate,
  try_to_free_mem_cgroup_pages,
} from '../madvise.ts';
import { dup_mmap } from '../memory_fork.ts';
import { exit_mmap, mmap, munmap } from '../mmap.ts';
import { mprotect } from '../mprotect.ts';
import { SIGSEGV, user_load, user_store } from '../mmu.ts';
import { swap_device } from '../page_io.ts';
import { pte_present } from '../pgtable.ts';
import { try_to_unuse } from '../swapoff.ts';
import { FIRST_BYTE } from '../tokens.ts';
import type { BufferKind } from '../user-buffers.ts';
import { mwriteprotect_range, userfaultfd_monitor } from '../userfaultfd.ts';
import { PAGES, PROCESSES, SLOTS, type OperationName, type Script, type ScriptOperation } from './grammar.ts';
import { BACKENDS, type BackendName, type ScriptKernel } from './kernel.ts';
import { Observer, type PageState, type PinState } from './observe.ts';
import { OK, References, type Answer } from './references.ts';
import { Sequencer, type Agent } from './sequencer.ts';

/** One operation and what could be seen after it. Keys in the order in which they are printed. */
export interface Step {
  readonly i: number;
  readonly op: string;
  /** `ok`, or the name of an errno. */
  readonly r: string;
  /** The byte read. */
  readonly v?: number;
  /** Minor and major faults of a load or store. */
  readonly mi?: number;
  readonly ma?: number;
  readonly st: Readonly<Record<string, PageState>>;
  readonly pin: Readonly<Record<string, PinState>>;
  /** Only with `r` BUG or STUCK, where the script ends: which assertion failed, or what is waited for. */
  readonly message?: string;
}

/** Page frames and swap slots: as many as a set holds; no valid script needs them all at once. */
const FRAMES = 31;

/** MADV_PAGEOUT is tried so often while the page stays. */
const PAGEOUT_TRIES = 4;
/** Passes of reclaim: unmap and write; free what has been written; what was busy the first time. */
const RECLAIM_PASSES = 4;
/** Scans of ksmd for one `ksm`. */
const KSM_SCANS = 4;

/** An operation that nobody can help any more. */
class Stuck extends Error {}

/** Runs any number of scripts, one after the other, each from a machine at its start. Owns the machine. */
export class ScriptRunner {
  readonly machine: Machine;
  readonly sequencer: Sequencer;
  private readonly held: boolean;
  private context: ThreadContext;
  private device: Agent<void>;
  private monitor: Agent<void>;
  private observer: Observer;
  private alive: boolean[] = [];
  private references: References;
  private holding = false;

  constructor(kernel: ScriptKernel, backend: BackendName) {
    this.held = BACKENDS[backend].held;
    this.machine = new Machine({
      switches: kernel.switches,
      features: kernel.features,
      pages: PAGES,
      frames: FRAMES,
      mms: PROCESSES,
      offsets: FRAMES,
      backend: BACKENDS[backend].device,
      requests: [],
      flags: 0,
      populated: 0,
      swapped: false,
      pagevec: false,
      swap_full: false,
      strict: false,
      slots: SLOTS,
      vmas: true,
      oracle: false,
    });
    this.sequencer = new Sequencer(this.machine);
    this.context = this.sequencer.context(0);
    this.device = this.sequencer.start(swap_device(this.machine), this.sequencer.context(1));
    this.monitor = this.sequencer.start(userfaultfd_monitor(this.machine), this.sequencer.context(2));
    this.observer = new Observer(this.machine, this.sequencer.words);
    this.references = this.noReferences();
    this.reset();
  }

  /** The machine as at the start of a script: process 0, nothing mapped. */
  reset(): void {
    const { sequencer, machine } = this;
    sequencer.reset();
    this.context = sequencer.context(0);
    this.device = sequencer.start(swap_device(machine), sequencer.context(1));
    this.monitor = sequencer.start(userfaultfd_monitor(machine), sequencer.context(2));
    this.observer = new Observer(machine, sequencer.words);
    this.alive = machine.mm.map((mm) => mm.id === 0);
    this.references = this.noReferences();
    this.holding = false;
  }

  /** Ghost accounts: references and pins that outlive their operation. */
  get accounts(): Int32Array {
    return this.context.held;
  }

  /** Runs `script` from the start. */
  run(script: Script): readonly Step[] {
    this.reset();
    const steps: Step[] = [];
    for (const [i, operation] of script.operations.entries()) {
      const step = this.tryStep(operation, i);
      steps.push(step);
      if (step.message !== undefined) break;
    }
    return steps;
  }

  /** As {@link step}; an assertion of the kernel that fails, or an operation that waits for ever, is an answer. */
  private tryStep(operation: ScriptOperation, i: number): Step {
    try {
      return this.step(operation, i);
    } catch (error) {
      const known = error instanceof Violation || error instanceof Stuck;
      if (!known) throw error;
      const r = error instanceof Stuck ? 'STUCK' : 'BUG';
      return { i, op: operation.text, r, st: {}, pin: {}, message: error.message };
    }
  }

  /** Runs one operation to its end. */
  step(operation: ScriptOperation, i: number): Step {
    const { min_flt, maj_flt } = this.machine;
    const { words } = this.sequencer;
    words[min_flt!.index] = 0;
    words[maj_flt!.index] = 0;
    const { r, v } = this.perform(operation);
    this.settle();
    const accesses = operation.name === 'r' || operation.name === 'w';
    return {
      i,
      op: operation.text,
      r,
      ...(v === undefined ? {} : { v }),
      ...(accesses ? { mi: words[min_flt!.index]!, ma: words[maj_flt!.index]! } : {}),
      ...this.observer.observe(this.references.shown()),
    };
  }

  private noReferences(): References {
    return new References(this.machine, (body) => this.complete(body));
  }

  /** Lets the swap device write, unless it is held. */
  private settle(): void {
    if (!this.holding) this.sequencer.drive(this.device);
  }

  /** Runs `body` to its end; whoever it waits for runs meanwhile. */
  private complete<T>(body: Steps<T>): T {
    const agent = this.sequencer.start(body, this.context);
    for (let waits = 0; !this.sequencer.drive(agent); waits++) {
      this.sequencer.drive(this.monitor);
      // Who waits for a write that is held would wait for ever: then the device writes after all.
      this.sequencer.drive(this.device);
      if (waits > 100) throw new Stuck(`waits for ever: ${this.sequencer.describe(agent)}`);
    }
    return agent.done!.value;
  }

  private perform({ name, numbers }: ScriptOperation): Answer {
    const [a = 0, b = 0, c = 0, d = 0] = numbers;
    const k = this.machine;
    switch (name) {
      case 'reclaim':
        return this.reclaim();
      case 'swapcycle':
        this.complete(try_to_unuse(k));
        return OK;
      case 'ksm':
        this.complete(ksmd(k, KSM_SCANS));
        return OK;
      case 'hold':
        if (!this.held) return { r: 'ENOSYS' };
        this.holding = a === 1;
        return OK;
      // One node, and a kernel built without CONFIG_MEM_SOFT_DIRTY.
      case 'migrate':
      case 'sdclear':
        return { r: 'ENOSYS' };
      case 'vpin':
        return this.take(`v${a}`, 'vmsplice', b, c, 0);
      case 'upin':
        return this.take(`u${a}`, 'io_uring', b, c, 0);
      case 'dmar':
        return this.take(`d${a}`, 'dio-read', b, c, d);
      case 'dmaw':
        return this.take(`d${a}`, 'dio-write', b, c, d);
      case 'vread':
        return this.references.read(`v${a}`, b);
      case 'uread':
        return this.references.read(`u${a}`, b);
      case 'uwrite':
        return this.references.write(`u${a}`, b, c);
      case 'vdrop':
        return this.references.drop(`v${a}`);
      case 'udrop':
        return this.references.drop(`u${a}`);
      case 'dmaend':
        return this.references.dmaend(`d${a}`, b);
      default:
        return this.alive[a] === true ? this.ofProcess(name, a, b, c, d) : { r: 'ESRCH' };
    }
  }

  /** The operations of process `p` on its page `v`. */
  private ofProcess(name: OperationName, p: number, v: number, c: number, d: number): Answer {
    const k = this.machine;
    const mm = k.mm[p]!;
    switch (name) {
      case 'mmap':
        this.complete(mmap(k, mm, v));
        return OK;
      case 'munmap':
        this.complete(munmap(k, mm, v));
        return OK;
      case 'w':
        return this.complete(user_store(k, mm, v, c, d)) ? OK : { r: 'EFAULT' };
      case 'r': {
        const value = this.complete(user_load(k, mm, v, c));
        return value === SIGSEGV ? { r: 'EFAULT' } : { r: 'ok', v: value & FIRST_BYTE };
      }
      case 'fork':
        return this.fork(p, v);
      case 'exit':
        this.complete(exit_mmap(k, mm));
        this.alive[p] = false;
        return OK;
      case 'pageout':
        return this.pageout(p, v);
      case 'cold':
        return { r: this.complete(madvise_cold(mm, v)) };
      case 'dontneed':
        return { r: this.complete(madvise_dontneed(k, mm, v)) };
      case 'lazyfree':
        return { r: this.complete(madvise_free(k, mm, v)) };
      case 'popr':
      case 'popw':
        return { r: this.complete(madvise_populate(k, mm, v, name === 'popw')) };
      case 'prot':
        return { r: this.complete(mprotect(k, mm, v, c === 1)) };
      case 'wp':
      case 'unwp':
        return { r: this.complete(mwriteprotect_range(k, mm, v, name === 'wp')) };
      case 'merge':
      case 'unmerge':
        return { r: this.complete(ksm_madvise(k, mm, v, name === 'merge')) };
      case 'dior':
        return this.references.directRead(mm, v, c, d);
      case 'diow':
        return this.references.directWrite(mm, v, c);
      default:
        throw new ModelError(`script operation ${name} is not made`);
    }
  }

  private fork(parent: number, child: number): Answer {
    if (this.alive[child] === true) return { r: 'EEXIST' };
    const k = this.machine;
    this.complete(dup_mmap(k, k.mm[parent]!, k.mm[child]!));
    this.alive[child] = true;
    return OK;
  }

  private pageout(p: number, v: number): Answer {
    const k = this.machine;
    const mm = k.mm[p]!;
    for (let tries = 0; tries < PAGEOUT_TRIES; tries++) {
      const r = this.complete(madvise_pageout(k, mm, v));
      if (r !== 'ok') return { r };
      if (!pte_present(this.sequencer.words[mm.pte[v]!.index]!)) break;
      this.settle();
    }
    return OK;
  }

  private reclaim(): Answer {
    for (let pass = 0; pass < RECLAIM_PASSES; pass++) {
      this.complete(try_to_free_mem_cgroup_pages(this.machine));
      this.settle();
    }
    return OK;
  }

  private take(key: string, kind: BufferKind, p: number, v: number, slot: number): Answer {
    if (this.alive[p] !== true) return { r: 'ESRCH' };
    return this.references.take(key, kind, this.machine.mm[p]!, v, slot);
  }
}
