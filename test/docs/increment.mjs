import { Conditions, Layout } from 'lostwrite';

export function increments() {
  const layout = new Layout();
  const counter = layout.word('counter');
  const body = function* () {
    const seen = yield* counter.load();
    yield* counter.store(seen + 1);
  };
  return {
    name: 'increments',
    parameters: {},
    layout,
    conditions: new Conditions(),
    threads: ['CPU0', 'CPU1'].map((name) => ({ name, body })),
    accounts: [],
    always: [],
    atEnd: [
      {
        name: 'nothing is lost',
        kind: 'lost-write',
        watches: [counter],
        holds: (words) => words[counter.index] === 2,
        explain: (words) => `counter is ${words[counter.index]}, expected 2`,
      },
    ],
    mustReach: [],
  };
}
