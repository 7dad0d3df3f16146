import { threadId } from 'node:worker_threads';
import { Kind } from '../core/operations.ts';
import type { Seat } from './seat.ts';
import { Own, Turn } from './shared-memory.ts';

/** Looks at the turn word this often before it sleeps: a turn that comes at once costs no system call. */
const SPINS = 500;

/** A CPU under control, inside its worker thread: takes steps when its turn word says so, and only then. */
export class ControlledCpu {
  private readonly seat: Seat;

  constructor(seat: Seat) {
    this.seat = seat;
  }

  /** Does what the turn word says until it says to leave. Blocks the worker thread. */
  serve(): void {
    const { control, own, log } = this.seat;
    const turn = own + Own.TURN;
    for (;;) {
      for (let spins = 0; spins < SPINS && Atomics.load(control, turn) === Turn.PARKED; spins++);
      Atomics.wait(control, turn, Turn.PARKED);
      const command = Atomics.load(control, turn);
      if (command === Turn.PARKED) continue;
      log.clear();
      try {
        if (command === Turn.RESET) this.seat.start();
        else if (command === Turn.RUN) this.takeSteps();
        if (command !== Turn.LEAVE) this.seat.publish();
      } catch (error) {
        log.cancel();
        this.seat.publishThrown(error);
      }
      Atomics.store(control, turn, Turn.PARKED);
      Atomics.notify(control, turn);
      if (command === Turn.LEAVE) return;
    }
  }

  private takeSteps(): void {
    const { control, own, thread, log } = this.seat;
    const count = Atomics.load(control, own + Own.COUNT);
    const choice = Atomics.load(control, own + Own.CHOICE);
    for (let taken = 0; taken < count && !thread.ended && log.roomy; taken++) {
      if (taken > 0 && thread.operation.kind === Kind.CHOOSE) return;
      if (!this.takeStep(choice)) return;
    }
  }

  /** One step, head and riders; false if its head is not enabled. */
  private takeStep(choice: number): boolean {
    const { thread, log, words } = this.seat;
    for (let head = true; ; head = false) {
      const { kind, word, x, y, z } = thread.operation;
      // No other CPU is awake: what is read beside the operation is what the operation meets and leaves.
      const before = Atomics.load(words.words, word);
      if (!words.perform(kind, word, x, y, z, choice)) return false;
      if (head) log.begin();
      log.operation(kind, word, x, y, z, before, Atomics.load(words.words, word), words.result);
      thread.answer(words.result);
      if (!thread.operation.rides) break;
    }
    const { word, x, y } = thread.operation;
    this.seat.tellCondition();
    log.end(threadId, 0, 0, thread.held, thread.kind, word, x, y, thread.resting);
    return true;
  }
}
