/** The program itself is wrong (not deterministic, not finite, misuses an operation): a message for its author. */
export class ModelError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ModelError';
  }
}

/** Wrong usage or bad input: one message for the user, exit code 2. `hint` says what to do next. */
export class InputError extends Error {
  readonly hint: string | undefined;
  constructor(message: string, hint?: string) {
    super(message);
    this.name = 'InputError';
    this.hint = hint;
  }
}
