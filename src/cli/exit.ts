import type { VerdictName } from '../search/verdict.ts';

/** Exit codes of every command. */
export const EXIT = {
  /** Proved, or every expectation met. */
  met: 0,
  /** A violation was found, or an expectation failed. */
  failed: 1,
  /** Wrong usage or bad input, or something asked for could not be done. */
  usage: 2,
  /** A budget, a limit or Ctrl-C ended it, or a worker thread died or gave no answer. */
  inconclusive: 3,
  /** No complete execution, or something that was never checked. */
  vacuous: 4,
} as const;

/** The exit code of a search. */
export const EXIT_OF_VERDICT: Readonly<Record<VerdictName, number>> = {
  proved: EXIT.met,
  'proved-within-bound': EXIT.met,
  sampled: EXIT.met,
  violation: EXIT.failed,
  truncated: EXIT.inconclusive,
  vacuous: EXIT.vacuous,
};

/** The exit codes as `--help` shows them. */
export const EXIT_HELP = `
Exit codes:
  0  proved, or every expectation met
  1  a violation was found, or an expectation failed
  2  wrong usage or bad input (or a file that could not be written)
  3  inconclusive: a budget or limit ended the search, or a worker thread died
  4  vacuous: no complete execution, or something that was never checked`;
