import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { Control, Data, type ContentionData, type ContentionReport } from '../programs/cpus/contention.ts';

const WORKER = new URL('../../dist/test/programs/cpus/contention.js', import.meta.url);
const CPUS = 4;
const LIMIT_MS = 60_000;

interface Outcome {
  readonly reports: readonly ContentionReport[];
  readonly words: Int32Array;
  readonly control: Int32Array;
  /** Where each CPU slept when the limit was over, before it was told to give up; null if they all ended in time. */
  readonly slept: string | null;
}

function ended(worker: Worker): Promise<ContentionReport> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('a worker ended without a report')));
  });
}

/** Tells all CPUs to give up, as often as it takes: one notification may come between a CPU's last look and its sleep. */
async function giveUp(words: Int32Array, control: Int32Array, done: () => boolean): Promise<void> {
  Atomics.store(control, Control.ABORT, 1);
  while (!done()) {
    for (let cpu = 0; cpu < CPUS; cpu++) {
      const published = Atomics.load(control, Control.PUBLISHED + cpu);
      if (published < 0) Atomics.notify(control, ~published);
      else if (published > 0) Atomics.notify(words, published - 1);
    }
    await sleep(1);
  }
}

/** Lets four worker threads do `total` rounds of `kind` in all. Rejects if a worker fails to report. */
async function contend(kind: string, total: number, limitMs = LIMIT_MS): Promise<Outcome> {
  const words = new SharedArrayBuffer(Data.INTS * 4);
  const control = new SharedArrayBuffer(Control.INTS * 4);
  const [w, c] = [new Int32Array(words), new Int32Array(control)];
  const workers = Array.from({ length: CPUS }, (_, cpu) => {
    const workerData: ContentionData = { kind, cpu, cpus: CPUS, rounds: total / CPUS, words, control };
    return new Worker(WORKER, { workerData });
  });
  try {
    let done = false;
    const all = Promise.all(workers.map(ended)).finally(() => (done = true));
    const inTime = await Promise.race([all.then(() => true), sleep(limitMs, false, { ref: false })]);
    const published = c.slice(Control.PUBLISHED, Control.PUBLISHED + CPUS);
    if (!inTime) await giveUp(w, c, () => done);
    const slept = inTime ? null : `lock ${w[Data.LOCK]}, asleep on ${published.join(', ')}`;
    return { reports: await all, words: w, control: c, slept };
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

/** What went wrong, none of which may: in words, so that a failure says more than a count. */
function faultsOf({ reports, words, control, slept }: Outcome, changes: number, steps: number): string[] {
  const made = reports.reduce((sum, report) => sum + report.changes, 0);
  const unequal = (what: string, value: number | undefined, expected: number): string[] =>
    value === expected ? [] : [`${what} is ${value}, expected ${expected}`];
  return [
    ...(slept === null ? [] : [`not finished after ${LIMIT_MS} ms: ${slept}`]),
    ...reports.flatMap(({ fault }, cpu) => (fault === undefined ? [] : [`CPU${cpu}: ${fault}`])),
    ...unequal('the number of changes made', made, changes),
    ...unequal('the first counter', words[Data.FIRST], changes),
    ...unequal('the second counter', words[Data.SECOND], changes),
    ...unequal('the count of steps through the gate', words[Data.STEPS], steps),
    ...unequal('the lock at the end', words[Data.LOCK], 0),
    ...unequal('the gate at the end', control[Control.GATE], 0),
    ...unequal('the count of sleepers at the end', control[Control.WAITERS], 0),
  ];
}

test.each([
  ['spinlock', 1_000_000, 1_000_000],
  ['mutex', 1_000_000, 1_000_000],
  ['rwSemaphore', 1_000_000, 250_000],
  ['seqcount', 1_000_000, 500_000],
  ['gate', 1_000_000, 62_500],
  // A sleep and a wake-up for each turn.
  ['condition', 40_000, 40_000],
])(
  '%s: four worker threads, %i acquisitions, nothing is lost',
  async (kind, total, changes) => {
    const outcome = await contend(kind, total);
    expect(faultsOf(outcome, changes, kind === 'gate' ? total : 0)).toEqual([]);
    expect(new Set(outcome.reports.map((report) => report.threadId)).size).toBe(CPUS);
    // Else they have not met, and the test says nothing.
    expect(outcome.reports.reduce((sum, report) => sum + report.sleeps, 0)).toBeGreaterThan(0);
  },
  LIMIT_MS + 20_000,
);

test('CPUs that sleep for ever give up when told to', async () => {
  const { reports, slept } = await contend('never', CPUS, 300);
  expect(slept).toMatch(/^lock [1-4], asleep on [01](, [01]){3}$/);
  const faults = reports.map((report) => report.fault);
  expect(faults.filter((fault) => fault === undefined)).toHaveLength(1);
  expect(faults.filter((fault) => fault === 'gave up')).toHaveLength(CPUS - 1);
});
