/** Returns `array` if it holds `needed` elements, else a copy of at least twice its size. The old array must be dropped. */
export function grown(array: Int32Array<ArrayBuffer>, needed: number): Int32Array<ArrayBuffer> {
  if (needed <= array.length) return array;
  const bigger = new Int32Array(Math.max(needed, array.length * 2));
  bigger.set(array);
  return bigger;
}

/** First length of arrays that grow and mostly stay small: V8 keeps up to 64 bytes on its heap, where they cost least to make. */
export const FEW = 16;
