import pico from 'picocolors';

/** Decoration only: with or without it the text is the same. */
export interface Paint {
  readonly strong: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly doubtful: (text: string) => string;
  readonly faint: (text: string) => string;
}

/** Colours for a terminal, or none. */
export function paint(coloured: boolean): Paint {
  const colours = pico.createColors(coloured);
  return {
    strong: colours.bold,
    good: (text) => colours.bold(colours.green(text)),
    bad: (text) => colours.bold(colours.red(text)),
    doubtful: (text) => colours.bold(colours.yellow(text)),
    faint: colours.dim,
  };
}

/** No decoration. */
export const PLAIN: Paint = paint(false);
