import type { Program } from './program.ts';

/** core/locks.ts spells owners by number ("held by thread 1", "read-held by thread 0, 2"): puts their names instead. */
export function namedOwners(program: Program, text: string): string {
  return text.replace(/held by thread (\d+(?:, \d+)*)/g, (whole, owners: string) => {
    const names = owners.split(', ').map((owner) => program.threads[Number(owner)]?.name);
    return names.includes(undefined) ? whole : whole.replace(`thread ${owners}`, names.join(', '));
  });
}
