/** A JSON value as a message shows it: short. `received` is its type, for what JSON cannot spell. */
export function spell(input: unknown, received = typeof input as string): string {
  if (input === null) return 'null';
  if (input === undefined) return 'nothing';
  if (Array.isArray(input)) return `an array of ${input.length}`;
  if (typeof input === 'object') return 'an object';
  const text = JSON.stringify(input) ?? received;
  return text.length > 60 ? `${text.slice(0, 57)}..."` : text;
}
