/**
 * Worker thread of test/cpus/contention.test.ts: one of several CPUs that fight for the same locks with real Atomics. Each
 * section does to plain words what only mutual exclusion makes right, and looks whether it was.
 */
import { parentPort, threadId, workerData } from 'node:worker_threads';
import { Aborted, controlWord, Driver, type WaitHooks } from '../../../src/cpus/drive.ts';
import {
  acquire,
  afterChange,
  awaitCondition,
  awaitValue,
  enterExclusive,
  enterShared,
  leaveExclusive,
  leaveShared,
  release,
} from '../../../src/cpus/lock-words.ts';
import type { Steps } from '../../../src/core/operations.ts';

export interface ContentionData {
  readonly kind: string;
  readonly cpu: number;
  readonly cpus: number;
  readonly rounds: number;
  readonly words: SharedArrayBuffer;
  readonly control: SharedArrayBuffer;
}

/** What a worker says at its end. */
export interface ContentionReport {
  /** `undefined` if it has done all its rounds. */
  readonly fault: string | undefined;
  readonly changes: number;
  readonly sleeps: number;
  readonly threadId: number;
  readonly milliseconds: number;
}

/** Words of `control`; PUBLISHED + cpu: 0, or a number that tells the word that the CPU sleeps on. */
export const Control = {
  WAITERS: 0,
  EPOCH: 16,
  GATE: 32,
  ABORT: 48,
  STARTED: 64,
  PUBLISHED: 80,
  INTS: 128,
};

/** Words of `words`: a lock, a seqcount, two words that always change together, and one that counts steps through the gate. */
export const Data = { LOCK: 0, SEQUENCE: 16, FIRST: 32, SECOND: 48, STEPS: 64, INTS: 80 };

const OWNER = 0x3f;
// Wide enough not to come round during the test, as a reader might take the same number again for no change.
const SEQUENCE = 0xfffffff;
const SEQUENCE_WRITER = 0x10000000;

class Cpu implements WaitHooks {
  sleeps = 0;
  changes = 0;
  private readonly data: ContentionData;
  private readonly words: Int32Array;
  private readonly control: Int32Array;
  private readonly machine: Driver;

  constructor(data: ContentionData) {
    this.data = data;
    this.words = new Int32Array(data.words);
    this.control = new Int32Array(data.control);
    const { WAITERS: waiters, EPOCH: epoch } = Control;
    this.machine = new Driver({ words: this.words, control: this.control, waiters, epoch }, this);
  }

  beforeWait(word: number): void {
    this.sleeps++;
    // Shifted so that no word is spelled 0.
    Atomics.store(this.control, Control.PUBLISHED + this.data.cpu, word < 0 ? word : word + 1);
    this.requireGoingOn();
  }

  afterWait(): void {
    Atomics.store(this.control, Control.PUBLISHED + this.data.cpu, 0);
    this.requireGoingOn();
  }

  /** Waits for the others, then runs all rounds; returns the milliseconds they took. */
  run(): number {
    Atomics.add(this.control, Control.STARTED, 1);
    Atomics.notify(this.control, Control.STARTED);
    for (let seen = 0; (seen = Atomics.load(this.control, Control.STARTED)) < this.data.cpus;)
      Atomics.wait(this.control, Control.STARTED, seen);
    const section = SECTIONS[this.data.kind]!;
    const begun = performance.now();
    for (let i = 0; i < this.data.rounds; i++) this.machine.drive(section(this, this.machine, i));
    return performance.now() - begun;
  }

  get me(): number {
    return this.data.cpu;
  }

  get cpus(): number {
    return this.data.cpus;
  }

  /** Changes the two words in a way that loses changes and shows halves if anybody comes between. */
  change(): void {
    const first = Atomics.load(this.words, Data.FIRST);
    Atomics.store(this.words, Data.FIRST, first + 1);
    const second = Atomics.load(this.words, Data.SECOND);
    if (first !== second) throw new Error(`inside a section, the words are ${first} and ${second}`);
    Atomics.store(this.words, Data.SECOND, second + 1);
    this.changes++;
  }

  /** Throws if the two words differ. */
  look(): void {
    const [first, second] = this.both();
    if (first !== second) throw new Error(`a reader sees ${first} and ${second}`);
  }

  both(): readonly [number, number] {
    return [Atomics.load(this.words, Data.FIRST), Atomics.load(this.words, Data.SECOND)];
  }

  private requireGoingOn(): void {
    if (Atomics.load(this.control, Control.ABORT) !== 0) throw new Aborted();
  }
}

type Section = (cpu: Cpu, m: Driver, round: number) => Steps<void>;

const gate = controlWord(Control.GATE);

/** One round of each kind of lock. */
const SECTIONS: Readonly<Record<string, Section>> = {
  *spinlock(cpu, m) {
    yield* acquire(m, Data.LOCK, -1, cpu.me + 1);
    cpu.change();
    yield* release(m, Data.LOCK, -1, cpu.me + 1);
  },

  *mutex(cpu, m, round) {
    const flag = 0x40 << cpu.me;
    const before = yield* m.add(Data.LOCK, round % 2 === 0 ? flag : -flag);
    if (((before & flag) === 0) !== (round % 2 === 0)) throw new Error(`round ${round}: the flag was lost`);
    yield* afterChange(m, Data.LOCK);
    yield* acquire(m, Data.LOCK, OWNER, cpu.me + 1);
    cpu.change();
    yield* release(m, Data.LOCK, OWNER, cpu.me + 1);
  },

  *rwSemaphore(cpu, m, round) {
    const bit = 0x40 << cpu.me;
    if (round % 4 === 0) {
      yield* acquire(m, Data.LOCK, -1, cpu.me + 1);
      cpu.change();
      yield* release(m, Data.LOCK, OWNER, cpu.me + 1);
    } else {
      yield* acquire(m, Data.LOCK, OWNER, bit);
      cpu.look();
      yield* release(m, Data.LOCK, bit, bit);
    }
  },

  *seqcount(cpu, m, round) {
    if (round % 2 === 0) {
      yield* acquire(m, Data.LOCK, -1, cpu.me + 1);
      yield* m.add(Data.SEQUENCE, 1 + SEQUENCE_WRITER);
      yield* afterChange(m, Data.SEQUENCE);
      cpu.change();
      yield* m.add(Data.SEQUENCE, 1 - SEQUENCE_WRITER);
      yield* afterChange(m, Data.SEQUENCE);
      yield* release(m, Data.LOCK, -1, cpu.me + 1);
      return;
    }
    for (;;) {
      const start = (yield* m.load(Data.SEQUENCE)) & SEQUENCE;
      if ((start & 1) !== 0) {
        yield* awaitValue(m, Data.SEQUENCE, SEQUENCE_WRITER, 0, false);
        continue;
      }
      const [first, second] = cpu.both();
      if (((yield* m.load(Data.SEQUENCE)) & SEQUENCE) !== start) continue;
      if (first !== second) throw new Error(`a reader sees ${first} and ${second}`);
      return;
    }
  },

  *gate(cpu, m, round) {
    if (round % 16 === 0) {
      yield* enterExclusive(m, gate);
      const steps = yield* m.load(Data.STEPS);
      cpu.change();
      yield* m.store(Data.STEPS, steps + 1);
      yield* leaveExclusive(m, gate);
    } else {
      yield* enterShared(m, gate, 1 << cpu.me);
      cpu.look();
      yield* m.add(Data.STEPS, 1);
      yield* leaveShared(m, gate, 1 << cpu.me);
    }
  },

  /** The CPUs take turns; each waits for its turn as a condition over two words. */
  *condition(cpu, m) {
    function* mine(): Steps<boolean> {
      const first = yield* m.load(Data.FIRST);
      const second = yield* m.load(Data.SECOND);
      return first === second && first % cpu.cpus === cpu.me;
    }
    yield* awaitCondition(m, mine);
    cpu.change();
    yield* afterChange(m, Data.SECOND);
  },

  /** Nobody ever releases: everybody else sleeps until told to give up. */
  *never(cpu, m) {
    yield* acquire(m, Data.LOCK, -1, cpu.me + 1);
  },
};

function report(data: ContentionData): ContentionReport {
  const cpu = new Cpu(data);
  let fault: string | undefined;
  let milliseconds = 0;
  try {
    milliseconds = cpu.run();
  } catch (error) {
    fault = error instanceof Aborted ? 'gave up' : String(error);
  }
  return { fault, changes: cpu.changes, sleeps: cpu.sleeps, threadId, milliseconds };
}

// The test imports this module for its constants only.
if (parentPort !== null && (workerData as Partial<ContentionData> | null)?.kind !== undefined)
  parentPort.postMessage(report(workerData as ContentionData));
