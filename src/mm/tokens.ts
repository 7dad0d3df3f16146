import { ModelError } from '../core/errors.ts';

/**
 * Page contents are write tokens, not bytes: each store of a program has a number of its own, so that a load tells which write
 * it sees. 0 is zero-filled memory.
 */
export class Tokens {
  /** Zero-filled memory. */
  static readonly ZERO = 0;
  /** Contents of a frame or slot that belongs to nobody. */
  static readonly FREED = 1;

  private readonly names: string[] = ['0', 'freed'];
  private readonly owners: number[] = [-1, -1];

  /** Tokens so far; ghost words keep sets of them, so there are at most 31. */
  get count(): number {
    return this.names.length;
  }

  /** A new token: `name` is how traces spell it, `mm` the address space whose write it is. */
  add(name: string, mm: number): number {
    if (this.names.length > 30) throw new ModelError('a program may store at most 29 different tokens');
    this.names.push(name);
    this.owners.push(mm);
    return this.names.length - 1;
  }

  nameOf(token: number): string {
    return this.names[token] ?? `token ${token}`;
  }

  /** Address space whose write the token is; -1 if nobody's. */
  ownerOf(token: number): number {
    return this.owners[token] ?? -1;
  }
}

/** The token as traces show it. */
export function formatToken(tokens: Tokens, value: number): string {
  return tokens.nameOf(value);
}

/** Without the oracle a slot holds bytes: the first, which CPUs store and load, and above it what a device wrote to all 512. */
export const FIRST_BYTE = 0xff;

/** A slot that a device has filled with `value`. */
export function filled(value: number): number {
  return value | (value << 8);
}
