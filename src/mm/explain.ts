/** Why a schedule loses a write, told from its steps: which write, which step lost it, and what decided so. */
import type { Access, Schedule } from '../core/schedule.ts';
import { findMismatch } from './invariants.ts';
import { PAGE, type Machine } from './machine.ts';
import { is_swap_pte, pte_pfn, pte_present, pte_special, pte_swp_exclusive, pte_write } from './pgtable.ts';
import type { BuiltProgram } from './programs.ts';
import { Tokens } from './tokens.ts';

/** One access with its place in the schedule. */
interface Event extends Access {
  /** 1-based number of the step. */
  readonly step: number;
  readonly thread: string;
}

function eventsOf(schedule: Schedule): readonly Event[] {
  return schedule.steps.flatMap((step, i) =>
    step.accesses.map((access) => ({ ...access, step: i + 1, thread: step.thread })),
  );
}

function finalWords(k: Machine, events: readonly Event[]): Int32Array {
  const words = k.layout.initial();
  for (const event of events) {
    const word = k.layout.find(event.word);
    if (word !== undefined) words[word.index] = event.after;
  }
  return words;
}

/** Lines for the end of a trace; step numbers are 1-based. Empty where there is nothing to add to the message. */
export function explainViolation(built: BuiltProgram, schedule: Schedule): readonly string[] {
  const k = built.machine;
  const events = eventsOf(schedule);
  switch (schedule.violation?.kind) {
    case 'lost-write':
    case 'leak':
      return explainLoss(k, events, schedule.violation.kind);
    case 'unstable-writeback':
      return explainUnstable(k, events);
    default:
      return [];
  }
}

function explainLoss(k: Machine, events: readonly Event[], kind: 'lost-write' | 'leak'): readonly string[] {
  const words = finalWords(k, events);
  const last = events.at(-1);
  const mismatch = findMismatch(k, words, kind, false) ?? findMismatch(k, words, kind, true);
  if (last === undefined) return [];
  if (mismatch === null) return explainDetached(k, events, last);
  const { mm, v, slot, value, expected } = mismatch;
  if (value === Tokens.FREED) return explainFreed(events, slot);
  const wanted = k.tokens.nameOf(expected);
  const written = events.find((e) => e.after === expected && e.before !== expected && isData(e.word, slot));
  if (written === undefined)
    return [`${wanted} has been there from the start, and ${k.tokens.nameOf(value)} took its place.`];
  const lines = [`${written.thread} wrote ${wanted} to ${frameOf(written.word)} in step ${written.step}.`];
  const pteName = `mm[${mm}].pte[${v}]`;
  const pte = words[k.mm[mm]!.pte[v]!.index]!;
  if (!pte_present(pte) || pte_special(pte))
    return [...lines, `${pteName} is ${k.layout.format(k.mm[mm]!.pte[v]!.index, pte)} in the end.`];
  const mapped = `page[${pte_pfn(pte)}]`;
  if (mapped === frameOf(written.word)) return lines;
  const switched = events.findLast(
    (e) =>
      e.word === pteName &&
      e.after !== e.before &&
      maps(e.after, pte_pfn(pte)) &&
      !maps(e.before, pte_pfn(pte)),
  );
  if (switched === undefined) return lines;
  lines.push(
    `Step ${switched.step} lost it: ${switched.position.function} of ${switched.thread} made ${pteName} map ${mapped} instead, ` +
      (switched.step < written.step ? 'before the write arrived.' : 'with what had been copied before.'),
  );
  return [...lines, ...explainCopy(events, switched, Number(/\d+/.exec(frameOf(written.word))))];
}

/** A device that looks through a reading reference sees another page than the process does. */
function explainDetached(k: Machine, events: readonly Event[], last: Event): string[] {
  const here = events.filter((e) => e.step === last.step);
  // Without a page read, it is the zero page.
  const read = here.find((e) => e.operation === 'load' && e.word.includes('.data['));
  const ideal = here.find((e) => e.word.startsWith('ideal.mm['));
  const place = ideal === undefined ? null : /^ideal\.mm\[(\d+)\]\[(\d+)\]/.exec(ideal.word);
  if (ideal === undefined || place === null) return [];
  const referenced = read === undefined ? 'the zero page' : frameOf(read.word);
  const pteName = `mm[${place[1]}].pte[${place[2]}]`;
  const written = events.find(
    (e) => e.after === ideal.result && e.before !== e.after && /^page\[\d+\]\.data/.test(e.word),
  );
  const switched = events.findLast((e) => e.word === pteName && e.after !== e.before && pte_present(e.after));
  if (written === undefined || switched === undefined) return [];
  return [
    `${written.thread} wrote ${k.tokens.nameOf(ideal.result)} to ${frameOf(written.word)} in step ${written.step}; the reference is to ${referenced}.`,
    `Step ${switched.step} parted them: ${switched.position.function} of ${switched.thread} made ${pteName} map ${k.layout.format(k.layout.find(pteName)!.index, switched.after)}.`,
    ...(read === undefined ? [] : explainCopy(events, switched, Number(/\d+/.exec(referenced)))),
  ];
}

/** A page that was filled from a swap slot while the slot belonged to nobody. */
function explainFreed(events: readonly Event[], slot: number): string[] {
  const read = events.findLast(
    (e) =>
      e.operation === 'load' &&
      e.word.endsWith(`].data[${slot}]`) &&
      e.word.startsWith('swap_slot') &&
      e.result === Tokens.FREED,
  );
  if (read === undefined) return [];
  const name = frameOf(read.word).replace('swap_slot', 'swap');
  const lines = [
    `${read.thread} filled its page from ${name} in step ${read.step}, when the slot held no data.`,
  ];
  const outs = events.filter(
    (e) =>
      e.word.includes('.pte[') &&
      is_swap_pte(e.after) &&
      e.before !== e.after &&
      `swap[${pte_pfn(e.after)}]` === name,
  );
  if (outs.length > 1)
    lines.push(
      `The page was swapped out to the same slot in steps ${outs.map((e) => e.step).join(' and ')}: the PTE looks the same each time, and comparing it shows nothing.`,
    );
  return lines;
}

/** What made do_wp_page copy frame `f`, as far as the steps show it. */
function explainCopy(events: readonly Event[], switched: Event, f: number): string[] {
  const before = events.filter((e) => e.step < switched.step);
  const lines: string[] = [];
  const refs = before.findLast(
    (e) =>
      e.thread === switched.thread &&
      e.word === `page[${f}].refcount` &&
      isRead(e) &&
      e.position.function === 'do_wp_page',
  );
  const cleared = before.findLast((e) => e.word === `page[${f}].flags` && had(e.before) && !had(e.after));
  const unmapped = before.findLast(
    (e) => is_swap_pte(e.after) && e.word.includes('.pte[') && e.before !== e.after,
  );
  if (cleared !== undefined) {
    const forgotten =
      unmapped !== undefined && unmapped.step >= cleared.step && !pte_swp_exclusive(unmapped.after);
    lines.push(
      `PG_anon_exclusive of page[${f}] was cleared in step ${cleared.step} (${cleared.position.function})` +
        (forgotten ? `, and the swap PTE of step ${unmapped.step} does not remember it.` : '.'),
    );
  }
  if (refs !== undefined)
    lines.push(
      `Step ${refs.step} took page[${f}] for shared: its refcount was ${refs.before}, and a reference counts like an owner.`,
    );
  return lines;
}

function explainUnstable(k: Machine, events: readonly Event[]): readonly string[] {
  const last = events.at(-1);
  if (last === undefined) return [];
  const store = events.findLast((e) => e.step === last.step && e.word.includes('.data['));
  if (store === undefined) return [];
  const frame = frameOf(store.word);
  const writeback = events.findLast(
    (e) =>
      e.word === `${frame}.flags` && PAGE.writeback.of(e.before) === 0 && PAGE.writeback.of(e.after) === 1,
  );
  const f = Number(/\d+/.exec(frame));
  const mapped = events.findLast(
    (e) =>
      e.word.includes('.pte[') &&
      maps(e.after, f) &&
      pte_write(e.after) &&
      !(maps(e.before, f) && pte_write(e.before)),
  );
  const lines =
    writeback === undefined
      ? []
      : [
          `Writeback of ${frame} began in step ${writeback.step} (${writeback.position.function}) and still runs.`,
        ];
  if (mapped !== undefined)
    lines.push(
      `Step ${mapped.step} made ${mapped.word} writable (${mapped.position.function})` +
        (is_swap_pte(mapped.before) && pte_swp_exclusive(mapped.before)
          ? ': the swap PTE said exclusive, and writeback was not asked about.'
          : '.'),
    );
  lines.push(
    `Step ${store.step} stored ${k.layout.format(k.layout.find(store.word)!.index, store.after)} under the device's hands.`,
  );
  return lines;
}

function isData(word: string, slot: number): boolean {
  return word.startsWith('page[') && word.endsWith(`.data[${slot}]`);
}

function frameOf(word: string): string {
  return word.replace(/\..*$/, '');
}

function maps(pte: number, f: number): boolean {
  return pte_present(pte) && !pte_special(pte) && pte_pfn(pte) === f;
}

function had(flags: number): boolean {
  return PAGE.anon_exclusive.of(flags) === 1;
}

function isRead(e: Event): boolean {
  return e.operation === 'load' || e.operation === 'test';
}
