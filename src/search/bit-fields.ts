/** Where bit fields stand in an array of int32s that grows as they do: no field straddles two, the first free place is taken. */
export class FieldPlaces {
  /** int32s in use. */
  lanes = 1;
  /** By field: its int32, the position of its lowest bit there, its width in bits (0 at first). */
  readonly lane: Int32Array;
  readonly shift: Int32Array;
  readonly width: Int32Array;
  private readonly used: number[] = [0];

  constructor(fields: number) {
    this.lane = new Int32Array(fields);
    this.shift = new Int32Array(fields);
    this.width = new Int32Array(fields);
  }

  /** Gives `field` one bit more, at another place; what it held has to be moved there. At most 31 bits. */
  widen(field: number): void {
    const width = this.width[field]!;
    if (width > 0)
      this.used[this.lane[field]!] = this.used[this.lane[field]!]! & ~(mask(width) << this.shift[field]!);
    const wanted = mask(width + 1);
    this.width[field] = width + 1;
    for (let lane = 0; ; lane++) {
      if (lane === this.lanes) {
        this.used.push(0);
        this.lanes++;
      }
      for (let shift = 0; shift + width + 1 <= 32; shift++) {
        if ((this.used[lane]! & (wanted << shift)) !== 0) continue;
        this.used[lane] = this.used[lane]! | (wanted << shift);
        this.lane[field] = lane;
        this.shift[field] = shift;
        return;
      }
    }
  }
}

/** The lowest `width` bits, 1 … 31. */
export function mask(width: number): number {
  return (1 << width) - 1;
}
