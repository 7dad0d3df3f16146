/** Figures as people read them. */

/** `41 208`: groups of three. */
export function grouped(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ' ');
}

/** `1 state`, `2 states`. */
export function counted(value: number, noun: string): string {
  return `${grouped(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** `1.3 M`, `412 k`, `87`: three significant digits are more than a rate deserves. */
export function short(value: number): string {
  if (value >= 1e9) return `${twoDigits(value / 1e9)} G`;
  if (value >= 1e6) return `${twoDigits(value / 1e6)} M`;
  if (value >= 1e4) return `${twoDigits(value / 1e3)} k`;
  return grouped(value);
}

function twoDigits(value: number): string {
  return value < 10 ? value.toFixed(1) : value.toFixed(0);
}

/** `0.09 s`, `12.3 s`, `4 min 07 s`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

/** `24 B`, `1.5 kB`, `310 MB`, in powers of 1000. */
export function byteSize(bytes: number): string {
  if (bytes < 1000) return `${bytes.toFixed(0)} B`;
  for (const [unit, size] of [
    ['GB', 1e9],
    ['MB', 1e6],
  ] as const)
    if (bytes >= size) return `${twoDigits(bytes / size)} ${unit}`;
  return `${twoDigits(bytes / 1e3)} kB`;
}

/** `2.1e-11`; 0 is `0`. */
export function probability(value: number): string {
  return value === 0 ? '0' : value.toExponential(1);
}
