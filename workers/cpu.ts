/** One worker thread is one CPU. */
import { parentPort } from 'node:worker_threads';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { CpuService } from '../src/cpus/cpu-service.ts';

if (parentPort === null) throw new Error('workers/cpu.js runs as a worker thread only');
expose(new CpuService(), nodeEndpoint(parentPort));
