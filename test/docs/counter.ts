import { Conditions, explore, Layout, type Program } from 'lostwrite';

const layout = new Layout();
const counter = layout.word('counter');

function* increment() {
  const seen = yield* counter.load();
  yield* counter.store(seen + 1);
}

const program: Program = {
  name: 'counter',
  parameters: {},
  layout,
  conditions: new Conditions(),
  threads: [
    { name: 'CPU0', body: increment },
    { name: 'CPU1', body: increment },
  ],
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

const verdict = await explore(program);
console.log(verdict.verdict, verdict.violation?.message); // violation counter is 1, expected 2
