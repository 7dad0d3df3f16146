import { replayOnCpus, stress } from 'lostwrite';

const module = new URL('increment.mjs', import.meta.url).href;
const source = { module, build: 'increments', request: null };
const { first } = await stress(source, { durationMs: 10_000, maxIterations: 5_000 });
console.log(first.violation.message, first.steps.length); // counter is 1, expected 2 4
const again = await replayOnCpus(source, { model: '', ...first }, { model: '' });
console.log(again.violation.message, new Set(again.cpus.map((cpu) => cpu.worker)).size); // counter is 1, expected 2 2
