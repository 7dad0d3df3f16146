import type { Program } from '../core/program.ts';
import type { Access } from '../core/schedule.ts';
import type { ReplayedStep } from '../search/replay.ts';

/**
 * Who has seen which write while a schedule is read from its first step to its last: tells the reads that decide a race from
 * those that nobody could have disturbed.
 */
export class Sight {
  readonly program: Program;
  /** The memory before the next access. */
  readonly words: Int32Array;
  private readonly changers = new Map<number, Set<string>>();
  private readonly lastChange = new Map<number, { readonly thread: string; readonly step: number }>();
  private readonly lastSeen = new Map<string, number>();

  constructor(program: Program, steps: readonly ReplayedStep[]) {
    this.program = program;
    this.words = program.layout.initial();
    for (const step of steps) {
      for (const { word, before, after } of step.accesses) {
        const index = program.layout.find(word)?.index;
        if (index === undefined || before === after) continue;
        const threads = this.changers.get(index) ?? new Set();
        this.changers.set(index, threads.add(step.thread));
      }
    }
  }

  /** Does another thread than `thread` change the word anywhere in this schedule? */
  isContested(word: number, thread: string): boolean {
    const threads = this.changers.get(word);
    return threads !== undefined && (threads.size > 1 || !threads.has(thread));
  }

  /** ` (dma, step 17)` if another thread changed the word since `thread` last looked at it, else nothing. */
  originOf(word: number, thread: string): string {
    const change = this.lastChange.get(word);
    if (change === undefined || change.thread === thread) return '';
    return change.step > (this.lastSeen.get(`${word} ${thread}`) ?? 0) ? ` (${change.thread}, step ${change.step})` : '';
  }

  /** Takes note of an access and moves the memory on. */
  saw(word: number, thread: string, step: number, access: Access): void {
    if (word < 0) return;
    this.lastSeen.set(`${word} ${thread}`, step);
    if (access.before !== access.after) this.lastChange.set(word, { thread, step });
    this.words[word] = access.after;
  }
}
