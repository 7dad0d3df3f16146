import { runAsProcess } from '../../../src/cli/process.ts';
import { TOYS } from './toys.ts';

await runAsProcess(TOYS);
