/**
 * Random numbers that are the same on every machine: sfc32 (Chris Doty-Humphrey's Small Fast Counting generator, PractRand), 128
 * bits of state in four int32s.
 */
export class Random {
  private a = 0;
  private b = 0;
  private c = 0;
  private counter = 1;

  /** Begins the stream that belongs to these two numbers; streams of different pairs have nothing to do with each other. */
  seed(seed: number, stream: number): void {
    this.a = seed | 0;
    this.b = stream | 0;
    this.c = 0x9e3779b9 | 0;
    this.counter = 1;
    for (let i = 0; i < 12; i++) this.int32();
  }

  /** A whole number of 32 bits, signed. */
  int32(): number {
    const sum = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return sum;
  }

  /** A number from 0 up to, but not, 1: one of 2^32. */
  unit(): number {
    return (this.int32() >>> 0) / 4294967296;
  }

  /** A whole number from 0 to n - 1; n up to 2^20, so that none is preferred by more than one part in 4,000. */
  below(n: number): number {
    return Math.floor(this.unit() * n);
  }
}
