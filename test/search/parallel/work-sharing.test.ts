/** How searchers share work and know that it is done: the model, explored. */
import { describe, expect, test } from 'vitest';
import { explore } from '../../../src/search/explore.ts';
import { allocateControl, Control, Word } from '../../../src/search/parallel/control.ts';
import { allocateMailbox, WorkSharing } from '../../../src/search/parallel/work-sharing.ts';
import { sharing, type SharingFaults } from '../../programs/parallel/work-sharing.ts';

describe('everything is done, nobody sleeps for ever, and it is over only when nothing is left', () => {
  test.each([
    [2, 5, 1_250],
    [3, 4, 30_858],
    [3, 6, 144_725],
  ])('%d searchers, %d tasks', async (searchers, tasks, states) => {
    const verdict = await explore(sharing(searchers, tasks));
    expect([verdict.verdict, verdict.violation?.message, verdict.states]).toEqual([
      'proved',
      undefined,
      states,
    ]);
  });

  test.each<readonly [string, SharingFaults, string]>([
    ['mail under way is not counted', { countsLate: true }, 'it is not over while there is work'],
    ['the bell is read after the mailbox', { readsBellLate: true }, 'deadlock'],
    ['the bell is rung before the mail', { ringsFirst: true }, 'deadlock'],
    ['a claim is not looked at', { claimsWithoutLooking: true }, 'one giver for each who asks'],
    ['who ends it wakes nobody', { endsSilently: true }, 'deadlock'],
  ])('the search finds what is put in: %s', async (_, faults, message) => {
    const { violation } = await explore(sharing(3, 6, faults));
    expect(violation?.message).toContain(message);
  });
});

test('who could not be served is served next time, and only once', () => {
  const control = new Control(allocateControl(2));
  const mailboxes = [allocateMailbox(), allocateMailbox()];
  const giver = new WorkSharing(control, 0, mailboxes);
  expect(giver.asked).toBe(false);
  Atomics.or(control.words, Word.HUNGRY, 2);
  expect(giver.give(() => null)).toBe(false);
  expect([giver.asked, control.words[Word.ACTIVE]]).toEqual([true, 1]);
  const path = Int32Array.from({ length: 5000 }, (_, i) => i);
  expect(giver.give(() => path)).toBe(true);
  expect([giver.asked, control.words[Word.ACTIVE]]).toEqual([false, 2]);
  expect(giver.give(() => path)).toBe(false);
  expect(new WorkSharing(control, 1, mailboxes).await(false, () => undefined)).toEqual(path);
  expect(control.mail(1)).toBe(0);
});
