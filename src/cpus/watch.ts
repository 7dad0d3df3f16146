import { ModelError } from '../core/errors.ts';
import type { Cpus } from './cpus.ts';
import { controlWord } from './drive.ts';
import { CpuFailure } from './failures.ts';
import { Abort } from './free-cpu.ts';
import { describePending } from './judge.ts';
import { choicesOf } from './performed.ts';
import { Global, lineOf, Own } from './shared-memory.ts';

/** If no step has been begun for so long, it is worth looking whether those who sleep wait for each other. */
const STILL_MS = 5;
/** Who has not moved for so many milliseconds although nothing keeps it has lost a wake-up, or hangs. */
const PATIENCE_MS = 650;

/**
 * Looks after one iteration of free-running CPUs while none of them finishes: finds deadlocks, lost wake-ups and CPUs that hang.
 * All of these are known within a second. Time is what the controller has waited, not what the clock says: on a machine that
 * stalls the controller as well, a stalled CPU has longer.
 */
export class Watch {
  private readonly cpus: Cpus;
  private readonly patienceMs: number;
  private clock = -1;
  private stillMs = 0;
  private abortingMs = 0;

  constructor(cpus: Cpus, patienceMs = PATIENCE_MS) {
    this.cpus = cpus;
    this.patienceMs = patienceMs;
  }

  /**
   * To be called after `waitedMs` milliseconds without a CPU finishing. Ends the iteration if nobody will move any more. Throws a
   * ModelError for a lost wake-up, a CpuFailure for a CPU that hangs.
   */
  look(waitedMs: number): void {
    const { control } = this.cpus;
    if (Atomics.load(control, Global.ABORT) === Abort.NOW) this.abortingMs += waitedMs;
    if (this.abortingMs > this.patienceMs) throw this.hanging();
    const clock = Atomics.load(control, Global.CLOCK);
    this.stillMs = clock === this.clock ? this.stillMs + waitedMs : 0;
    this.clock = clock;
    if (this.stillMs < STILL_MS) return;
    const late = this.stillMs > this.patienceMs;
    const before = this.sleeps();
    if (before.some((sleeps) => sleeps % 2 === 0)) {
      if (late) throw this.hanging();
      return;
    }
    const movable = this.movable();
    // Nobody has woken up meanwhile, so there was a moment at which all slept, and nobody but they writes words: what has been
    // seen is what stays.
    if (this.sleeps().join() !== before.join()) return;
    if (movable instanceof Error) throw movable;
    if (movable.length === 0) Atomics.store(control, Global.ABORT, Abort.NOW);
    else if (late) throw this.lost(movable[0]!);
  }

  /** Sleepers whose operations could happen now; what is read while one of them moves may be torn, even beyond sense. */
  private movable(): readonly number[] | Error {
    try {
      return this.unfinished().filter((cpu) => this.couldMove(cpu));
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  /**
   * Those told to give up may sleep: a notification that comes between their last look and their sleep is lost. Nobody else is
   * woken: it would look, and sleep again, and seem to be alive.
   */
  wakeSleepers(): void {
    const { words, control } = this.cpus;
    const all = Atomics.load(control, Global.ABORT) === Abort.NOW;
    for (const cpu of this.unfinished()) {
      const own = lineOf(cpu);
      if (Atomics.load(control, own + Own.SLEEPS) % 2 === 0) continue;
      if (!all && Atomics.load(control, own + Own.RESTING) === 0) continue;
      const word = Atomics.load(control, own + Own.SLEEPS_ON);
      if (word < 0) Atomics.notify(control, controlWord(word));
      else Atomics.notify(words, word);
    }
  }

  private unfinished(): number[] {
    const { control, program } = this.cpus;
    return program.threads.flatMap((_, cpu) =>
      Atomics.load(control, lineOf(cpu) + Own.FINISHED) === 0 ? [cpu] : [],
    );
  }

  /** Of each unfinished CPU how often it has gone to sleep and woken up; odd: it sleeps. */
  private sleeps(): number[] {
    return this.unfinished().map((cpu) => Atomics.load(this.cpus.control, lineOf(cpu) + Own.SLEEPS));
  }

  /** Could the sleeper's operation happen now? At the gate: yes, whoever closed it is through. */
  private couldMove(cpu: number): boolean {
    const { control, program, words } = this.cpus;
    if (Atomics.load(control, lineOf(cpu) + Own.SLEEPS_ON) === controlWord(Global.GATE)) return true;
    return choicesOf(program, this.cpus.pendingOf(cpu), words) > 0;
  }

  private lost(cpu: number): ModelError {
    const { program, words } = this.cpus;
    const pending = describePending(program, this.cpus.pendingOf(cpu), words);
    return new ModelError(
      `a wake-up was lost: ${this.cpus.nameOf(cpu)} sleeps at ${pending}, which does not keep it`,
    );
  }

  private hanging(): CpuFailure {
    const { control } = this.cpus;
    const unfinished = this.unfinished();
    const awake = unfinished.filter((cpu) => Atomics.load(control, lineOf(cpu) + Own.SLEEPS) % 2 === 0);
    const names = (awake.length > 0 ? awake : unfinished).map((cpu) => this.cpus.nameOf(cpu)).join(', ');
    return new CpuFailure(
      `CPU ${names} gives no answer: after ${this.patienceMs} ms its thread still runs without coming to an operation`,
    );
  }
}
