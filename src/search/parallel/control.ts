/**
 * The words by which the searchers of one search steer each other: one shared Int32Array, a line of 64 bytes for each word that
 * several of them write often. Every searcher, and the coordinator, has a {@link Control} of its own over the same buffer.
 */

/** Int32s in a line of 64 bytes. */
const LINE = 16;

/** Words of the whole search. */
export const Word = {
  /** One of {@link Stop}; once it is set, everybody leaves. */
  STOP: 0,
  /** 1: somebody asks all to meet, see meeting.ts. */
  MEET: LINE,
  ARRIVED: 2 * LINE,
  /** Counts the halves of meetings; those who have arrived sleep on it. */
  PHASE: 3 * LINE,
  /** How many are through with their share of a migration. */
  MIGRATED: 4 * LINE,
  /** log2 of the visited set's slots. */
  LOG_CAPACITY: 4 * LINE + 1,
  /** First slot of the old table that nobody has taken for migration. */
  CURSOR: 5 * LINE,
  /** States that searchers may have added to the visited set: see shared-visited.ts. */
  GRANTED: 6 * LINE,
  /** Bit mask of searchers without work that nobody has claimed; how many have work or are about to get it. */
  HUNGRY: 7 * LINE,
  ACTIVE: 8 * LINE,
  /** Mutex of the extensions' log: 0 free, 1 held, 2 held and waited for; see shared-automata.ts. */
  LOG_LOCK: 9 * LINE,
  /** Entries of that log. */
  EXTENSIONS: 9 * LINE + 1,
  WORDS: 10 * LINE,
} as const;

/** Words of a searcher's own line. */
const BELL = 0;
const MAIL = 1;
const STATES = 2;
const THREAD_ID = 3;

/** Why a search stops. */
export const Stop = {
  /** Nobody has work any more. */
  DONE: 1,
  /** A searcher met a violation. */
  VIOLATION: 2,
  /** A searcher threw. */
  ERROR: 3,
  /** One state more would pass the limit of states. */
  STATES: 4,
  /** There is no memory for a larger visited set. */
  MEMORY: 5,
  /** The coordinator has heard enough. */
  CALLED_OFF: 6,
} as const;

/** Most searchers of one search: each has a bit in a word. */
export const MOST_SEARCHERS = 31;

/** Doubles of a searcher's progress. */
const PROGRESS = 8;

/** The buffers behind a {@link Control}; survive structured cloning. */
export interface ControlBuffers {
  readonly searchers: number;
  readonly words: SharedArrayBuffer;
  readonly progress: SharedArrayBuffer;
}

/** What a searcher has done so far. */
export interface SearcherProgress {
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  /** Of stack and unsettled list. */
  readonly bytes: number;
}

/** Thrown out of a search that was stopped from outside; not an error. */
export class Stopped extends Error {
  constructor() {
    super('the search was stopped');
    this.name = 'Stopped';
  }
}

/** Buffers for a search by `searchers` searchers (1 … 31), of which the first begins with the work. */
export function allocateControl(searchers: number): ControlBuffers {
  const buffers = {
    searchers,
    words: new SharedArrayBuffer(4 * (Word.WORDS + searchers * LINE)),
    progress: new SharedArrayBuffer(8 * PROGRESS * searchers),
  };
  new Int32Array(buffers.words)[Word.ACTIVE] = 1;
  return buffers;
}

export class Control {
  readonly searchers: number;
  readonly words: Int32Array<SharedArrayBuffer>;
  private readonly progress: Float64Array;

  constructor({ searchers, words, progress }: ControlBuffers) {
    this.searchers = searchers;
    this.words = new Int32Array(words);
    this.progress = new Float64Array(progress);
  }

  /** Why the search stops, or 0 while it runs. */
  get stopped(): number {
    return Atomics.load(this.words, Word.STOP);
  }

  /** Has somebody asked all to meet? */
  get meeting(): boolean {
    return Atomics.load(this.words, Word.MEET) !== 0;
  }

  /** Stops the search, unless it has been stopped; wakes everybody who sleeps. */
  stop(why: number): void {
    const { words } = this;
    if (Atomics.compareExchange(words, Word.STOP, 0, why) !== 0) return;
    this.nextPhase();
    this.ringAll();
  }

  /** Asks all to meet at their next safe point. */
  callMeeting(): void {
    if (Atomics.exchange(this.words, Word.MEET, 1) === 0) this.ringAll();
  }

  /** Wakes those who have arrived at a meeting. */
  nextPhase(): void {
    Atomics.add(this.words, Word.PHASE, 1);
    Atomics.notify(this.words, Word.PHASE);
  }

  /** Sleeps until the phase is no longer `phase`. Throws {@link Stopped}. */
  awaitPhase(phase: number): void {
    const { words } = this;
    while (Atomics.load(words, Word.PHASE) === phase) Atomics.wait(words, Word.PHASE, phase);
    if (this.stopped !== 0) throw new Stopped();
  }

  /** Count of the times that a searcher was rung for. To be read before one looks for what it may have been rung for. */
  bell(searcher: number): number {
    return Atomics.load(this.words, this.own(searcher) + BELL);
  }

  /** Sleeps until the searcher is rung for, unless that has happened since {@link bell} said `seen`. */
  awaitBell(searcher: number, seen: number): void {
    Atomics.wait(this.words, this.own(searcher) + BELL, seen);
  }

  ring(searcher: number): void {
    const bell = this.own(searcher) + BELL;
    Atomics.add(this.words, bell, 1);
    Atomics.notify(this.words, bell);
  }

  /** Length of the path in the searcher's mailbox, plus 1; 0: it is empty. */
  mail(searcher: number): number {
    return Atomics.load(this.words, this.own(searcher) + MAIL);
  }

  setMail(searcher: number, mail: number): void {
    Atomics.store(this.words, this.own(searcher) + MAIL, mail);
  }

  /** Says who plays the searcher, for messages. */
  setThreadId(searcher: number, threadId: number): void {
    Atomics.store(this.words, this.own(searcher) + THREAD_ID, threadId);
  }

  threadId(searcher: number): number {
    return Atomics.load(this.words, this.own(searcher) + THREAD_ID);
  }

  /** Says how many states the searcher has added. */
  setStates(searcher: number, states: number): void {
    Atomics.store(this.words, this.own(searcher) + STATES, states);
  }

  /** States that all searchers together have added, as far as told. */
  get states(): number {
    let sum = 0;
    for (let s = 0; s < this.searchers; s++) sum += Atomics.load(this.words, this.own(s) + STATES);
    return sum;
  }

  /** Tells the searcher's progress, for those who watch. */
  tell(searcher: number, { states, transitions, depth, bytes }: SearcherProgress): void {
    this.setStates(searcher, states);
    const at = searcher * PROGRESS;
    this.progress[at] = transitions;
    this.progress[at + 1] = depth;
    this.progress[at + 2] = bytes;
  }

  /** What all have told, summed; depth: the greatest. */
  get told(): SearcherProgress {
    let [transitions, depth, bytes] = [0, 0, 0];
    for (let at = 0; at < this.progress.length; at += PROGRESS) {
      transitions += this.progress[at]!;
      depth = Math.max(depth, this.progress[at + 1]!);
      bytes += this.progress[at + 2]!;
    }
    return { states: this.states, transitions, depth, bytes };
  }

  private ringAll(): void {
    for (let s = 0; s < this.searchers; s++) this.ring(s);
  }

  private own(searcher: number): number {
    return Word.WORDS + searcher * LINE;
  }
}
