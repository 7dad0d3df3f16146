/** Kinds of violation, spelled as in contract.md (`explore --json`, field `violation.kind`). */
export const VIOLATION_KINDS = [
  'lost-write',
  'leak',
  'use-after-free',
  'double-free',
  'leaked',
  'corrupted-swap',
  'unstable-writeback',
  'deadlock',
  'livelock',
  'assertion',
  'lock-rule',
  'data-race',
] as const;

/** One of {@link VIOLATION_KINDS}. */
export type ViolationKind = (typeof VIOLATION_KINDS)[number];

/** Is `text` one of {@link VIOLATION_KINDS}? */
export function isViolationKind(text: string): text is ViolationKind {
  return (VIOLATION_KINDS as readonly string[]).includes(text);
}

/** Thrown inside a program thread to say that the step just taken broke a rule. Engines turn it into a FAIL node. */
export class Violation extends Error {
  readonly kind: ViolationKind;
  constructor(kind: ViolationKind, message: string) {
    super(message);
    this.name = 'Violation';
    this.kind = kind;
  }
}
