/** `text` at the right end of `width` columns. */
export function cell(text: string, width: number): string {
  return text.padStart(width);
}

/** A rounded number with its thousands set apart. */
export function thousands(value: number): string {
  return Math.round(value)
    .toString()
    .replaceAll(/\B(?=(\d{3})+$)/g, ' ');
}
