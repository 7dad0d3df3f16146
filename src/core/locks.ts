/**
 * Blocking locks that know their owner. A lock is held by a thread, never by a place in the code: releasing what one does not
 * hold is a `lock-rule` violation. Waiting is a disabled operation, so nothing spins.
 */
import { currentThread, fail } from './control.ts';
import { bitFields } from './bits.ts';
import type { Steps } from './operations.ts';
import type { Field, Layout, Word } from './words.ts';

/** Spelling of an owner field (thread index + 1) in traces. */
export function formatOwner(value: number): string {
  return value === 0 ? 'free' : `held by thread ${value - 1}`;
}

function* release(field: Field, what: string): Steps<void> {
  if (!(yield* field.unlockFor(currentThread() + 1)))
    fail('lock-rule', `${what} ${field.name}: released by thread ${currentThread()}, which does not hold it`);
}

/** `spinlock_t`: lock, trylock, unlock; not recursive (taking it twice is a deadlock). One word, value = owner + 1. */
export class SpinLock {
  readonly word: Word;
  constructor(layout: Layout, name: string) {
    this.word = layout.word(name, { format: formatOwner });
  }
  *lock(): Steps<void> {
    yield* this.word.lockFor(currentThread() + 1);
  }
  *trylock(): Steps<boolean> {
    return yield* this.word.trylockFor(currentThread() + 1);
  }
  *unlock(): Steps<void> {
    yield* release(this.word, 'spinlock');
  }
}

/** A sleeping lock (`struct mutex`, the page lock): as {@link SpinLock}, and its holder may sleep. */
export class Mutex extends SpinLock {
  override *unlock(): Steps<void> {
    yield* release(this.word, 'mutex');
  }
}

const RWSEM = bitFields({ writer: 6, readers: 24 });

function formatRwSemaphore(value: number): string {
  const writer = RWSEM.writer.of(value);
  if (writer !== 0) return `write-held by thread ${writer - 1}`;
  const readers: number[] = [];
  for (let thread = 0; thread < 24; thread++)
    if ((RWSEM.readers.of(value) >> thread) & 1) readers.push(thread);
  return readers.length === 0 ? 'free' : `read-held by thread ${readers.join(', ')}`;
}

/**
 * `struct rw_semaphore` (mmap_lock, anon_vma): many readers or one writer, owners known (at most 24 threads). A waiting writer
 * does not hold off new readers, so a schedule never depends on the fairness policy.
 */
export class RwSemaphore {
  readonly word: Word;
  private readonly writer: Field;
  constructor(layout: Layout, name: string) {
    this.word = layout.word(name, { format: formatRwSemaphore });
    this.writer = this.word.field(RWSEM.writer);
  }
  *downRead(): Steps<void> {
    yield* this.word.lockSharedFor(RWSEM.writer.mask, RWSEM.readers.put(0, 1 << currentThread()));
  }
  *upRead(): Steps<void> {
    const bit = RWSEM.readers.put(0, 1 << currentThread());
    if (!(yield* this.word.unlockSharedFor(bit)))
      fail('lock-rule', `${this.word.name}: up_read by thread ${currentThread()}, which does not hold it`);
  }
  *downWrite(): Steps<void> {
    yield* this.word.lockFor(currentThread() + 1);
  }
  *upWrite(): Steps<void> {
    yield* release(this.writer, 'rwsem');
  }
}

const SEQCOUNT = bitFields({ sequence: 16, writer: 6 });

/**
 * `seqcount_t`: writers (serialised by a lock of their own) make it odd and even again; readers compare. The writer is known;
 * ending a section one did not begin, or beginning a second one, is a `lock-rule` violation.
 */
export class SeqCount {
  readonly word: Word;
  private readonly sequence: Field;
  constructor(layout: Layout, name: string) {
    this.word = layout.word(name, { fields: SEQCOUNT.$fields });
    this.sequence = this.word.field(SEQCOUNT.sequence);
  }
  /** `raw_write_seqcount_begin`. */
  *writeBegin(): Steps<void> {
    const before = yield* this.word.fetchAdd(SEQCOUNT.writer.put(1, currentThread() + 1));
    if ((before & 1) !== 0) fail('lock-rule', `${this.word.name}: write section begun while another is open`);
  }
  /** `raw_write_seqcount_end`. */
  *writeEnd(): Steps<void> {
    const before = yield* this.word.fetchAdd(1 - SEQCOUNT.writer.put(0, currentThread() + 1));
    if (SEQCOUNT.writer.of(before) !== currentThread() + 1)
      fail(
        'lock-rule',
        `${this.word.name}: write section ended by thread ${currentThread()}, which did not begin it`,
      );
  }
  /** `raw_read_seqcount`: returns the sequence, odd while a writer is inside; does not wait. */
  *read(): Steps<number> {
    return yield* this.sequence.load();
  }
  /** `read_seqcount_begin`: waits until no writer is inside, then returns the sequence. */
  *readBegin(): Steps<number> {
    for (;;) {
      const start = yield* this.sequence.load();
      if ((start & 1) === 0) return start;
      yield* this.word.field(SEQCOUNT.writer).untilIs(0);
    }
  }
  /** `read_seqcount_retry`: has a writer been inside since `start` was read? */
  *retry(start: number): Steps<boolean> {
    return !(yield* this.sequence.is(start));
  }
}
