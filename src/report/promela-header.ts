/** What an exported model says about itself. */
import type { Automata } from '../search/automata.ts';
import type { Survey } from '../search/survey.ts';
import { counted, grouped } from './numbers.ts';
import { comment } from './promela-text.ts';
import { wrap } from './text.ts';

const WIDTH = 96;

/** The lines of the header. */
export function promelaHeader(automata: Automata, surveyed: Survey, title: readonly string[]): string[] {
  return [
    ...title,
    '',
    'Written by lostwrite export for SPIN 6. To check it:',
    '  spin -a -o2 MODEL && gcc -O2 -w -fwrapv -DSAFETY -DNOREDUCE -DVECTORSZ=4096 -o pan pan.c',
    `  ./pan -m${surveyed.states + 10} -w${hashBits(surveyed.states)}`,
    'Without -o2 SPIN drops variables that are never read and stores fewer states.',
    '',
    ...figures(surveyed),
    ...properties(automata, surveyed),
    ...OMITTED,
  ].flatMap((line) => (line === '' ? ['/* */'] : wrap(line, WIDTH, '  ').map(comment)));
}

/** log2 of the slots of SPIN's hash table: about one for each state. */
export function hashBits(states: number): number {
  return Math.max(16, Math.ceil(Math.log2(states)));
}

function figures({ states, transitions, violating, deadlocks }: Survey): string[] {
  const sound = violating + deadlocks === 0;
  return [
    `lostwrite's own search stored ${grouped(states)} states after ${grouped(transitions)} transitions; ${
      sound
        ? 'none breaks a rule and none is a deadlock. SPIN must report no error and the same number of states stored.'
        : `${counted(violating, 'state')} broke a rule and ${counted(deadlocks, 'state')} deadlocked. SPIN must report an error ("assertion violated", "invalid end state" for a deadlock), and with ./pan -c0, which goes on after errors, the same number of states stored and as many errors.`
    }`,
  ];
}

function properties({ program: { always, atEnd } }: Automata, { broken }: Survey): string[] {
  const total = always.length + atEnd.length;
  if (total === 0) return [];
  const unbroken = total - broken.length;
  const told =
    broken.length === 0
      ? ''
      : ' Each broken one stands below as the set of all valuations, of the words and accounts that it reads, in which a state broke it.';
  const untold =
    unbroken === 0
      ? ''
      : ' Nothing stands for the unbroken ones: the search evaluated them in every state, SPIN does not. Equal numbers of states are the evidence that SPIN has been in the same states.';
  return [
    `Properties are JavaScript predicates and cannot be translated; this program has ${total}, ${broken.length} of them broken.${told}${untold}`,
  ];
}

const OMITTED: readonly string[] = [
  'Not included: livelock, that is states from which the threads that must end never can although something still moves.',
  'A failed assertion at a label called unseen means that SPIN observed there what the search never saw: a fault of one of them.',
];
