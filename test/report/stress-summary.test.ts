import { describe, expect, test } from 'vitest';
import type { CpuHit } from '../../src/report/cpu-hit.ts';
import { stressSummary, type StressFigures } from '../../src/report/stress-summary.ts';

const CHOICE = {
  program: 'pager',
  kernel: 'v2',
  apply: [],
  revert: ['fix#H1'],
  parameters: { recheck: 'true' },
};

const FIGURES: StressFigures = {
  verdict: 'sampled',
  iterations: 12_345,
  violations: 0,
  kinds: {},
  firstAfter: null,
  unordered: 0,
  cut: 0,
  operations: 9_876_543,
  seconds: 10,
  startSeconds: 0.2,
  workers: [1, 2, 3],
  seed: 7,
  jitter: 400,
  neverReached: [],
  interrupted: false,
};

const HIT: CpuHit = {
  kind: 'lost-write',
  message: 'gone',
  steps: 461,
  preemptions: 1,
  threads: 2,
  file: 'out/a b.json',
  confirmation: { confirmed: true, workers: 3, endlessBySearch: false },
  tooLong: true,
};

const text = (figures: Partial<StressFigures>, hit: CpuHit | null = null) =>
  `\n${stressSummary(CHOICE, { ...FIGURES, ...figures }, hit).join('\n')}\n`;

test('hits of several kinds, iterations that say nothing, a schedule too long to print', () => {
  const figures = {
    verdict: 'violation',
    violations: 21,
    kinds: { 'lost-write': 20, assertion: 1 },
    firstAfter: { iteration: 78, seconds: 0.809 },
    unordered: 1,
    cut: 12,
  } as const;
  expect(text(figures, HIT)).toMatchInlineSnapshot(`
    "
    pager on v2 -fix#H1 (recheck=true)   VIOLATION  lost write   (racing, 3 worker threads)
      12 345 iterations  10.0 s  1 235 iterations/s  988 k operations/s
      21 hits, one in 588 (lost write 20, assertion 1); first after 0.81 s (iteration 78)
      1 further iteration said nothing: the order of their steps could not be told
      12 iterations filled a log before the end: checked as far as the log goes
      worker threads 1, 2, 3; seed 7, jitter 400
      order of the first hit: 461 steps, 1 preemption, 2 threads -> out/a b.json
      confirmed: replayed on 3 worker threads and on the search engine, every value as found
      replay:  npx lostwrite replay 'out/a b.json' --on cpus
               (prints the trace, which is too long to show here)
      The CPUs really raced: this happened. It is hardly ever the shortest way; for that:
        npx lostwrite explore pager --kernel v2 --revert fix#H1 --set recheck=true
    "
  `);
});

describe('without a hit', () => {
  test('sampled', () => {
    expect(text({})).toMatchInlineSnapshot(`
      "
      pager on v2 -fix#H1 (recheck=true)   SAMPLED  no violation   (racing, 3 worker threads)
        12 345 iterations  10.0 s  1 235 iterations/s  988 k operations/s
        no iteration broke a rule
        worker threads 1, 2, 3; seed 7, jitter 400
        The CPUs really raced. This proves nothing about the schedules that did not come up; to search
        them all:
          npx lostwrite explore pager --kernel v2 --revert fix#H1 --set recheck=true
      "
    `);
  });

  test('interrupted before the first iteration ended', () => {
    expect(text({ verdict: 'vacuous', interrupted: true, iterations: 0, operations: 0, seconds: 0 }))
      .toMatchInlineSnapshot(`
        "
        pager on v2 -fix#H1 (recheck=true)   VACUOUS  interrupted, no violation   (racing, 3 worker
          threads)
          0 iterations  0.00 s  0 iterations/s  0 operations/s
          no iteration broke a rule
          worker threads 1, 2, 3; seed 7, jitter 400
          No rule is broken, but that means nothing here: no iteration could be checked.
          Race longer (--seconds), or search every schedule:
            npx lostwrite explore pager --kernel v2 --revert fix#H1 --set recheck=true
        "
      `);
  });

  test('no iteration came to its end', () => {
    expect(text({ verdict: 'vacuous', iterations: 3, cut: 3, neverReached: ['this', 'that'] })).toContain(
      'that means nothing here: no iteration came to its end; never reached:\n  this; that.\n',
    );
  });
});

test('a hit that could not be confirmed or written says so', () => {
  const confirmation = { confirmed: false, reason: 'CPU cpu1 (worker thread 2) died' } as const;
  const told = text(
    { verdict: 'violation', violations: 1 },
    { ...HIT, file: null, confirmation, tooLong: false },
  );
  expect(told).toContain('order of the first hit: 461 steps, 1 preemption, 2 threads; not written\n');
  expect(told).toContain('not confirmed on worker threads: CPU cpu1 (worker thread 2) died\n');
  expect(told).not.toContain('replay:');
});
