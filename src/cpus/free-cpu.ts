/** A CPU that really races, inside its worker thread. */
import { threadId } from 'node:worker_threads';
import { ModelError } from '../core/errors.ts';
import { isReadOnly, Kind, newValue, resultOf, type Operation } from '../core/operations.ts';
import { Aborted, controlWord, Driver, type WaitHooks } from './drive.ts';
import { Jitter, Random, seedOf } from './jitter.ts';
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
  tryAcquire,
} from './lock-words.ts';
import type { Seat } from './seat.ts';
import { Global, Own, Standing } from './shared-memory.ts';

/** How free-running CPUs race; survives structured cloning. */
export interface RaceSetup {
  /** Decides the answers of `choose` and the jitter; not 0. What the machine does beside is not repeatable. */
  readonly seed: number;
  /** See {@link Jitter}. */
  readonly jitter: number;
}

/** Values of the abort word. */
export const Abort = {
  NO: 0,
  /** All threads that must end have ended: daemons stop where they are at rest. */
  REST: 1,
  /** Everybody stops. */
  NOW: 2,
} as const;

/** Value of the iteration word: leave. */
export const LEAVE = -1;

/** Waits so many looks at the starting line for the others before it goes. */
const STARTING_LINE = 2000;

/** Operations remembered at most. */
const MOST_RIDDEN = 4096;

const GATE = controlWord(Global.GATE);

/**
 * Runs its thread again and again, each time with all other CPUs, none waiting for a turn. A step of one operation is one Atomics
 * operation and may happen beside any other; a step of several (an `atomic` block) closes the gate, so that it happens at once
 * for everybody. Ghost updates that ride on a step that did not say so close the gate for themselves: another CPU may have come
 * in between, which shows when no order of the steps explains what they saw. The CPU remembers such operations and closes the gate
 * before them from then on.
 *
 * Every step is logged with stamps of the global clock taken before and after it.
 */
export class FreeCpu implements WaitHooks {
  private readonly seat: Seat;
  private readonly driver: Driver;
  private readonly random: Random;
  private readonly jitter: Jitter;
  private readonly daemon: boolean;
  private readonly bit: number;
  private readonly cpus: number;
  private start = 0;
  /** Operations on which another has ridden unannounced, see {@link keyOf}. */
  private readonly ridden = new Set<number>();
  /** Its simple step is going on: inside the gate with others, except while it sleeps. */
  private shared = false;

  constructor(seat: Seat, { seed, jitter }: RaceSetup) {
    const { threads } = seat.thread.program;
    this.seat = seat;
    this.driver = new Driver(
      { words: seat.words.words, control: seat.control, waiters: Global.WAITERS, epoch: Global.EPOCH },
      this,
    );
    this.random = new Random(seedOf(seed, seat.cpu));
    this.jitter = new Jitter(this.random, jitter);
    this.daemon = threads[seat.cpu]!.daemon === true;
    this.bit = 1 << seat.cpu;
    this.cpus = threads.length;
  }

  /** Takes part in every iteration until told to leave. Blocks the worker thread. */
  race(): void {
    const { control } = this.seat;
    for (let last = 0; ;) {
      Atomics.wait(control, Global.ITERATION, last);
      const iteration = Atomics.load(control, Global.ITERATION);
      if (iteration === LEAVE) return;
      if (iteration === last) continue;
      last = iteration;
      this.iterate();
    }
  }

  /** Of {@link WaitHooks}: whoever sleeps is out of the gate, and says where it sleeps. */
  beforeWait(word: number): void {
    const { control, own } = this.seat;
    if (this.shared && word !== GATE) this.driver.drive(leaveShared(this.driver, GATE, this.bit));
    this.seat.publish();
    Atomics.store(control, own + Own.SLEEPS_ON, word);
    Atomics.add(control, own + Own.SLEEPS, 1);
    this.checkAbort(word !== GATE);
  }

  /** Of {@link WaitHooks}. */
  afterWait(): void {
    const { control, own } = this.seat;
    const word = Atomics.load(control, own + Own.SLEEPS_ON);
    this.wake();
    this.checkAbort(word !== GATE);
    if (!this.shared || word === GATE) return;
    this.driver.drive(enterShared(this.driver, GATE, this.bit));
    this.stamp();
  }

  private iterate(): void {
    const { control, own, thread, log } = this.seat;
    log.clear();
    this.shared = false;
    try {
      this.seat.start();
      this.seat.publish();
      this.line();
      while (!thread.ended && log.roomy) {
        this.checkAbort(true);
        this.jitter.pass();
        this.step();
      }
      this.seat.publish();
      if (!thread.ended) Atomics.store(control, own + Own.STANDING, Standing.OVERFLOWED);
    } catch (error) {
      log.cancel();
      if (error instanceof Aborted) {
        this.seat.publish();
        Atomics.store(control, own + Own.STANDING, Standing.GAVE_UP);
      } else {
        this.seat.publishThrown(error);
        Atomics.store(control, Global.ABORT, Abort.NOW);
      }
    }
    this.wake();
    this.finish();
  }

  private wake(): void {
    const { control, own } = this.seat;
    if (Atomics.load(control, own + Own.SLEEPS) % 2 !== 0) Atomics.add(control, own + Own.SLEEPS, 1);
  }

  /** The others begin at about the same time. */
  private line(): void {
    const { control } = this.seat;
    Atomics.add(control, Global.ARRIVED, 1);
    for (let looks = 0; looks < STARTING_LINE && Atomics.load(control, Global.ARRIVED) < this.cpus; looks++);
  }

  private finish(): void {
    const { control, thread, own } = this.seat;
    const last = !this.daemon && Atomics.sub(control, Global.UNFINISHED, 1) === 1;
    if (last) Atomics.compareExchange(control, Global.ABORT, Abort.NO, Abort.REST);
    // A violation ends the schedule; a thread that stopped otherwise leaves the others waiting for it.
    if (thread.failure !== null || (!this.daemon && !thread.ended))
      Atomics.store(control, Global.ABORT, Abort.NOW);
    Atomics.store(control, own + Own.FINISHED, 1);
    Atomics.add(control, Global.FINISHED, 1);
    Atomics.notify(control, Global.FINISHED);
  }

  /** @param mayRest false at the gate, which a daemon that stops there may have closed */
  private checkAbort(mayRest: boolean): void {
    const abort = Atomics.load(this.seat.control, Global.ABORT);
    if (abort === Abort.NOW || (abort === Abort.REST && mayRest && this.daemon && this.seat.thread.resting))
      throw new Aborted();
  }

  private stamp(): void {
    this.start = Atomics.add(this.seat.control, Global.CLOCK, 1);
  }

  private step(): void {
    const { thread, log, control } = this.seat;
    log.begin();
    const { operation } = thread;
    if (
      thread.opensAtomicBlock ||
      operation.kind === Kind.UNTIL_CONDITION ||
      (this.ridden.size > 0 && this.ridden.has(keyOf(operation)))
    )
      this.atomicStep();
    else this.simpleStep();
    const { word, x, y } = thread.operation;
    const end = Atomics.load(control, Global.CLOCK);
    this.seat.tellCondition();
    log.end(threadId, this.start, end, thread.held, thread.kind, word, x, y, thread.resting);
  }

  /** A head of its own, done beside the other CPUs; what rides on it unannounced comes after it, alone. */
  private simpleStep(): void {
    const { driver, bit } = this;
    const { thread } = this.seat;
    driver.drive(enterShared(driver, GATE, bit));
    this.shared = true;
    this.stamp();
    const { operation } = thread;
    const result = this.head();
    this.shared = false;
    driver.drive(leaveShared(driver, GATE, bit));
    thread.answer(result);
    if (!thread.operation.rides) return;
    // Nothing can come between an operation and a fence.
    if (thread.operation.kind !== Kind.FENCE) this.remember(keyOf(operation));
    driver.drive(enterExclusive(driver, GATE));
    this.riders();
    driver.drive(leaveExclusive(driver, GATE));
  }

  private remember(key: number): void {
    // Operands that never come again teach nothing.
    if (this.ridden.size === MOST_RIDDEN) this.ridden.clear();
    this.ridden.add(key);
  }

  /** Head and riders with the gate closed. The head is tried; while it is not enabled the gate is open. */
  private atomicStep(): void {
    const { driver } = this;
    const { thread, words } = this.seat;
    const { kind, word, x, y, z } = thread.operation;
    for (;;) {
      driver.drive(enterExclusive(driver, GATE));
      this.stamp();
      if (words.perform(kind, word, x, y, z, kind === Kind.CHOOSE ? this.random.below(x) : 0)) break;
      driver.drive(leaveExclusive(driver, GATE));
      this.awaitEnabled();
    }
    this.performed();
    thread.answer(words.result);
    this.riders();
    driver.drive(leaveExclusive(driver, GATE));
  }

  /** Rides are never disabled: a thread may only wait at the head of a step. */
  private riders(): void {
    const { thread, words } = this.seat;
    while (thread.operation.rides) {
      const { kind, word, x, y, z } = thread.operation;
      if (!words.perform(kind, word, x, y, z, 0))
        throw new ModelError('an operation in the middle of an atomic block had to wait');
      this.performed();
      thread.answer(words.result);
    }
  }

  private awaitEnabled(): void {
    const { driver } = this;
    const { kind, word, x, y } = this.seat.thread.operation;
    if (kind === Kind.UNTIL_CONDITION) {
      const { words } = this.seat;
      driver.drive(
        awaitCondition(driver, function* () {
          return words.holds(x);
        }),
      );
    } else if (kind === Kind.LOCK) driver.drive(awaitValue(driver, word, x, 0, false));
    else driver.drive(awaitValue(driver, word, x, y, kind === Kind.UNTIL_NOT));
  }

  /** Does the head of a simple step, waiting as long as it takes; returns what the generator is to be handed. */
  private head(): number {
    const { driver } = this;
    const { thread, words } = this.seat;
    const { kind, word, x, y, z } = thread.operation;
    switch (kind) {
      case Kind.LOCK:
        return this.done(driver.drive(acquire(driver, word, x, y)));
      case Kind.TRYLOCK:
        return this.done(driver.drive(tryAcquire(driver, word, x, y)));
      case Kind.UNLOCK:
        return this.done(driver.drive(release(driver, word, x, y)));
      case Kind.UNTIL:
      case Kind.UNTIL_NOT:
        return this.done(driver.drive(awaitValue(driver, word, x, y, kind === Kind.UNTIL_NOT)));
      default:
        words.perform(kind, word, x, y, z, kind === Kind.CHOOSE ? this.random.below(x) : 0);
        this.performed();
        return words.result;
    }
  }

  /** Logs an operation that lock-words.ts has done, which found the word at `before`. */
  private done(before: number): number {
    const { kind, word, x, y, z } = this.seat.thread.operation;
    const result = resultOf(kind, before, x, y, z);
    this.seat.log.operation(kind, word, x, y, z, before, newValue(kind, before, x, y), result);
    return result;
  }

  /** Logs the operation that AtomicWords has just done, and wakes who may have waited for it. */
  private performed(): void {
    const { thread, words, log } = this.seat;
    const { kind, word, x, y, z } = thread.operation;
    const { before, result } = words;
    log.operation(kind, word, x, y, z, before, newValue(kind, before, x, y), result);
    if (!isReadOnly(kind)) this.driver.drive(afterChange(this.driver, word));
  }
}

/** Equal for equal operations; two different ones with one key cost each other a closed gate and nothing else. */
function keyOf({ kind, word, x, y, z }: Operation): number {
  let key = kind * 4096 + word;
  key = Math.imul(key, 31) + x;
  key = Math.imul(key, 31) + y;
  return (Math.imul(key, 31) + z) | 0;
}
