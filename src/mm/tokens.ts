/**
 * Page contents are write tokens, not bytes: each store of a program has a number of its own, so that a load tells which write
 * it sees. 0 is zero-filled memory.
 */
export class Tokens {
  /** Zero-filled memory. */
  static readonly ZERO = 0;
  /** In the ideal address space only: any value is right (the buffer of a device read in flight). */
  static readonly ANY = 1;
  /** Contents of a frame or slot that belongs to nobody. */
  static readonly FREED = 2;

  private readonly names: string[] = ['0', 'any', 'freed'];
  private readonly owners: number[] = [-1, -1, -1];

  /** A new token: `name` is how traces spell it, `mm` the address space whose write it is. */
  add(name: string, mm: number): number {
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
