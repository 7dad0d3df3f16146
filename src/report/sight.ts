import type { Program } from '../core/program.ts';
import type { Access } from '../core/schedule.ts';
import type { ReplayedStep } from '../core/replayed.ts';

interface Write {
  readonly thread: string;
  readonly step: number;
  readonly bits: number;
}

/**
 * Who has seen which write while a schedule is read from its first step to its last: tells the reads that decide a race from
 * those that nobody could have disturbed. Bits of a word that has fields count apart.
 */
export class Sight {
  readonly program: Program;
  /** The memory before the next access. */
  readonly words: Int32Array;
  /** Bits of each word that each thread writes anywhere in the schedule. */
  private readonly writers = new Map<number, Map<string, number>>();
  private readonly writes = new Map<number, Write[]>();
  private readonly lastSeen = new Map<string, number>();

  constructor(program: Program, steps: readonly ReplayedStep[]) {
    this.program = program;
    this.words = program.layout.initial();
    for (const { thread, accesses } of steps) {
      for (const access of accesses) {
        const index = program.layout.find(access.word)?.index;
        const bits = this.bitsWritten(access);
        if (index === undefined || bits === 0) continue;
        const threads = this.writers.get(index) ?? new Map<string, number>();
        this.writers.set(index, threads.set(thread, (threads.get(thread) ?? 0) | bits));
      }
    }
  }

  /** Does another thread than `thread` write any of these bits anywhere in this schedule? */
  isContested(word: number, bits: number, thread: string): boolean {
    return [...(this.writers.get(word) ?? [])].some(
      ([writer, written]) => writer !== thread && (written & bits) !== 0,
    );
  }

  /** ` (dma, step 17)` if another thread wrote any of these bits since `thread` last looked at the word, else nothing. */
  originOf(word: number, bits: number, thread: string): string {
    const write = this.writes.get(word)?.findLast((each) => (each.bits & bits) !== 0);
    if (write === undefined || write.thread === thread) return '';
    return write.step > (this.lastSeen.get(`${word} ${thread}`) ?? 0)
      ? ` (${write.thread}, step ${write.step})`
      : '';
  }

  /** Takes note of an access and moves the memory on. */
  saw(word: number, thread: string, step: number, access: Access): void {
    if (word < 0) return;
    this.lastSeen.set(`${word} ${thread}`, step);
    const bits = this.bitsWritten(access);
    if (bits !== 0) this.writes.set(word, [...(this.writes.get(word) ?? []), { thread, step, bits }]);
    this.words[word] = access.after;
  }

  /** A store of what is there already is a write too: that is how an update gets lost. */
  private bitsWritten({ operation, word, before, after }: Access): number {
    const fields = this.program.layout.find(word)?.options.fields;
    if (before !== after) return fields === undefined ? -1 : before ^ after;
    return fields === undefined && operation === 'store' ? -1 : 0;
  }
}
